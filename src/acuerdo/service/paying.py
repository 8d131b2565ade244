"""Payments: a link opened once at its gateway, a signed notice booked once, and the conversation told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime, timedelta
from typing import Literal, Protocol, cast
from zoneinfo import ZoneInfo

import msgspec
import structlog

from acuerdo.core import facts as f
from acuerdo.core.facts import AnyFact, Recorded
from acuerdo.core.negotiation import promises
from acuerdo.core.payments.booking import Booking, Deal, Debt, book
from acuerdo.core.payments.intents import State, advance
from acuerdo.core.payments.ledger import Payment
from acuerdo.core.payments.progress import Received, Terms
from acuerdo.core.words import AcuerdoError, Money, derive, storable, storable_name
from acuerdo.service import talking
from acuerdo.service.gateways import (
    BadSignature,
    Gateway,
    GatewayDown,
    Guides,
    Intent,
    Made,
    Notice,
    TakenBack,
    Unreadable,
    named,
)
from acuerdo.service.talking import House

JOB = "tell_payment"  # the queue's name of the job whose payload is a Telling
LIFE = timedelta(days=15)  # how long a payment link opens; house policy, the same as a private link's
# A gateway that has not said anything of a payment by then is asked; after a day only where a person tried to pay.
QUIET, FORGET = timedelta(minutes=2), timedelta(days=1)
ASK_AGAIN = timedelta(hours=1)  # a payment whose outcome nobody told within that day is asked about so often
OPENS: frozenset[State] = frozenset({"created", "unknown", "pending", "refused"})

_log = structlog.get_logger("acuerdo.paying")


class PaymentRow(msgspec.Struct, frozen=True):
    """One payment as it stands: what was asked for and what came in; `zone` is the person's.

    `back_since`: from when on its gateway is to be asked what went back of it, as it was said that something did;
    `taken_back`: what did, minor units. `chosen` are the debts that it is for, where not all.
    """

    id: str
    creditor: str
    creditor_name: str
    person: str
    country: str
    zone: str
    conversation: str | None
    amount: Money
    received: Money
    status: State
    gateway: str
    gateway_ref: str | None
    url: str
    created_at: datetime
    paid_at: datetime | None
    back_since: datetime | None = None
    chosen: tuple[str, ...] = ()
    taken_back: int = 0


class OpenPromise(msgspec.Struct, frozen=True):
    """A promise in force; `amount` None means that any payment by then keeps it."""

    id: str
    made: datetime
    due: date
    amount: Money | None


class Standing(msgspec.Struct, frozen=True):
    """What a payment is booked against, its rows locked: the debts oldest first, and what had come in before."""

    debts: tuple[Debt, ...]
    deal: Deal | None
    promises: tuple[OpenPromise, ...]
    received: tuple[Received, ...]
    terms: Terms = Terms()


class Telling(msgspec.Struct, frozen=True):
    """What a conversation is to be told, once by its key: the payload of the job."""

    conversation: str
    key: str
    event: f.PaymentArrived | f.PaymentDeclined | f.PaymentTakenBack


class Change(msgspec.Struct, frozen=True):
    """All that one notice, or one opening, changes; it is committed whole or not at all."""

    status: State
    facts: tuple[Recorded, ...] = ()
    made: Made | None = None
    gateway_ref: str | None = None
    paid_at: datetime | None = None
    booking: Booking | None = None
    deal: str | None = None
    telling: Telling | None = None
    asked: datetime | None = None  # its gateway was asked, and did not answer
    same_as: str | None = None  # the creditor told of this money before, and it is booked


class OpenPayment(Protocol):
    """A payment under its lock."""

    row: PaymentRow

    async def first(self, notice: Notice, at: datetime) -> bool:
        """Whether this event of the gateway's was not seen before; from here it is."""
        ...

    async def reported(self, amount: Money, gateway_ref: str, at: datetime) -> str | None:
        """The creditor's own report of this money, where its file came first."""
        ...

    async def standing(self) -> Standing: ...
    async def commit(self, change: Change) -> None: ...
    async def take_back(self, back: Sequence[TakenBack], at: datetime) -> Sequence[Telling]:
        """What went back counts no more, each part once: in the books, agreements and promises; what is to be told."""
        ...

    async def ask_back(self, at: datetime) -> None:
        """Its gateway is to be asked what went back of it."""
        ...


