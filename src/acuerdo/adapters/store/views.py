"""What a conversation may know of a person, read from the rows as they are now."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from acuerdo.adapters.store import slots
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring, Shredded, open_
from acuerdo.adapters.store.merging import IN_DOUBT
from acuerdo.adapters.store.units import in_pesos
from acuerdo.core.dialogue.view import AccountView, AgreementView, InstallmentView, PromiseView, View
from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.portfolio.documents import Document
from acuerdo.core.words import AcuerdoError, Money
from acuerdo.service import creditors
from acuerdo.service.answering import answer_by
from acuerdo.service.booking import desk_of
from acuerdo.service.noticing import asked_of
from acuerdo.service.opening import hours_of
from acuerdo.service.resources import care_lines

PERSON = """
select p.country, p.subdivision, p.zones, p.sealed, p.wrapped_key, c.id as creditor, c.name as creditor_name,
       c.settings,
       exists (select from account where person_id = p.id and status = 'withdrawn')
         and not exists (select from account where person_id = p.id and status in ('open', 'legal')) as recalled,
       coalesce((select bool_and(status = 'paid' or status = 'open' and balance - paid_since <= 0)
                 from account where person_id = root_of(p.id)), false) as cleared,
       coalesce((select failures from link where conversation_id = $2
                 order by issued_at desc limit 1), 0) as link_failures,
       coalesce((select sum(d.failures)::integer from identity_day d join person o on o.id = d.person_id
                 where (o.subject_id = p.subject_id or o.id in (select people_of(p.id)))
                   and d.day = ($3::timestamptz at time zone p.zones[1])::date), 0) as day_failures,
       coalesce((select a.failures from identity_address a join conversation t on t.address_hash = a.address_hash
                 where t.id = $2 and a.address_hash <> ''
                   and a.day = ($3::timestamptz at time zone p.zones[1])::date), 0) as address_failures
from person p join creditor c on c.id = p.creditor_id where p.id = $1
"""
ACCOUNTS = f"""
select id, external_id, product, currency, greatest(balance - paid_since, 0) as left, days_past_due, due_date, due_now,
       principal, interest, fees, as_of, late_12m, broken_promises,
       case when person_id in (select person from {IN_DOUBT} d) then 'person' else coalesce(handler, 'bot') end
         as handler, coalesce(authority, '') as authority
from account left join placed on account_id = id where person_id = root_of($1) and status = 'open'
order by days_past_due desc, id
"""  # noqa: S608 - constants of the store
AGREEMENT = """
select a.id, a.total, a.currency, i.n, i.due, i.amount, i.paid
from agreement a join installment i on i.agreement_id = a.id
where a.id = (select id from agreement where person_id in (select people_of($1)) and status = 'active'
              order by accepted_at desc limit 1)
order by i.n
"""
# Of the promises made before this conversation the last one; a kept one is history.
PROMISE = """
select due, amount, currency, status from promise
where person_id in (select people_of($1)) and conversation_id is distinct from $2
order by made_at desc limit 1
"""


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of a person: who they are and where they are reached."""

    name: str
    document_kind: str
    document: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    address: str = ""
    city: str = ""
    born: date | None = None
    documents: tuple[Document, ...] = ()


def person_aad(person: str) -> bytes:
    """Where a person's sealed particulars belong."""
    return f"person:{person}".encode()


def open_person(keyring: Keyring, wrapped: bytes | None, sealed: bytes, person: str) -> Person:
    """A person's particulars. Raises AcuerdoError where they were forgotten."""
    raw = open_(keyring.person(wrapped, person), sealed, person_aad(person))
    if isinstance(raw, Shredded):
        raise AcuerdoError(f"person {person} was forgotten")
    return msgspec.json.decode(raw, type=Person)


async def view_of(db: Db, keyring: Keyring, person: str, conversation: str, at: datetime) -> View:
    """The person's view at a moment, with what is owed and agreed by whoever is one with them.

    Raises AcuerdoError where they were forgotten or owe to nobody known.
    """
    row = await db.fetchrow(PERSON, person, conversation, at)
    if row is None:
        raise AcuerdoError(f"person {person} is not known")
    who = open_person(keyring, row["wrapped_key"], row["sealed"], person)
    settings = msgspec.json.decode(row["settings"], type=creditors.Settings)
    today = at.astimezone(ZoneInfo(row["zones"][0])).date()
    care = care_lines()[row["country"]]
    creditor = creditors.view_of(row["creditor"], row["creditor_name"], settings)
    return View(
        country=row["country"],
        zone=row["zones"][0],
        creditor=creditor,
        name=who.name,
        document=who.document,
        document_kind=who.document_kind,
        accounts=await in_pesos(db, [_account(a, today, settings) for a in await db.fetch(ACCOUNTS, person)], today),
        tail=settings.identity_tail,
        agreement=_agreement(await db.fetch(AGREEMENT, person)),
        link_failures=row["link_failures"],
        day_failures=row["day_failures"],
        address_failures=row["address_failures"],
        link_limit=settings.link_failures,
        day_limit=settings.day_failures,
        address_limit=settings.address_failures,
        email=who.emails[0] if who.emails else "",
        crisis_line=care.crisis,
        emergency=care.emergency,
        base_url="",
        notices=asked_of(row["country"], row["subdivision"], creditor, today),
        recalled=row["recalled"],
        cleared=row["cleared"],
        desk=desk_of(
            row["country"],
            row["subdivision"],
            tuple(row["zones"]),
            settings.ownership,
            settings.desk_hours,
            today,
            await slots.full(db, row["creditor"], at),
        ),
        promise=_promise(await db.fetchrow(PROMISE, person, conversation)),
        answer_by=answer_by(row["country"], today),
        hours=hours_of(row["country"], row["subdivision"], today),
    )


def _account(row: asyncpg.Record, today: date, settings: creditors.Settings) -> AccountView:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, row["currency"])

    late = row["days_past_due"]
    # The file says how late it was at its cut-off; the days since are added, as nobody's file comes every hour.
    days = late + max(0, (today - row["as_of"]).days) if late > 0 else late
    owed = Money(row["left"], row["currency"])
    segment = msgspec.json.decode(row["authority"], type=Authority) if row["authority"] else Authority()
    return AccountView(
        id=row["id"],
        reference=row["external_id"],
        product=row["product"],
        balance=owed,
        days_past_due=days,
        authority=creditors.authority_for(settings, segment, owed, days, today),
        due_date=row["due_date"],
        due_now=money(row["due_now"]),
        principal=money(row["principal"]),
        interest=money(row["interest"]),
        fees=money(row["fees"]),
        as_of=row["as_of"],
        handler=row["handler"],
        late_12m=row["late_12m"],
        broken_promises=row["broken_promises"],
    )


def _agreement(rows: list[asyncpg.Record]) -> AgreementView | None:
    if not rows:
        return None
    currency = rows[0]["currency"]
    parts = (InstallmentView(r["due"], Money(r["amount"], currency), Money(r["paid"], currency)) for r in rows)
    return AgreementView(rows[0]["id"], Money(rows[0]["total"], currency), tuple(parts))


def _promise(row: asyncpg.Record | None) -> PromiseView | None:
    if row is None or row["status"] not in ("open", "broken"):
        return None
    amount = None if row["amount"] is None else Money(row["amount"], row["currency"])
    return PromiseView(row["due"], amount, row["status"] == "broken")
