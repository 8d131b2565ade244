"""A conversation's turn: load under the lock, read, step, judge every word, commit once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.compliance import Attempt, Cleared, NotYet, Record, Rules, Verdict, attempt_of, judge
from acuerdo.core.dialogue.engine import begin, expected, step
from acuerdo.core.dialogue.moving import Moves, misfits
from acuerdo.core.dialogue.notices import TOLD, to_tell
from acuerdo.core.dialogue.schema import Book
from acuerdo.core.dialogue.state import Effects, Line, State, Timer
from acuerdo.core.dialogue.turn import LONGEST_READ
from acuerdo.core.dialogue.view import View
from acuerdo.core.facts import AnyFact
from acuerdo.core.language import Model, read
from acuerdo.core.language.channels import channel_wished
from acuerdo.core.language.reading import Intent, Reading
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import AcuerdoError, ConversationId, CreditorId, PersonId, Purpose, Reason, derive
from acuerdo.service.channels import chosen
from acuerdo.service.outbound import Parcel
from acuerdo.service.places import Place, counts, manner_of
from acuerdo.service.ports import Entry, Held, LinkRow, OpenTurn, Outcome, Repeated, Shown, SlotTaken, Talks
from acuerdo.service.publishing import Flows, opened

PATIENCE = timedelta(hours=12)  # how long a message that had to wait may still leave once its hour came
SLOT_TRIES = 20  # of a turn whose slot of the desk others took
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
    no_mail: bool = False  # nothing leaves this house by e-mail
    flows: Flows | None = None  # those that were published; without, `book` is all there is


class Answer(msgspec.Struct, frozen=True):
    """What one turn put on the screen, the person's own message first where there is one."""

    shown: tuple[Shown, ...]
    repeated: bool = False


AGAIN = Answer((), repeated=True)


async def _book(house: House, digest: str) -> Book:
    """The flows a conversation began on: it stays on them when newer ones are published."""
    if not digest or digest == house.book.digest:
        return house.book
    return await opened(house.talks, digest)


async def _newest(house: House, creditor: str) -> Book:
    """The flows on which a creditor's new conversation begins."""
    return await _book(house, await house.flows.current(creditor) if house.flows is not None else "")


async def start(house: House, link: LinkRow, at: datetime) -> str:
    """The link's conversation; the first time, its first message is said. Returns its id.

    A conversation that was begun elsewhere goes on here, where nobody is known yet unless policy says so.
    """
    conversation = await house.talks.start(link, at)
    here = Place("web", link.address_hash)
    async with house.talks.turn(conversation, derive(conversation, "started"), at, here) as turn:
        held = turn.held
        if held.state and (held.known_here or held.owner != "bot"):
            return conversation
        if held.state:
            book = await _book(house, held.flows)
            work = _Work(book, held, _states.decode(held.state), derive(conversation, "joined", here.address))
            work.go_on(at, greets=True)
            await _commit(house, turn, work, at, viewed=None, replies=True)
        else:
            work = await _begun(house, turn, derive(conversation, "started"), at)
            await _commit(house, turn, work, at, viewed=at, replies=True)
    return conversation


async def _begun(house: House, turn: OpenTurn, cause: str, at: datetime) -> _Work:
    """The first work of a conversation, with what is said first in it."""
    held, view = turn.held, await _seen(house, turn, at)
    book = await _newest(house, held.creditor)
    fact = f.Started(book.digest, held.channel, msgspec.Raw(_encoder.encode(view)), house.model.name)
    work = _Work(book, held, begin(held.id, fact), cause)
    work.take(fact, "system", at, answers_at=at)
    return work


async def take_up(house: House, conversation: str, book: Book, moves: Moves, at: datetime) -> list[str]:
    """A conversation goes on with newer flows, standing where it stood; why it cannot, where something has no place.

    Nothing is said. The flows have to be kept already.
    """
    cause = derive(conversation, "flows", book.digest, at.isoformat())
    async with house.talks.turn(conversation, cause, at) as turn:
        state = _states.decode(turn.held.state)
        if wrong := list(misfits(state, book, moves)):
            return wrong
        if turn.held.flows != book.digest and not turn.held.seen:
            work = _Work(book, turn.held, state, cause)
            work.take(f.FlowsMoved(book.digest, moves.steps, moves.slots), "operator", at, answers_at=None)
            await _commit(house, turn, work, at, viewed=None)
    return []


