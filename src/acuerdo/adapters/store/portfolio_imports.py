"""Imports on record: listed, explained line by line, and taken out again to the letter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import asyncpg
import msgspec
import numpy as np

from acuerdo.adapters.store import book, people
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.feeds.found import put_to_use
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.merging import unmerge, untie
from acuerdo.adapters.store.portfolio_known import LINE
from acuerdo.adapters.store.portfolio_people import FOUND_BY
from acuerdo.adapters.store.portfolio_turn import alone
from acuerdo.adapters.store.portfolio_watch import PLACES, added_of, remove_added, same
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.words import Money, derive
from acuerdo.service.imports import ImportRow, StandsOn, Stood, Trace, Undone
from acuerdo.service.people import Deed

COLUMNS = "id, creditor_id, feed, file, at, who, status, counts, cut_off"
PART = "select lines from import_line where import_id = $1 and first <= $2 order by first desc limit 1"
BEFORE = "select image from import_before where import_id = $1 and place = 'account' and id = $2"
# How the account stood after an import: as the next import that changed it found it, or as it is.
AFTER = """
select b.image from import_before b join import i on i.id = b.import_id
where b.place = 'account' and b.id = $1 and b.import_id <> $2
  and i.pos > (select pos from import where id = $2) order by i.pos limit 1
