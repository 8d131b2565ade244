"""Campaigns in PostgreSQL: candidates read as a stream with what the guard asks of them, entries copied in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from msgspec.structs import replace

from acuerdo.adapters.store import book
from acuerdo.adapters.store.contacts import StoredContact, looked_at, wished_hours
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.feeds.consents import consents_of
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.merging import IN_DOUBT
from acuerdo.core import facts as f
from acuerdo.core.campaigns import Candidate, Entry, Strategy
from acuerdo.core.compliance import Attempt, Consent, Hold, Inbound, OptOut, Record
from acuerdo.core.compliance.limits import LOOKED_BACK
from acuerdo.core.facts import Recorded, pack
from acuerdo.core.payments.progress import Terms
from acuerdo.core.portfolio.feeds.consents import Said
from acuerdo.core.portfolio.records import days_past_due_on
from acuerdo.core.words import Reason, derive
from acuerdo.service.channels import Traits
from acuerdo.service.outbound import Address
from acuerdo.service.planning import Line, Status, Summary
from acuerdo.service.reaching import best_address

CHUNK = 5000
# The lock keeps a sorting of the same accounts away until the plan is made.
SORTED_BY = """
select x.body from creditor c left join artefact x on x.hash = c.segments where c.id = $1 for no key update of c
"""
NEW = """
insert into campaign (id, creditor_id, segment, status, planned_at, planned_for, rules, strategy)
values ($1, $2, $3, 'planned', $4, $4, '', '{}')
"""
# A promise counts as open until its days of grace are over. The last two columns tell of whom more must be read: most
# people were never contacted, and nobody asks about them again.
CANDIDATES = f"""
select a.id, a.person_id, coalesce(h.merged_into, p.subject_id), s.segment, coalesce(s.rank, 0),
       case when a.status = 'open' and d.person is not null then 'in_doubt' else a.status end,
       a.balance - a.paid_since, a.days_past_due, coalesce(a.due_date, a.as_of), a.as_of, a.limitation_date, p.country,
       array_to_string(p.zones, ' '), p.subdivision, coalesce(nullif(p.preferred_hours, ''), m.hours, ''),
       array_to_string(p.reachable || coalesce(m.reachable, '{{}}'), ' '),
       a.person_id in (select coalesce(root_id, o.id) from agreement g join person o on o.id = g.person_id
                       where g.creditor_id = $1 and g.status = 'active'),
       a.person_id in (select coalesce(root_id, o.id) from promise g join person o on o.id = g.person_id
                       where g.status = 'open' and g.due >= $3),
       b.root is not null, k.person is not null
from account a join person p on p.id = a.person_id left join placed s on s.account_id = a.id
left join subject h on h.id = p.subject_id and h.merged_into is not null
left join (select root_id, array_agg(distinct channel) filter (where channel is not null) as reachable,
                  max(preferred_hours) as hours
           from person left join unnest(reachable) channel on true
           where root_id is not null and creditor_id = $1 group by root_id) m on m.root_id = p.id
left join {IN_DOUBT} d on d.person = p.id
left join (select distinct coalesce(merged_into, id) as root from subject where id in (
             select subject_id from contact where at > $4
             union all select subject_id from opt_out where undone_at is null
             union all select subject_id from hold where lifted_at is null and (until is null or until > $5))
          ) b on b.root = coalesce(h.merged_into, p.subject_id)
left join (select distinct coalesce(o.root_id, o.id) as person from consent c join person o on o.id = c.person_id
           where o.creditor_id = $1) k on k.person = p.id