async def hear(
    house: House, conversation: str, key: str, text: str, button: str, at: datetime, here: Place | None = None,
    answers: str = "",
) -> Answer:  # fmt: skip
    """One message of the person's: stored once by its key, understood, answered where it came from.

    `here` is where it came from (None: where the conversation went on last), `answers` the provider's id of the message
    of ours that it answers. On a channel that shows no buttons a number or a title is the button of what was last said
    there. A repeated key changes nothing; its answer is what was already said. Raises AcuerdoError when the
    conversation does not exist.
    """
    with suppress(Repeated):
        for tried in range(SLOT_TRIES):
            # A slot that went to somebody else meanwhile: what is free is looked up again.
            with suppress(SlotTaken):
                return await _hear(house, conversation, key, (text, button, answers), at, here, fresh=tried > 0)
        raise SlotTaken("no slot of the desk could be kept")
    return AGAIN


async def _hear(
    house: House, conversation: str, key: str, said: tuple[str, str, str], at: datetime, here: Place | None,
    *, fresh: bool = False,
) -> Answer:  # fmt: skip
    cause = derive(conversation, "heard", key)
    text, button, answers = said
    async with house.talks.turn(conversation, cause, at, here) as turn:
        if turn.held.seen:
            return AGAIN
        viewed: datetime | None = at
        if turn.held.state:
            book = await _book(house, turn.held.flows)
            work = _Work(book, turn.held, _states.decode(turn.held.state), cause)
            if guesses := not work.state.identified and any(c.isdigit() for c in text):
                await turn.guessing()
            viewed = await _refresh(house, turn, work, at, fresh=fresh or guesses)
        else:
            work = await _begun(house, turn, cause, at)
        work.go_on(at)
        if work.leaves and not button and (asked := await turn.asked(answers)):
            button, text = chosen(asked, text) or ("", text)
        await _try_code(turn, work, "" if button else text, at)
        reading = _read(house, work.book, work.state, text, button, at)
        wished = "" if button else channel_wished(text)
        if wished:  # who says where they want to be written to does not say that they want nothing
            reading = msgspec.structs.replace(reading, intents=(Intent("update_contact", 1.0),))
        masked = _masked(text, reading, work.state)
        fact = f.Heard(key, text, msgspec.Raw(_encoder.encode(reading)), button, masked)
        work.take(fact, "debtor", at, answers_at=at, screen=True)
        if wished:
            work.entries.append(Entry(derive(cause, "channel"), f.ChannelChosen(wished), "debtor"))
        await _commit(house, turn, work, at, viewed=viewed, heard=True, replies=True)
    mine = Shown(work.heard_seq, "me", at, Content(masked or text), key)
    return Answer((mine, *work.shown))


async def tell(
    house: House, conversation: str, event: AnyFact, who: str, at: datetime, *, key: str, here: Place | None = None
) -> Answer:
    """News from elsewhere: a payment, a timer, a takeover, an agent's words. Once by its key; it wakes the pages.

    Raises NotSent when an agent's message may not leave, NotYours when the conversation is not the agent's.
    """
    with suppress(Repeated):
        return await _tell(house, conversation, event, who, at, derive(conversation, "told", key), here)
    return AGAIN


async def _tell(
    house: House, conversation: str, event: AnyFact, who: str, at: datetime, cause: str, here: Place | None
) -> Answer:
    async with house.talks.turn(conversation, cause, at, here) as turn:
        if turn.held.seen:
            return AGAIN
        _owned(turn.held, event)
        book = await _book(house, turn.held.flows)
        work = _Work(book, turn.held, _states.decode(turn.held.state), cause)
        work.go_on(at)
        viewed = await _refresh(house, turn, work, at)
        by_person = isinstance(
            event, f.PaymentArrived | f.PaymentDeclined | f.PaymentTakenBack | f.FileReceived | f.MailFailed
        )
        own = isinstance(event, f.FileReceived)
        # What a timer causes is what we begin: it answers nobody.
        work.rang = event if isinstance(event, f.TimerRang) else None
        answers_at = None if work.rang else at if by_person else turn.held.last_in
        work.take(event, who, at, answers_at=answers_at, screen=own)
        if isinstance(event, f.AgentWrote | f.AgentOffered | f.RefusalUpheld):
            work.record = await turn.ledger(at)
            if work.refused(house, at):
                raise NotSent(work.why)
        await _commit(house, turn, work, at, viewed=viewed, wake=True, replies=by_person)
    return Answer(tuple(work.shown))


