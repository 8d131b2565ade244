"""A conversation's turn: load under the lock, read, step, judge every word, commit once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.compliance import Attempt, Cleared, Record, Rules, attempt_of, judge
from acuerdo.core.dialogue.engine import begin, expected, step
from acuerdo.core.dialogue.notices import TOLD, to_tell
from acuerdo.core.dialogue.schema import Book
from acuerdo.core.dialogue.state import Effects, Line, State, Timer
from acuerdo.core.dialogue.view import View
from acuerdo.core.facts import AnyFact
from acuerdo.core.language import Model, read
from acuerdo.core.language.reading import Intent, Reading
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import AcuerdoError, ConversationId, CreditorId, PersonId, Purpose, Reason, derive
from acuerdo.service.ports import Entry, Held, LinkRow, OpenTurn, Outcome, Repeated, Shown, Talks
from acuerdo.service.resources import flows_from_bytes

LONGEST_TEXT = 2000  # characters of one message that are read; the rest is kept and not read
# Said in place of a reply that the guard would not let out; it speaks of nothing but who writes.
PRECLEARED = "Gracias por su mensaje. Una persona de {creditor} lo va a leer y le responde aquí mismo."

_states: msgspec.json.Decoder[State] = msgspec.json.Decoder(State)
_encoder = msgspec.json.Encoder()


class NotSent(AcuerdoError):
    """The guard did not let a person's message out; why is in `why`."""

    def __init__(self, why: Sequence[Reason]) -> None:
        super().__init__("; ".join(reason.detail or reason.code for reason in why))
        self.why = tuple(why)


class NotYours(AcuerdoError):
    """Another person holds this conversation, or nobody does."""


class House(msgspec.Struct, frozen=True):
    """What every turn needs: the store, the flows now published, the language model, and the rules of a day."""

    talks: Talks
    book: Book
    model: Model
    rules: Callable[[date], Rules]


class Answer(msgspec.Struct, frozen=True):
    """What one turn put on the screen, the person's own message first where there is one."""

    shown: tuple[Shown, ...]
    repeated: bool = False


AGAIN = Answer((), repeated=True)


@lru_cache(maxsize=16)
def _published(digest: str, body: bytes) -> Book:
    return flows_from_bytes(body)


async def _book(house: House, digest: str) -> Book:
    """The flows a conversation began on: it stays on them when newer ones are published."""
    if not digest or digest == house.book.digest:
        return house.book
    return _published(digest, await house.talks.artefact(digest))


async def start(house: House, link: LinkRow, at: datetime) -> str:
    """The link's conversation; the first time, its first message is said. Returns its id."""
    conversation = await house.talks.start(link, at)
    async with house.talks.turn(conversation, derive(conversation, "started"), at) as turn:
        if turn.held.state:
            return conversation
        view = await turn.view(at)
        fact = f.Started(house.book.digest, turn.held.channel, msgspec.Raw(_encoder.encode(view)), house.model.name)
        work = _Work(house.book, turn.held, begin(conversation, fact), derive(conversation, "started"))
        work.take(fact, "system", at, answers_at=at)
        await _commit(house, turn, work, at, viewed=at, replies=True)
    return conversation


async def hear(house: House, conversation: str, key: str, text: str, button: str, at: datetime) -> Answer:
    """One message of the person's: stored once by its key, understood, answered.

    A repeated key changes nothing; its answer is what was already said. Raises AcuerdoError when the conversation
    does not exist.
    """
    with suppress(Repeated):
        return await _hear(house, conversation, key, text, button, at)
    return AGAIN


async def _hear(house: House, conversation: str, key: str, text: str, button: str, at: datetime) -> Answer:
    cause = derive(conversation, "heard", key)
    async with house.talks.turn(conversation, cause, at) as turn:
        if turn.held.seen:
            return AGAIN
        book = await _book(house, turn.held.flows)
        work = _Work(book, turn.held, _states.decode(turn.held.state), cause)
        viewed = await _refresh(turn, work, at)
        reading = _read(house, book, work.state, text, button, at)
        masked = _masked(text, reading, work.state)
        fact = f.Heard(key, text, msgspec.Raw(_encoder.encode(reading)), button, masked)
        work.take(fact, "debtor", at, answers_at=at, screen=True)
        await _commit(house, turn, work, at, viewed=viewed, heard=True, replies=True)
    mine = Shown(work.first_seq, "me", at, Content(masked or text), key)
    return Answer((mine, *work.shown))


async def tell(house: House, conversation: str, event: AnyFact, who: str, at: datetime, *, key: str) -> Answer:
    """News from elsewhere: a payment, a timer, a takeover, an agent's words. Once by its key; it wakes the pages.

    Raises NotSent when an agent's message may not leave, NotYours when the conversation is not the agent's.
    """
    with suppress(Repeated):
        return await _tell(house, conversation, event, who, at, derive(conversation, "told", key))
    return AGAIN


