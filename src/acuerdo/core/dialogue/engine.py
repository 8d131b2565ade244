"""The pure step: a book of flows, a state and an event give the next state and what has to be said and recorded."""

from __future__ import annotations

from datetime import datetime

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.dialogue.actions import ACTIONS
from acuerdo.core.dialogue.bargain import propose
from acuerdo.core.dialogue.booking import appoint
from acuerdo.core.dialogue.guards import holds
from acuerdo.core.dialogue.hearing import (
    ALONE,
    CARE,
    FIRST,
    FOREIGN,
    Ear,
    beside_the_point,
    distinct,
    ears_of,
    heard_more,
    onward_of,
)
from acuerdo.core.dialogue.held import record_only
from acuerdo.core.dialogue.identity import gave_own, identity_candidate, only_identity, speaks_for_self
from acuerdo.core.dialogue.memory import keep, put
from acuerdo.core.dialogue.moving import Moves, moved
from acuerdo.core.dialogue.notices import first_screen
from acuerdo.core.dialogue.pressing import Origin
from acuerdo.core.dialogue.reminding import MARK, arm, rang
from acuerdo.core.dialogue.returning import SILENCE, came_back, echoed, silence_lasted, taken_up, time_silence
from acuerdo.core.dialogue.saying import emit
from acuerdo.core.dialogue.schema import BACK, RETURN, STAY, Book, Route, Step
from acuerdo.core.dialogue.slots import PLACEHOLDER, topics_said
from acuerdo.core.dialogue.state import Effects, Line, State, Wish
from acuerdo.core.dialogue.turn import LONGEST_READ, NOTHING, Turn
from acuerdo.core.dialogue.view import View, tidied
from acuerdo.core.facts import Fact
from acuerdo.core.language.reading import Intent, Reading
from acuerdo.core.messages import Content
from acuerdo.core.negotiation.plans import Plan
from acuerdo.core.words import AcuerdoError, HandOverReason

MOST_ANSWERS = 3  # messages that one turn may answer with
LONGEST_RUN = 40
DEEPEST = 4
REPAIRS = 3
_readings: msgspec.json.Decoder[Reading] = msgspec.json.Decoder(Reading)
_views: msgspec.json.Decoder[View] = msgspec.json.Decoder(View)


def begin(conversation: str, started: f.Started) -> State:
    """The state before the first step, from the fact that started the conversation."""
    return State(id=conversation, channel=started.channel, view=tidied(_views.decode(started.view)))


def step(book: Book, state: State, event: Fact, at: datetime) -> tuple[State, Effects]:
    """One event's consequences. Pure: `at` is the only time, and the same arguments give the same answer.

    Raises AcuerdoError when a flow runs in a circle, which the book's check has to have refused.
    """
    turn = Turn(book, state, event, at)
    match event:
        case f.Started():
            _run(turn, book.start)
        case f.WentOn(channel, _, identified, greets):
            _went_on(turn, channel, identified=identified, greets=greets)
        case f.Refreshed(view):
            _refresh(turn, tidied(_views.decode(view)))
        case f.Heard():
            _hear(turn, event)
        case f.FlowsMoved(_, steps, slots):
            _take_up(turn, Moves(steps, slots))
        case f.TimerRang(timer) if timer == SILENCE:
            silence_lasted(turn)
        case f.TimerRang(timer) if MARK in timer:
            _rang(turn, timer)
        case f.PaymentArrived():
            _news(turn, "event:payment")
        case f.PaymentDeclined():
            _news(turn, "event:declined")
        case f.CodeTried(code, result):
            if turn.state.code is not None and turn.state.code.id == code:
                turn.set(code=msgspec.structs.replace(turn.state.code, result=result))
        case f.MailFailed():
            _news(turn, "event:mail_failed")
        case f.FileReceived():
            _news(turn, "event:file")
        case f.PaymentTakenBack():
            _news(turn, "event:taken_back")
        case f.TakenOver(agent, name):
            turn.set(owner=f"agent:{agent}", attending=name)
            _announce(turn, "event:taken_over")
        case f.HandedBack():
            # What was handed over is done with, so it may be handed over again.
            turn.set(owner="bot", repairs=0, handed=())
            _announce(turn, "event:handed_back")
            _resume(turn)
        case f.AgentWrote(_, key, text):
            about = topics_said(text)
            first_screen(turn, about, "agent")
            turn.lines.append(Line(key, "agent", Content(text), about, origin="agent"))
        case f.RefusalUpheld():
            if (upheld := turn.book.anywhere.get("event:upheld")) is not None:
                emit(turn, turn.book.steps[upheld.step], turn.book.steps[upheld.step].text, origin="agent")
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
    if "other" in waiting.takes or "debt" in waiting.takes:
        found.append("choice")
    if waiting.cards:
        found += ["choice", "installments"]
    if waiting.options:
        found.append("choice")
    if not state.identified:
        found += ["document", "document_tail"]
    return tuple(found)