def _owned(held: Held, event: AnyFact) -> None:
    match event:
        case f.TakenOver(agent) if held.owner not in ("bot", f"agent:{agent}"):
            raise NotYours(f"{held.owner.removeprefix('agent:')} ya atiende esta conversación")
        case f.AgentWrote(agent) | f.AgentOffered(agent) | f.RefusalUpheld(agent) | f.HandedBack(agent) if (
            held.owner != f"agent:{agent}"
        ):
            raise NotYours("Primero tome la conversación; ahora no está a su nombre")
        case _:
            pass


async def _seen(house: House, turn: OpenTurn, at: datetime) -> View:
    """What is known of the person, and whether this house sends e-mails."""
    view = await turn.view(at)
    return msgspec.structs.replace(view, no_mail=True) if house.no_mail else view


async def _refresh(house: House, turn: OpenTurn, work: _Work, at: datetime, *, fresh: bool = False) -> datetime | None:
    """What is known of the person, read again where it changed, a day went by, or somebody failed to identify."""
    if not turn.held.stale and not fresh:
        return None
    view = await _seen(house, turn, at)
    if view != work.state.view or work.state.failures:
        work.take(f.Refreshed(msgspec.Raw(_encoder.encode(view))), "system", at, answers_at=at)
    return at


SIX_FIGURES = re.compile(r"\D{0,40}(\d{3})[ .-]?(\d{3})\D{0,10}")


async def _try_code(turn: OpenTurn, work: _Work, text: str, at: datetime) -> None:
    """Six figures while a code is waited for: what they are worth is looked up, and is an input of the step."""
    held = work.state.code
    figures = SIX_FIGURES.fullmatch(text) if held is not None and held.email and work.state.identified else None
    if held is None or figures is None or work.state.owner != "bot":
        return
    result = await turn.try_code(held.id, figures[1] + figures[2], at)
    work.take(f.CodeTried(held.id, result), "system", at, answers_at=at)


