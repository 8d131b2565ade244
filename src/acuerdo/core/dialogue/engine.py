"""The pure step: a book of flows, a state and an event give the next state and what has to be said and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.dialogue.actions import (
    ACTIONS,
    CONDITIONS,
    a_lone_one,
    identity_candidate,
    somebody_else,
    speaks_for_self,
)
from acuerdo.core.dialogue.bargain import propose
from acuerdo.core.dialogue.schema import BACK, STAY, Book, Route, Step
from acuerdo.core.dialogue.slots import fill, wording
from acuerdo.core.dialogue.state import Effects, Line, State, Wish
from acuerdo.core.dialogue.turn import NOTHING, Turn
from acuerdo.core.dialogue.view import View
from acuerdo.core.facts import Fact
from acuerdo.core.language.reading import Reading
from acuerdo.core.messages import Button, Card, Content, Input, InputKind, Link, Topic
from acuerdo.core.negotiation.plans import Plan
from acuerdo.core.negotiation.written import card
from acuerdo.core.words import AcuerdoError, HandOverReason, Purpose, derive

SURE = 0.3  # an intent read with less confidence than this is not acted upon
SECOND = 0.5  # what is said beside the main thing has to be surer
MOST_ANSWERS = 3  # messages that one turn may answer with
FOREIGN = ("english", "portuguese")
LONGEST_RUN = 40
DEEPEST = 4
REPAIRS = 3
# Commands that lead somewhere by themselves go before any intent.
URGENT = ("crisis", "minor", "injection")

_readings: msgspec.json.Decoder[Reading] = msgspec.json.Decoder(Reading)
_views: msgspec.json.Decoder[View] = msgspec.json.Decoder(View)


def begin(conversation: str, started: f.Started) -> State:
    """The state before the first step, from the fact that started the conversation."""
    return State(id=conversation, channel=started.channel, view=_views.decode(started.view))


def step(book: Book, state: State, event: Fact, at: datetime) -> tuple[State, Effects]:
    """One event's consequences. Pure: `at` is the only time, and the same arguments give the same answer.

    Raises AcuerdoError when a flow runs in a circle, which the book's check has to have refused.
    """
    turn = Turn(book, state, event, at)
    match event:
        case f.Started():
            _run(turn, book.start)
        case f.Refreshed(view):
            _refresh(turn, _views.decode(view))
        case f.Heard():
            _hear(turn, event)
        case f.PaymentArrived():
            _news(turn, "event:payment")
        case f.PaymentDeclined():
            _news(turn, "event:declined")
        case f.TakenOver(agent):
            turn.set(owner=f"agent:{agent}")
            _announce(turn, "event:taken_over")
        case f.HandedBack():
            turn.set(owner="bot", repairs=0)
            _announce(turn, "event:handed_back")
            _resume(turn)
        case f.AgentWrote(_, key, text):
            turn.lines.append(Line(key, "agent", Content(text), origin="agent"))
        case f.AgentOffered(_, _, plan):
            propose(turn, msgspec.json.decode(plan, type=Plan), "agent")
            _run(turn, book.anywhere["event:agent_offer"].step)
        case _:
            pass
    return turn.state, turn.effects()


def expected(book: Book, state: State) -> tuple[str, ...]:
    """What the waiting step hopes to hear, for the reading of bare answers."""
    waiting = book.steps.get(state.at)
    if waiting is None:
        return ()
    # Where a number of payments may be the answer, a bare number is that and no day of the month.
    found = [kind for kind in waiting.takes if kind != "date" or "installments" not in waiting.takes]
    if "affirm" in waiting.hears:
        found.append("yes_no")
    if waiting.cards:
        found += ["choice", "installments"]
    if not state.identified:
        found += ["document", "document_tail"]
    return tuple(found)


def _refresh(turn: Turn, view: View) -> None:
    turn.set(view=view, failures=0, locked=False)


def _news(turn: Turn, name: str) -> None:
    """News from outside: in a conversation that a person holds it is a neutral card and moves nothing.

    To who has not said who they are it is not told: it speaks of a payment.
    """
    if not turn.state.identified:
        return
    if turn.state.owner == "bot":
        _run(turn, turn.book.anywhere[name].step)
        return
    step = turn.book.steps[turn.book.anywhere[name + ":card"].step]
    if isinstance(turn.event, f.PaymentArrived):
        turn.args.update(amount=turn.event.amount, remaining=turn.event.remaining)
    _emit(turn, step, step.text, origin="system", purpose="receipt")


def _announce(turn: Turn, name: str) -> None:
    step = turn.book.steps[turn.book.anywhere[name].step]
    _emit(turn, step, step.text, origin="system")


class Ear(NamedTuple):
    """Something heard, where it leads, and whether the waiting step itself listens for it."""

    name: str
    route: Route
    own: bool = False


def _hear(turn: Turn, heard: f.Heard) -> None:
    turn.reading = _readings.decode(heard.reading)
    turn.set(turns=turn.state.turns + 1)
    if turn.state.owner != "bot":
        return
    waiting = turn.book.steps.get(turn.state.at)
    if turn.state.identified:
        ears = _ears(turn, waiting)
        known = not ears or (ears[0].name == "out_of_scope" and not ears[0].own)
        if known and identity_candidate(turn) is not None and turn.entities("document"):
            # A document that comes again is evidence of nothing new.
            ears = [Ear("identity:known", turn.book.anywhere["identity:known"])]
        _follow(turn, ears)
    else:
        _hear_stranger(turn, waiting)


def _hear_stranger(turn: Turn, waiting: Step | None) -> None:
    """Before identity: urgent matters first, then the proof of identity, then whatever may be said to anybody."""
    ears = _ears(turn, waiting)
    urgent = bool(ears) and ears[0].name in FIRST and ears[0].route.open
    narrow = waiting is not None and waiting.narrow
    wish = next((e.route for e in ears if not e.route.open), None)
    if wish is not None:
        turn.set(wish=Wish(wish.step, bytes(turn.heard.reading) if turn.heard else b"{}", turn.words))
    if not urgent and identity_candidate(turn) is not None and (not narrow or speaks_for_self(turn)):
        _run(turn, turn.book.anywhere["identity:given"].step)
        return
    allowed = [e for e in ears if e.route.open]
    if allowed:
        _follow(turn, allowed[:1])
    elif wish is not None and not narrow:
        _run(turn, turn.book.anywhere["identity:first"].step)
    else:
        _lost(turn)


def _names(turn: Turn) -> list[str]:
    """All that was heard, most urgent first: commands that speak for themselves, the button, the intents."""
    button = turn.heard.button if turn.heard else ""
    if button:
        return [f"button:{button}", f"button:{button.partition(':')[0]}", button]
    urgent = [f"command:{c}" for c in URGENT if c in turn.reading.commands]
    sure = [i.name for n, i in enumerate(turn.reading.intents) if i.confidence >= (SECOND if n else SURE)]
    return urgent + [_meant(turn, name) for name in sure]


def _meant(turn: Turn, name: str) -> str:
    """Who says to be the person sought is no third party; and who was identified is one only in plain words."""
    if name != "third_party":
        return name
    if speaks_for_self(turn):
        return "affirm"
    return name if not turn.state.identified or somebody_else(turn) else "out_of_scope"


def _ears(turn: Turn, waiting: Step | None) -> list[Ear]:
    """What was heard, in order: what cannot wait, then questions on the side, the step's own answer, and the rest."""
    found = [e for name in _names(turn) if (e := _ear(turn, waiting, name)) is not None]
    answer = _takes(turn, waiting)
    if answer is None:
        return found
    urgent = [e for e in found if e.name in FIRST]
    asides = [e for e in found if e.name not in FIRST | FILLERS and e.route.aside]
    return urgent or [*asides, answer]