where a.creditor_id = $1 and ($2 = 'all' or s.segment = $2)
order by a.person_id, a.id
"""  # noqa: S608 - constants of the store
# Every subject that these humans are, each with its human's root.
HUMANS = """(
  select id, id as root from subject where id = any($1::text[])
  union all select id, merged_into from subject where merged_into = any($1::text[])
) human"""
ATTEMPTS = f"""
select root, at, channel, mode, reached, status, purpose, key, account_id, zones
from {HUMANS} join contact on subject_id = human.id
where at > $2 order by at
"""  # noqa: S608 - a constant of this module
OPT_OUTS = f"""
select root, channel, address_hash from {HUMANS} join opt_out on subject_id = human.id where undone_at is null
"""  # noqa: S608 - as above
# Those of these people of whose addresses something is known that the exit looks at.
PARTICULAR = """
select distinct n.id from (
  select id, id as whose from unnest($1::text[]) as w (id)
  union all select root_id, id from person where root_id = any($1::text[])) n
join contact_point k on k.person_id = n.whose
where k.quality = 'bad' or k.source not in ('portfolio', 'debtor', 'agent')
  or exists (select from never_contact v where v.address_hash = k.address_hash)
"""
# When people last wrote, and the registers that name them, their documents or their addresses: of few.
HEARD = """
select coalesce(o.root_id, o.id) as person, w.channel, max(w.at) as at from (
  select c.person_id, t.channel, t.last_in as at from conversation c join talk_place t on t.conversation_id = c.id
  where c.creditor_id = $1 and t.last_in > $2
  union all select person_id, shown::json ->> 'channel', at from fact
  where kind = 'message_received' and creditor_id = $1 and at > $2) w
join person o on o.id = w.person_id group by 1, 2
"""
NAMED = """
select coalesce(o.root_id, o.id) as person, array_agg(distinct e.register) as registers from register_entry e
join (select id as person, subject_id as hash from person where creditor_id = $1
      union all select person_id, hash from person_key where kind = 'document'
      union all select person_id, address_hash from contact_point) w on w.hash = e.hash
join person o on o.id = w.person and o.creditor_id = $1
where e.creditor_id = $1 and e.entered group by 1
"""
HOUSE = """
select h.stopped, h.allow_list_only, coalesce(c.settings ->> 'ownership', 'first_party') as ownership,
       c.settings -> 'senders' ->> 'voice' as caller
from house h, creditor c where c.id = $1
"""
HOLDS = f"""
select root, kind, since, until, creditor_id from {HUMANS} join hold on subject_id = human.id
where lifted_at is null and (until is null or until > $2)
"""  # noqa: S608 - as above
ENTRY_COLUMNS = (
    "campaign_id", "account_id", "person_id", "included", "channel", "at", "code", "why", "rank", "status",
)  # fmt: skip
FACT_COLUMNS = (
    "id", "at", "kind", "who", "creditor_id", "person_id", "account_id", "campaign_id", "cause", "shown",
)  # fmt: skip
COUNTED = """
update campaign set rules = $2, strategy = $3, included = n.included, left_out = n.left_out
from (select count(*) filter (where included) as included, count(*) filter (where not included) as left_out
      from campaign_entry where campaign_id = $1) n
where id = $1 returning segment, campaign.included, campaign.left_out
"""
SUMMARY = """
select c.id, n.name as creditor, c.segment, c.status, c.planned_at, c.planned_for, c.approved_at, c.approved_by,
       c.rules, c.included, c.left_out
from campaign c join creditor n on n.id = c.creditor_id where c.id = $1
"""
LINES = """
select e.account_id, a.external_id, e.person_id, p.segment, e.included, e.channel, e.at, e.code, e.why, e.rank, e.status
from campaign_entry e join account a on a.id = e.account_id left join placed p on p.account_id = e.account_id
"""
SAMPLED = f"""
{LINES} join (
  select account_id, row_number() over (partition by code order by rank desc, account_id) as n
  from campaign_entry where campaign_id = $1 and attempt = 1) s on s.account_id = e.account_id and s.n <= $2
