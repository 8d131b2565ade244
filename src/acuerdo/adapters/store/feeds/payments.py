"""The creditor's payments and what it took back: each once by its reference, ours among them never counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.feeds import waiting, whom
from acuerdo.adapters.store.feeds.going_back import same_back
from acuerdo.adapters.store.feeds.settlement import News, Told, settle
from acuerdo.adapters.store.feeds.whom import Keys, Known, Whom
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.units import TAKEN_BACK, UNITS, in_unit, values_on
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.payments.reported import DAYS_APART, Ours, Report, same_money
from acuerdo.core.portfolio.feeds.cells import NOON
from acuerdo.core.portfolio.feeds.payments import PaymentLine
from acuerdo.core.portfolio.records import Fault
from acuerdo.core.words import CAPITAL_ZONE, Money, derive
from acuerdo.service.feeding import Arrived, Status, Taken

PESOS = "CLP"
ENDED = ("paid", "refunded", "same")
NAMES = {"CLF": "UF", "UTM": "UTM"}
KNOWN = """
select reference, received + taken_back as amount, currency, gateway,
       (paid_at at time zone (select zones[1] from person where id = person_id))::date as on
from payment where creditor_id = $1 and reference = any($2::text[])
"""
OURS = """
select p.id, p.gateway_ref, coalesce(w.root_id, w.id) as person, p.accounts, p.received + p.taken_back as amount,
       p.currency, (p.paid_at at time zone w.zones[1])::date as on
from payment p join person w on w.id = p.person_id
where p.creditor_id = $1 and p.gateway <> 'report' and p.reference is null and p.status in ('paid', 'refunded')
  and (w.id = any($2::text[]) or w.root_id = any($2::text[])
       or p.gateway_ref = any($3::text[]) or p.id = any($3::text[]))
order by p.id
"""
CURRENCIES = "select id, currency from account where id = any($1::text[])"
ANY_UNIT = "select exists (select from account where creditor_id = $1 and currency = any($2::text[]))"
# In what these people owe, where it is in one currency alone, and whether they agreed on payments in pesos.
OWED_IN = """
select w.id,
       (select min(currency) from account where person_id = w.id and status = 'open'
        having count(distinct currency) = 1) as currency,
       exists (select from agreement g where g.creditor_id = $1 and g.currency = $3 and g.status in ('active', 'broken')
               and g.person_id in (select people_of(w.id))) as agreed
from unnest($2::text[]) as w (id)
"""
# The conversation that is told of it: the newest that is open.
TALKS = """
select distinct on (coalesce(w.root_id, w.id)) coalesce(w.root_id, w.id) as person, c.id, c.started_at
from conversation c join person w on w.id = c.person_id
where c.creditor_id = $1 and c.status = 'open' and (w.id = any($2::text[]) or w.root_id = any($2::text[]))
order by coalesce(w.root_id, w.id), c.started_at desc, c.id
"""
INSERT = """
insert into payment (id, creditor_id, person_id, conversation_id, accounts, amount, currency, status, gateway, received,
                     created_at, paid_at, reference, account_id, reported_at)
select r.id, $1, r.person, nullif(r.talk, ''),
       case when r.account <> '' then array[r.account] else coalesce(
         (select array_agg(a.id order by a.id) from account a
          where a.person_id = r.person and a.currency = r.currency and a.status = 'open'), '{}') end,
       r.amount, r.currency, 'paid', 'report', r.amount, $2, r.paid_at, r.reference, nullif(r.account, ''), $2
from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::timestamptz[], $10::text[])
  as r (id, person, talk, account, amount, currency, paid_at, reference)
"""
# Payments by a link whose code these rows quote, as people were told to; the one asked for last comes first.
CODED = """
select p.id, p.code, coalesce(w.root_id, w.id) as person, p.amount, p.currency, p.conversation_id, p.status
from payment p join person w on w.id = p.person_id
where p.creditor_id = $1 and p.code = any($2::text[]) and p.code <> '' order by p.requested_at desc, p.id
"""
PAID = """
update payment p set status = 'paid', received = r.amount, paid_at = r.paid_at, reference = r.reference,
  account_id = nullif(r.account, ''), reported_at = $1,
  conversation_id = coalesce(p.conversation_id, nullif(r.talk, ''))
from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::text[])
  as r (id, talk, account, amount, paid_at, reference) where p.id = r.id
