"""Whether the books on record are what the facts come to: each gap with both figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from acuerdo.core.payments.booking import Debt
from acuerdo.core.payments.ledger import Entry, balances
from acuerdo.core.payments.statement import Paid, Signed, Standing, lay
from acuerdo.core.words import AccountId, AcuerdoError, Money


class Gap(msgspec.Struct, frozen=True):
    """Something on record that is not what the facts come to, minor units; `of` is an account, an agreement's
    installment or a payment."""

    what: str
    of: str
    recorded: int
    recomputed: int


class Held(msgspec.Struct, frozen=True):
    """One person's money in one currency as it is on record: debts with what payments lowered them by, installments
    with what is paid of them by agreement, payments with what counts of each, and all entries."""

    currency: str
    debts: Sequence[tuple[Standing, int]]
    deals: Sequence[Signed]
    payments: Sequence[Paid]
    raised: Mapping[AccountId, int]
    entries: Sequence[Entry]


def gaps(held: Held) -> Iterator[Gap]:
    """Every gap between what is on record and what a recomputation from nothing but the facts gives."""
    statement = lay(
        [_bare(standing, held.raised.get(standing.debt.account, 0)) for standing, _ in held.debts],
        [_unpaid(signed) for signed in held.deals],
        [one for one in held.payments if one.payment.amount.minor > 0],
        held.currency,
    )
    yield from _of_entries(held)
    yield from _of_cash(held, {payment for payment, _ in statement.entries})
    for standing, since in held.debts:
        account = standing.debt.account
        now = statement.lowered.get(account, 0) - held.raised.get(account, 0)
        if now != since:
            yield Gap("lowered by payments", account, since, now)
    for signed in held.deals:
        recorded, now = signed.deal.paid.minor, sum(c.paid.minor for c in statement.covered[signed.deal.id])
        if recorded != now:
            yield Gap("paid of the agreement", signed.deal.id, recorded, now)


def _bare(standing: Standing, raised: int) -> Standing:
    """The debt as its file says it, with empty books and what was taken back of older payments."""
    debt = standing.debt
    left = Money(debt.left.minor + raised, debt.left.currency)
    return msgspec.structs.replace(standing, debt=Debt(debt.account, left, {}, debt.parts, debt.order))


def _unpaid(signed: Signed) -> Signed:
    nothing = Money(0, signed.deal.paid.currency)
    return msgspec.structs.replace(signed, deal=msgspec.structs.replace(signed.deal, paid=nothing))


def _of_entries(held: Held) -> Iterator[Gap]:
    """Each account's entries balance, in one currency; no bucket is below zero; a payment's cash is what came in."""
    by_account: dict[str, list[Entry]] = {}
    for entry in held.entries:
        by_account.setdefault(entry.account, []).append(entry)
    for account, entries in by_account.items():
        try:
            books = balances(entries)
        except AcuerdoError:
            yield Gap("two currencies in one ledger", account, len({e.amount.currency for e in entries}), 1)
            continue
        if any(e.amount.currency != held.currency for e in entries):
            yield Gap("entries in another currency", account, len(entries), 0)
        for bucket in ("fees", "interest", "principal"):
            if books.get(bucket, 0) < 0:
                yield Gap(f"{bucket} below zero", account, books[bucket], 0)
        if books.get("held", 0) > 0:
            yield Gap("more credit used than was held", account, -books["held"], 0)


def _of_cash(held: Held, laid: set[str]) -> Iterator[Gap]:
    """A payment's cash in the books is what counts of it; one that no balance of record holds yet is in them."""
    cash: dict[str, int] = {}
    for entry in held.entries:
        if "cash" in (entry.debit, entry.credit):
            sign = 1 if entry.debit == "cash" else -1
            cash[entry.ref] = cash.get(entry.ref, 0) + sign * entry.amount.minor
    for one in held.payments:
        name, wanted = one.payment.id, one.payment.amount.minor
        booked = cash.get(name, 0 if name in laid else None)
        if booked is not None and booked != wanted and not one.matched:
            yield Gap("cash of the payment", name, booked, wanted)