def _went_on(turn: Turn, channel: str, *, identified: bool, greets: bool) -> None:
    """Elsewhere the conversation stands where it stood; where no proof counts, it goes on there after one."""
    waiting, first = turn.state.at, turn.book.anywhere["identity:first"].step
    if turn.state.identified and not identified and waiting:
        turn.set(at=first, stack=(), wish=Wish(waiting, b""))
    elif identified and not turn.state.identified and turn.state.wish and not turn.state.wish.reading:
        turn.set(at=turn.state.wish.step, wish=None)
    turn.set(channel=channel, identified=identified)
    if greets and turn.state.owner == "bot" and not identified:
        _run(turn, turn.book.start)


def _take_up(turn: Turn, moves: Moves) -> None:
    """Newer flows: the conversation stands in them where it stood, and nothing is said."""
    turn.state = moved(turn.state, moves)
    waiting = turn.book.steps.get(turn.state.at)
    if waiting is not None:
        arm(turn, waiting)


def _refresh(turn: Turn, view: View) -> None:
    """What is known changed; whoever was locked out and has tries again is asked again who they are."""
    tries = not view.spent()
    if turn.state.locked and tries:
        turn.set(at=turn.book.anywhere["identity:first"].step, stack=())
    turn.set(view=view, failures=0, locked=turn.state.locked and not tries)


def _news(turn: Turn, name: str) -> None:
    """News from outside: in a conversation that a person holds it is a neutral card and moves nothing.

    To who has not said who they are it is not told: it speaks of a payment.
    """
    own = name if turn.state.owner == "bot" else f"{name}:card"
    # Flows from before there was such news say nothing of it.
    if not turn.state.identified or own not in turn.book.anywhere:
        return
    if turn.state.owner == "bot":
        _run(turn, turn.book.anywhere[own].step)
        return
    step = turn.book.steps[turn.book.anywhere[own].step]
    if isinstance(turn.event, f.PaymentArrived | f.PaymentTakenBack):
        turn.args.update(amount=turn.event.amount, remaining=turn.event.remaining)
    emit(turn, step, step.text, origin="system", purpose="receipt")


def _announce(turn: Turn, name: str) -> None:
    step = turn.book.steps[turn.book.anywhere[name].step]
    emit(turn, step, step.text, origin="system")


def _hear(turn: Turn, heard: f.Heard) -> None:
    turn.reading = heard_more(_readings.decode(heard.reading), turn.low)
    if turn.origin is not None and turn.heard is not None:
        turn.reading = Reading((Intent(turn.heard.button, 1.0),))
    turn.back = came_back(turn)
    # Who writes again in a conversation that ended goes on with it.
    turn.set(turns=turn.state.turns + 1, closed=False)
    if turn.state.owner != "bot":
        turn.set(heard=turn.at)
        record_only(turn)
        return
    before = turn.state.last_text
    _understand(turn)
    if echoed(turn, before):
        _give_up(turn)
    time_silence(turn)


def _understand(turn: Turn) -> None:
    waiting = turn.book.steps.get(turn.state.at)
    if turn.origin is not None and _pressed_before(turn, turn.origin):
        return
    if turn.state.identified and _code_given(turn, waiting):
        _aside(turn, turn.book.anywhere["event:code"], last=True)
    elif turn.state.identified:
        ears = ears_of(turn, waiting)
        known = not ears or (ears[0].name == "out_of_scope" and not ears[0].own)
        if known and identity_candidate(turn) is not None and turn.entities("document"):
            # A document that comes again is evidence of nothing new.
            ears = [Ear("identity:known", turn.book.anywhere["identity:known"])]
        _follow(turn, ears)
    else:
        _hear_stranger(turn, waiting)