class Loose(msgspec.Struct, frozen=True):
    """What nobody finished: bodies kept and not read through, and payments a gateway is silent about."""

    bodies: tuple[tuple[str, bytes], ...]
    payments: tuple[str, ...]


class Payments(Protocol):
    """The store of payments and of gateways' notices. A channel is `pay:` and the gateway's name."""

    def locked(self, payment: str, *, books: bool = False) -> AbstractAsyncContextManager[OpenPayment | None]:
        """The payment under its lock, None where there is none; with `books` nobody else writes to the person's."""
        ...

    async def find(self, gateway: str, notice: Notice) -> str | None: ...
    async def keep(self, channel: str, raw: bytes, at: datetime) -> bool:
        """Stores a body first of all; False when it was worked through before."""
        ...

    async def settle(
        self, channel: str, raw: bytes, status: Literal["kept", "parsed", "unreadable"], why: str
    ) -> None: ...

    async def refuse(self, channel: str, source: str, raw: bytes, at: datetime) -> None: ...
    async def loose(self, at: datetime) -> Loose: ...


class Paying(msgspec.Struct, frozen=True):
    """What paying needs: the store, the gateways by name, the conversations, and where people reach us."""

    payments: Payments
    gateways: Mapping[str, Gateway]
    house: House
    base_url: str


def return_url(base_url: str, payment: str) -> str:
    """Where the gateway sends the person back to."""
    return f"{base_url}/p/{payment}/volver"


def notify_url(base_url: str, gateway: str) -> str:
    """Where the gateway posts its notices."""
    return f"{base_url}/webhooks/pay/{gateway}"


async def open_payment(paying: Paying, payment: str, at: datetime) -> str | None:
    """The page on which to pay, its intent made with the gateway the first time.

    None where there is nothing to pay by this link: unknown, paid, expired, or nothing is owed any more. Raises
    GatewayDown.
    """
    async with paying.payments.locked(payment) as opened:
        if opened is None or opened.row.status not in OPENS:
            return None
        if at >= opened.row.created_at + LIFE or not _owes(await opened.standing()):
            await opened.commit(Change("expired"))
            return None
        row = opened.row
    return row.url or await _make(paying, row, at)


def _owes(standing: Standing) -> bool:
    return any(debt.left.minor > 0 for debt in standing.debts)


async def _make(paying: Paying, row: PaymentRow, at: datetime) -> str:
    """The intent's page. No lock is held while the gateway thinks: a reference is one intent, however often asked."""
    intent = Intent(
        reference=row.id, amount=row.amount, payee=row.creditor_name, return_url=return_url(paying.base_url, row.id),
        notify_url=notify_url(paying.base_url, row.gateway),
    )  # fmt: skip
    try:
        made = await named(paying.gateways, row.gateway).create(intent)
    except GatewayDown:
        await _unknown(paying, row.id, at)
        raise
    fact = f.PaymentRequested(row.id, row.amount, row.gateway)
    requested = _recorded(row, "debtor", fact, at, derive("payment_requested", row.id))
    async with paying.payments.locked(row.id) as opened:
        if opened is not None and not opened.row.url:
            status: State = "created" if opened.row.status == "unknown" else opened.row.status
            await opened.commit(Change(status, (requested,), made, made.gateway_ref))
    return made.url


async def _unknown(paying: Paying, payment: str, at: datetime) -> None:
    """Nobody can tell what became of a payment, as its gateway does not answer: it is asked again until it does."""
    async with paying.payments.locked(payment) as opened:
        if opened is not None and (status := advance(opened.row.status, "unknown")) != opened.row.status:
            await opened.commit(Change(status, asked=at))


async def steps_of(paying: Paying, payment: str) -> tuple[str, ...]:
    """What the person is to do to pay, where its gateway has no page and tells it in words; else nothing."""
    async with paying.payments.locked(payment) as opened:
        row = opened.row if opened else None
    gateway = paying.gateways.get(row.gateway) if row else None
    if row is None or not isinstance(gateway, Guides):
        return ()
    return gateway.steps(row.creditor_name, row.id, row.amount)


async def receipt(paying: Paying, payment: str) -> PaymentRow | None:
    """A paid payment with the amount that came in, for its receipt; None otherwise."""
    async with paying.payments.locked(payment) as opened:
        if opened is None or opened.row.status != "paid":
            return None
        return msgspec.structs.replace(opened.row, amount=opened.row.received)