"""
IS = "select to_jsonb(a) from account a where id = $1"
# Fields that a trace tells of by name, in the words of people.
FIELDS: dict[str, str] = {
    "home_person_id": "la persona", "product": "el producto", "currency": "la moneda", "principal": "el capital",
    "interest": "los intereses", "fees": "los gastos", "due_now": "lo exigible hoy", "due_date": "el vencimiento",
    "opened": "la apertura", "late_12m": "los atrasos", "limitation_date": "la prescripción",
    "installments_total": "las cuotas", "installments_paid": "las cuotas pagadas",
    "installments_overdue": "las cuotas vencidas", "last_payment": "el último pago",
}  # fmt: skip
# What may stand on an import, by the name that it is told by; $1 is when it came, and $2 its own name.
BUILT: Mapping[str, str] = {
    "conversations": "conversation where person_id in (select id from touched) and started_at >= $1",
    "messages": "outbox where person_id in (select id from touched) and created_at >= $1",
    "links": "link where person_id in (select id from touched) and issued_at >= $1",
    "campaign entries": """campaign_entry e join campaign c on c.id = e.campaign_id
        where e.person_id in (select id from touched) and c.planned_at >= $1""",
    "agreements": "agreement where person_id in (select id from touched) and accepted_at >= $1",
    "promises": "promise where person_id in (select id from touched) and made_at >= $1",
    "payments": """payment where person_id in (select id from touched)
        and greatest(created_at, paid_at) >= $1""",
    "cases for a person": """work_item t where person_id in (select id from touched) and opened_at >= $1
        and not exists (select from import_before b where b.import_id = $2 and b.place = '+work_item'
                        and b.id = t.id and b.image = to_jsonb(t))""",
}  # fmt: skip
# Whom it brought goes, and cannot while something else names them; $1 is the import.
NAMED: Mapping[str, str] = {
    "debts since of people whom it brought": """account where added_by is distinct from $1
        and home_person_id in (select id from person where added_by = $1)""",
    "other debts that people stand beside whom it brought": """party t where person_id in (
          select id from person where added_by = $1)
        and account_id not in (select id from account where added_by = $1)
        and not exists (select from import_before b where b.import_id = $1 and b.place = '+party'
                        and b.id = concat_ws(' ', t.account_id, t.role, t.id))""",
    "consents since of people whom it brought": """consent where import_id is distinct from $1
        and person_id in (select id from person where added_by = $1)""",
    "contact data since of people whom it brought": """contact_found where import_id is distinct from $1
        and person_id in (select id from person where added_by = $1)""",
}  # fmt: skip
TOUCHED = """
create temp table touched on commit drop as
select home_person_id as id from account where import_id = $1 or added_by = $1
union select person_id from account where import_id = $1 or added_by = $1
union select id from person where import_id = $1 or added_by = $1
union select id from import_before where import_id = $1 and place = 'person'
"""
# Whoever is one with them is spoken with about the same debts.
TOUCHED_TOO = """
insert into touched
with root as (select distinct coalesce(p.root_id, p.id) as id from touched t join person p on p.id = t.id)
select id from root union select p.id from root join person p on p.root_id = root.id
except select id from touched
"""
# Of these no row is ever put back that something else changed meanwhile: who answers for whom is worked out anew.
POINTERS = {"person": ("wrapped_key", "merged_into", "root_id"), "account": ("person_id",)}
# Who was forgotten stays so, and a register's newer word holds.
STILL = {"person": "t.wrapped_key is not null", "register_entry": "t.import_id = $1"}
ANSWERS = """
update account a set person_id = coalesce(p.root_id, p.id) from person p
where p.id = a.home_person_id and a.id in (select id from import_before where import_id = $1 and place = 'account')
"""
# Rows that an import may have taken away; they come back.
TAKEN_AWAY = ("contact", "party", "never_contact", "register_entry", *FOUND_BY)
# Beside people and debts; what was built on these is told before.
ADDED_BESIDE = ("person_review", "work_item", "hold", "party", "never_contact", "register_entry")
GENERATED = "select attname from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and not attisdropped"


class StoredImports:
    """Imports over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def imports(self, creditor: str, limit: int) -> list[ImportRow]:
        """A creditor's imports of every feed, the newest first."""
        rows = await self._pool.fetch(
            f"select {COLUMNS} from import where creditor_id = $1 order by pos desc limit $2",  # noqa: S608 - a constant
            creditor, limit,
        )  # fmt: skip
        return [_import(row) for row in rows]

    async def import_named(self, name: str) -> ImportRow | None:
        """An import by its id or the beginning of it; None where there is none, or several."""
        rows = await self._pool.fetch(
            f"select {COLUMNS} from import where starts_with(id, $1) and $1 <> '' limit 2",  # noqa: S608 - a constant
            name,
        )
        return _import(rows[0]) if len(rows) == 1 else None

    async def of_line(self, import_id: str, line: int) -> Trace | None:
        """What became of a line; None when the file had no such line."""
        body = await self._pool.fetchval(PART, import_id, line)
        rows = np.frombuffer(body or b"", LINE)
        found = rows[rows["line"] == line]
        if not len(found):
            return None
        account, verdict = found["account"][0].tobytes().hex(), found["verdict"][0].decode()
        return await self._trace(import_id, line, verdict, account)

    async def of_account(self, creditor: str, external_id: str) -> list[Trace]:
        """What every import did with an account that it brought, changed or closed, the oldest first."""
        account = derive("account", creditor, external_id)
        rows = await self._pool.fetch(
            """select i.id, a.added_by = i.id as added,
                      coalesce(a.import_row, 0) as line, a.import_id = i.id as last, a.closed_why
               from import i join account a on a.id = $1
               where i.status = 'done' and (i.id = a.added_by or i.id in
                 (select import_id from import_before where place = 'account' and id = $1))
               order by i.pos""",
            account,
        )  # fmt: skip
        traces = []
        for row in rows:
            line = await self._line(row["id"], account)
            traces.append(await self._trace(row["id"], line, "n" if row["added"] else "c", account))
        return traces

    async def _line(self, import_id: str, account: str) -> int | None:
        rows = await self._pool.fetch("select lines from import_line where import_id = $1 order by first", import_id)
        name = bytes.fromhex(account)
        for row in rows:
            if name in row["lines"]:
                lines = np.frombuffer(row["lines"], LINE)
                return next((int(one["line"]) for one in lines if one["account"].tobytes() == name), None)
        return None

    async def _trace(self, import_id: str, line: int | None, verdict: str, account: str) -> Trace:
        was = _json(await self._pool.fetchval(BEFORE, import_id, account))
        now = _json(await self._pool.fetchval(AFTER, account, import_id) or await self._pool.fetchval(IS, account))
        reasons: tuple[str, ...] = ()
        if verdict == "a":
            faults = await self._pool.fetch(
                """select field, reason from set_aside s join import i on i.creditor_id = s.creditor_id
                     and i.digest = s.file_digest where i.id = $1 and s.line = $2 order by s.id""",
                import_id, line,
            )  # fmt: skip
            reasons = tuple(f"{row['field']}: {row['reason']}" if row["field"] else row["reason"] for row in faults)
        return Trace(
            import_id, line, verdict, now["external_id"] if now else None, _stood(was), _stood(now),
            tuple(word for name, word in FIELDS.items() if was and now and was[name] != now[name]), reasons,
        )  # fmt: skip

    async def undo(self, import_id: str, at: datetime, who: str) -> Undone:
        """Takes an import out. Raises StandsOn."""
        async with self._pool.acquire() as db, db.transaction():
            await alone(db)
            row = await db.fetchrow(f"select {COLUMNS} from import where id = $1 for update", import_id)  # noqa: S608 - a constant
            assert row is not None  # noqa: S101 - whoever asks has found it
            await db.execute(TOUCHED, import_id)
            await db.execute(TOUCHED_TOO)
            await _refuse_built(db, row)
            await _untie(db, self._keyring, import_id, who, at)
            for place in ADDED_BESIDE:
                await remove_added(db, import_id, place)
            removed = await _remove(db, self._keyring, import_id, who, at)
            restored = await _restore(db, row)
            changed = "select id from import_before where import_id = $1 and place = 'person'"
            # What was found of them since stays found.
            await put_to_use(db, self._keyring, [one["id"] for one in await db.fetch(changed, import_id)])
            await db.execute("update import set status = 'undone', undone_at = $2 where id = $1", import_id, at)
            await db.execute("delete from import_before where import_id = $1", import_id)
            await db.execute(
                "update conversation set stale = true where person_id in (select id from touched) and not stale"
            )
            fact = f.ImportUndone(import_id, row["file"], removed, restored)
            name = derive("import_undone", import_id)
            told = Recorded(name, at, who, fact, row["creditor_id"], cause=import_id)
            await book.insert(db, [told], {})
            return Undone(removed, restored)