async def _tell(house: House, conversation: str, event: AnyFact, who: str, at: datetime, cause: str) -> Answer:
    async with house.talks.turn(conversation, cause, at) as turn:
        if turn.held.seen:
            return AGAIN
        _owned(turn.held, event)
        book = await _book(house, turn.held.flows)
        work = _Work(book, turn.held, _states.decode(turn.held.state), cause)
        viewed = await _refresh(turn, work, at)
        by_person = isinstance(event, f.PaymentArrived | f.PaymentDeclined | f.PaymentTakenBack)
        work.take(event, who, at, answers_at=at if by_person else turn.held.last_in)
        if isinstance(event, f.AgentWrote | f.AgentOffered):
            work.record = await turn.ledger(at)
            if work.refused(house, at):
                raise NotSent(work.why)
        await _commit(house, turn, work, at, viewed=viewed, wake=True, replies=by_person)
    return Answer(tuple(work.shown))


def _owned(held: Held, event: AnyFact) -> None:
    match event:
        case f.TakenOver(agent) if held.owner not in ("bot", f"agent:{agent}"):
            raise NotYours(f"{held.owner.removeprefix('agent:')} ya atiende esta conversación")
        case f.AgentWrote(agent) | f.AgentOffered(agent) | f.HandedBack(agent) if held.owner != f"agent:{agent}":
            raise NotYours("Primero tome la conversación; ahora no está a su nombre")
        case _:
            pass


async def _refresh(turn: OpenTurn, work: _Work, at: datetime) -> datetime | None:
    """What is known of the person, read again where it changed, a day went by, or somebody failed to identify."""
    if not turn.held.stale:
        return None
    view: View = await turn.view(at)
    if view != work.state.view or work.state.failures:
        work.take(f.Refreshed(msgspec.Raw(_encoder.encode(view))), "system", at, answers_at=at)
    return at


def _read(house: House, book: Book, state: State, text: str, button: str, at: datetime) -> Reading:
    """A pressed button says what it says; words are read."""
    if button:
        return Reading((Intent(button, 1.0),))
    return read(text[:LONGEST_TEXT], expected(book, state), at, state.view.country, house.model)


MASK = "••••"


def _masked(text: str, reading: Reading, state: State) -> str:
    """The message with identity documents hidden, where there are any: on no screen are they seen again."""
    spans = [(e.start, e.end) for e in reading.entities if e.kind == "document"]
    if not state.identified:
        tail = rf"(?<!\w)(?=\w*\d)\w{{{state.view.tail}}}(?!\w)"
        spans += [m.span() for m in re.finditer(tail, text)]
    out, last = text, len(text) + 1
    for start, end in sorted(set(spans), reverse=True):
        if end <= last:
            out, last = out[:start] + MASK + out[end:], start
    return out if spans else ""