where e.campaign_id = $1 and e.attempt = 1 order by e.included desc, e.code, e.rank desc, e.account_id
"""  # noqa: S608 - a constant of this module

_encoder = msgspec.json.Encoder()
_reasons: msgspec.json.Decoder[tuple[Reason, ...]] = msgspec.json.Decoder(tuple[Reason, ...])


class StoredPlans:
    """Campaigns over a pool of connections.

    With the keyring a plan looks at people's addresses as the exit does, on these channels, under this allow-list.
    """

    def __init__(
        self, pool: Pool, keyring: Keyring | None = None, channels: Mapping[str, Traits] | None = None,
        allow_list: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self._pool, self._keyring = pool, keyring
        self._channels, self._allowed = channels or {"sms": Traits("sms", sandbox=True)}, allow_list

    @asynccontextmanager
    async def draft(self, creditor: str, segment: str, at: datetime) -> AsyncIterator[StoredDraft]:
        """A new campaign in one transaction; what is not settled inside is undone."""
        async with self._pool.acquire() as db, db.transaction():
            file = await db.fetchval(SORTED_BY, creditor)
            before = await db.fetchval("select count(*) from campaign where creditor_id = $1", creditor)
            name = derive("campaign", creditor, segment, at.isoformat(), str(before))
            await db.execute(NEW, name, creditor, segment, at)
            house = await db.fetchrow(HOUSE, creditor)
            assert house is not None  # noqa: S101 - the one row of the house, and a creditor that has accounts
            held = any(not one.sandbox for one in self._channels.values()) and bool(self._allowed)
            base = Record(
                "", (), stopped=house["stopped"], allow_list_only=house["allow_list_only"] or held,
                ownership=house["ownership"], caller=house["caller"],
            )  # fmt: skip
            ways = Ways(self._keyring, self._channels, self._allowed)
            yield StoredDraft(db, name, creditor, segment, at, base, ways, bytes(file).decode() if file else None)

    async def summary(self, campaign: str, samples: int) -> Summary | None:
        """A campaign at a glance."""
        row = await self._pool.fetchrow(SUMMARY, campaign)
        if row is None:
            return None
        codes = await self._pool.fetch(
            """select code, channel, count(*) as n, min(at) as first, max(at) as last, bool_or(included) as included
               from campaign_entry where campaign_id = $1 and attempt = 1 group by code, channel""",
            campaign,
        )
        sampled = await self._pool.fetch(SAMPLED, campaign, samples)
        inside = [one for one in codes if one["included"]]
        return Summary(
            id=row["id"], creditor=row["creditor"], segment=row["segment"], status=row["status"],
            planned_at=row["planned_at"], planned_for=row["planned_for"], approved_at=row["approved_at"],
            approved_by=row["approved_by"], rules=row["rules"], included=row["included"], left_out=row["left_out"],
            by_code=_counted((one["code"], one["n"]) for one in codes),
            by_channel=_counted((one["channel"], one["n"]) for one in inside),
            first=min((one["first"] for one in inside), default=None),
            last=max((one["last"] for one in inside), default=None),
            samples=tuple(_line(one) for one in sampled),
        )  # fmt: skip

    async def status(self, campaign: str) -> Status | None:
        """How far a campaign is."""
        async with self._pool.acquire() as db:
            return await _status(db, campaign)

    async def approve(self, campaign: str, who: str, at: datetime) -> Status | None:
        """Approves a campaign that is planned; whatever else it is, it stays."""
        async with self._pool.acquire() as db, db.transaction():
            row = await db.fetchrow(
                """update campaign set status = 'approved', approved_at = $2, approved_by = $3
                   where id = $1 and status = 'planned' returning creditor_id, included""",
                campaign, at, who,
            )  # fmt: skip
            if row is not None:
                fact = f.CampaignApproved(row["included"])
                name = derive("campaign_approved", campaign)
                await book.insert(db, [Recorded(name, at, who, fact, row["creditor_id"], campaign=campaign)], {})
            return await _status(db, campaign)

    async def run(self, campaign: str) -> Status | None:
        """Lets a campaign that is approved go; whatever else it is, it stays."""
        async with self._pool.acquire() as db, db.transaction():
            await db.execute("update campaign set status = 'running' where id = $1 and status = 'approved'", campaign)
            return await _status(db, campaign)

    async def lines(self, campaign: str) -> AsyncGenerator[Line, None]:
        """Every account of the plan: who is in, by hour and rank, then who is out."""
        order = "where e.campaign_id = $1 and e.attempt = 1 order by e.included desc, e.at, e.rank desc, e.account_id"
        async with self._pool.acquire() as db, db.transaction(readonly=True):
            async for row in db.cursor(LINES + order, campaign, prefetch=1000):
                yield _line(row)


class Ways(NamedTuple):
    """By what people's addresses are looked at."""

    keyring: Keyring | None
    channels: Mapping[str, Traits]
    allowed: frozenset[str]


