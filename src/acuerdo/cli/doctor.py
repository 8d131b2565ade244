"""What an installation needs to work, each thing looked at by itself, with how to mend it."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from acuerdo.core.words import CAPITAL_ZONE, AcuerdoError
from acuerdo.service.settings import Settings, unknown_variables

if TYPE_CHECKING:
    import asyncpg

Status = Literal["ok", "warn", "bad"]
OLDEST_PYTHON = (3, 11)
OLDEST_SERVER = 15
PAGES = ("chat.js", "chat.css", "desk.js", "desk.css", "phone.js", "phone.css", "results.js", "results.css", "site.css")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LITTLE = 1_000_000_000  # bytes of free disk under which a database is soon in trouble
PLACES = "select distinct creditor_id, country, subdivision from person order by 1, 2, 3"
DRIFT = 2.0  # seconds that the database's clock may differ from ours


class Check(msgspec.Struct, frozen=True):
    """One thing looked at: `bad` must be mended before work, `warn` before going live."""

    name: str
    status: Status
    found: str
    mend: str = ""


def machine(settings: Settings) -> Iterator[Check]:
    """All that can be looked at without the database."""
    looks: tuple[Callable[[Settings], Check], ...] = (
        _python, _variables, _folder, _room, _key, _zones, _laws, _choices, _flows, _model, _care, _sandboxes,
        _pages, _port, _browser,
    )  # fmt: skip
    for look in looks:
        try:
            yield look(settings)
        except (AcuerdoError, OSError) as error:
            yield Check(look.__name__.lstrip("_"), "bad", " ".join(str(error).split()), "see what it says")


def _python(_: Settings) -> Check:
    found = sys.version.split()[0]
    if sys.version_info >= OLDEST_PYTHON:
        return Check("python", "ok", found)
    return Check("python", "bad", found, "install Python 3.11 or newer, and make the environment again with it")


def _variables(_: Settings) -> Check:
    unknown = unknown_variables(os.environ)
    if not unknown:
        return Check("settings", "ok", "every ACUERDO_ variable is known")
    from difflib import get_close_matches

    known = [f"ACUERDO_{name.upper()}" for name in Settings.model_fields]
    meant = [f"{name} → {near[0]}" for name in unknown if (near := get_close_matches(name, known, 1))]
    mend = f"did you mean {'; '.join(meant)}?" if meant else "unset them, or look for the right name in the docs"
    return Check("settings", "bad", f"nothing reads {', '.join(unknown)}", mend)


def _folder(settings: Settings) -> Check:
    folder = settings.data_dir
    if not folder.exists():
        return Check("data folder", "ok", f"{folder} is not there yet; it is made when first needed")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Check(
            "data folder", "bad", f"{folder} cannot be written",
            "run as its owner, chown it, or name another in ACUERDO_DATA_DIR",
        )  # fmt: skip
    if mode & 0o066:
        return Check("data folder", "bad", f"{folder} may be read by others (mode {mode:o})", f"chmod 700 {folder}")
    return Check("data folder", "ok", str(folder))


def _room(settings: Settings) -> Check:
    folder: Path = next(one for one in (settings.data_dir, *settings.data_dir.parents) if one.exists())
    free = shutil.disk_usage(folder).free
    told = f"{free / 1e9:.1f} GB free"
    return Check("disk", "ok", told) if free > LITTLE else Check("disk", "warn", told, f"make room under {folder}")


def _key(settings: Settings) -> Check:
    from acuerdo.adapters.store.keys import Keyring

    path = settings.data_dir / "master.key"
    if settings.master_key is None and not path.exists():
        return Check("master key", "ok", f"none yet; {path} is made when first needed: keep a copy apart from backups")
    try:
        Keyring.of(settings)
    except AcuerdoError as why:
        return Check("master key", "bad", str(why), "do as it says; without the right key nothing personal can be read")
    return Check("master key", "ok", "ACUERDO_MASTER_KEY" if settings.master_key else str(path))


def _zones(_: Settings) -> Check:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        for zone in CAPITAL_ZONE.values():
            ZoneInfo(zone)
    except ZoneInfoNotFoundError as why:
        return Check("time zones", "bad", str(why), "pip install tzdata")
    return Check("time zones", "ok", "the six countries' are known")


def _laws(_: Settings) -> Check:
    from acuerdo.service.law import broken_packs, shipped_packs

    packs = shipped_packs()
    if broken := broken_packs():
        return Check(
            "law packs", "bad", "; ".join(broken.values()),
            "mend the rule named; until then the strict default judges those countries",
        )  # fmt: skip
    waiting = sorted(pack.name for pack in packs.values() if pack.needs_counsel)
    if not waiting:
        return Check("law packs", "ok", f"{len(packs)} load")
    return Check(
        "law packs", "warn", f"{len(packs)} load; no lawyer has signed {', '.join(waiting)}",
        "before going live, have counsel read acuerdo law show PACK",
    )  # fmt: skip


def _choices(settings: Settings) -> Check:
    from acuerdo.service.law import read_options

    try:
        options = read_options(settings.law_options) if settings.law_options else {}
    except AcuerdoError as why:
        return Check("law options", "bad", str(why), "mend the line named: until then nothing is judged")
    told = ", ".join(f"{name} = {value}" for name, value in sorted(options.items())) or "the packs' strict readings"
    if options.get("assume_contract_consent", True) is False:
        return Check("law options", "ok", told)
    return Check(
        "law options", "warn", f"{told}; where nobody says, the creditor's contract is taken to warrant the channel",
        "import consents, or write assume_contract_consent = false in the file that ACUERDO_LAW_OPTIONS names",
    )  # fmt: skip


def _flows(chosen: Settings) -> Check:
    from acuerdo.core.words import AcuerdoError
    from acuerdo.service.publishing import edition_of, files_in
    from acuerdo.service.resources import shipped_flows

    try:
        book = edition_of(files_in(chosen.flows)).book if chosen.flows else shipped_flows()
    except (AcuerdoError, OSError) as why:
        return Check("flows", "bad", str(why).partition("\n")[0], "mend them; acuerdo flows check tells all")
    return Check("flows", "ok", f"{len(book.files)} files, {len(book.steps)} steps, all checked")


def _model(_: Settings) -> Check:
    from acuerdo.service.resources import language_model

    try:
        return Check("language model", "ok", language_model().name)
    except (ValueError, KeyError) as why:
        return Check("language model", "bad", f"it does not load ({why})", "install Acuerdo again")


def _care(_: Settings) -> Check:
    from acuerdo.service.resources import care_lines

    unsure = sorted(country for country, line in care_lines().items() if line.status != "confirmed")
    if not unsure:
        return Check("crisis lines", "ok", "all confirmed")
    return Check(
        "crisis lines", "warn", f"not confirmed by you: {', '.join(unsure)}",
        "before going live call each, then: acuerdo law confirm-line CO 106",
    )  # fmt: skip


def _sandboxes(settings: Settings) -> Check:
    own = {"messages": settings.sms_sandbox, "payments": settings.payments_sandbox}
    here = [name for name, url in own.items() if url.startswith(settings.base_url + "/")]
    if not here:
        return Check("sandboxes", "ok", "none is served here")
    return Check(
        "sandboxes", "warn", f"{' and '.join(here)} go to a sandbox here: nobody is reached, and no money moves",
        "for trying out that is right; people must not be sent to this address yet",
    )  # fmt: skip


def _pages(_: Settings) -> Check:
    from importlib import resources

    build = resources.files("acuerdo") / "web" / "static" / "build"
    missing = [name for name in PAGES if not (build / name).is_file()]
    if missing:
        return Check("pages", "bad", f"not built: {', '.join(missing)}", "in a checkout: make setup; else reinstall")
    return Check("pages", "ok", f"{len(PAGES)} built files")


def _port(settings: Settings) -> Check:
    where = f"{settings.host}:{settings.port}"
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((settings.host, settings.port))
        except OSError as why:
            return Check(
                "port", "warn", f"{where}: {why.strerror}", "fine if acuerdo serve runs; else set ACUERDO_PORT"
            )
    return Check("port", "ok", f"{where} is free")


def _browser(_: Settings) -> Check:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found:
        return Check("browser for tests", "ok", found)
    return Check("browser for tests", "warn", "no Chromium: browser tests are skipped", "only for tests: install it")


async def database(settings: Settings) -> list[Check]:
    """The database and what it says of this installation; what cannot be asked is left out."""
    import asyncpg

    from acuerdo.adapters.store.server import database as running

    try:
        async with running(settings) as url:
            db = await asyncpg.connect(url, timeout=10)
            try:
                return await _inside(db, settings)
            finally:
                await db.close()
    except (AcuerdoError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as why:
        own = "see what it says, then acuerdo doctor again"
        theirs = "start that server, or mend ACUERDO_DATABASE_URL (postgresql://user:password@host/database)"
        told = " ".join(str(why).split()) or type(why).__name__
        return [Check("database", "bad", told, theirs if settings.database_url else own)]


async def _inside(db: asyncpg.Connection, settings: Settings) -> list[Check]:
    version = db.get_server_version()
    whose = "ACUERDO_DATABASE_URL" if settings.database_url else f"our own, in {settings.data_dir}"
    told = f"PostgreSQL {version.major}.{version.minor} ({whose})"
    if version.major < OLDEST_SERVER:
        return [Check("database", "bad", told, f"Acuerdo needs PostgreSQL {OLDEST_SERVER} or newer")]
    checks = [Check("database", "ok", told), await _safe(db), await _clock(db), await _schema(db)]
    if checks[-1].status == "ok" and await db.fetchval("select to_regclass('house') is not null"):
        checks += [
            await _reach(db, settings),
            await first_screen(db),
            await _opens(db, settings),
            await _jobs(db),
            await _feeds(db),
        ]
    return checks


async def _safe(db: asyncpg.Connection) -> Check:
    lax = [name for name in ("fsync", "synchronous_commit") if await db.fetchval(f"show {name}") == "off"]
    if lax:
        return Check("durability", "bad", f"{', '.join(lax)} off", "turn on: what was agreed must outlive a power cut")
    return Check("durability", "ok", "fsync and synchronous_commit are on")


async def _clock(db: asyncpg.Connection) -> Check:
    from acuerdo.adapters.store.clock import SystemClock

    # The one place where the database's own clock is asked for: to see whether the two machines agree.
    theirs = await db.fetchval("select clock_timestamp()")
    apart = abs((SystemClock().now() - theirs).total_seconds())
    if apart > DRIFT:
        return Check(
            "clock", "warn", f"{apart:.0f} s apart from the database's", "keep both by NTP (chrony, timesyncd)"
        )
    return Check("clock", "ok", "agrees with the database's")


async def _schema(db: asyncpg.Connection) -> Check:
    from acuerdo.adapters.store import migrate

    at, _ = await migrate.state(db)
    if at is None:
        return Check("schema", "ok", "none yet; the first command makes it")
    if at not in migrate.revisions():
        return Check("schema", "bad", f"at {at}, which this Acuerdo does not know", "install the newer Acuerdo")
    if at != migrate.head():
        return Check("schema", "warn", f"at {at}, behind {migrate.head()}", "the next command brings it up to date")
    return Check("schema", "ok", at)


async def _reach(db: asyncpg.Connection, settings: Settings) -> Check:
    row = await db.fetchrow("select stopped, stop_why, allow_list_only from house")
    if row is not None and row["stopped"]:
        return Check(
            "outbound", "warn", f"stopped: {row['stop_why'] or 'no reason given'}", "acuerdo stop-all --resume"
        )
    if settings.allow_list or (row is not None and row["allow_list_only"]):
        return Check("outbound", "warn", "real carriers deliver to the allow-list alone", "empty it to go live")
    return Check("outbound", "ok", "nothing is stopped")


async def first_screen(db: asyncpg.Connection) -> Check:
    """What a country wants told about a debt and a creditor's settings do not say is left out, never made up."""
    from acuerdo.adapters.store import imported
    from acuerdo.adapters.store.clock import now_of
    from acuerdo.service.noticing import unfilled

    places: dict[str, list[tuple[str, str]]] = {}
    for creditor, country, subdivision in await db.fetch(PLACES):
        places.setdefault(creditor, []).append((country, subdivision))
    day = (await now_of(db)).date()
    lacking = {one.name: unfilled(one, places.get(one.id, ()), day) for one in await imported.creditors(db)}
    asked = [f'acuerdo creditor add "{name}" {" … ".join(options)} …' for name, options in lacking.items() if options]
    if not asked:
        return Check("first screen", "ok", "the settings fill what the law packs want told about a debt")
    names = ", ".join(name for name, options in lacking.items() if options)
    return Check("first screen", "warn", f"some of what the law wants told goes unsaid: {names}", "; ".join(asked))


