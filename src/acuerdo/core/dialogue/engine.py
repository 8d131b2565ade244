"""The pure step: a book of flows, a state and an event give the next state and what has to be said and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.dialogue.actions import ACTIONS, CONDITIONS, identity_candidate
from acuerdo.core.dialogue.bargain import propose
from acuerdo.core.dialogue.schema import BACK, Book, Route, Step
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
    found = list(waiting.takes)
    if "affirm" in waiting.hears:
        found.append("yes_no")
    if waiting.cards:
        found += ["choice", "installments"]
    if not state.identified:
        found.append("document")
    return tuple(found)


def _refresh(turn: Turn, view: View) -> None:
    turn.set(view=view, failures=0, locked=False)


def _news(turn: Turn, name: str) -> None:
    """News from outside: in a conversation that a person holds it is a neutral card and moves nothing."""
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


def _hear(turn: Turn, heard: f.Heard) -> None:
    turn.reading = _readings.decode(heard.reading)
    turn.set(turns=turn.state.turns + 1)
    if turn.state.owner != "bot":
        return
    routes = _routes(turn)
    if not turn.state.identified:
        _hear_stranger(turn, routes)
        return
    _follow(turn, routes)


def _hear_stranger(turn: Turn, routes: list[Route]) -> None:
    """Before identity: urgent matters first, then the proof of identity, then whatever may be said to anybody."""
    wish = next((r for r in routes if not r.open), None)
    if wish is not None:
        turn.set(wish=Wish(wish.step, bytes(turn.heard.reading) if turn.heard else b"{}"))
    first = routes[0] if routes else None
    urgent = first is not None and first.open and not first.aside
    waiting = turn.book.steps.get(turn.state.at)
    if not urgent and identity_candidate(turn) is not None and not turn.state.locked:
        _run(turn, turn.book.anywhere["identity:given"].step)
        return
    allowed = [r for r in routes if r.open]
    if allowed:
        _follow(turn, allowed[:1])
    elif wish is not None:
        _run(turn, turn.book.anywhere["identity:first"].step)
    else:
        _follow(turn, _own(turn, waiting))


def _names(turn: Turn) -> list[str]:
    """All that was heard, most urgent first: commands that speak for themselves, the button, the intents."""
    button = turn.heard.button if turn.heard else ""
    if button:
        return [f"button:{button}", f"button:{button.partition(':')[0]}", button]
    urgent = [f"command:{c}" for c in URGENT if c in turn.reading.commands]
    return urgent + [i.name for i in turn.reading.intents if i.confidence >= SURE]


def _takes(turn: Turn, waiting: Step | None) -> Route | None:
    """The waiting step's own answer, where what it waits for was given."""
    if waiting is None or not waiting.answer:
        return None
    kinds = {e.kind for e in turn.reading.entities} | set(turn.reading.commands)
    written = "text" in waiting.takes and bool(turn.words.strip())
    return Route(waiting.answer) if written or kinds & set(waiting.takes) else None


# Heard inside a step that waits for an answer, these go before the answer: they are never an answer.
FIRST = frozenset(
    {
        "report_vulnerability", "report_death", "report_fraud", "report_insolvency", "opt_out", "request_data_rights",
        "wrong_person", "third_party", "dispute_debt", "report_payment", "request_human", "complain", "report_hardship",
        "command:crisis", "command:minor", "command:injection",
    }
)  # fmt: skip


def _routes(turn: Turn) -> list[Route]:
    """Where what was heard leads, in order: what cannot wait, the step's own answer, its own ears, then anywhere's."""
    waiting = turn.book.steps.get(turn.state.at)
    names = _names(turn)
    own: Mapping[str, Route] = waiting.hears if waiting else {}
    found = [(n, own.get(n) or turn.book.anywhere.get(n)) for n in names]
    routes = [(n, r) for n, r in found if r is not None]
    answer = _takes(turn, waiting)
    if answer is not None:
        urgent = [r for n, r in routes if n in FIRST]
        asides = [r for n, r in routes if n not in FIRST and r.aside]
        return urgent or [*asides, answer]
    return [r for _, r in routes]


def _own(turn: Turn, waiting: Step | None) -> list[Route]:
    if waiting is not None and waiting.otherwise and waiting.otherwise != "repair":
        return [Route(waiting.otherwise, open=True)]
    return []


def _follow(turn: Turn, routes: list[Route]) -> None:
    """Answers what can be answered on the side, then goes where the first other route leads, else repairs."""
    asides = [r for r in routes if r.aside][:2]
    onward = next((r for r in routes if not r.aside), None)
    if routes and not routes[0].aside:
        asides = []
    if not asides and onward is None:
        _lost(turn)
        return
    turn.set(repairs=0)
    for route in asides:
        _aside(turn, route, last=onward is None and route is asides[-1])
    if onward is not None:
        turn.set(stack=())
        _run(turn, onward.step)


def _aside(turn: Turn, route: Route, *, last: bool) -> None:
    waiting = turn.state.at
    if last:
        if waiting and turn.state.stack[-1:] != (waiting,):
            turn.set(stack=(*turn.state.stack, waiting)[-DEEPEST:])
        _run(turn, route.step)
        return
    # Something else is said after this one, so it comes back to nothing yet.
    _run(turn, route.step, back=False)


def _lost(turn: Turn) -> None:
    """Nothing was understood: reword, then offer choices, then a person; never the same again and again."""
    waiting = turn.book.steps.get(turn.state.at)
    own = waiting.otherwise if waiting else ""
    if own and own.rpartition(".")[2] != "repair":
        _run(turn, own)
        return
    count = turn.state.repairs + 1
    turn.set(repairs=count % (REPAIRS + 1))
    if waiting and turn.state.stack[-1:] != (turn.state.at,):
        turn.set(stack=(*turn.state.stack, turn.state.at)[-DEEPEST:])
    name = f"repair:{min(count, REPAIRS)}" if turn.state.identified else f"stranger:{min(count, REPAIRS)}"
    _run(turn, turn.book.anywhere[name].step)


def _run(turn: Turn, name: str, *, back: bool = True) -> None:
    """Runs steps until one waits for an answer."""
    for _ in range(LONGEST_RUN):
        if name == BACK:
            if back:
                _resume(turn)
            return
        step = turn.book.steps[name]
        match step.kind:
            case "say":
                _emit(turn, step, step.text)
                name = step.go
            case "ask":
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
    turn.reading = _readings.decode(wish.reading)
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
    if waiting.again != "none":
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