"""
MATCHED = """
update payment p set reference = m.reference, reported_at = $1, account_id = nullif(m.account, '')
from unnest($2::text[], $3::text[], $4::text[]) as m (id, reference, account) where p.id = m.id
"""
REVERSALS = """
insert into payment_reversal (id, creditor_id, reference, of_reference, kind, amount, currency, taken_at, import_id,
                              row)
select r.id, $1, r.reference, r.of, r.kind, r.amount, r.currency, r.taken_at, $2, r.row
from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::timestamptz[], $10::integer[])
  as r (id, reference, of, kind, amount, currency, taken_at, row)
on conflict (id) do nothing returning id
"""
# Of each payment that a report names: what was taken back of it, never more than it was.
LESS = f"""
with back as (
  select p.id, p.taken_back as was, least(sum(r.amount), p.received + p.taken_back)::bigint as minor
  from payment p join {TAKEN_BACK} r on r.id = p.id
  where p.creditor_id = $1 and p.reference = any($2::text[]) and r.creditor_id = $1 and r.reference = any($2::text[])
  group by p.id, p.received, p.taken_back
)
update payment p set received = p.received + p.taken_back - b.minor, taken_back = b.minor,
  status = case when b.minor >= p.received + p.taken_back then 'refunded' else 'paid' end
from back b where p.id = b.id and p.taken_back <> b.minor
returning p.id, p.person_id, p.conversation_id, p.reference, p.account_id, p.currency, p.taken_back, b.was
"""  # noqa: S608 - a constant of the store
# A reversal of ours may name the gateway's reference or our own, whether or not a report named the payment.
NAME_OURS = """
update payment p set reference = r.of from unnest($2::text[]) as r (of)
where p.creditor_id = $1 and p.reference is null and p.gateway <> 'report' and p.status in ('paid', 'refunded')
  and (p.gateway_ref = r.of or p.id = r.of)
