"""Money that went back by a gateway's word: noted once, though the creditor's file may tell of it too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.feeds.settlement import News, Told, settle
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.units import TAKEN_BACK
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.words import Money, derive
from acuerdo.service.feeding import Arrived
from acuerdo.service.gateways import TakenBack
from acuerdo.service.paying import PaymentRow, Telling

DAYS_APART = 7  # between the gateway's moment and the creditor's day for the same money
NOTE = """
insert into payment_reversal (id, creditor_id, reference, of_reference, kind, amount, currency, taken_at, import_id,
                              row, payment_id)
select r.id, $1, r.name, $3, r.kind, r.amount, $4, r.at, '', 0, $2
from unnest($5::text[], $6::text[], $7::text[], $8::bigint[], $9::timestamptz[]) as r (id, name, kind, amount, at)
on conflict (id) do nothing returning id
"""
# Of one payment, the n-th of an amount that the gateway told is the n-th that the file told, within days.
SAME = """
with mine as materialized (
  select p.id, p.creditor_id, p.reference from payment p
  where p.creditor_id = $1 and (p.id = any($2::text[]) or p.reference = any($3::text[]))
    and exists (select from payment_reversal g where g.payment_id = p.id)
), told as (
  select m.id as payment, r.id, r.amount, r.currency, r.taken_at, false as by_file
  from mine m join payment_reversal r on r.payment_id = m.id where r.same_as is null
  union all
  select m.id, r.id, r.amount, r.currency, r.taken_at, true from mine m
  join payment_reversal r on r.creditor_id = m.creditor_id and r.of_reference = m.reference
  where r.payment_id is null and r.same_as is null
), known as (
  select * from told t where not exists (select from payment_reversal o where o.same_as = t.id)
), counted as (
  select *, row_number() over (partition by payment, amount, currency, by_file order by taken_at, id) as n from known
)
update payment_reversal r set same_as = g.id
from counted t join counted g using (payment, amount, currency, n)
where t.by_file and not g.by_file and r.id = t.id
  and t.taken_at - g.taken_at between -make_interval(days => $4) and make_interval(days => $4)
"""
LESS = f"""
with back as (
  select p.id, p.taken_back as was, least(coalesce(sum(r.amount), 0), p.received + p.taken_back)::bigint as minor
  from payment p left join {TAKEN_BACK} r on r.id = p.id where p.id = $1 group by p.id
)
update payment p set received = p.received + p.taken_back - b.minor, taken_back = b.minor,
  status = case when b.minor >= p.received + p.taken_back then 'refunded' else 'paid' end
from back b where p.id = b.id and p.taken_back <> b.minor
returning p.taken_back, b.was
"""  # noqa: S608 - a constant of the store


# A chargeback that was won is back: its gateway does not tell of it any more.
WON = "delete from payment_reversal where payment_id = $1 and not reference = any($2::text[])"


async def same_back(db: Db, creditor: str, *, payments: Sequence[str] = (), references: Sequence[str] = ()) -> None:
    """What both the gateway and the creditor's file told of these payments counts once."""
    await db.execute(SAME, creditor, list(payments), list(references), DAYS_APART)


async def take_back(
    db: Db, keyring: Keyring, row: PaymentRow, back: Sequence[TakenBack], at: datetime
) -> Sequence[Telling]:
    """What went back of a payment counts no more, and what came again counts again, on the caller's transaction; what
    is to be told. `back` is all that its gateway says went back."""
    named = [(derive("back", row.id, one.id), one) for one in back]
    await db.fetch(
        NOTE, row.creditor, row.id, row.gateway_ref or row.id, row.amount.currency,
        [name for name, _ in named], [one.id for one in back], ["chargeback" if one.why == "chargeback" else "reversal"
        for one in back], [one.amount.minor for one in back], [one.at for one in back],
    )  # fmt: skip
    await db.execute(WON, row.id, [one.id for one in back])
    await same_back(db, row.creditor, payments=[row.id])
    less = await db.fetchrow(LESS, row.id)
    if less is None:
        return ()
    went = less["taken_back"] - less["was"]
    await book.insert(db, [_reversed(row, less, back, at) if went > 0 else _restored(row, -went, less, at)], {})
    moved = Money(abs(went), row.amount.currency)
    told = {row.id: Told(row.conversation, row.person, moved)} if row.conversation else {}
    arrived, person = Arrived("payments", row.creditor, "", "", "system", at), frozenset([row.person])
    again = frozenset([row.id]) if went < 0 else frozenset[str]()
    news = News(person, again, person, told if went < 0 else {}, told if went > 0 else {})
    return await settle(db, keyring, arrived, derive("back", row.id, str(less["taken_back"]), at.isoformat()), news)


def _restored(row: PaymentRow, came: int, less: asyncpg.Record, at: datetime) -> Recorded:
    fact = f.PaymentRestored(row.id, Money(came, row.amount.currency))
    return Recorded(
        derive("payment_restored", row.id, str(less["taken_back"]), at.isoformat()), at, "system", fact, row.creditor,
        row.person, None, row.conversation, None, row.id,
    )  # fmt: skip


def _reversed(row: PaymentRow, less: asyncpg.Record, back: Sequence[TakenBack], at: datetime) -> Recorded:
    last = max(back, key=lambda one: (one.at, one.id))
    why = f.PaymentReversed(
        row.id, Money(less["taken_back"] - less["was"], row.amount.currency),
        "chargeback" if last.why == "chargeback" else "reversal", last.at,
    )  # fmt: skip
    return Recorded(
        derive("payment_reversed", row.id, str(less["taken_back"]), at.isoformat()), at, "system", why, row.creditor,
        row.person, None, row.conversation, None, row.id,
    )  # fmt: skip
