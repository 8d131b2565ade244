"""While a person attends, the assistant says nothing of its own; what law and care want recorded is recorded."""

from __future__ import annotations

from acuerdo.core.dialogue.actions import ACTIONS
from acuerdo.core.dialogue.guards import holds
from acuerdo.core.dialogue.hearing import ears_of
from acuerdo.core.dialogue.saying import emit
from acuerdo.core.dialogue.turn import Turn

# What is recorded whoever attends, because somebody would be wronged if the agent overlooked it.
RECORDED = frozenset(
    {
        "command:crisis", "command:minor", "report_vulnerability", "report_death", "report_fraud", "report_insolvency",
        "opt_out", "request_data_rights", "wrong_person", "dispute_debt", "report_payment", "complain",
        "report_hardship",
    }
)  # fmt: skip


def record_only(turn: Turn) -> None:
    """Notes the first grave thing in a message to an agent; a neutral card tells of it where the book has one.

    The conversation stays where it stands and with whom it is.
    """
    ears = ears_of(turn, None)
    if not ears or ears[0].name not in RECORDED or not (turn.state.identified or ears[0].route.open):
        return
    step = turn.book.steps[ears[0].route.step]
    while step.kind == "branch":
        name = next((s for c, s in step.branch if holds(turn, c, step.flow)), step.otherwise)
        step = turn.book.steps[name]
    if step.kind != "do":
        return
    outcome = ACTIONS[step.action].run(turn)
    # A card says what a person cannot wait for an agent to say: that the stop holds, and where help is.
    card = turn.book.anywhere.get(f"held:{outcome if outcome in ('crisis', 'danger') else ears[0].name}")
    if card is not None and outcome != "again":
        shown = turn.book.steps[card.step]
        emit(turn, shown, shown.text, origin="system")