async def _jobs(db: asyncpg.Connection) -> Check:
    from acuerdo.adapters.store import jobs

    aside = await jobs.set_aside(db)
    if not aside:
        return Check("jobs", "ok", "none was set aside")
    first = aside[0]
    told = f"{len(aside)} set aside after failing again and again; the first: {first.job}, {first.why}"
    return Check("jobs", "warn", told, "mend the cause (the worker's log tells it), then acuerdo worker --again")


async def _opens(db: asyncpg.Connection, settings: Settings) -> Check:
    from acuerdo.adapters.store.keys import Keyring

    row = await db.fetchrow("select id, wrapped_key from person where wrapped_key is not null limit 1")
    if row is None:
        return Check("personal data", "ok", "none yet")
    try:
        Keyring.of(settings).person(row["wrapped_key"], row["id"])
    except AcuerdoError as why:
        return Check("personal data", "bad", str(why), "bring back the master key these data were sealed with")
    return Check("personal data", "ok", "the master key opens them")


async def _feeds(db: asyncpg.Connection) -> Check:
    from acuerdo.adapters.store import imported
    from acuerdo.adapters.store.clock import now_of
    from acuerdo.service.freshness import judged

    all_ = await imported.creditors(db)
    feeds = judged(all_, await imported.latest(db, [one.id for one in all_]), await now_of(db))
    late = [
        f"{one.creditor_name}: {one.feed} ({f'last on {one.last:%Y-%m-%d}' if one.last else 'it never came'})"
        for one in feeds
        if one.late
    ]
    if late:
        mend = "ask the creditor for its file, or say how often it comes: acuerdo feeds expect"
        return Check("feeds", "warn", f"late: {'; '.join(late)}", mend)
    return Check("feeds", "ok", f"{len(feeds)} come as expected" if feeds else "none has come yet")
