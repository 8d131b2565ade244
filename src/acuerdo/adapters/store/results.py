"""Results in PostgreSQL: facts become numbered lines as they settle, each once; files are begun, read and marked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import blake2b
from typing import Any

import asyncpg
import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.keys import SHREDDED_TEXT, Keyring, Shredded, open_
from acuerdo.adapters.store.results_cells import Question, dressed
from acuerdo.adapters.store.views import person_aad
from acuerdo.core.facts import Recorded, ResultsExported
from acuerdo.core.results.columns import Cell
from acuerdo.core.results.lines import SEPARATOR
from acuerdo.core.results.outcomes import RULES, Path, Rule
from acuerdo.core.results.profiles import FEEDS, Dress, form_of
from acuerdo.core.words import derive
from acuerdo.service.exporting import Batch, Busy, Setting, Sheet, Wanted

BATCH = 500_000  # facts of one transaction: the tables that they are joined to are read once for so many
MEMORY = "set local work_mem = '64MB'"  # so many facts are joined and sorted without the disk
READ = 10_000  # lines fetched at once
DOCUMENTS = 100_000  # people whose documents are kept in memory while a file is written


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _path(path: Path) -> str:
    return f"'{{{','.join(path)}}}'::text[]" if path else "null::text[]"


def _values(rule: Rule) -> str:
    """A rule as a row of the statement: the table in core, said in SQL."""
    kind = str(rule.fact.__struct_config__.tag)
    variants = _text(msgspec.json.encode(dict(rule.variants)).decode()) + "::jsonb"
    words = (_text(kind), _text(rule.kind), _text(rule.outcome))
    channel = _text(rule.channel) if rule.channel else "null"
    paths = map(_path, (rule.reference, rule.amount, rule.due, rule.when, rule.agent))
    return f"({', '.join((*words, *paths, _text(rule.field), variants, channel, str(rule.follows)))})"


TOLD = ", ".join(_text(str(rule.fact.__struct_config__.tag)) for rule in RULES)
BROUGHT = ", ".join(map(_text, FEEDS))
# The next facts lie in a table of their own first: of those the planner knows how many they are, and joins them as one
# joins a few or a hundred thousand.
FRESH = """
create temp table result_fresh (
  txid xid8, pos bigint, at timestamptz, fact text, kind text, outcome text, named text, who text, cause text,
  follows boolean, person_id text, account_id text, conversation_id text, campaign_id text, channel text, token bytea,
  agreement text, payment text, promise text, amount bigint, currency text, due date, reference text
) on commit drop
"""
FILL = f"""
insert into result_fresh
select f.txid, f.pos, coalesce((f.j #>> r.moment)::timestamptz, f.at), f.fact, r.kind,
       coalesce(r.variants ->> (f.j ->> r.field), r.outcome), nullif(f.j #>> r.agent, ''), f.who, f.cause, r.follows,
       f.person_id, f.account_id, f.conversation_id, f.campaign_id, coalesce(nullif(f.j ->> 'channel', ''), r.channel),
       case when f.fact = 'link_opened' then decode(f.j ->> 'token', 'hex') end,
       f.j ->> 'agreement', f.j ->> 'payment', f.j ->> 'promise',
       (f.j #> r.amount ->> 'minor')::bigint, f.j #> r.amount ->> 'currency', (f.j #>> r.due)::date,
       coalesce(f.j #>> r.reference, '')
from (
  select txid, pos, at, kind as fact, who, person_id, account_id, conversation_id, campaign_id, cause, shown::jsonb as j
  from fact
  where creditor_id = $1 and (txid, pos) > ($2::text::xid8, $3::bigint)
    and txid < pg_snapshot_xmin(pg_current_snapshot()) and kind in ({TOLD})
  order by txid, pos limit $4
) f
join (values {", ".join(map(_values, RULES))})
  as r (fact, kind, outcome, reference, amount, due, moment, agent, field, variants, channel, follows)
  on r.fact = f.fact
"""  # noqa: S608 - made of constants of the core
# As core.results.lines says; a line is put down to its fact's account, else to what it names, else to the account that
# the campaign invited, else to the person's latest, as a conversation puts it first. A fact is a feed's where a file of
# it led to it, and nothing of this creditor's where another's did; what came of a promise is of whoever the promise is.
GATHER = f"""
with met as (
  select f.txid, f.pos, f.at, f.kind, f.outcome, f.person_id, f.reference, v.origin, coalesce(p.root_id, p.id) as root,
         coalesce(p.zones[1], 'UTC') as zone, coalesce(f.amount, q.amount) as amount,
         coalesce(f.currency, q.currency, '') as currency, coalesce(f.due, q.due) as due,
         coalesce(f.named, case when v.origin <> '' then '' when f.who like 'agent:%' then substr(f.who, 7) end, 'bot')
           as agent,
         coalesce(f.campaign_id, c.campaign_id, l.campaign_id) as campaign,
         coalesce(f.channel, l.channel, c.channel, '') as channel,
         coalesce(nullif(g.accounts, '{{}}'), nullif(y.accounts, '{{}}')) as named, o.external_id
  from result_fresh f
  left join person p on p.id = f.person_id
  left join conversation c on c.id = f.conversation_id
  left join link l on l.token_hash = f.token
  left join agreement g on g.id = f.agreement
  left join payment y on y.id = f.payment
  left join promise q on q.id = f.promise
  left join account o on o.id = coalesce(f.account_id, q.account_id)
  left join import i on i.id = case when f.follows then q.import_id else f.cause end
  cross join lateral (
    select split_part(case when f.follows then q.import_id else f.cause end, ':', 1) as said
  ) u
  cross join lateral (
    select case when i.feed is not null then i.feed when u.said in ({BROUGHT}) then u.said else '' end as origin
  ) v
  where i.creditor_id is null or i.creditor_id = $1
), foremost as (
  select distinct on (a.person_id) a.person_id, a.external_id from account a
  where a.person_id in (
    select coalesce(p.root_id, p.id) from person p join result_fresh f on f.person_id = p.id where f.account_id is null)
  order by a.person_id, a.status = 'open' desc, a.days_past_due desc, a.id
), shares as (  -- a payment is laid on accounts: one line for each
  select m.pos, a.external_id, sum(b.amount)::bigint as amount
  from result_fresh m join person p on p.id = m.person_id join account a on a.person_id = coalesce(p.root_id, p.id)
  join ledger_entry b on b.account_id = a.id and b.ref = m.payment and b.debit = 'cash'
  where m.fact = 'payment_received' group by m.pos, a.id, a.external_id
), lines as (
  select m.*, s.external_id as share_of, s.amount as share,
         case
           when m.external_id is not null then m.external_id
           when m.named is null then coalesce(
             case when m.campaign is not null
               then (select a.external_id from account a
                     join campaign_entry e on e.campaign_id = m.campaign and e.account_id = a.id and e.included
                     where a.person_id = m.root order by a.status = 'open' desc, a.days_past_due desc, a.id limit 1)
             end, h.external_id, '')
         end as one,
         case when m.external_id is null and m.named is not null
           then array(select a.external_id from unnest(m.named) with ordinality w (id, n)
                      join account a on a.id = w.id order by w.n)
         end as several,
         row_number() over (order by m.txid, m.pos, s.external_id) as nth
  from met m left join shares s on s.pos = m.pos left join foremost h on h.person_id = m.root
)
insert into result_line (creditor_id, n, pos, at, zone, person_id, external_id, accounts, kind, outcome, channel,
                         agent, amount, currency, due, reference, origin)
select $1, $2::bigint + nth, pos, at, zone, person_id, coalesce(share_of, one, several[1], ''),
       coalesce(one, array_to_string(several, '{SEPARATOR}'), ''), kind, outcome, channel, agent,
       coalesce(share, amount), currency, due, reference, origin
from lines
"""  # noqa: S608 - made of constants of the core
LAST = "select txid::text as txid, pos from result_fresh order by result_fresh.txid desc, pos desc limit 1"
START = "insert into result_cursor (creditor_id) values ($1) on conflict do nothing"
CURSOR = "select txid::text as txid, pos, n from result_cursor where creditor_id = $1 for update"
MOVE = "update result_cursor set txid = $2::text::xid8, pos = $3, n = n + $4 where creditor_id = $1"

# In the order of their numbers, which is that of the index, however many there are.
AS_THEY_STAND = """
set local enable_seqscan = off; set local enable_bitmapscan = off;
set local timezone = 'UTC'; set local datestyle = 'ISO'; set local intervalstyle = 'postgres'
"""
SEALED = ", l.person_id, p.wrapped_key, {sealed} as sealed, {fact}"
OPENED = "left join person p on p.id = l.person_id"
TOLD_NEW = "left join fact f on f.pos = l.pos and l.kind = 'contact_data'"

MARKS = """
select k.kind, coalesce(max(b.upto), 0) from unnest($3::text[]) with ordinality k (kind, place)
left join result_batch b on b.creditor_id = $1 and b.profile = $2 and b.moves and k.kind = any(b.kinds)
group by k.kind, k.place order by k.place
"""
OF_BATCH = (
    "creditor_id", "profile", "n", "moves", "kinds", "beyond", "upto", "since", "until", "format", "file", "began_at",
    "lines", "digest", "written_at",
)  # fmt: skip
FOUND = f"""
select {", ".join(f"b.{name}" for name in OF_BATCH)}, x.body as profile_body, t.body as tree_body
from result_batch b join artefact x on x.hash = b.profile_artefact join artefact t on t.hash = b.typification_artefact
where b.creditor_id = $1
"""  # noqa: S608 - made of constants of this module
BEGIN = """
insert into result_batch (creditor_id, profile, n, moves, kinds, beyond, upto, since, until, format, file, began_at,
                          profile_artefact, typification_artefact)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
KEEP = """
insert into result_setting (creditor_id, kind, name, artefact, at) values ($1, $2, $3, $4, $5)
on conflict (creditor_id, kind, name) do update set artefact = excluded.artefact, at = excluded.at
"""


class _Papers(msgspec.Struct):
    """Of what is sealed of a person, their document alone."""

    document: str = ""
    document_kind: str = ""


class _Said(msgspec.Struct):
    """Of what is sealed of a fact, the new phone, e-mail or address."""

    value: str = ""


_GONE, _NONE = _Papers(SHREDDED_TEXT), _Papers()
_papers, _said = msgspec.json.Decoder(_Papers), msgspec.json.Decoder(_Said)


class StoredResults:
    """Lines, files and settings of results over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    @asynccontextmanager
    async def alone(self, creditor: str, profile: str) -> AsyncIterator[None]:
        """Nobody else exports by this profile inside; whoever dies lets go. Raises Busy."""
        lock = int.from_bytes(blake2b(f"{creditor}\x1f{profile}".encode(), digest_size=8).digest(), signed=True)
        async with self._pool.acquire() as db, db.transaction():
            if not await db.fetchval("select pg_try_advisory_xact_lock($1)", lock):
                raise Busy
            yield

    async def exporting(self) -> list[str]:
        """The creditors who ever asked for results."""
        return [row[0] for row in await self._pool.fetch("select creditor_id from result_cursor order by 1")]

    async def gather(self, creditor: str) -> int:
        """Makes lines of the facts that are settled and were not: how many."""
        await self._pool.execute(START, creditor)
        made = 0
        while (more := await self._gathered(creditor)) is not None:
            made += more
        return made

    async def _gathered(self, creditor: str) -> int | None:
        async with self._pool.acquire() as db, db.transaction():
            at = await db.fetchrow(CURSOR, creditor)
            assert at is not None  # noqa: S101 - `gather` made it
            await db.execute(f"{MEMORY}; {FRESH}")
            await db.execute(FILL, creditor, at["txid"], at["pos"], BATCH)
            await db.execute("analyze result_fresh (person_id, account_id)")
            last = await db.fetchrow(LAST)
            if last is None:
                return None
            made = int((await db.execute(GATHER, creditor, at["n"])).rpartition(" ")[2])
            await db.execute(MOVE, creditor, last["txid"], last["pos"], made)
            return made

    async def read(self, batch: Batch, sheet: Sheet) -> AsyncIterator[list[Sequence[Cell]]]:
        """The cells of a file by column, some lines at a time; what is sealed is opened only where it is asked for."""
        opener = _Opener(self._keyring, sheet) if sheet.personal else None
        asked = Question(batch, tuple(sheet.codes), sheet.echo)
        shown = ", ".join(asked.cell(field, sheet, marked=False) for field in sheet.columns)
        more, joined = opener.sql if opener else ("", "")
        sql = f"select {shown}{more} from result_line l {joined} where {asked.where} order by l.n"  # noqa: S608 - as above
        async with self._pool.acquire() as db, db.transaction(readonly=True):
            await db.execute(AS_THEY_STAND)
            cursor = await db.cursor(sql, *asked.args)
            while rows := await cursor.fetch(READ):
                columns: list[Sequence[Cell]] = list(zip(*rows, strict=True))
                yield opener.opened(columns) if opener else columns

    async def copy(self, batch: Batch, sheet: Sheet, dress: Dress, put: Callable[[bytes], None]) -> int:
        """A file's lines as CSV in a dress, in whole lines of UTF-8 as they come; how many there were."""
        into = _Into(put)
        asked = Question(batch, tuple(sheet.codes), sheet.echo)
        cells = ", ".join(
            dressed(asked.cell(field, sheet, marked=dress.marked), form_of(field), dress) for field in sheet.columns
        )
        sql = f"select {cells} from result_line l where {asked.where} order by l.n"  # noqa: S608 - as above
        async with self._pool.acquire() as db, db.transaction(readonly=True):
            await db.execute(AS_THEY_STAND)
            done = await db.copy_from_query(sql, *asked.args, output=into.take, format="csv", delimiter=dress.delimiter)
        if into.failed is not None:
            raise into.failed
        return int(done.rpartition(" ")[2])

    async def pending(self, creditor: str, profile: str) -> Batch | None:
        """The file that moves the mark, was begun, and was never marked."""
        found = await self._found("and b.profile = $2 and b.moves and b.digest is null order by b.n", creditor, profile)
        return found[0] if found else None

    async def find(self, creditor: str, profile: str, n: int) -> Batch | None:
        """A file by its number."""
        found = await self._found("and b.profile = $2 and b.n = $3", creditor, profile, n)
        return found[0] if found else None

    async def all(self, creditor: str) -> list[Batch]:
        """A creditor's files, the oldest first."""
        return await self._found("order by b.began_at, b.profile, b.n", creditor)

    async def _found(self, where: str, *args: Any) -> list[Batch]:
        return [_batch(row) for row in await self._pool.fetch(FOUND + where, *args)]

    async def begin(self, creditor: str, wanted: Wanted, name: Callable[[int], str], at: datetime) -> Batch | None:
        """A new file's lines, settled and on record under its number and name; None when there are none."""
        async with self._pool.acquire() as db, db.transaction():
            n = 1 + (await db.fetchval(
                "select coalesce(max(n), 0) from result_batch where creditor_id = $1 and profile = $2",
                creditor, wanted.profile,
            ))  # fmt: skip
            marks = await db.fetch(MARKS, creditor, wanted.profile, wanted.kinds)
            batch = Batch(
                creditor, wanted.profile, n, wanted.moves, wanted.kinds,
                tuple(row[1] if wanted.moves else 0 for row in marks),
                await db.fetchval("select n from result_cursor where creditor_id = $1", creditor) or 0,
                wanted.since, wanted.until, wanted.format, "", at, None, None, None, wanted.profile_body,
                wanted.tree_body,
            )  # fmt: skip
            asked = Question(batch, wanted.outcomes, wanted.echo)
            some = f"select exists (select from result_line l where {asked.where})"  # noqa: S608 - as above
            if not await db.fetchval(some, *asked.args):
                return None
            batch = msgspec.structs.replace(batch, file=name(n))
            await db.execute(
                BEGIN, creditor, batch.profile, n, batch.moves, batch.kinds, batch.beyond, batch.upto, batch.since,
                batch.until, batch.format, batch.file, at, await _put(db, "results_profile", batch.profile_body, at),
                await _put(db, "results_typification", batch.tree_body, at),
            )  # fmt: skip
            return batch

    async def written(self, batch: Batch, lines: int, digest: str, at: datetime) -> None:
        """The mark on a file that is whole at its place, and the fact of it; a second time changes nothing."""
        fact = ResultsExported(batch.profile, batch.n, batch.file.rpartition("/")[2], digest, lines, batch.kinds)
        name = derive("results", batch.creditor, batch.profile, str(batch.n))
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(
                """update result_batch set lines = $4, digest = $5, written_at = $6
                   where creditor_id = $1 and profile = $2 and n = $3 and digest is null""",
                batch.creditor, batch.profile, batch.n, lines, digest, at,
            )  # fmt: skip
            await book.record(db, self._keyring, [Recorded(name, at, "operator", fact, batch.creditor)])

    async def keep(self, creditor: str, kind: Setting, name: str, text: str, at: datetime) -> None:
        """Remembers a creditor's profile or typification; what files were made by stays as it was."""
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(KEEP, creditor, kind, name, await _put(db, f"results_{kind}_text", text.encode(), at), at)

    async def text(self, creditor: str, kind: Setting, name: str) -> str | None:
        """The text that was kept under a name."""
        body = await self._pool.fetchval(
            """select a.body from result_setting s join artefact a on a.hash = s.artefact
               where s.creditor_id = $1 and s.kind = $2 and s.name = $3""",
            creditor, kind, name,
        )  # fmt: skip
        return None if body is None else bytes(body).decode()

    async def names(self, creditor: str, kind: Setting) -> list[str]:
        """The names that were kept."""
        rows = await self._pool.fetch(
            "select name from result_setting where creditor_id = $1 and kind = $2 order by name", creditor, kind
        )
        return [row[0] for row in rows]


async def _put(db: Db, kind: str, body: bytes, at: datetime) -> str:
    """A body under its digest, once."""
    name = derive(kind, body.decode())
    await db.execute(
        """insert into artefact (hash, kind, name, body, at) values ($1, $2, '', $3, $4)
           on conflict (hash) do nothing""",
        name, kind, body, at,
    )  # fmt: skip
    return name


def _batch(row: asyncpg.Record) -> Batch:
    values = dict(row) | {"kinds": tuple(row["kinds"]), "beyond": tuple(row["beyond"])}
    return Batch(creditor=values.pop("creditor_id"), **values)


class _Into:
    """Hands lines on until that fails, and then only lets them pass: the driver waits forever for a COPY whose taker
    raises when its last lines are in already.
    """

    def __init__(self, put: Callable[[bytes], None]) -> None:
        self._put = put
        self.failed: Exception | None = None

    async def take(self, lines: bytes) -> None:
        if self.failed is None:
            try:
                self._put(lines)
            except Exception as why:
                self.failed = why


class _Opener:
    """Opens what a file asks for of each line's person: a document once for each, as long as there is room."""

    def __init__(self, keyring: Keyring, sheet: Sheet) -> None:
        self._keyring, self._sheet = keyring, sheet
        self._known: dict[str, _Papers] = {}

    @property
    def sql(self) -> tuple[str, str]:
        """What is read beside the columns, and from where."""
        papers, values = self._sheet.personal & {"document", "document_kind"}, "value" in self._sheet.personal
        sealed = SEALED.format(
            sealed="p.sealed" if papers else "null::bytea",
            fact="f.id as fact_id, f.sealed as said" if values else "null::text as fact_id, null::bytea as said",
        )
        return sealed, f"{OPENED} {TOLD_NEW if values else ''}"

    def opened(self, columns: list[Sequence[Cell]]) -> list[Sequence[Cell]]:
        """The columns with what was sealed, from those and what was read beside them."""
        *shown, people, wrapped, sealed, fact_ids, said = columns
        papers = [self._papers(*row) for row in zip(people, wrapped, sealed, strict=True)]
        found: dict[str, Callable[[], Sequence[Cell]]] = {
            "document": lambda: [one.document for one in papers],
            "document_kind": lambda: [one.document_kind for one in papers],
            "value": lambda: [self._value(*row) for row in zip(people, wrapped, said, fact_ids, strict=True)],
        }
        return [
            found[field]() if isinstance(field, str) and field in found else column
            for field, column in zip(self._sheet.columns, shown, strict=True)
        ]

    def _papers(self, person: Any, wrapped: Any, sealed: Any) -> _Papers:
        if sealed is None:
            return _NONE
        papers = self._known.get(person)
        if papers is None:
            raw = open_(self._keyring.person(wrapped, person), sealed, person_aad(person))
            papers = _GONE if isinstance(raw, Shredded) else _papers.decode(raw)
            if len(self._known) >= DOCUMENTS:
                self._known.clear()
            self._known[person] = papers
        return papers

    def _value(self, person: Any, wrapped: Any, said: Any, fact_id: Any) -> str:
        if said is None:
            return ""
        raw = open_(self._keyring.person(wrapped, person), said, fact_id.encode())
        return SHREDDED_TEXT if isinstance(raw, Shredded) else _said.decode(raw).value