def _ear(turn: Turn, waiting: Step | None, name: str) -> Ear | None:
    if waiting is not None and name in waiting.hears:
        return Ear(name, waiting.hears[name], True)
    route = turn.book.anywhere.get(name)
    deaf = route is None or (waiting is not None and waiting.narrow and not route.always)
    return None if deaf or route is None else Ear(name, route)


def _takes(turn: Turn, waiting: Step | None) -> Ear | None:
    """The waiting step's own answer, where what it waits for was given."""
    if waiting is None or not waiting.answer:
        return None
    kinds = {e.kind for e in turn.reading.entities if not a_lone_one(e)} | set(turn.reading.commands)
    written = "text" in waiting.takes and bool(turn.words.strip())
    return Ear("answer", Route(waiting.answer, open=True), True) if written or kinds & set(waiting.takes) else None


# Each of these is all that is answered in its turn.
ALONE = frozenset(
    {
        "report_vulnerability", "report_death", "report_fraud", "report_insolvency", "opt_out", "wrong_person",
        "third_party", "command:crisis", "command:minor", "command:injection",
    }
)  # fmt: skip
# Heard inside a step that waits for an answer, these go before the answer: they are never an answer.
FIRST = ALONE | {
    "request_data_rights", "dispute_debt", "report_payment", "request_human", "complain", "report_hardship",
}  # fmt: skip
# Beside an answer to what was asked, these say nothing.
FILLERS = frozenset({"out_of_scope", "greet", "abuse", "ask_repeat"})
# After these nothing is negotiated in the same breath.
PAUSES = frozenset({"request_data_rights", "dispute_debt", "report_payment", "request_human"})
RECORDS = PAUSES | {"complain", "report_hardship", "request_callback"}