class _Work:
    """What one turn gathers before it is committed; it lives no longer than the turn."""

    def __init__(self, book: Book, held: Held, state: State, cause: str) -> None:
        self.book, self.held, self.state, self.cause = book, held, state, cause
        self.entries: list[Entry] = []
        self.timers: list[Timer] = []
        self.lines: list[tuple[Line, datetime | None]] = []
        self.shown: list[Shown] = []
        self.attempts: list[Attempt] = []
        self.why: tuple[Reason, ...] = ()
        self.record = held.record
        self.replaced = False
        # What stood told before this turn; what it tells itself is seen line by line.
        self.told = TOLD in state.noted
        self.seq = held.seq
        self.first_seq = held.seq + 1

    def take(
        self, event: AnyFact, who: str, at: datetime, *, answers_at: datetime | None, screen: bool = False
    ) -> None:
        """One event through the step; what it decided waits for the guard."""
        if isinstance(event, f.Refreshed):
            self.entries.append(Entry(derive(self.cause, "refreshed"), event, who))
        else:
            self.entries.append(Entry(self.cause, event, who, self._number(screen)))
        self.state, effects = step(self.book, self.state, event, at)
        self._keep(effects, answers_at)

    def _number(self, screen: bool) -> int | None:
        self.seq += screen
        return self.seq if screen else None

    def _keep(self, effects: Effects, answers_at: datetime | None) -> None:
        for fact in effects.facts:
            self.entries.append(Entry(derive(self.cause, "fact", str(len(self.entries))), fact, "bot"))  # type: ignore[arg-type]
        self.lines += [(line, answers_at) for line in effects.lines]
        self.timers += effects.timers

    def say(self, line: Line, answers_at: datetime | None) -> Say:
        """The line in its envelope, as the guard wants it."""
        held = self.held
        return Say(
            key=line.key,
            content=line.content,
            channel=held.channel,
            purpose=line.purpose,
            creditor=CreditorId(held.creditor),
            person=PersonId(held.person),
            origin=line.origin,
            conversation=ConversationId(held.id),
            text_id=line.text_id,
            topics=line.topics,
            answers_at=answers_at,
            tells=line.tells,
        )

    def refused(self, house: House, at: datetime) -> bool:
        """Whether the guard would keep any line back; why stands in `why`."""
        rules, record = house.rules(at.date()), self._record()
        for line, answers_at in self.lines:
            verdict = judge(self.say(line, answers_at), record, rules, at)
            if not isinstance(verdict, Cleared):
                self.why = verdict.why
                return True
            record = _told_by(record, line)
        return False

    def judged(self, house: House, at: datetime, *, reply: bool) -> None:
        """Every line before the guard: cleared ones go on the screen.

        A refused one stays off it. Where the person waits for a reply, one text that was cleared long before takes the
        place of all that were refused, and a case opens.
        """
        rules, record = house.rules(at.date()), self._record()
        for line, answers_at in self.lines:
            say = self.say(line, answers_at)
            verdict = judge(say, record, rules, at)
            if isinstance(verdict, Cleared):
                self._show(line, at)
                record = _told_by(record, line)
                self._count(say, record, at)
                continue
            refused = f.TextRefused(line.key, line.text_id, verdict.why)
            self.entries.append(Entry(derive(self.cause, "refused", line.key), refused, "bot"))
            if reply and not self.replaced:
                self.replaced = True
                self._show(self._replaced(line, verdict.why), at)

    def _count(self, say: Say, record: Record, at: datetime) -> None:
        """What a person of ours writes stands in the contact ledger; what answers in time counts in no cap there."""
        if say.origin == "agent" and not say.tells:  # the first screen goes with their words, and is one contact
            made = msgspec.structs.replace(attempt_of(say, at), status="sent", zones=record.zones)
            self.attempts.append(made)

    def _record(self) -> Record:
        untold = () if self.told else to_tell(self.book, self.state.view)
        return msgspec.structs.replace(self.record, identified=self.state.identified, untold=untold)

    def _replaced(self, line: Line, why: tuple[Reason, ...]) -> Line:
        summary = f"No salió un texto ({line.text_id}): {'; '.join(r.detail or r.code for r in why)}"
        self.entries.append(Entry(derive(self.cause, "case", line.key), f.HandedOver("refused_reply", summary), "bot"))
        text = PRECLEARED.format(creditor=self.state.view.creditor.name)
        return Line(line.key, "precleared", Content(text))

    def _show(self, line: Line, at: datetime) -> None:
        purpose: Purpose = line.purpose
        fact = f.Said(line.key, line.text_id, line.content, line.origin, purpose, line.topics)
        who = "bot" if line.origin == "bot" else line.origin
        number = self._number(True)
        self.entries.append(Entry(line.key, fact, who, number))
        self.shown.append(Shown(number or 0, line.origin, at, line.content))


def _told_by(record: Record, line: Line) -> Record:
    """The record after a line left: what it told need not be told again."""
    if not line.tells:
        return record
    return msgspec.structs.replace(record, untold=tuple(one for one in record.untold if one not in line.tells))


# What the person agreed or paid changes what is known of them, so the next turn reads it again.
CHANGES_VIEW = (f.AgreementAccepted, f.AgreementSuperseded, f.IdentityFailed)


async def _commit(
    house: House,
    turn: OpenTurn,
    work: _Work,
    at: datetime,
    *,
    viewed: datetime | None,
    heard: bool = False,
    wake: bool = False,
    replies: bool = False,
) -> None:
    work.judged(house, at, reply=replies)
    held, state = turn.held, work.state
    changed = any(isinstance(e.fact, CHANGES_VIEW[:2]) for e in work.entries)
    await turn.commit(
        Outcome(
            at=at,
            cause=work.cause,
            entries=tuple(work.entries),
            state=_encoder.encode(state),
            seq=work.seq,
            owner=state.owner,
            status="closed" if state.closed else "open",
            identified=state.identified,
            stale=changed,
            heard=heard,
            timers=tuple(work.timers),
            viewed_on=_local_day(state, viewed),
            flows=held.flows or house.book.digest,
            wake=wake or held.owner != "bot" or _for_desk(work),
            attempts=tuple(work.attempts),
        )
    )


def _local_day(state: State, viewed: datetime | None) -> date | None:
    return viewed.astimezone(ZoneInfo(state.view.zone)).date() if viewed else None


def _for_desk(work: _Work) -> bool:
    return any(isinstance(e.fact, f.HandedOver) for e in work.entries)
