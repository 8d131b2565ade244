"""What keeps running, and what stops it: `acuerdo serve`, `worker`, `stop-all`, `converse`, `demo`."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Code, Json, examples

if TYPE_CHECKING:
    from acuerdo.app import App


def join(cli: typer.Typer) -> None:
    cli.command(epilog=examples("acuerdo serve", "ACUERDO_PORT=8080 acuerdo serve"))(serve)
    cli.command(epilog=examples("acuerdo worker"))(worker)
    cli.command(
        "stop-all", epilog=examples("acuerdo stop-all --why 'wrong file taken in'", "acuerdo stop-all --resume")
    )(stop_all)
    cli.command(epilog=examples("acuerdo converse --scenarios scenarios.jsonl --json"))(converse)
    cli.command(epilog=examples("acuerdo demo", "acuerdo demo --once"))(demo)


def serve(
    host: Annotated[str, typer.Option(help="The interface to listen on; else ACUERDO_HOST.")] = "",
    port: Annotated[int, typer.Option(help="The port to listen on; else ACUERDO_PORT.")] = -1,
) -> None:
    """Serves the pages: the debtor's chat, the agents' desk, the results, and what providers call."""
    changes: dict[str, Any] = {"host": host} if host else {}
    shell.run(_until_ordered(_serve(changes | ({"port": port} if port >= 0 else {}))))


async def _until_ordered(work: Coroutine[Any, Any, None]) -> None:
    from acuerdo.cli.servers import until_ordered

    await until_ordered(work)


async def _serve(changes: dict[str, Any]) -> None:
    from acuerdo.cli.logs import configure
    from acuerdo.cli.servers import ended, listening, serving

    configure(shell.settings(**changes))
    async with shell.house(watch=True, **changes) as app:
        chosen = app.settings
        with listening(chosen.host, chosen.port) as socket:
            host, port = socket.getsockname()[:2]
            shell.note(f"listening on http://{host}:{port}, reached at {chosen.base_url}; Ctrl-C stops it")
            async with serving(app, socket) as server:
                await ended(server)


def worker(
    again: Annotated[
        bool, typer.Option("--again", help="First gives the jobs that were set aside, as doctor shows, another chance.")
    ] = False,
) -> None:
    """Works: sends what is due, reads what came in, rings timers. Start as many as you like."""
    shell.run(_until_ordered(_worker(again)))


async def _worker(again: bool) -> None:
    from acuerdo.cli.logs import configure
    from acuerdo.cli.servers import ended, working

    configure(shell.settings())
    async with shell.house(watch=True) as app:
        if again:
            await _again(app)
        shell.note("working; Ctrl-C stops it")
        async with working(app) as task:
            await ended(task)


async def _again(app: App) -> None:
    from acuerdo.adapters.store import jobs

    async with app.pool.acquire() as db:
        shell.note(f"{await jobs.again(db)} jobs that were set aside are tried again")


def stop_all(
    why: Annotated[str, typer.Option(help="What the record is to say.")] = "stopped by the operator",
    resume: Annotated[bool, typer.Option("--resume", help="Lifts the stop.")] = False,
    as_json: Json = False,
) -> None:
    """Halts everything outbound at once, on every channel and in every process; open chats go on."""
    changed = shell.run(_stop_all(why, resume))
    if as_json:
        shell.emit({"stopped": not resume, "changed": changed})
    elif changed:
        shell.note("outbound goes on; what waited is judged again" if resume else "nothing outbound leaves any more")
    if not changed:
        raise shell.nothing("nothing was stopped" if resume else "it was stopped already")


async def _stop_all(why: str, lift: bool) -> bool:
    from acuerdo.service.stopping import resume
    from acuerdo.service.stopping import stop_all as stop

    async with shell.house() as app:
        at = app.clock.now()
        return await resume(app.switch, at) if lift else await stop(app.switch, why, at)


def converse(
    scenarios: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Conversations, one JSON per line.")],
    as_json: Json = False,
) -> None:
    """Plays scripted conversations through the real corridor, in a scratch database on its own clock."""
    from acuerdo.testing.scenarios import run_file

    failed = total = 0
    for told in run_file(scenarios, shell.settings()):
        total += 1
        failed += told["passed"] is False
        if as_json:
            shell.emit(told)
        else:
            _tell_scenario(told)
    if not total:
        raise shell.nothing(f"{scenarios} holds no conversations")
    if not as_json:
        shell.note(f"{total - failed} of {total} as expected")
        if failed:
            raise typer.Exit(Code.REFUSED)


def _tell_scenario(told: dict[str, Any]) -> None:
    state = {True: "passed", False: "FAILED", None: "not judged"}[told["passed"]]
    shell.show(f"{told['id']}: {state}", *(f"  {line['who']}: {line['text']}" for line in told["transcript"]))
    shell.show(f"  → {', '.join(told['outcomes'])}")
    for name in ("must_failed", "must_not_broken", "always_broken"):
        if told[name]:
            shell.show(f"  {name}: {', '.join(told[name])}")


def demo(
    once: Annotated[bool, typer.Option("--once", help="Scripted debtors converse to the end, and it ends.")] = False,
    people: Annotated[int, typer.Option(min=60, help="How many made-up people.")] = 2000,
    port: Annotated[int, typer.Option(min=0, help="The port to try first; a free one where it is taken.")] = 8000,
) -> None:
    """The whole product with a made-up portfolio, offline: phone, chat, desk and results, on a clock of its own."""
    from acuerdo.cli.demo import run_demo

    code = shell.run(run_demo(once=once, people=people, port=port))
    if code:
        raise typer.Exit(code)