"""


class PaymentsFeed:
    """Payments on their way in; the books are settled at the end, each person's once."""

    def __init__(self, db: Db, keyring: Keyring, arrived: Arrived, import_id: str) -> None:
        self._db, self._keyring, self._arrived, self._import = db, keyring, arrived, import_id
        self._touched: set[str] = set()
        self._fresh: set[str] = set()
        self._unsettled: set[str] = set()
        self._told: dict[str, Told] = {}
        self._back: dict[str, Told] = {}
        self._coded: dict[str, asyncpg.Record] = {}  # by the creditor's reference: the link that was paid
        # By its row: the unit that a payment in pesos is to count in, and how much that is; None where nobody knows.
        self._units: dict[int, tuple[str, Money | None]] = {}

    async def take(self, lines: Sequence[PaymentLine]) -> Taken:
        payments = [line for line in lines if line.kind == "payment"]
        statuses, faults = await self._payments(payments)
        taken_back = [line for line in lines if line.kind != "payment"]
        statuses += await self._reversals(taken_back)
        await self._take_back([line.reference for line in payments] + [line.of for line in taken_back])
        return Taken(tuple(statuses), tuple(faults))

    async def finish(self) -> None:
        people = frozenset(self._touched | self._unsettled)
        news = News(people, frozenset(self._fresh), frozenset(self._unsettled), self._told, self._back)
        await settle(self._db, self._keyring, self._arrived, self._import, news)

    async def _payments(self, lines: Sequence[PaymentLine]) -> tuple[list[tuple[int, Status]], list[Fault]]:
        creditor, statuses = self._arrived.creditor, list[tuple[int, Status]]()
        await self._read_units(lines)
        known = {r["reference"]: r for r in await self._db.fetch(KNOWN, creditor, [one.reference for one in lines])}
        old = [(one, known[one.reference]) for one in lines if one.reference in known]
        other = {one.row for one, was in old if _differs(one, was) and _differs(self._as_booked(one), was)}
        faults = [_conflict(one) for one, _ in old if one.row in other]
        statuses += ((one.row, "unchanged") for one, _ in old if one.row not in other)
        new = list({one.reference: one for one in reversed(lines) if one.reference not in known}.values())
        first = {one.reference: one for one in new}
        again = [one for one in lines if one.reference in first and first[one.reference] is not one]
        faults += (_conflict(one) for one in again if not _same(one, first[one.reference]))
        statuses += ((one.row, "unchanged") for one in again if _same(one, first[one.reference]))
        keys = [whom.keys_of(self._keyring, creditor, one.about) for one in new]
        found = await self._by_code(new, await whom.find(self._db, creditor, keys, sole=True))
        currencies = dict(map(tuple, await self._db.fetch(CURRENCIES, [one.account for one in found])))
        good: list[tuple[PaymentLine, Whom]] = []
        late: list[tuple[PaymentLine, Keys]] = []
        for line, key, who in zip(new, keys, found, strict=True):
            if len(who.people) != 1 or (line.about.account and not who.account):
                late.append((line, key))
            elif (
                line.row not in self._units
                and currencies.get(who.account, line.amount.currency) != line.amount.currency
            ):
                faults.append(_other_currency(line, currencies[who.account]))
            else:
                good.append((line, who))
        await waiting.keep(self._db, self._keyring, creditor, "payments", self._import, late, self._arrived.at)
        unclear = await self._book(good)
        left = {one.row for one in unclear}
        statuses += [(line.row, "unmatched") for line, _ in late]
        statuses += [(line.row, "taken") for line, _ in good if line.row not in left]
        return statuses, [*faults, *unclear]

    async def _by_code(self, lines: Sequence[PaymentLine], found: Sequence[Whom]) -> list[Whom]:
        """Whose payment each is where it quotes the code of a link of ours, in a column of its own or as its reference.

        A row that names somebody else is theirs. Where people share a code, as short ones may, the amount tells.
        """
        quoted = {line.code for line in lines} | {line.reference for line in lines}
        links: dict[str, list[asyncpg.Record]] = {}
        for row in await self._db.fetch(CODED, self._arrived.creditor, sorted(quoted - {""})):
            links.setdefault(row["code"], []).append(row)
        taken: set[str] = set()
        whose: list[Whom] = []
        for line, who in zip(lines, found, strict=True):
            link = _link(line, who, links.get(line.code or line.reference, []), taken)
            if link is not None:
                who = Whom(who.account, (link["person"],))
                if link["id"] not in taken and link["status"] not in ENDED:
                    self._coded[line.reference] = link
                    taken.add(link["id"])
            whose.append(who)
        return whose

    async def _read_units(self, lines: Sequence[PaymentLine]) -> None:
        """Notes of payments in pesos on debts in units what they are worth on their day."""
        creditor, self._units = self._arrived.creditor, {}
        units = sorted(set(UNITS.values()))
        in_pesos = [one for one in lines if one.amount.currency == PESOS]
        if not in_pesos or not await self._db.fetchval(ANY_UNIT, creditor, units):
            return
        keys = [whom.keys_of(self._keyring, creditor, one.about) for one in in_pesos]
        found = await whom.find(self._db, creditor, keys, sole=True)
        currencies = dict(map(tuple, await self._db.fetch(CURRENCIES, [one.account for one in found])))
        people = sorted({one.people[0] for one in found if len(one.people) == 1})
        owed = {row["id"]: row for row in await self._db.fetch(OWED_IN, creditor, people, PESOS)}
        values = await values_on(self._db, (one.paid_on for one in in_pesos))
        for line, who in zip(in_pesos, found, strict=True):
            if len(who.people) != 1:
                continue
            person = owed[who.people[0]]
            unit = currencies.get(who.account) or person["currency"]
            if unit in units:
                value = values.get((unit, line.paid_on))
                worth = in_unit(line.amount, unit, value) if value else None
                # An agreement in pesos is kept by pesos; the balance waits for the creditor's next file.
                self._units[line.row] = (unit, line.amount if person["agreed"] else worth)

    def _as_booked(self, line: PaymentLine) -> PaymentLine:
        """The payment in the currency of its debt."""
        _, worth = self._units.get(line.row, ("", None))
        return line if worth is None else msgspec.structs.replace(line, amount=worth)

    async def _book(self, good: Sequence[tuple[PaymentLine, Whom]]) -> list[Fault]:
        """Those that are ours get the creditor's reference; the others are payments of their own.

        Returns what is wrong with those that are not ours, and whose worth in the debt's unit nobody knows.
        """
        if not good:
            return []
        people = sorted({who.people[0] for _, who in good})
        ours = await self._ours(people, [line.reference for line, _ in good])
        known = await whom.known(self._db, self._keyring, people)
        reports = (
            Report(one.reference, who.people[0], who.account, one.amount, one.paid_on)
            for one, who in good
            if one.reference not in self._coded
        )
        same = same_money(reports, ours)
        own = [one for one in good if one[0].reference not in same]
        unclear = [line for line, _ in own if self._units.get(line.row, ("", line.amount))[1] is None]
        own = [(self._as_booked(line), who) for line, who in own if line not in unclear]
        matched = [
            (same[line.reference].id, line.reference, who.account) for line, who in good if line.reference in same
        ]
        for line, who in good:
            found = same.get(line.reference)
            if found is not None and who.account and found.accounts != (who.account,):
                self._unsettled.add(found.person)  # it is on the debt that the creditor put it on
        if matched:
            await self._db.execute(MATCHED, self._arrived.at, *(list(column) for column in zip(*matched, strict=True)))
        await self._insert(own, known)
        return [_of_unknown_worth(line, self._units[line.row][0]) for line in unclear]

    async def _ours(self, people: Sequence[str], references: Sequence[str]) -> list[Ours]:
        rows = await self._db.fetch(OURS, self._arrived.creditor, people, references)
        return [
            Ours(
                row["id"], tuple(filter(None, (row["id"], row["gateway_ref"]))), row["person"], tuple(row["accounts"]),
                Money(row["amount"], row["currency"]), row["on"],
            )
            for row in rows
        ]  # fmt: skip

    async def _insert(self, own: Sequence[tuple[PaymentLine, Whom]], known: dict[str, Known]) -> None:
        if not own:
            return
        creditor, at = self._arrived.creditor, self._arrived.at
        talks = {r["person"]: r for r in await self._db.fetch(TALKS, creditor, list(known))}
        rows: list[tuple[object, ...]] = []
        paid: list[tuple[object, ...]] = []
        facts: list[Recorded] = []
        for line, who in own:
            person, talk, link = known[who.people[0]], talks.get(who.people[0]), self._coded.get(line.reference)
            name = link["id"] if link else derive("reported", creditor, line.reference)
            paid_at = datetime.combine(line.paid_on, NOON, person.zone)
            conversation = str(link["conversation_id"] or "") if link else ""
            conversation = conversation or (str(talk["id"]) if talk else "")
            if link:
                paid.append((name, conversation, who.account, line.amount.minor, paid_at, line.reference))
            else:
                rows.append((
                    name, person.id, conversation, who.account, line.amount.minor, line.amount.currency, paid_at,
                    line.reference,
                ))  # fmt: skip
            fact = f.PaymentReported(name, line.amount, line.paid_on, line.reference, line.method)
            facts.append(Recorded(
                derive("payment_reported", name), at, self._arrived.who, fact, creditor, person.id,
                who.account or None, conversation or None, None, self._import,
            ))  # fmt: skip
            asked = link is not None and bool(conversation) and _recent(line, person.zone, at)
            if asked or (talk is not None and _worth_telling(line, talk["started_at"], person.zone, at)):
                self._told[name] = Told(conversation, person.id, line.amount)
            self._touched.add(person.id)
            self._fresh.add(name)
        if rows:
            await self._db.execute(INSERT, creditor, at, *(list(column) for column in zip(*rows, strict=True)))
        if paid:
            await self._db.execute(PAID, at, *(list(column) for column in zip(*paid, strict=True)))
        keys = {person.id: person.key for person in known.values() if person.key is not None}
        await book.insert(self._db, facts, keys)

    async def _reversals(self, lines: Sequence[PaymentLine]) -> list[tuple[int, Status]]:
        if not lines:
            return []
        creditor = self._arrived.creditor
        rows = [
            (
                derive("reversal", creditor, line.of, line.reference), line.reference, line.of, line.kind,
                line.amount.minor, line.amount.currency,
                datetime.combine(line.paid_on, time(13), ZoneInfo(CAPITAL_ZONE[line.about.country])), line.row,
            )
            for line in lines
        ]  # fmt: skip
        columns = [list(column) for column in zip(*rows, strict=True)]
        new = {row["id"] for row in await self._db.fetch(REVERSALS, creditor, self._import, *columns)}
        await self._db.execute(NAME_OURS, creditor, [line.of for line in lines])
        references = [line.of for line in lines]
        known = {row["reference"] for row in await self._db.fetch(KNOWN, creditor, references)}
        statuses: list[tuple[int, Status]] = []
        for line, row in zip(lines, rows, strict=True):
            status: Status = "unchanged" if row[0] not in new else "taken" if line.of in known else "unmatched"
            statuses.append((line.row, status))
        return statuses

    async def _take_back(self, references: Sequence[str]) -> None:
        """What was taken back of these payments no longer counts, whichever came first."""
        await same_back(self._db, self._arrived.creditor, references=references)
        rows = await self._db.fetch(LESS, self._arrived.creditor, references)
        if not rows:
            return
        why = await self._db.fetch(
            """select distinct on (p.reference) p.reference as of_reference, r.kind, r.taken_at
               from payment p join payment_reversal r on r.payment_id = p.id
                 or (r.creditor_id = p.creditor_id and r.of_reference = p.reference)
               where p.creditor_id = $1 and p.reference = any($2::text[])
               order by p.reference, r.taken_at desc, r.id""",
            self._arrived.creditor, [row["reference"] for row in rows],
        )  # fmt: skip
        kinds = {row["of_reference"]: row for row in why}
        await book.insert(self._db, [self._reversed(row, kinds[row["reference"]]) for row in rows], {})
        self._unsettled.update(row["person_id"] for row in rows)
        for row in rows:
            heard = self._told.pop(row["id"], None) is None and row["id"] not in self._fresh
            recent = self._arrived.at - kinds[row["reference"]]["taken_at"] <= timedelta(days=FRESH_DAYS)
            if heard and recent and row["conversation_id"] and row["taken_back"] > row["was"]:
                amount = Money(row["taken_back"] - row["was"], row["currency"])
                self._back[row["id"]] = Told(row["conversation_id"], row["person_id"], amount)

    def _reversed(self, row: asyncpg.Record, why: asyncpg.Record) -> Recorded:
        amount = Money(row["taken_back"], row["currency"])
        fact = f.PaymentReversed(row["id"], amount, why["kind"], why["taken_at"])
        return Recorded(
            derive("payment_reversed", row["id"], str(row["taken_back"])), self._arrived.at, self._arrived.who, fact,
            self._arrived.creditor, row["person_id"], row["account_id"], row["conversation_id"], None, self._import,
        )  # fmt: skip