async def _refuse_built(db: Db, row: asyncpg.Record) -> None:
    counts = [(what, count, (row["at"], row["id"])[: 1 + ("$2" in count)]) for what, count in BUILT.items()]
    counts += ((what, count, (row["id"],)) for what, count in NAMED.items())
    on_it = []
    for what, count, args in counts:
        if many := await db.fetchval(f"select count(*) from {count}", *args):  # noqa: S608 - the constants above
            on_it.append(f"{many:,} {what}")
    for waited in await added_of(db, row["id"], "feed_waiting"):
        on_it.append(f"{int(waited):,} rows of other feeds that had waited for it")
    if later := await _later(db, row):
        on_it.append(f"{later:,} later imports that name its accounts")
    if on_it:
        raise StandsOn(f"import {row['id']} ({row['file']}) cannot be undone, as there stand on it: {', '.join(on_it)}")


async def _later(db: Db, row: asyncpg.Record) -> int:
    """Later imports whose rows named accounts that this one brought or changed, even if they changed nothing."""
    written = await db.fetch(
        """select id from account where added_by = $1
           union select id from import_before where import_id = $1 and place = 'account'""",
        row["id"],
    )
    mine = np.array([one["id"].encode() for one in written], "S24")
    later = await db.fetch(
        """select id, exists (select from import_before b where b.import_id = i.id and b.place = 'account'
                              and b.id = any($3::text[])) as changed
           from import i where creditor_id = $1 and feed = 'portfolio' and status = 'done'
             and pos > (select pos from import where id = $2)""",
        row["creditor_id"], row["id"], [one["id"] for one in written],
    )  # fmt: skip
    return sum([one["changed"] or await _names(db, one["id"], mine) for one in later])


async def _names(db: Db, import_id: str, accounts: Any) -> bool:
    async for part in db.cursor("select lines from import_line where import_id = $1", import_id):
        named = np.frombuffer(part["lines"], LINE)
        ids = np.frombuffer(named["account"].tobytes().hex().encode(), "S24")
        if np.isin(ids[named["verdict"] != b"a"], accounts).any():
            return True
    return False


async def _untie(db: Db, keyring: Keyring, import_id: str, who: str, at: datetime) -> None:
    """People whom its rows made one are again who they were."""
    for cause in await added_of(db, import_id, "same_human"):
        kind, _, person = cause.partition(":")
        if kind != "merge":
            await untie(db, cause)
        elif await db.fetchval("select merged_into is not null from person where id = $1", person):
            await unmerge(db, keyring, Deed(person, who, "", at))