class StoredDraft:
    """One plan under way; `base` is what is told of everybody."""

    def __init__(
        self, db: Db, name: str, creditor: str, segment: str, at: datetime, base: Record, ways: Ways,
        segments: str | None,
    ) -> None:  # fmt: skip
        self.id, self.segments = name, segments
        self._db, self._creditor, self._segment, self._at, self._base = db, creditor, segment, at, base
        self._ways = ways
        self._places: dict[tuple[str, str, str, str], tuple[Record, date]] = {}
        self._reachable: dict[str, tuple[str, ...]] = {}
        self._heard: dict[str, list[Inbound]] = defaultdict(list)
        self._named: dict[str, tuple[str, ...]] = {}

    async def candidates(self) -> AsyncIterator[list[Candidate]]:
        """The segment's accounts in chunks, each with its person's record; a person's are all in one chunk."""
        # Whole tables are joined and sorted once: in memory, where they fit.
        await self._db.execute("set local work_mem = '64MB'")
        for row in await self._db.fetch(HEARD, self._creditor, self._at - LOOKED_BACK):
            self._heard[row["person"]].append(Inbound(row["channel"], row["at"]))
        named = await self._db.fetch(NAMED, self._creditor)
        self._named = {row["person"]: tuple(sorted(row["registers"])) for row in named}
        cursor = await self._db.cursor(CANDIDATES, *asked_of(self._creditor, self._segment, self._at))
        kept: list[asyncpg.Record] = []
        while rows := await cursor.fetch(CHUNK):
            rows = kept + rows
            cut = len(rows)
            while cut and rows[cut - 1][1] == rows[-1][1]:
                cut -= 1
            rows, kept = rows[:cut], rows[cut:]
            yield await self._known(rows)
        yield await self._known(kept)

    async def write(self, entries: Sequence[Entry], rules: str) -> None:
        """Writes entries, and a fact for each that is out or delayed."""
        reasons = _Reasons()
        rows = [
            (
                self.id, e.account, e.person, e.included, e.channel, e.at, e.code, reasons.of(e), e.rank,
                "waiting" if e.included else "out",
            )
            for e in entries
        ]  # fmt: skip
        rows.sort(key=itemgetter(1))  # in the order of the key, which then grows page by page
        await self._db.copy_records_to_table("campaign_entry", records=rows, columns=ENTRY_COLUMNS)
        told = _Told(rules, self._at)
        facts = [self._fact(e, *fact) for e in entries if (fact := told.of(e))]
        await self._db.copy_records_to_table("fact", records=facts, columns=FACT_COLUMNS)

    def _fact(self, entry: Entry, kind: str, body: str) -> tuple[object, ...]:
        name = derive("planned", self.id, entry.account)
        return (name, self._at, kind, "system", self._creditor, entry.person, entry.account, self.id, self.id, body)

    async def settle(self, rules: str, strategies: dict[str, Strategy], segments: str) -> None:
        """Closes the plan: its counts, the rules and strategies it was made by, and its fact."""
        strategy = _encoder.encode({"segments": segments, "strategies": strategies}).decode()
        row = await self._db.fetchrow(COUNTED, self.id, rules, strategy)
        assert row is not None  # noqa: S101 - the draft's own row
        fact = f.CampaignPlanned(row["segment"], row["included"], row["left_out"], rules)
        name = derive("campaign_planned", self.id)
        await book.insert(self._db, [Recorded(name, self._at, "operator", fact, self._creditor, campaign=self.id)], {})

    async def _known(self, rows: list[asyncpg.Record]) -> list[Candidate]:
        """Candidates out of rows; what is known of their people's contacts comes in a few statements a chunk."""
        burdened = await self._burdened(list({row[2] for row in rows if row[-2]}))
        people = list({row[1] for row in rows})
        told = list({row[1] for row in rows if row[-1]})
        consents = await consents_of(self._db, told) if told else {}
        reached = await self._reached(people, {row[1] for row in rows if _by_address(burdened.get(row[2]))})
        return [self._candidate(row, burdened, consents, reached) for row in rows]

    async def _burdened(self, subjects: list[str]) -> dict[str, Record]:
        """Attempts, opt-outs and holds of those who have any, in a record whose place is still to be filled."""
        if not subjects:
            return {}
        db, at = self._db, self._at
        attempts, opt_outs, holds = defaultdict(list), defaultdict(list), defaultdict(list)
        for row in await db.fetch(ATTEMPTS, subjects, at - LOOKED_BACK):
            attempts[row["root"]].append(_attempt(row))
        for row in await db.fetch(OPT_OUTS, subjects):
            opt_outs[row[0]].append(OptOut(row[1], row[2]))
        for row in await db.fetch(HOLDS, subjects, at):
            holds[row[0]].append(Hold(*list(row)[1:]))
        return {
            one: Record("", (), "", tuple(attempts[one]), tuple(opt_outs[one]), tuple(holds[one]))
            for one in {*attempts, *opt_outs, *holds}
        }

    async def _reached(self, people: list[str], closed: set[str]) -> dict[str, dict[str, Address]]:
        """The address that the exit would choose on each channel, of those people whose addresses are not all alike."""
        ways = self._ways
        if ways.keyring is None or not people:
            return {}
        wanted = set(people)
        if not self._base.allow_list_only:
            wanted = closed | {row[0] for row in await self._db.fetch(PARTICULAR, people)}
        if not wanted:
            return {}
        found = await looked_at(self._db, ways.keyring, sorted(wanted), self._at, ways.allowed)
        return {person: await self._best(contact) for person, contact in found.items()}

    async def _best(self, contact: StoredContact) -> dict[str, Address]:
        best = {}
        for name, traits in self._ways.channels.items():
            address = best_address(contact, await contact.addresses(traits), name)
            if address is not None:
                best[name] = address
        return best

    def _candidate(
        self, row: asyncpg.Record, burdened: dict[str, Record], consents: dict[str, tuple[Said, ...]],
        reached: dict[str, dict[str, Address]],
    ) -> Candidate:  # fmt: skip
        (
            account, person, subject, segment, rank, status, left, stated, due, as_of, limitation, country, zones,
            subdivision, hours, ways, agreed, promised, burden, told,
        ) = row  # fmt: skip
        where = (country, zones, subdivision, hours)
        record, today = self._places.get(where) or self._placed(where)
        reachable = self._reachable.get(ways) or self._reachable.setdefault(ways, tuple(ways.split()))
        dpd = days_past_due_on(stated, due, as_of, today)
        if dpd <= 0 and due > today:
            record = replace(record, days_past_due=-1)  # how long before makes no difference to the guard
        if limitation is not None and limitation <= today:
            record = replace(record, time_barred=True)
        if burden and (known := burdened.get(subject)) is not None:
            record = replace(record, attempts=known.attempts, opt_outs=known.opt_outs, holds=known.holds)
        if told and (said := consents.get(person)):
            record = replace(record, consents=tuple(Consent(one.channel, one.given, one.at) for one in said))
        if person in self._heard or person in self._named:
            inbound, registers = tuple(self._heard.get(person, ())), self._named.get(person, ())
            record = replace(record, inbound=inbound, registers=registers)
        if (best := reached.get(person)) is not None:
            reachable, record = _as_reached(reachable, record, best)
        return Candidate(account, person, segment, rank, status, left, dpd, reachable, record, agreed, promised)

    def _placed(self, where: tuple[str, str, str, str]) -> tuple[Record, date]:
        """The record of a person of whom nothing but their place and hours is known, and their day; made once each."""
        country, zones, subdivision, hours = where
        record = replace(
            self._base, country=country, zones=tuple(zones.split()), subdivision=subdivision, hours=wished_hours(hours)
        )
        made = self._places[where] = record, self._at.astimezone(ZoneInfo(record.zones[0])).date()
        return made