def _differs(line: PaymentLine, was: asyncpg.Record) -> bool:
    """Whether what is known under this reference is other money."""
    apart = abs((was["on"] - line.paid_on).days)
    own = was["gateway"] == "report"
    return (was["amount"], was["currency"]) != (line.amount.minor, line.amount.currency) or apart > (
        0 if own else DAYS_APART
    )


def _same(one: PaymentLine, other: PaymentLine) -> bool:
    return (one.amount, one.paid_on) == (other.amount, other.paid_on)


def _conflict(line: PaymentLine) -> Fault:
    return Fault(
        line.row, "reference", line.reference, "esa referencia ya entró con otro importe u otra fecha",
        "si es otro pago, póngale su propia referencia; si estaba mal, reverse el anterior", "reference_conflict",
    )  # fmt: skip


def _other_currency(line: PaymentLine, currency: str) -> Fault:
    return Fault(
        line.row, "amount", line.amount.currency, f"la obligación está en {currency}",
        f"ponga el importe en {currency}", "currency_mismatch",
    )  # fmt: skip


def _of_unknown_worth(line: PaymentLine, unit: str) -> Fault:
    name = NAMES[unit]
    return Fault(
        line.row, "amount", line.amount.plain(),
        f"la obligación está en {name}, y no se sabe cuánto valía el {line.paid_on:%d/%m/%Y}",
        f"diga su valor en pesos (acuerdo portfolio unit {name} {line.paid_on} VALOR) y vuelva a importar, o ponga el "
        f"importe en {name}", "unit_value_unknown",
    )  # fmt: skip


def _link(line: PaymentLine, who: Whom, links: Sequence[asyncpg.Record], taken: set[str]) -> asyncpg.Record | None:
    """The link that a row's code is of: of whom the row names, in its currency; of several people's, by the amount."""
    fit = [one for one in links if one["currency"] == line.amount.currency]
    if who.people or line.about.account or line.about.document:
        fit = [one for one in fit if (one["person"],) == who.people]
    if len({one["person"] for one in fit}) > 1:
        fit = [one for one in fit if one["amount"] == line.amount.minor]
    if len({one["person"] for one in fit}) != 1:
        return None
    unpaid = [one for one in fit if one["status"] not in ENDED and one["id"] not in taken]
    return next(iter(unpaid or fit))


def _worth_telling(line: PaymentLine, started: datetime, zone: ZoneInfo, at: datetime) -> bool:
    """News of a payment is for the conversation during which it was made, and not weeks after."""
    return line.paid_on >= started.astimezone(zone).date() and _recent(line, zone, at)


def _recent(line: PaymentLine, zone: ZoneInfo, at: datetime) -> bool:
    return (at.astimezone(zone).date() - line.paid_on).days <= FRESH_DAYS


FRESH_DAYS = 15