async def _remove(db: Db, keyring: Keyring, import_id: str, who: str, at: datetime) -> int:
    """Accounts and people that the import brought, and what is kept about them alone."""
    added = [row["id"] for row in await db.fetch("select id from person where added_by = $1", import_id)]
    await people.forget(db, keyring, added, who, at)
    # What was sealed about who came by mistake goes with them: their key goes, and another import makes another.
    await db.execute("update fact set sealed = null where person_id = any($1::text[]) and sealed is not null", added)
    removed = await db.execute("delete from account where added_by = $1", import_id)
    subjects = await db.fetch("delete from person where added_by = $1 returning subject_id", import_id)
    await db.execute(
        """delete from subject s where id = any($1::text[])
           and not exists (select from person where subject_id = s.id)
           and not exists (select from contact where subject_id = s.id)
           and not exists (select from opt_out where subject_id = s.id)
           and not exists (select from hold h where h.subject_id = s.id)""",
        [row["subject_id"] for row in subjects],
    )
    return int(removed.split()[-1])


async def _restore(db: Db, row: asyncpg.Record) -> int:
    """Every row that the import changed, as it was."""
    restored = 0
    await db.execute(
        """delete from hold where kind = 'recalled' and creditor_id = $1 and since = $2
           and not exists (select from import_before b where b.import_id = $3 and b.place = 'hold'
                           and b.id = concat_ws(' ', subject_id, kind, creditor_id))""",
        row["creditor_id"], row["at"], row["id"],
    )  # fmt: skip
    for place in await db.fetch("select distinct place from import_before where import_id = $1", row["id"]):
        if place["place"] in PLACES:
            done = await _as_it_was(db, place["place"], row["id"])
            restored += done if place["place"] == "account" else 0
    await db.execute(ANSWERS, row["id"])
    await _put_back(db, row["id"])
    return restored


async def _as_it_was(db: Db, place: str, import_id: str) -> int:
    """The rows of a table that are still there, as they were; how many."""
    columns = [one["attname"] for one in await db.fetch(GENERATED, place)]
    left = (*PLACES[place], *POINTERS.get(place, ()))
    kept = [name for name in columns if name not in left]
    still = STILL.get(place, "true")
    if not kept:
        return 0
    done = await db.execute(
        f"""update {place} t set {", ".join(f"{name} = r.{name}" for name in kept)}
            from import_before b, jsonb_populate_record(null::{place}, b.image) r
            where b.import_id = $1 and b.place = '{place}' and {same(place, "t")} and {still}""",  # noqa: S608 - names of ours
        import_id,
    )
    return int(done.split()[-1])


async def _put_back(db: Db, import_id: str) -> None:
    """Rows that went away, and those by which changed people are found, in the place of the new ones."""
    changed = "select id from import_before where import_id = $1 and place = 'person'"
    for place in FOUND_BY:
        await db.execute(f"delete from {place} where person_id in ({changed})", import_id)  # noqa: S608 - names of ours
    await db.execute("delete from consent where import_id = $1", import_id)
    for place in TAKEN_AWAY:
        await db.execute(
            f"""insert into {place} select r.* from import_before b, jsonb_populate_record(null::{place}, b.image) r
                where b.import_id = $1 and b.place = '{place}' on conflict do nothing""",  # noqa: S608 - as above
            import_id,
        )


def _import(row: asyncpg.Record) -> ImportRow:
    counts = {name: one for name, one in msgspec.json.decode(row["counts"]).items() if isinstance(one, int)}
    return ImportRow(
        row["id"], row["creditor_id"], row["feed"], row["file"], row["at"], row["who"], row["status"], counts,
        row["cut_off"],
    )  # fmt: skip


def _json(image: str | None) -> dict[str, Any] | None:
    return msgspec.json.decode(image) if image else None


def _stood(image: dict[str, Any] | None) -> Stood | None:
    if image is None:
        return None
    currency = image["currency"]
    return Stood(
        Money(image["balance"], currency), Money(image["paid_since"], currency), image["days_past_due"],
        date.fromisoformat(image["as_of"]), image["status"],
    )  # fmt: skip
