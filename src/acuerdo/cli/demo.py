"""The demo: a database, a clock and a made-up portfolio of its own, sent through the real corridor and left running."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote
from zoneinfo import ZoneInfo

from rich.panel import Panel

from acuerdo.adapters.store.clock import StoredClock
from acuerdo.adapters.store.placement import make_folder
from acuerdo.app import App, open_app
from acuerdo.cli import shell
from acuerdo.cli.campaigns import due, gone, tell_plan
from acuerdo.cli.debtors import PARTS
from acuerdo.cli.portfolio import set_aside_beside
from acuerdo.cli.roster import Invited, invited
from acuerdo.cli.servers import ended, listening, serving, until_ordered, working
from acuerdo.cli.shell import Code
from acuerdo.core.compliance.places import public_holidays
from acuerdo.core.portfolio.reading import open_file
from acuerdo.core.words import CAPITAL_ZONE, AcuerdoError
from acuerdo.service import planning
from acuerdo.service.creditors import Creditor, add_creditor
from acuerdo.service.creditors import Settings as CreditorSettings
from acuerdo.service.importing import import_day, import_portfolio
from acuerdo.service.segmenting import segment_accounts, shipped_segments
from acuerdo.service.settings import Settings
from acuerdo.testing.synthetic import portfolio

SEED = 2026
NAME = "Banco Aurora"
AGENT, AGENT_NAME = "ana", "Ana Ruiz"
BOGOTA = ZoneInfo(CAPITAL_ZONE["CO"])
BATCH = 24  # jobs at once: a slow disk is shared by all that wait for it
OPENS, LATEST = time(10), time(16)  # a demo begins at ten, and one that goes on is not left past four
SUN = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 40'%3E"
    "%3Ccircle cx='20' cy='24' r='10' fill='%23e8a33d'/%3E%3Cpath d='M2 32h36' stroke='%23205c6b' stroke-width='4'/%3E"
    "%3C/svg%3E"
)
AURORA = CreditorSettings(
    legal_name="Banco Aurora S.A.", tax_id="900123456-8", address="Calle 72 # 10-34, Bogotá", logo=SUN,
    phone="601 555 0100", desk_hours="de lunes a viernes, de 8:00 a 18:00",
    payment_places="en cualquier oficina de Banco Aurora o en corresponsales", senders={"sms": "BancoAurora"},
    responsible="Elena Mora, jefa de cartera", complaints="Atención a clientes de Banco Aurora, 601 555 0199",
)  # fmt: skip


class DemoRuns(AcuerdoError):
    """The demo runs already in another terminal."""


async def run_demo(*, once: bool, people: int, port: int) -> int:
    """The demo, whole; with `once` it is played by made-up people and ends. The exit code."""
    base = shell.settings(database_url=None)
    folder = base.data_dir / "demo"
    make_folder(base.data_dir)
    make_folder(folder)
    with _alone(folder), listening("127.0.0.1", port, or_any=True) as on:
        chosen = _settings(folder, on)
        from acuerdo.cli.logs import configure

        configure(chosen)
        code = await until_ordered(_demo(chosen, on, people, once))
        if code is None:
            shell.note("everything is stopped")
            code = Code.INTERRUPTED if once else Code.OK
        return code


async def _demo(chosen: Settings, on: socket.socket, people: int, once: bool) -> int:
    async with _running(chosen, on, people) as (app, server, campaign):
        if once:
            return await _once(app, campaign)
        await _sent(app, campaign)
        await _tell_addresses(app)
        await ended(server)
    return Code.OK


async def _once(app: App, campaign: str) -> int:
    from acuerdo.cli.play import play, tell

    played = await play(app, password_of(app))
    await _sent(app, campaign)
    return await tell(app, played)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One demo at a time on a folder; the system frees the lock of a process that dies."""
    with (folder / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoRuns(f"the demo of {folder} runs already in another terminal; end it there with Ctrl-C") from None
        yield


def _settings(folder: Path, on: socket.socket) -> Settings:
    """The demo's own: nothing of the installation's is touched, whatever the environment says."""
    port = on.getsockname()[1]
    quiet = {} if "ACUERDO_LOG_LEVEL" in os.environ else {"log_level": "error"}
    return shell.settings(
        data_dir=folder, database_url=None, clock="demo", host="127.0.0.1", port=port, master_key=None,
        session_secret=None, base_url=f"http://127.0.0.1:{port}", sms_sandbox_url=None, payments_sandbox_url=None,
        allow_list=frozenset(), database_pool_max=3 * BATCH, **quiet,
    )  # fmt: skip


Running: TypeAlias = tuple[App, asyncio.Task[None], str]


@asynccontextmanager
async def _running(
    chosen: Settings, on: socket.socket, people: int
) -> AsyncIterator[tuple[App, asyncio.Task[None], str]]:
    """The house with its data, its pages served and its worker at work: it, its server, the campaign."""
    async with open_app(chosen, watch=True) as app:
        await _set_clock(app)
        creditor = await _data(app, people)
        async with serving(app, on) as server, working(app, batch=BATCH):
            yield app, server, await _campaign(app, creditor)


async def _set_clock(app: App) -> None:
    """Ten in the morning of a working day in Bogotá the first time; later the same, if it has become late."""
    assert isinstance(app.clock, StoredClock)  # noqa: S101 - the demo's settings ask for it
    now = app.clock.now().astimezone(BOGOTA)
    begun = await app.pool.fetchval("select exists (select from fact)")
    if begun and working_day(now.date()) and OPENS <= now.time() < LATEST:
        return
    if (to := opening(now)) > now or not begun:
        await app.clock.move(to, "demo")
    await app.clock.refresh()


def opening(now: datetime) -> datetime:
    """The next opening after `now`: ten o'clock in Bogotá of a working day in all six countries."""
    day = now.date() if now.time() <= OPENS else now.date() + timedelta(days=1)
    while not working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, BOGOTA)