def _code_given(turn: Turn, waiting: Step | None) -> bool:
    """Whether what was typed is the code that was sent; six figures that are not it may be an amount that was asked."""
    held = turn.state.code
    if held is None or not held.result or "event:code" not in turn.book.anywhere:
        return False
    if held.result == "right" or waiting is None or "money" not in waiting.takes:
        return True
    turn.set(code=msgspec.structs.replace(held, result=""))
    return False


def _pressed_before(turn: Turn, origin: Origin) -> bool:
    """A button of an earlier message leads where it led then; it is never the answer to another question.

    A yes of the negotiation was to what may be gone by now: the conversation says where it stands instead.
    """
    key = turn.state.moves.get(origin.step, origin.step)
    if key == turn.state.at and origin.number >= turn.state.asked:
        return False
    step, name = turn.book.steps.get(key), turn.heard.button if turn.heard else ""
    route = _own_route(turn, step, name) if step is not None else None
    if not turn.state.identified and route is None:
        _lost(turn)
        return True
    if step is None or route is None:
        waiting = turn.book.steps.get(turn.state.at)
        _run(turn, turn.book.anywhere["resume"].step if waiting is None or waiting.silent else BACK)
        return True
    keep(turn, step, f"button:{name}")
    _follow(turn, [Ear(name, route)])
    return True


def _own_route(turn: Turn, step: Step, name: str) -> Route | None:
    """Where a button of an earlier message leads now, if it may."""
    route, yes = step.hears.get(f"button:{name}") or step.hears.get(name), step.hears.get("affirm")
    if route is None or not (route.open or turn.state.identified) or not holds(turn, route.when, step.flow):
        return None
    return None if step.resumes and yes is not None and route.step == yes.step else route


def _hear_stranger(turn: Turn, waiting: Step | None) -> None:
    """Before identity: urgent matters first, then the proof of identity, then whatever may be said to anybody."""
    ears = ears_of(turn, waiting)
    # "Mi CURP termina en DR05" is a proof and nothing else, whatever it was read as.
    proof = identity_candidate(turn) is not None and not turn.entities("document")
    # "PEGJ781105HNLRRN09, ese soy" tells of nobody else.
    proof = proof or (bool(ears) and ears[0].name in ("wrong_person", "third_party") and gave_own(turn))
    urgent = bool(ears) and ears[0].name in FIRST and ears[0].route.open and not proof
    narrow = waiting is not None and waiting.narrow
    # "150K" is the end of a document here, and no amount to talk about afterwards.
    wanted = None if only_identity(turn) else next((e for e in ears if not e.route.open), None)
    wish = wanted.route if wanted is not None else None
    if wish is not None:
        turn.set(wish=Wish(wish.step, bytes(turn.heard.reading) if turn.heard else b"{}", turn.words))
    if not urgent and identity_candidate(turn) is not None and (not narrow or speaks_for_self(turn)):
        _run(turn, turn.book.anywhere["identity:given"].step)
        return
    if narrow and not urgent and waiting is not None and speaks_for_self(turn) and _may_prove(waiting):
        # Whoever was sought came after somebody else: they are asked who they are.
        _run(turn, waiting.hears["affirm"].step)
        return
    allowed = [e for e in ears if e.route.open]
    if allowed:
        _follow(turn, allowed[:1])
    elif wanted is not None and not narrow:
        # What was told in trust, or done already, is answered as such before they are asked who they are.
        first = turn.book.anywhere.get(f"identity:first:{wanted.name}", turn.book.anywhere["identity:first"])
        _run(turn, first.step)
    else:
        _lost(turn)


def _may_prove(waiting: Step) -> bool:
    """Whether a yes here leads back to the question of who they are."""
    return "affirm" in waiting.hears and waiting.hears["affirm"].step.startswith("identidad.")