async def receive_notice(
    paying: Paying, gateway: str, raw: bytes, headers: Mapping[str, str], source: str, at: datetime
) -> bool:
    """A gateway's post: True means answer 200. False, that it is not the gateway's: answer 401.

    It is stored before it is read, so nothing is lost when this stops half-way; `take_up` goes on. `headers` are by
    name in lower case, `source` is the sender's network address. Raises UnknownGateway.
    """
    try:
        named(paying.gateways, gateway).verify(raw, headers, at)
    except BadSignature:
        await paying.payments.refuse(_channel(gateway), source, raw, at)
        return False
    if await paying.payments.keep(_channel(gateway), raw, at):
        await _work_through(paying, gateway, raw, at)
    return True


def _channel(gateway: str) -> str:
    return f"pay:{gateway}"


async def _work_through(paying: Paying, gateway: str, raw: bytes, at: datetime) -> None:
    """Every notice of a stored body; what cannot be booked stays kept, with why."""
    try:
        notices = [_storable(notice) for notice in named(paying.gateways, gateway).parse(raw)]
    except Exception as why:
        told = str(why) if isinstance(why, Unreadable) else f"the gateway failed on it: {type(why).__name__}"
        await paying.payments.settle(_channel(gateway), raw, "unreadable", storable(told))
        return
    problems = [problem for notice in notices if (problem := await _taken(paying, gateway, notice, at))]
    await paying.payments.settle(_channel(gateway), raw, "kept" if problems else "parsed", "; ".join(problems))


def _storable(notice: Notice) -> Notice:
    """The notice with names that the store takes; one that it does not would be read again for ever."""
    return msgspec.structs.replace(
        notice, event=storable_name(notice.event), gateway_ref=storable_name(notice.gateway_ref),
        reference=storable_name(notice.reference), said=storable_name(notice.said),
        back=tuple(msgspec.structs.replace(one, id=storable_name(one.id)) for one in notice.back),
    )  # fmt: skip


async def _taken(paying: Paying, gateway: str, notice: Notice, at: datetime) -> str:
    """As `_take`; what a person has to mend is a reason too, so that it waits and is not tried for ever."""
    try:
        return await _take(paying, gateway, notice, at)
    except AcuerdoError as why:
        return str(why)


async def _take(paying: Paying, gateway: str, notice: Notice, at: datetime) -> str:
    """One notice, booked once; why it could not be, or an empty text."""
    if not notice.status:
        return f"a notice of kind {notice.said!r} is not booked yet"
    payment = await paying.payments.find(gateway, notice)
    if payment is None:
        return f"no payment of ours is {notice.gateway_ref!r} there"
    if notice.status == "taken_back":
        return await _take_back(paying, gateway, payment, notice, at)
    doubt, looked = "", False
    if notice.status == "paid" and (doubt := await _doubt(paying, payment, notice)):
        asked = await _asked(paying, gateway, payment)
        if asked is None or asked.status != "paid":
            return f"{doubt}; the gateway does not confirm it"
        doubt, notice, looked = ("" if asked.amount == notice.amount else doubt), asked, True
    return await _book(paying, payment, notice, at, whole=looked) or doubt


async def _take_back(paying: Paying, gateway: str, payment: str, notice: Notice, at: datetime) -> str:
    """That money went back is never taken at its word: the gateway is asked, and what it says is booked."""
    asked = await _asked(paying, gateway, payment)
    if asked is None:
        async with paying.payments.locked(payment) as opened:
            if opened is not None:
                await opened.ask_back(at)
        return "it says that money went back; the gateway does not answer, and is asked again"
    if not asked.back and notice.back:
        return "it says that money went back; the gateway does not confirm it"
    doubt = "" if set(notice.back) <= set(asked.back) else "it does not say what the gateway says of what went back"
    return await _book(paying, payment, asked, at, whole=True) or doubt


async def _doubt(paying: Paying, payment: str, notice: Notice) -> str:
    """Why a notice of money cannot be taken at its word: it names another amount or currency than was asked for."""
    async with paying.payments.locked(payment) as opened:
        wanted = opened.row.amount if opened else None
    if wanted is None or notice.amount in (None, wanted):
        return ""
    told = notice.amount
    return f"the notice says {told.minor} {told.currency}, and {wanted.minor} {wanted.currency} was asked for"


async def _asked(paying: Paying, gateway: str, payment: str) -> Notice | None:
    """What the gateway says of a payment when it is asked; None where it knows nothing, or does not answer."""
    try:
        return await named(paying.gateways, gateway).lookup(payment)
    except GatewayDown:
        return None