def working_day(day: date) -> bool:
    """Monday to Friday, and a public holiday in none of the six countries."""
    return day.weekday() < 5 and not any(day in public_holidays(country, "", day.year) for country in CAPITAL_ZONE)


async def _data(app: App, people: int) -> Creditor:
    """Creditor, agent and portfolio; what is there already stays."""
    creditor = await add_creditor(app.creditors, NAME, AURORA, app.clock.now())
    if await app.desk.agent(AGENT) is None:
        await app.desk.add_agent(AGENT, AGENT_NAME, password_of(app), "agent", app.clock.now())
    if not await app.pool.fetchval("select exists (select from account)"):
        await _import(app, creditor, people)
    with shell.progress("Sorting into segments"):
        report = await segment_accounts(app.sorter, creditor, shipped_segments(), app.clock.now())
    rows = [(name, n) for name, n in report.counts.items()]
    shell.show(shell.table(f"{report.accounts} accounts in their segments", ("Segment", ">Accounts"), rows))
    return creditor


async def _import(app: App, creditor: Creditor, people: int) -> None:
    at = app.clock.now()
    file = app.settings.data_dir / "cartera.csv"
    with shell.progress(f"Making up {people} people"):
        day = at.astimezone(BOGOTA).date()
        body = await asyncio.to_thread(lambda: portfolio(SEED, people, at=day, spoiled=True))
        await asyncio.to_thread(file.write_bytes, body)
    with shell.progress(f"Importing {file.name}") as tick:
        opened = open_file(body, None, "CO", import_day("CO", at))
        report = await import_portfolio(app.portfolio, creditor, opened, file.name, at, tick)
    counts = (report.added, report.updated, report.unchanged, report.set_aside)
    shell.show(shell.table(f"{file} → {NAME}", (">In", ">Updated", ">Unchanged", ">Set aside"), [counts]))
    if report.set_aside_file is not None:
        aside = await asyncio.to_thread(set_aside_beside, file, report.set_aside_file)
        shell.show(f"The rows set aside, each with its reason: {aside}")


def password_of(app: App) -> str:
    """The demo agent's password: always the same for one installation, and nobody else's."""
    return "aurora-" + app.keyring.blind("demo password", AGENT).hex()[:8]


async def _campaign(app: App, creditor: Creditor) -> str:
    """A plan over everybody, read, approved and let go; one that is there goes on from where an earlier run left it."""
    known = await app.pool.fetchval("select id from campaign order by planned_at desc limit 1")
    if known is None:
        with shell.progress("Planning"):
            made = await planning.plan_campaign(
                app.plans, creditor, "all", app.clock.now(), available=frozenset(app.channels)
            )
        tell_plan(made)
        known = made.id
    if (await planning.status(app.plans, known)).status == "planned":
        await planning.approve(app.plans, known, f"agent:{AGENT}", app.clock.now())
    await planning.run(app.plans, known)
    return str(known)


async def _sent(app: App, campaign: str) -> None:
    """Until all that is due by now has left and its receipts are in; or nothing moves any more (a receipt was lost)."""
    with shell.progress("Sending") as tick:
        before, still = None, 0
        while True:
            now = await planning.status(app.plans, campaign)
            waiting = await app.pool.fetchval(WAITING, app.clock.now())
            tick(gone(now), sum(now.entries.values()) - now.entries.get("out", 0))
            still = still + 1 if (now.entries, waiting) == before else 0
            if still >= (STILL if waiting or due(now, app.clock.now()) else 2):
                break
            before = (now.entries, waiting)
            await asyncio.sleep(LOOK)
    shell.show(shell.table("The campaign now", ("Entries", ">Number"), now.entries.items()))


LOOK, STILL = 0.4, 12  # seconds between two looks, and how many of them without any change are enough
WAITING = """
select (select count(*) from outbox where status in ('pending', 'sending') and not_before <= $1)
     + (select count(*) from sandbox.sms where status in ('queued', 'sent'))
"""


async def _tell_addresses(app: App) -> None:
    base, who = app.settings.base_url, await _to_try(app)
    phone = f"{base}/phone" + (f"?number={quote(who.number)}" if who else "")
    papers = f"there, {who.document[-4:]}" if who else "in cartera.csv, by phone"
    at = app.clock.now().astimezone(BOGOTA)
    shell.show(Panel.fit(
        f"[bold]Phone[/]    {phone}\n"
        "         read the SMS, follow its link and talk; you are asked for the document's last characters\n"
        f"         ({papers})\n"
        f"[bold]Desk[/]     {base}/desk   user {AGENT}, password {password_of(app)}\n"
        f"[bold]Results[/]  {base}/results   and the clock: {at:%A %Y-%m-%d %H:%M} in Bogotá\n"
        "Ctrl-C stops everything; a second run goes on from here.",
        title="Acuerdo runs", border_style="green",
    ))  # fmt: skip


async def _to_try(app: App) -> Invited | None:
    """Somebody whose invitation nobody has read yet and with whom there is something to agree."""
    people = await invited(app)
    fit = [one for one in people if one.segments <= set(PARTS)] or people
    return next((one for one in fit if one.country == "CO"), fit[0] if fit else None)