def _follow(turn: Turn, ears: list[Ear]) -> None:
    """Answers what can be answered on the side, records what has to be, and goes on where the rest leads."""
    if (alone := next((e for e in ears if e.name in CARE), None)) is not None:
        ears = [alone]
    elif ears and ears[0].name in ALONE:
        ears = ears[:1]
    ears = _beside(turn, ears)
    if beside_the_point(turn, ears):
        _lost(turn)
        return
    if _asked_back(turn, ears):
        return
    onward, waiting = onward_of(ears), turn.book.steps.get(turn.state.at)
    # Hardship with an offer answers twice; and after identity the thanks are said already.
    taken = len(turn.lines) + sum(1 + (e.name == "report_hardship") for e in onward)
    room = MOST_ANSWERS - taken if onward else 2
    asides = distinct([e for e in ears if e.route.aside])[: max(0, room)]
    if not asides and not onward:
        _lost(turn)
        return
    turn.set(repairs=int(ears[0].name == "out_of_scope" and not ears[0].own))
    full = not onward and len(turn.lines) + len(asides) >= MOST_ANSWERS
    for ear in asides:
        _aside(turn, ear.route, last=not onward and not full and ear is asides[-1])
    if full:
        _wait_quietly(turn)
    if not onward:
        return
    _note_resumed(turn, asides, onward)
    if not all(e.own for e in onward):
        turn.set(stack=(), calls=())
    for ear in onward:
        if ear.own and waiting is not None:
            keep(turn, waiting, ear.name)
        _run(turn, ear.route.step)


def _beside(turn: Turn, ears: list[Ear]) -> list[Ear]:
    """A step may hear its own in what is beside the point; where that leads to no more, it is beside the point."""
    if not ears or ears[0].name != "out_of_scope" or not ears[0].own:
        return ears
    route = turn.book.anywhere["out_of_scope"]
    name = ears[0].route.step
    while name in turn.book.steps and name != route.step and (step := turn.book.steps[name]).kind == "branch":
        name = next((s for c, s in step.branch if holds(turn, c, step.flow)), step.otherwise)
    return [Ear("out_of_scope", route), *ears[1:]] if name == route.step else ears


def _note_resumed(turn: Turn, asides: list[Ear], onward: list[Ear]) -> None:
    """The negotiation went on after a digression in the same message, a long silence, or time that was asked for."""
    waiting = turn.book.steps.get(turn.state.at)
    waited = turn.state.last_text.endswith(".take_time")
    if (asides or turn.back or waited) and waiting is not None and waiting.resumes and onward[-1].own:
        turn.note(f.NegotiationResumed(waiting.key))


def _aside(turn: Turn, route: Route, *, last: bool) -> None:
    if not last:
        # Something else is said after this one, so it comes back to nothing yet.
        _run(turn, route.step, back=False)
        return
    _remember(turn)
    _run(turn, route.step)


def _wait_quietly(turn: Turn) -> None:
    """Enough was said: the conversation waits where it waited, or at the menu, and asks nothing more."""
    if turn.state.at in turn.book.steps:
        return
    step = turn.book.steps[turn.book.anywhere["resume"].step]
    while step.kind == "branch":
        name = next((s for c, s in step.branch if holds(turn, c, step.flow)), step.otherwise)
        step = turn.book.steps[name]
    turn.set(at=step.key if step.kind == "ask" else "")


def _remember(turn: Turn) -> None:
    """The waiting step is come back to after what is said now."""
    at = turn.state.at
    if at and turn.state.stack[-1:] != (at,):
        turn.set(stack=(*turn.state.stack, at)[-DEEPEST:])


def _asked_back(turn: Turn, ears: list[Ear]) -> bool:
    """Whether what was said, understood too little to act upon, is asked back: did they mean one of these two?"""
    unsure = not ears or (ears[0].name == "out_of_scope" and not ears[0].own)
    if not unsure or turn.state.repairs or not turn.state.identified:
        return False
    step = turn.book.steps[turn.book.anywhere["repair:likely"].step]
    titled = {button.rpartition(".")[2] for button in step.buttons}
    near = [intent.name for intent in turn.reading.intents if intent.name in titled][:2]
    if len(near) < 2:
        return False
    turn.set(repairs=1)
    turn.args["likely"] = near
    _run(turn, step.key)
    return True


def _give_up(turn: Turn) -> None:
    """The same question would be put a third time running: a person is called instead."""
    who = "repair" if turn.state.identified else "stranger"
    turn.set(repairs=0)
    _run(turn, turn.book.anywhere[f"{who}:{REPAIRS}"].step)