def asked_of(creditor: str, segment: str, at: datetime) -> tuple[str, str, date, datetime, datetime]:
    """The arguments of CANDIDATES."""
    return creditor, segment, at.date() - timedelta(days=Terms().grace_days), at - LOOKED_BACK, at


def _attempt(row: asyncpg.Record) -> Attempt:
    return Attempt(
        row["at"], row["channel"], row["mode"], row["reached"], row["status"], row["purpose"], row["key"],
        row["account_id"], tuple(row["zones"]),
    )  # fmt: skip


def _by_address(record: Record | None) -> bool:
    return record is not None and any(one.address_hash for one in record.opt_outs)


def _as_reached(
    reachable: Sequence[str], record: Record, best: Mapping[str, Address]
) -> tuple[tuple[str, ...], Record]:
    """On what channels there is an address, and the record without the closed addresses that are not the chosen one."""
    chosen = {address.hash for address in best.values()}
    first = next(iter(best.values()), None)
    return tuple(name for name in reachable if name in best), replace(
        record,
        opt_outs=tuple(one for one in record.opt_outs if not one.address_hash or one.address_hash in chosen),
        on_allow_list=any(address.listed for address in best.values()),
        address_source=first.source if first else "",
    )


class _Reasons:
    """Reasons as they are kept; alike ones are written out once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Reason, ...], str] = {}

    def of(self, entry: Entry) -> str:
        if (text := self._known.get(entry.why)) is None:
            text = self._known[entry.why] = _encoder.encode(entry.why).decode()
        return text


class _Told:
    """Facts of a plan as they are kept; alike ones are written out once."""

    def __init__(self, rules: str, at: datetime) -> None:
        self._rules, self._at = rules, at
        self._refused: dict[tuple[str, tuple[Reason, ...]], tuple[str, str]] = {}
        self._delayed: dict[tuple[str, datetime, tuple[Reason, ...]], tuple[str, str]] = {}

    def of(self, entry: Entry) -> tuple[str, str] | None:
        """Kind and body of the fact of an entry that is out or delayed; None for one that is in at once."""
        if entry.at is None:
            return self._refusal(entry.channel or "", entry.why)
        return self._delay(entry.channel or "", entry.at, entry.why) if entry.at > self._at else None

    def _refusal(self, channel: str, why: tuple[Reason, ...]) -> tuple[str, str]:
        if (known := self._refused.get((channel, why))) is None:
            body = pack(f.ContactRefused(channel, "planning", why, self._rules))[0].decode()
            known = self._refused[channel, why] = ("contact_refused", body)
        return known

    def _delay(self, channel: str, until: datetime, why: tuple[Reason, ...]) -> tuple[str, str]:
        if (known := self._delayed.get((channel, until, why))) is None:
            body = pack(f.ContactDelayed(channel, "planning", until, why, self._rules))[0].decode()
            known = self._delayed[channel, until, why] = ("contact_delayed", body)
        return known


def _counted(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for name, n in pairs:
        counts[name] += n
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _line(row: asyncpg.Record) -> Line:
    account, external, person, segment, included, channel, at, code, why, rank, status = row
    return Line(account, external, person, segment, included, channel, at, code, _reasons.decode(why), rank, status)


async def _status(db: Db, campaign: str) -> Status | None:
    known = await db.fetchval("select status from campaign where id = $1", campaign)
    if known is None:
        return None
    rows = await db.fetch(
        """select status, count(*) as n, min(at) filter (where status = 'waiting') as next from campaign_entry
           where campaign_id = $1 group by status""",
        campaign,
    )
    upcoming = [row["next"] for row in rows if row["next"]]
    return Status(campaign, known, {row["status"]: row["n"] for row in rows}, min(upcoming, default=None))
