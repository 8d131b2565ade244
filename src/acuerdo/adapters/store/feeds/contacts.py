"""Attempts that others made, in the one contact ledger: a limit holds whoever tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.feeds import found, waiting, whom
from acuerdo.adapters.store.feeds.found import Found
from acuerdo.adapters.store.feeds.queued import Stop, take_back
from acuerdo.adapters.store.feeds.whom import Keys, Known, Whom
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core import facts as f
from acuerdo.core.facts import AnyFact, Recorded, kind_of
from acuerdo.core.portfolio.feeds.contacts import ContactLine
from acuerdo.core.words import derive
from acuerdo.service.feeding import Arrived, Status, Taken

TOLD = "select id from fact where id = any($1::text[])"
# That the person was reached is not taken back by a poorer telling of the same attempt.
INSERT = """
insert into contact (key, subject_id, at, channel, mode, purpose, status, reached, creditor_id, account_id, zones)
select r.key, r.subject, r.at, r.channel, r.mode, r.purpose, 'sent', r.reached, $10, r.account, array[r.zone]
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[],
            $9::text[])
  as r (key, subject, at, channel, mode, purpose, reached, account, zone)
on conflict (key) do update set reached = true where excluded.reached and not contact.reached
"""
DECEASED = "deceased"  # a result of policies/contact_results.toml
DEATH_TOLD = "En una gestión dijeron que la persona falleció. Confírmelo con tacto; no se cobra."
PROMISE = """
insert into promise (id, person_id, account_id, due, amount, currency, status, made_at, import_id)
select r.id, r.person, nullif(r.account, ''), r.due, r.amount, r.currency, 'open', r.made_at, $8
from unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::bigint[], $6::text[], $7::timestamptz[])
  as r (id, person, account, due, amount, currency, made_at)
on conflict (id) do nothing
"""


class Attempt(msgspec.Struct, frozen=True):
    """One attempt on one person."""

    key: str
    line: ContactLine
    who: Whom
    person: Known


class ContactsFeed:
    """Attempts on their way in."""

    def __init__(self, db: Db, keyring: Keyring, arrived: Arrived, import_id: str) -> None:
        self._db, self._keyring, self._arrived, self._import = db, keyring, arrived, import_id
        self._stops: list[Stop] = []

    async def take(self, lines: Sequence[ContactLine]) -> Taken:
        arrived, db = self._arrived, self._db
        keys = [whom.keys_of(self._keyring, arrived.creditor, line.about) for line in lines]
        people = await whom.find(db, arrived.creditor, keys)
        late = [(line, key) for line, key, who in zip(lines, keys, people, strict=True) if not who.people]
        await waiting.keep(db, self._keyring, arrived.creditor, "contacts", self._import, late, arrived.at)
        known = await whom.known(db, self._keyring, (person for who in people for person in who.people))
        rows = list(zip(lines, keys, people, strict=True))
        attempts = [one for line, key, who in rows for one in self._attempts(line, key, who, known)]
        facts = [self._fact(one) for one in attempts]
        old = {row["id"] for row in await db.fetch(TOLD, [fact.id for fact in facts])}
        new = [one for one, fact in zip(attempts, facts, strict=True) if fact.id not in old]
        await self._keep(attempts, new, known)
        await book.insert(db, facts, {})
        statuses: list[tuple[int, Status]] = [(line.row, "unmatched") for line, _ in late]
        fresh = {one.line.row for one in new}
        statuses += ((line.row, "taken" if line.row in fresh else "unchanged") for line, _, who in rows if who.people)
        return Taken(tuple(statuses))

    async def finish(self) -> None:
        await take_back(self._db, self._keyring, self._stops, self._import, self._arrived.at)

    def _attempts(self, line: ContactLine, keys: Keys, who: Whom, known: dict[str, Known]) -> Iterator[Attempt]:
        """The attempt on each person that it may have been on; its key is what the row says, so it counts once."""
        whose = keys.account or keys.subject or keys.phone or keys.email
        named = derive("imported contact", self._arrived.creditor, whose, line.at.isoformat(), line.channel, line.id)
        for person in who.people:
            yield Attempt(named if len(who.people) == 1 else derive(named, person), line, who, known[person])

    async def _keep(self, all_: Sequence[Attempt], new: Sequence[Attempt], known: dict[str, Known]) -> None:
        counted = {one.key: one for one in all_ if one.line.attempt}
        counted |= {one.key: one for one in all_ if one.line.attempt and one.line.reached}
        if counted:
            rows = (
                (key, one.person.subject, one.line.at, one.line.channel, one.line.mode,
                 "reply" if one.line.inbound else "collection", one.line.reached, one.who.account,
                 str(one.person.zone))
                for key, one in counted.items()
            )  # fmt: skip
            columns = (list(column) for column in zip(*rows, strict=True))
            await self._db.execute(INSERT, *columns, self._arrived.creditor)
        await self._keep_promises([one for one in new if one.line.due is not None and one.line.reached])
        await self._keep_deaths([one for one in new if one.line.result == DECEASED])
        bad = [address for one in new for address in _bad(one)]
        _, stops = await found.keep(self._db, self._keyring, self._arrived, self._import, bad, known)
        self._stops += stops

    async def _keep_promises(self, given: Sequence[Attempt]) -> None:
        if not given:
            return
        rows, facts = [], []
        for one in given:
            line, name = one.line, derive("promise", one.key)
            assert line.due is not None  # noqa: S101 - the caller chose those with a day
            amount = line.promised
            rows.append((
                name, one.person.id, one.who.account, line.due, amount.minor if amount else None,
                amount.currency if amount else "", line.at,
            ))  # fmt: skip
            facts.append(Recorded(
                derive("promise_made", name), self._arrived.at, self._arrived.who,
                f.PromiseMade(name, line.due, amount), self._arrived.creditor, one.person.id, one.who.account or None,
                cause=self._import,
            ))  # fmt: skip
        await self._db.execute(PROMISE, *(list(column) for column in zip(*rows, strict=True)), self._import)
        await book.insert(self._db, facts, {})

    async def _keep_deaths(self, told: Sequence[Attempt]) -> None:
        """Whoever answered said that the person died: nothing more is sent, and somebody with tact looks into it."""
        facts: list[Recorded] = []
        for one in told:
            told_of: tuple[AnyFact, ...] = (f.HoldPlaced("death"), f.HandedOver("death", DEATH_TOLD))
            for fact in told_of:
                facts.append(Recorded(
                    derive(kind_of(fact), one.key), self._arrived.at, self._arrived.who, fact, self._arrived.creditor,
                    one.person.id, one.who.account or None, cause=self._import,
                ))  # fmt: skip
            self._stops.append(Stop(one.person.id, "on_hold"))
        await book.record(self._db, self._keyring, facts)

    def _fact(self, one: Attempt) -> Recorded:
        line = one.line
        fact = f.ContactImported(
            line.channel, line.mode, line.result, line.reached, line.at, line.agent, line.inbound
        )  # fmt: skip
        return Recorded(
            derive("contact_imported", one.key), self._arrived.at, self._arrived.who, fact, self._arrived.creditor,
            one.person.id, one.who.account or None, cause=self._import,
        )  # fmt: skip


def _bad(one: Attempt) -> list[Found]:
    """What the attempt proved of the address that it used."""
    line = one.line
    if not line.address:
        return []
    told = (("phone", line.about.phone), ("email", line.about.email))
    return [
        Found(one.person.id, kind, value, "bad", line.at, "contacts", line.address) for kind, value in told if value
    ]
