"""Files go in one at a time: who waits is told for whom, and an import that was killed holds nobody up for long."""

from __future__ import annotations

import logging
import unicodedata

import asyncpg

from acuerdo.adapters.store.db import Db

ONE_AT_A_TIME = 0x0AC0E2D1  # any number: the advisory lock under which a file goes in
LOOK_EVERY = "2s"  # so often the server sees whether who asked for a long statement is still there
SHORT_WAIT, TELL_EVERY = "1s", "60s"  # what is over sooner is told to nobody
MARK = "import"
NAME, SHORT = 63, 8  # bytes that a connection's name may have, and of these the creditor's
TRY = "select pg_try_advisory_xact_lock($1)"
WAIT = "select pg_advisory_xact_lock($1)"
PATIENCE = "select set_config('lock_timeout', $1, true)"
# Whoever is in says so in its connection's name, the one thing of a transaction that others see before it ends.
SAY = """
select set_config('application_name', left(
  concat_ws(' ', $1::text, $2::text, extract(epoch from clock_timestamp())::bigint, $3::text), $4), true)
"""
HOLDER = """
select a.application_name as name, extract(epoch from a.xact_start)::bigint as since,
       extract(epoch from clock_timestamp())::bigint as now
from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.classid = 0 and l.objid = $1
  and l.database = (select oid from pg_database where datname = current_database())
"""
_log = logging.getLogger(__name__)


async def alone(db: Db, creditor: str = "", who: str = "", file: str = "") -> None:
    """Waits until no other import is under way, and is the one until the transaction ends.

    Who has to wait is told in the log (on the screen, where there is none) what for: which file, if it is of the same
    creditor, and since when. The server ends this transaction soon after the process or its network is gone.
    """
    await _watch(db)
    if not await db.fetchval(TRY, ONE_AT_A_TIME):
        before = await db.fetchval("show lock_timeout")
        patience = SHORT_WAIT
        while not await _got(db, patience):
            await _tell(db, creditor)
            patience = TELL_EVERY
        await db.execute(PATIENCE, before)
    await db.execute(SAY, MARK, creditor[:SHORT] or "-", _plain(f"{who.replace(' ', '_') or '-'} {file}"), NAME)


def _plain(text: str) -> str:
    """A connection's name is of letters without accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


async def _watch(db: Db) -> None:
    """Else a long statement of a process that was killed goes on, and nobody else gets the lock till it ends."""
    try:
        async with db.transaction():
            await db.execute(f"set local client_connection_check_interval = '{LOOK_EVERY}'")
    except asyncpg.PostgresError:
        pass  # a server before 14, or on a system that cannot tell: there the statement runs to its end


async def _got(db: Db, patience: str) -> bool:
    try:
        async with db.transaction():
            await db.execute(PATIENCE, patience)
            await db.execute(WAIT, ONE_AT_A_TIME)
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def _tell(db: Db, creditor: str) -> None:
    holder = await db.fetchrow(HOLDER, ONE_AT_A_TIME)
    if holder is not None:
        _log.warning(in_the_way(holder["name"] or "", holder["since"], holder["now"], creditor))


def in_the_way(name: str, since: int, now: int, creditor: str) -> str:
    """What who waits is told, in Spanish; of another creditor's import neither the file nor who brings it.

    `name` is that of the connection that is in, `since` (seconds, as `now`) when its transaction began.
    """
    what = "hay otra importación, o personas que se unen o se separan"
    if name.startswith(f"{MARK} "):
        _, whose, began, who, file = (*name.split(" ", 4), "", "", "", "")[:5]
        since, file = int(began), file + "…" * (len(name) == NAME)
        what = "está entrando una importación de otro acreedor"
        if whose == creditor[:SHORT]:
            what = f"ya está entrando otra importación de este acreedor ({file}, la trae {who})"
    minutes = (now - since) // 60
    ago = f"desde hace {minutes} min" if minutes else "desde hace menos de un minuto"
    return f"{what}, {ago}; la suya empieza en cuanto termine"