async def _book(paying: Paying, payment: str, notice: Notice, at: datetime, *, whole: bool = False) -> str:
    """What a notice says, booked; `whole`: a look-up's, which tells of all that went back. Why not, or nothing."""
    async with paying.payments.locked(payment, books=True) as opened:
        if opened is None:
            return f"payment {payment} is gone"
        amount = notice.amount or opened.row.amount
        if amount.currency != opened.row.amount.currency or amount.minor <= 0:
            return f"the amount is {amount.minor} {amount.currency}, and {opened.row.amount.currency} was asked for"
        if any(one.amount.currency != amount.currency or one.amount.minor <= 0 for one in notice.back):
            return f"what went back is not an amount of {amount.currency}"
        change = await _change(opened, notice, amount, at) if await opened.first(notice, at) else None
        tellings: list[Telling] = []
        if change is not None:
            await opened.commit(change)
            tellings += [change.telling] if change.telling else []
        if whole and (notice.back or opened.row.back_since or opened.row.taken_back):
            tellings += await opened.take_back(notice.back, at)
    for telling in tellings:
        await _tell_at_once(paying, telling, at)
    return ""


async def _change(opened: OpenPayment, notice: Notice, amount: Money, at: datetime) -> Change | None:
    """What a notice means for the payment; None when it tells nothing new."""
    row = opened.row
    status = advance(row.status, cast(State, notice.status))
    if status == row.status:
        return None
    if status == "paid":
        paid_at = _paid_at(row, notice, at)
        if same := await opened.reported(amount, notice.gateway_ref, paid_at):
            return _known(row, same, notice, amount, at)
        return _paid(row, await opened.standing(), notice, amount, at)
    if status == "refused":
        fact = f.PaymentRefused(row.id, notice.gateway_ref)
        name = derive("payment_refused", row.id)
        telling = _telling(row, notice, f.PaymentDeclined(row.id))
        recorded = _recorded(row, "system", fact, at, name, notice.event)
        return Change(status, (recorded,), gateway_ref=notice.gateway_ref, telling=telling)
    return Change(status, gateway_ref=notice.gateway_ref)


def _known(row: PaymentRow, same: str, notice: Notice, amount: Money, at: datetime) -> Change:
    """Money that the creditor's file told of before its gateway did: it is on record, and booked no second time."""
    fact = f.PaymentReceived(row.id, amount, notice.gateway_ref)
    told = _recorded(row, "system", fact, at, derive("payment_received", row.id), notice.event)
    return Change(
        "paid", (told,), gateway_ref=notice.gateway_ref, paid_at=_paid_at(row, notice, at), same_as=same
    )  # fmt: skip


def _paid_at(row: PaymentRow, notice: Notice, at: datetime) -> datetime:
    """When money came in, as its gateway tells; where it tells of a time before the payment or after now, now."""
    told = notice.at or at
    return told if row.created_at - timedelta(days=1) <= told <= at else at


def _paid(row: PaymentRow, standing: Standing, notice: Notice, amount: Money, at: datetime) -> Change:
    """Money came in: the books, the agreement, the promises, and what the conversation is told."""
    paid_at = _paid_at(row, notice, at)
    only = tuple(d.account for d in standing.debts if d.account in row.chosen)
    # What is paid of some debts counts for an agreement that is about any of them, and for no other.
    bound = standing.deal if standing.deal and (not only or set(only) & set(standing.deal.accounts)) else None
    booking = book(Payment(row.id, paid_at, amount), standing.debts, bound, only)
    deal = bound.id if bound else None
    fact = f.PaymentReceived(row.id, amount, notice.gateway_ref)
    facts = [_recorded(row, "system", fact, at, derive("payment_received", row.id), notice.event)]
    if deal and booking.completed:
        completed = f.AgreementCompleted(deal)
        facts.append(_recorded(row, "system", completed, at, derive("agreement_completed", deal, row.id), facts[0].id))
    kept = _kept(row, standing, amount, paid_at)
    for name in kept:
        told = f.PromiseKept(name)
        facts.append(_recorded(row, "system", told, at, derive("promise_kept", name, row.id), facts[0].id))
    if booking.held.minor:
        over = f.PaidTooMuch(row.id, booking.held)
        facts.append(_recorded(row, "system", over, at, derive("paid_too_much", row.id), facts[0].id))
    return Change(
        status="paid",
        facts=tuple(facts),
        gateway_ref=notice.gateway_ref,
        paid_at=paid_at,
        booking=booking,
        deal=deal,
        telling=_telling(
            row, notice, f.PaymentArrived(row.id, amount, booking.remaining, deal or "", booking.completed)
        ),
    )