def _follow(turn: Turn, ears: list[Ear]) -> None:
    """Answers what can be answered on the side, records what has to be, and goes on where the rest leads."""
    if ears and ears[0].name in ALONE:
        ears = ears[:1]
    if beside_the_point(turn, ears):
        _lost(turn)
        return
    onward = _onward(ears)
    asides = _distinct([e for e in ears if e.route.aside])[: MOST_ANSWERS - len(onward) if onward else 2]
    if not asides and not onward:
        _lost(turn)
        return
    turn.set(repairs=int(ears[0].name == "out_of_scope" and not ears[0].own))
    for ear in asides:
        _aside(turn, ear.route, last=not onward and ear is asides[-1])
    if not onward:
        return
    _note_resumed(turn, asides, onward)
    if not all(e.own for e in onward):
        turn.set(stack=())
    for ear in onward:
        _run(turn, ear.route.step)


def beside_the_point(turn: Turn, ears: list[Ear]) -> bool:
    """Something else altogether: who we know is told so once; a stranger, or the second time, is helped on."""
    if not ears or ears[0].name != "out_of_scope" or ears[0].own:
        return False
    foreign = any(c in turn.reading.commands for c in FOREIGN)
    return foreign or turn.state.repairs > 0 or not turn.state.identified


def _onward(ears: list[Ear]) -> list[Ear]:
    """At most two ways on, the weightier last, as it is what the conversation then waits on; an offer goes last."""
    ways = _distinct([e for e in ears if not e.route.aside])
    records = [e for e in ways if e.name in RECORDS][:2]
    others = [e for e in ways if e.name not in RECORDS][:1]
    if not records:
        return others
    if others and not any(e.name in PAUSES for e in records):
        return [records[0], *others]
    return records[::-1]


def _distinct(ears: list[Ear]) -> list[Ear]:
    return list({e.route.step: e for e in reversed(ears)}.values())[::-1]


def _note_resumed(turn: Turn, asides: list[Ear], onward: list[Ear]) -> None:
    """A question and the answer to ours in one message: the negotiation went on after the digression."""
    waiting = turn.book.steps.get(turn.state.at)
    if asides and waiting is not None and waiting.resumes and onward[-1].own:
        turn.note(f.NegotiationResumed(waiting.key))


def _aside(turn: Turn, route: Route, *, last: bool) -> None:
    if not last:
        # Something else is said after this one, so it comes back to nothing yet.
        _run(turn, route.step, back=False)
        return
    _remember(turn)
    _run(turn, route.step)


def _remember(turn: Turn) -> None:
    """The waiting step is come back to after what is said now."""
    at = turn.state.at
    if at and turn.state.stack[-1:] != (at,):
        turn.set(stack=(*turn.state.stack, at)[-DEEPEST:])


def _lost(turn: Turn) -> None:
    """Nothing was understood: reword, then offer choices, then a person; never the same again and again."""
    waiting = turn.book.steps.get(turn.state.at)
    own = waiting.otherwise if waiting else ""
    if own and own.rpartition(".")[2] != "repair":
        _run(turn, own)
        return
    count = turn.state.repairs + 1
    turn.set(repairs=count % (REPAIRS + 1))
    _remember(turn)
    foreign = next((c for c in FOREIGN if c in turn.reading.commands), "")
    who = "repair" if turn.state.identified else "stranger"
    name = foreign if foreign and count == 1 else f"{who}:{min(count, REPAIRS)}"
    _run(turn, turn.book.anywhere[f"command:{name}" if name == foreign else name].step)


def _run(turn: Turn, name: str, *, back: bool = True) -> None:
    """Runs steps until one waits for an answer."""
    for _ in range(LONGEST_RUN):
        if name in (BACK, STAY):
            if back and name == BACK:
                _resume(turn)
            return
        step = turn.book.steps[name]
        match step.kind:
            case "say":
                _emit(turn, step, step.text)
                name = step.go
            case "ask":
                if step.text:
                    _emit(turn, step, step.text)
                turn.set(at=step.key)
                return
            case "do":
                name = _do(turn, step)
            case "branch":
                name = next((s for c, s in step.branch if CONDITIONS[c](turn)), step.otherwise)
            case "hand_over":
                _hand_over(turn, step)
                name = step.go
            case _:
                turn.set(at="", stack=(), closed=True)
                turn.note(f.ConversationEnded(step.key))
                return
    raise AcuerdoError(f"flow step {name} runs in a circle without waiting for an answer")


