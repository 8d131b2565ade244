"""Opt-outs that others were told of: kept like our own, and what waited to be sent is taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.feeds import waiting, whom
from acuerdo.adapters.store.feeds.found import LEAD_TO
from acuerdo.adapters.store.feeds.queued import Stop, take_back
from acuerdo.adapters.store.feeds.whom import Known
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.portfolio.feeds.about import About
from acuerdo.core.portfolio.feeds.optouts import OptOutLine
from acuerdo.core.words import derive
from acuerdo.service.feeding import Arrived, Status, Taken

# What the person opened again is not closed by what they had said before, told late.
OLD = """
select subject_id, channel, address_hash, undone_at from opt_out where subject_id = any($1::text[])
"""
INSERT = """
insert into opt_out (subject_id, channel, address_hash, at)
select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
on conflict (subject_id, channel, address_hash) do update
  set at = least(opt_out.at, excluded.at),
      undone_at = case when excluded.at <= opt_out.undone_at then opt_out.undone_at end
"""
# Who wants no more messages is not called back, nor are their timers rung.
QUIET = """
with timers as (update timer set fired_at = $2 where person_id = any($1::text[]) and fired_at is null)
update work_item set status = 'closed', closed_at = $2, outcome = 'opted_out'
where person_id = any($1::text[]) and reason = 'callback' and status <> 'closed'
"""


class OptOutsFeed:
    """Opt-outs on their way in."""

    def __init__(self, db: Db, keyring: Keyring, arrived: Arrived, import_id: str) -> None:
        self._db, self._keyring, self._arrived, self._import = db, keyring, arrived, import_id
        self._stops: list[Stop] = []

    async def take(self, lines: Sequence[OptOutLine]) -> Taken:
        creditor, db = self._arrived.creditor, self._db
        keys = [whom.keys_of(self._keyring, creditor, line.about) for line in lines]
        found = await whom.find(db, creditor, keys)
        late = [(line, key) for line, key, who in zip(lines, keys, found, strict=True) if not who.people]
        await waiting.keep(db, self._keyring, creditor, "optouts", self._import, late, self._arrived.at)
        known = await whom.known(db, self._keyring, (person for who in found for person in who.people))
        told = await db.fetch(OLD, [one.subject for one in known.values()])
        old = {(row[0], row[1], row[2]): row["undone_at"] for row in told}
        statuses: list[tuple[int, Status]] = []
        rows: dict[tuple[str, str, str], datetime] = {}
        facts: list[Recorded] = []
        for line, who in zip(lines, found, strict=True):
            status: Status = "unchanged" if who.people else "unmatched"
            for person in (known[name] for name in who.people):
                for channel, address in self._closed(line):
                    row = (person.subject, channel, address)
                    undone = old.get(row)
                    if (row not in old or (undone and line.at > undone)) and row not in rows:
                        status = "taken"
                        facts.append(self._told(line, person, channel, address))
                        self._stops.append(Stop(person.id, "opted_out", channel, address))
                    rows[row] = min(rows.get(row, line.at), line.at)
            statuses.append((line.row, status))
        subjects, channels, addresses = ([row[n] for row in rows] for n in range(3))
        await db.execute(INSERT, subjects, channels, addresses, list(rows.values()))
        await book.insert(db, facts, {one.id: one.key for one in known.values() if one.key})
        return Taken(tuple(statuses))

    async def finish(self) -> None:
        await take_back(self._db, self._keyring, self._stops, self._import, self._arrived.at)
        await self._db.execute(QUIET, sorted({stop.person for stop in self._stops}), self._arrived.at)

    def _closed(self, line: OptOutLine) -> Iterator[tuple[str, str]]:
        """Channels and addresses: a person's channel as a whole; of an address alone, the channels that lead to it."""
        pairs = [] if _names_a_person(line.about) else list(self._to_address(line))
        yield from pairs or [(line.channel, "")]

    def _to_address(self, line: OptOutLine) -> Iterator[tuple[str, str]]:
        for kind, value in (("phone", line.about.phone), ("email", line.about.email)):
            for channel in LEAD_TO[kind]:
                if value and line.channel in ("*", channel):
                    yield channel, self._keyring.address_hash(channel, value)

    def _told(self, line: OptOutLine, person: Known, channel: str, address: str) -> Recorded:
        name = derive("opted_out", self._arrived.creditor, person.id, channel, address)
        return Recorded(
            name, self._arrived.at, self._arrived.who, f.OptedOut(channel, address, line.source),
            self._arrived.creditor, person.id, cause=self._import,
        )  # fmt: skip


def _names_a_person(about: About) -> bool:
    return bool(about.account or about.document)