def _kept(row: PaymentRow, standing: Standing, amount: Money, paid_at: datetime) -> tuple[str, ...]:
    """The promises that this payment, with those before it, keeps."""
    zone = ZoneInfo(row.zone)
    today = paid_at.astimezone(zone).date()
    received = (*standing.received, Received(today, amount))

    def keeps(p: OpenPromise) -> bool:
        wanted = p.amount or Money(1, amount.currency)
        if wanted.currency != amount.currency:
            return False
        given = promises.Given(p.made.astimezone(zone).date(), p.due, wanted)
        return promises.event_of(given, received, today, standing.terms) == "keep"

    return tuple(p.id for p in standing.promises if keeps(p))


def _recorded(row: PaymentRow, who: str, fact: AnyFact, at: datetime, name: str, cause: str = "") -> Recorded:
    return Recorded(
        name, at, who, fact, creditor=row.creditor, person=row.person, conversation=row.conversation,
        cause=cause or row.id,
    )  # fmt: skip


def _telling(row: PaymentRow, notice: Notice, event: f.PaymentArrived | f.PaymentDeclined) -> Telling | None:
    return Telling(row.conversation, notice.event, event) if row.conversation else None


async def _tell_at_once(paying: Paying, telling: Telling, at: datetime) -> None:
    """The conversation hears now, not when a worker comes by; the job queued with the booking makes it certain."""
    try:
        await tell(paying.house, telling, at)
    except Exception as why:  # whatever it is, the money is booked and the job will tell
        _log.warning("conversation not told at once", payment=telling.event.payment, error=type(why).__name__)


async def tell(house: House, telling: Telling, at: datetime) -> None:
    """Tells the conversation of a payment; once by its key, whoever calls it. Raises AcuerdoError."""
    await talking.tell(house, telling.conversation, telling.event, "system", at, key=telling.key)


async def tell_payment(house: House, payload: bytes, at: datetime) -> None:
    """The handler of the job `JOB`. Raises AcuerdoError where the conversation is gone."""
    await tell(house, msgspec.json.decode(payload, type=Telling), at)


async def look_again(paying: Paying, payment: str, at: datetime) -> State | None:
    """Asks the gateway what became of a payment, as its notice may be late or lost. Raises GatewayDown."""
    async with paying.payments.locked(payment) as opened:
        row = opened.row if opened else None
    settled = row is not None and row.status in ("paid", "refunded") and row.back_since is None
    if row is None or settled or (row.gateway_ref is None and row.status != "unknown"):
        return row.status if row else None
    try:
        notice = await named(paying.gateways, row.gateway).lookup(row.id)
    except GatewayDown:
        await _unknown(paying, row.id, at)
        raise
    if notice is None or not notice.status:
        return await _known_again(paying, row.id)
    await _book(paying, row.id, notice, at, whole=True)
    return advance(row.status, cast(State, notice.status))


async def _known_again(paying: Paying, payment: str) -> State | None:
    """The gateway answers again, and nothing came of the payment yet: its page may still be paid."""
    async with paying.payments.locked(payment) as opened:
        if opened is None:
            return None
        if opened.row.status == "unknown":
            await opened.commit(Change("created"))
            return "created"
        return opened.row.status


async def take_up(paying: Paying, at: datetime) -> int:
    """What others left half-done, for a worker to call now and then; how many things it looked at.

    Bodies stored and not read through are read; silent gateways are asked, each payment's every two minutes. One that
    fails does not stop the rest; what a gateway left that is no longer installed waits for it.
    """
    loose = await paying.payments.loose(at)
    for channel, raw in loose.bodies:
        if (gateway := channel.removeprefix("pay:")) in paying.gateways:
            try:
                await _work_through(paying, gateway, raw, at)
            except Exception as why:  # whatever it is, it stays kept, and the others are read
                _log.warning("a notice was not worked through", gateway=gateway, error=type(why).__name__)
    for payment in loose.payments:
        try:
            await look_again(paying, payment, at)
        except Exception as why:
            _log.warning("a gateway was not asked", payment=payment, error=type(why).__name__)
    return len(loose.bodies) + len(loose.payments)