def _do(turn: Turn, step: Step) -> str:
    if step.action == "take_wish":
        return _take_wish(turn, step)
    outcome = ACTIONS[step.action].run(turn)
    return step.then.get(outcome) or step.otherwise


def _take_wish(turn: Turn, step: Step) -> str:
    """After identity: what was asked before it is answered now, without asking again."""
    wish = turn.state.wish
    turn.set(wish=None)
    if wish is None:
        return step.otherwise
    turn.reading, turn.words = _readings.decode(wish.reading), wish.words
    # What is answered now comes back to the menu, not to the question after who they are.
    turn.set(at="", stack=())
    return wish.step


def _hand_over(turn: Turn, step: Step) -> None:
    reason: HandOverReason = step.reason  # type: ignore[assignment]  # checked against the list when loaded
    if turn.handed(reason):
        turn.note(f.HandedOver(reason, _summary(turn, reason)))


def _summary(turn: Turn, reason: str) -> str:
    state = turn.state
    known = "identificada" if state.identified else "sin identificar"
    plan = state.proposal.plan if state.proposal else None
    about = f"; sobre la mesa: {plan.n} pagos, total {plan.total.plain()} {plan.total.currency}" if plan else ""
    return f"Persona {known}. Último mensaje: «{turn.words}»{about}."


def _resume(turn: Turn) -> None:
    """Back to where the conversation waited, with a short word instead of the whole question."""
    if turn.state.stack:
        name, rest = turn.state.stack[-1], turn.state.stack[:-1]
        turn.set(stack=rest)
    else:
        name = turn.state.at
    waiting = turn.book.steps.get(name)
    if waiting is None:
        _run(turn, turn.book.anywhere["resume"].step)
        return
    if waiting.resumes:
        turn.note(f.NegotiationResumed(waiting.key))
    turn.set(at=waiting.key)
    if not waiting.silent and (waiting.again or waiting.text):
        _emit(turn, waiting, waiting.again or waiting.text)


def _emit(turn: Turn, step: Step, text_id: str, *, origin: str = "", purpose: Purpose = "reply") -> None:
    state = turn.state
    key = derive(state.id, "say", str(state.said + 1))
    text = turn.book.texts[text_id]
    words = fill(wording(text, state.view.country, key), turn)
    cards = _cards(turn) if step.cards else ()
    content = Content(words, _buttons(turn, step), cards, _input(turn, step, text_id), _link(turn, step))
    topics = _topics(turn, text_id, bool(cards), content.link is not None)
    turn.lines.append(Line(key, text_id, content, topics, purpose, origin or "bot"))  # type: ignore[arg-type]
    turn.set(said=state.said + 1, last_text=text_id)
    if state.proposal is not None and not state.proposal.summary_key and "offer" in topics:
        turn.set(proposal=msgspec.structs.replace(state.proposal, summary_key=key))


def _topics(turn: Turn, text_id: str, cards: bool, link: bool) -> tuple[Topic, ...]:
    found: set[Topic] = set(turn.book.topics[text_id])
    found |= {"debt", "amount", "offer"} if cards else set()
    found |= {"debt"} if link else set()
    return tuple(sorted(found))


def _buttons(turn: Turn, step: Step) -> tuple[Button, ...]:
    out = []
    for key in step.buttons:
        name = key.rpartition(".")[2]
        title = wording(turn.book.buttons[key], turn.state.view.country, key)
        out.append(Button(name.replace("__", ":"), fill(title, turn)))
    return tuple(out)


def _cards(turn: Turn) -> tuple[Card, ...]:
    offered = turn.state.position.offered if turn.state.position else ()
    cards = (card(p, turn.state.view.country) for p in offered)
    return tuple(msgspec.structs.replace(c, id=f"plan:{c.id}") for c in cards)


def _input(turn: Turn, step: Step, text_id: str) -> Input | None:
    if not step.input:
        return None
    kind: InputKind = step.input  # type: ignore[assignment]  # checked when loaded
    label = INPUT_LABELS[kind]
    if kind == "date" and "latest" in turn.args:
        return Input(kind, label, turn.today.isoformat(), turn.args["latest"].isoformat())
    return Input(kind, label.replace("{tail}", str(turn.state.view.tail)))


INPUT_LABELS: Mapping[str, str] = {
    "date": "Elija una fecha",
    "money": "Escriba un valor",
    "document_tail": "Últimos {tail} caracteres de su documento",
    "email": "Su correo electrónico",
    "text": "Escriba aquí",
    "rating": "De 1 a 5",
}


def _link(turn: Turn, step: Step) -> Link | None:
    if not step.link or not turn.state.payment:
        return None
    return Link("Ir a la página de pago", f"{turn.state.view.base_url}/p/{turn.state.payment}")


__all__ = ["NOTHING", "Effects", "begin", "expected", "step"]