def _lost(turn: Turn) -> None:
    """Nothing was understood: reword, then offer choices, then a person; never the same again and again."""
    turn.again = True
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
        if name == RETURN:
            name = _return(turn)
        if name in (BACK, STAY):
            if back and name == BACK:
                _resume(turn)
            return
        step = turn.book.steps[name]
        turn.trail.append(name)
        if step.when and not holds(turn, step.when, step.flow):
            name = step.skip or step.go
            continue
        match step.kind:
            case "say":
                emit(turn, step, step.text)
                name = step.go
            case "ask":
                asked = turn.state.said + 1
                if step.text:
                    emit(turn, step, step.text)
                turn.set(at=step.key, asked=asked)
                arm(turn, step)
                return
            case "set":
                put(turn, step.values)
                name = step.go
            case "call":
                turn.set(calls=(*turn.state.calls, step.go)[-DEEPEST:])
                name = step.call
            case "do":
                name = _do(turn, step)
            case "branch":
                name = next((s for c, s in step.branch if holds(turn, c, step.flow)), step.otherwise)
            case "hand_over":
                _hand_over(turn, step)
                name = step.go
            case _:
                turn.set(at="", stack=(), closed=True)
                turn.note(f.ConversationEnded(step.key))
                return
    raise AcuerdoError(f"flow step {name} runs in a circle without waiting for an answer")


def _return(turn: Turn) -> str:
    """To where the flow that was called goes on; where nothing called it, to where the conversation waited."""
    calls = turn.state.calls
    turn.set(calls=calls[:-1])
    return calls[-1] if calls else BACK


def _rang(turn: Turn, timer: str) -> None:
    """A waiting step's own timer: it says its reminder, or goes on. The guard judges what comes of it."""
    due = rang(turn, timer)
    if due is None:
        return
    if due.go:
        _run(turn, due.go)
    else:
        emit(turn, turn.book.steps[turn.state.at], due.text, purpose="collection")


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
    if not wish.reading:  # nothing was asked: the conversation stood there when it went on elsewhere
        turn.set(at="", stack=(wish.step,))
        return BACK
    turn.reading, turn.words = _readings.decode(wish.reading), wish.words
    turn.low = wish.words[:LONGEST_READ].lower()
    # What is answered now comes back to the menu, not to the question after who they are.
    turn.set(at="", stack=())
    told = [e for e in ears_of(turn, None) if not e.route.open]
    if len(told) > 1 and any(e.route.step == wish.step for e in told):
        # "Cuánto debo, y ¿me lo parte en 3?" asked two things before they were known.
        _follow(turn, told)
        return STAY
    return wish.step


def _hand_over(turn: Turn, step: Step) -> None:
    reason: HandOverReason = step.reason  # type: ignore[assignment]  # checked against the list when loaded
    if turn.handed(reason):
        turn.note(f.HandedOver(reason, _summary(turn, reason)))
    appoint(turn, reason)


def _summary(turn: Turn, reason: str) -> str:
    state = turn.state
    known = "identificada" if state.identified else "sin identificar"
    plan = state.proposal.plan if state.proposal else None
    about = f"; sobre la mesa: {plan.n} pagos, total {plan.total.plain()} {plan.total.currency}" if plan else ""
    return f"Persona {known}. Último mensaje: «{turn.shown}»{about}."


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
    taken_up(turn, waiting)
    turn.again = True
    turn.set(at=waiting.key)
    arm(turn, waiting)
    if not waiting.silent and (waiting.agains or waiting.text):
        emit(turn, waiting, _again(turn, waiting))
    elif _asked_again(turn) and waiting.text and not OF_ITS_TURN & set(_named(turn, waiting.text)):
        emit(turn, waiting, waiting.text)


# What only the turn that decided it knows; a text that names one of these cannot be said again later.
OF_ITS_TURN = frozenset(
    {"amount", "day", "latest", "most", "remaining", "callback", "lawful", "email", "tries", "first_payment"}
)


def _asked_again(turn: Turn) -> bool:
    """Whether they asked to hear again what was said last."""
    return any(intent.name == "ask_repeat" for intent in turn.reading.intents[:1])


def _named(turn: Turn, text: str) -> list[str]:
    """The variables that a text names."""
    return [n for ws in turn.book.texts[text].variants.values() for w in ws for n in PLACEHOLDER.findall(w)]


def _again(turn: Turn, waiting: Step) -> str:
    """What is said on coming back to a step: after each misunderstanding the next of its texts."""
    agains = waiting.agains
    return agains[min(turn.state.repairs, len(agains) - 1)] if agains else waiting.text


__all__ = ["NOTHING", "Effects", "begin", "expected", "step"]