def _read(house: House, book: Book, state: State, text: str, button: str, at: datetime) -> Reading:
    """A pressed button says what it says; words are read."""
    if button:
        return Reading((Intent(button, 1.0),))
    return read(text[:LONGEST_READ], expected(book, state), at, state.view.country, house.model)


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
        self.rang: f.TimerRang | None = None
        self.why: tuple[Reason, ...] = ()
        self.record = held.record
        self.replaced = False
        # What stood told before this turn; what it tells itself is seen line by line.
        self.told = TOLD in state.noted
        self.seq = held.seq
        self.heard_seq = 0
        # What is said where no page of ours shows it leaves by the outbox, not before and not after these moments.
        self.leaves = held.here.channel != "web" and manner_of(held.here.channel).answers == "talk"
        self.leaving: list[tuple[Line, datetime | None, datetime, datetime]] = []

    def go_on(self, at: datetime, *, greets: bool = False) -> None:
        """Here, where it may be another place than before, or a proof of identity that has grown old."""
        here = self.held.here
        known = counts(here, self.held.proofs, at)
        if self.held.elsewhere or known != self.state.identified or greets:
            went = f.WentOn(here.channel, here.address, known, greets)
            self.take(went, "system", at, answers_at=at)

    def take(
        self, event: AnyFact, who: str, at: datetime, *, answers_at: datetime | None, screen: bool = False
    ) -> None:
        """One event through the step; what it decided waits for the guard."""
        if isinstance(event, f.Refreshed | f.WentOn | f.Started | f.CodeTried):
            self.entries.append(Entry(derive(self.cause, f.kind_of(event)), event, who))
        else:
            number = self._number(screen)
            self.heard_seq = number or self.heard_seq
            self.entries.append(Entry(self.cause, event, who, number))
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
            channel=held.here.channel,
            purpose=line.purpose,
            creditor=CreditorId(held.creditor),
            person=PersonId(held.person),
            origin=line.origin,
            conversation=ConversationId(held.id),
            text_id=line.text_id,
            topics=line.topics,
            answers_at=answers_at,
            tells=line.tells,
            address_hash=held.here.address if self.leaves else "",
        )

    def parcels(self) -> tuple[Parcel, ...]:
        """What leaves of this turn: what is said for one purpose is one message, so that its parts keep their order."""
        if not self.leaves:
            return ()
        lots = groupby(self.leaving, key=lambda one: (one[0].origin, one[0].purpose, one[1], one[2]))
        return tuple(self._parcel(str(n), list(lot)) for n, (_, lot) in enumerate(lots))

    def _parcel(self, n: str, lot: list[tuple[Line, datetime | None, datetime, datetime]]) -> Parcel:
        lines = [line for line, *_ in lot]
        last, (_, answers_at, not_before, _) = lines[-1], lot[0]
        line = Line(
            derive(self.cause, "out", n), last.text_id, joined([one.content for one in lines]),
            tuple(dict.fromkeys(topic for one in lines for topic in one.topics)), last.purpose, last.origin,
            tuple(dict.fromkeys(told for one in lines for told in one.tells)),
        )  # fmt: skip
        return Parcel(self.say(line, answers_at), not_before, min(one[3] for one in lot))

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

        A refused one stays off it; what a timer brought too early waits for its hour. Where the person waits for a
        reply, one text that was cleared long before takes the place of all that were refused, and a case opens.
        """
        rules, record = house.rules(at.date()), self._record()
        for line, answers_at in self.lines:
            say = self.say(line, answers_at)
            verdict = judge(say, record, rules, at)
            if isinstance(verdict, Cleared) or (self.leaves and isinstance(verdict, NotYet)):
                self._show(line, at)
                self._leave(line, answers_at, verdict, at)
                record = _told_by(record, line)
                self._count(say, record, at)
                continue
            if self.rang and isinstance(verdict, NotYet):
                self.timers.append(Timer(self.rang.timer, self.rang.key, verdict.until))
                return
            refused = f.TextRefused(line.key, line.text_id, verdict.why)
            self.entries.append(Entry(derive(self.cause, "refused", line.key), refused, "bot"))
            if reply and not self.replaced:
                self.replaced = True
                instead = self._replaced(line, verdict.why)
                self._show(instead, at)
                self._leave(instead, answers_at, judge(self.say(instead, answers_at), record, rules, at), at)

    def _leave(self, line: Line, answers_at: datetime | None, verdict: Verdict, at: datetime) -> None:
        if isinstance(verdict, Cleared):
            self.leaving.append((line, answers_at, at, verdict.deadline))
        elif isinstance(verdict, NotYet):
            self.leaving.append((line, answers_at, verdict.until, verdict.until + PATIENCE))

    def _count(self, say: Say, record: Record, at: datetime) -> None:
        """What a person of ours writes stands in the contact ledger; what answers in time counts in no cap there."""
        if (
            say.origin == "agent" and not say.tells and not self.leaves
        ):  # the first screen goes with their words, and is one contact
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


def joined(contents: Sequence[Content]) -> Content:
    """Several messages as one: their texts under one another, and all that goes with any of them."""
    if len(contents) == 1:
        return contents[0]
    return Content(
        "\n\n".join(one.text for one in contents if one.text),
        tuple(button for one in contents for button in one.buttons),
        tuple(card for one in contents for card in one.cards),
        next((one.input for one in reversed(contents) if one.input), None),
        next((one.link for one in reversed(contents) if one.link), None),
        tuple(file for one in contents for file in one.files),
        any(one.listed for one in contents),
    )


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
    if work.leaves and work.lines and work.record is turn.held.record:
        work.record = await turn.ledger(at)
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
            flows=work.book.digest,
            wake=wake or held.owner != "bot" or work.leaves or held.elsewhere or _for_desk(work),
            attempts=tuple(work.attempts),
            parcels=work.parcels(),
            proved=state.identified and any(isinstance(e.fact, f.Identified) for e in work.entries),
        )
    )


def _local_day(state: State, viewed: datetime | None) -> date | None:
    return viewed.astimezone(ZoneInfo(state.view.zone)).date() if viewed else None


def _for_desk(work: _Work) -> bool:
    return any(isinstance(e.fact, f.HandedOver) for e in work.entries)
