"""Who is treated how, and who is invited when: `acuerdo segment`, `acuerdo campaign ...`."""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Json, examples
from acuerdo.service.written import text_in

if TYPE_CHECKING:
    from acuerdo.app import App
    from acuerdo.service.creditors import Creditor
    from acuerdo.service.planning import Line, Status, Summary
    from acuerdo.service.segmenting import Listed, Preview, SegmentReport

campaign = typer.Typer(help="Plans of whom to invite, and how they go.", no_args_is_help=True)
Whose = Annotated[str, typer.Option(help="One creditor's alone; else every creditor's.")]
Campaign = Annotated[str, typer.Argument(help="The number that `campaign plan` gave.")]

# Where moments are shown to the operator, each with its own offset.
SHOWN_IN = "America/Bogota"


def join(cli: typer.Typer) -> None:
    cli.command(
        epilog=examples(
            "acuerdo segment",
            "acuerdo segment --list early-small --limit 20",
            "acuerdo segment --why 4711",
            "acuerdo segment --preview --file segments.toml",
        )
    )(segment)
    cli.add_typer(campaign, name="campaign")


def segment(
    list_: Annotated[str, typer.Option("--list", help="A segment's accounts, highest rank first (or `all`).")] = "",
    why: Annotated[str, typer.Option(help="One account: where it is, and why.")] = "",
    creditor: Whose = "",
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A segments file of yours; else the shipped one.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many lines of a list.")] = 50,
    preview: Annotated[bool, typer.Option(help="Counts and sums what a sorting would do; changes nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Sorts accounts into segments and counts the open ones; or lists one, or says why an account is where it is."""
    if preview:
        from acuerdo.cli.ageing import tell_preview

        text = text_in(file) if file else ""
        tell_preview(shell.run(_preview(creditor, text, file.name if file else "segments.toml")), as_json)
    elif why:
        found = shell.run(_why(why, creditor))
        _tell_listed([found], as_json, f"Account {why}")
    elif list_:
        rows = shell.run(_ranked(list_, creditor, limit))
        if not rows:
            raise shell.nothing(f"nobody is in {list_!r}; acuerdo segment sorts the accounts and shows the segments")
        _tell_listed(rows, as_json, f"Segment {list_}")
    else:
        text = text_in(file) if file else ""
        _tell_sorted(shell.run(_sort(creditor, text, file.name if file else "segments.toml")), as_json)


async def creditors(app: App, name: str) -> list[Creditor]:
    """The one of that name, or all of them. Raises UnknownCreditor."""
    from acuerdo.service.creditors import creditor_named

    return [await creditor_named(app.creditors, name)] if name else await app.creditors.all()


async def _preview(name: str, given: str, source: str) -> list[tuple[str, Preview]]:
    from acuerdo.service.segmenting import preview, shipped_segments

    async with shell.house() as app:
        at, text = app.clock.now(), given or shipped_segments()
        return [(one.name, await preview(app.sorter, one, text, at, source)) for one in await creditors(app, name)]


async def _sort(name: str, given: str, source: str) -> list[tuple[str, SegmentReport]]:
    from acuerdo.service.segmenting import segment_accounts, shipped_segments

    text = given or shipped_segments()
    async with shell.house() as app:
        return [
            (one.name, await segment_accounts(app.sorter, one, text, app.clock.now(), source))
            for one in await creditors(app, name)
        ]


def _tell_sorted(reports: list[tuple[str, SegmentReport]], as_json: bool) -> None:
    if as_json:
        for name, report in reports:
            shell.emit({"creditor": name, "accounts": report.accounts, "closed": report.closed, "moved": report.moved,
                        "segments": report.counts, "file": report.segments})  # fmt: skip
    else:
        rows = [(name, segment, n) for name, report in reports for segment, n in report.counts.items()]
        if rows:
            shell.show(shell.table("", ("Creditor", "Segment", ">Accounts"), rows))
            shell.note(f"{sum(report.moved for _, report in reports)} accounts changed segment")
        if closed := sum(report.closed for _, report in reports):
            shell.note(f"{closed} paid, withdrawn or before a court are not counted: these are the open accounts")
    if not any(report.accounts for _, report in reports):
        raise shell.nothing("there are no open accounts to sort; take a file in with acuerdo portfolio import")


async def _why(number: str, name: str) -> Listed:
    from acuerdo.service.segmenting import UnknownAccount, why

    async with shell.house() as app:
        for one in (all_ := await creditors(app, name)):
            try:
                return await why(app.sorter, one, number, app.clock.now())
            except UnknownAccount:
                if one is all_[-1]:
                    raise
        raise UnknownAccount(f"there is no account {number!r}: there are no creditors yet")


async def _ranked(segment: str, name: str, limit: int) -> list[Listed]:
    from acuerdo.service.segmenting import ranked

    async with shell.house() as app:
        rows = [row for one in await creditors(app, name) for row in await ranked(app.sorter, one, segment, limit)]
    return sorted(rows, key=lambda row: (-row.rank, row.account))[:limit]


def _tell_listed(rows: list[Listed], as_json: bool, title: str) -> None:
    if as_json:
        for row in rows:
            shell.emit({
                "account": row.account, "external_id": row.external_id, "person": row.person, "segment": row.segment,
                "rank": row.rank, "product": row.product, "balance": row.balance.plain(),
                "currency": row.balance.currency, "days_past_due": row.days_past_due, "handler": row.handler,
                "why": row.why,
            })  # fmt: skip
        return
    heads = (">Rank", "Account", "Segment", "Product", ">Balance", ">Days", "Who", "Why")
    shell.show(shell.table(title, heads, [
        (f"{row.rank:.0f}", row.external_id, row.segment or "", row.product,
         f"{row.balance.plain()} {row.balance.currency}", row.days_past_due, row.handler, "; ".join(row.why))
        for row in rows
    ]))  # fmt: skip


@campaign.command(
    "plan",
    epilog=examples(
        "acuerdo campaign plan early-small", "acuerdo campaign plan all --at 2026-11-23T10:00:00-05:00 --json"
    ),
)
def plan(
    segment: Annotated[str, typer.Argument(help="A segment, or `all`.")],
    at: Annotated[str, typer.Option(help="The moment to plan for, with its zone; else now.")] = "",
    creditor: Whose = "",
    as_json: Json = False,
) -> None:
    """Plans whom to invite, when and how, and says why each of the others is left out; nothing is sent."""
    shell.run(_plan(segment, shell.moment(at) if at else None, creditor, as_json))


async def _plan(segment: str, at: datetime | None, name: str, as_json: bool) -> None:
    from acuerdo.service.planning import plan_campaign

    accounts = 0
    async with shell.house() as app:
        for one in await creditors(app, name):
            with shell.progress(f"Planning {one.name}"):
                made = await plan_campaign(
                    app.plans, one, segment, at or app.clock.now(), available=frozenset(app.channels)
                )
            accounts += made.included + made.left_out
            if as_json:
                await _emit_lines(app, made.id)
            else:
                tell_plan(made)
                shell.note(
                    f"read it again with acuerdo campaign show {made.id}; then acuerdo campaign approve {made.id}"
                )
    if not accounts:
        raise shell.nothing(f"no account is in {segment!r}; acuerdo segment shows what there is")


async def _emit_lines(app: App, campaign: str) -> None:
    # Closed at once when whoever reads us goes away, as it holds a connection.
    async with aclosing(app.plans.lines(campaign)) as lines:
        async for line in lines:
            shell.emit(line_told(line) | {"campaign": campaign})


def line_told(line: Line) -> dict[str, Any]:
    """One account of a plan, for programs."""
    return {
        "account": line.external_id, "id": line.account, "person": line.person, "segment": line.segment,
        "in": line.included, "reason": line.code, "channel": line.channel,
        "when": line.at.isoformat() if line.at else None, "rank": line.rank, "status": line.status,
        "why": [{"code": r.code, "layer": r.layer, "rules": r.rules, "detail": r.detail} for r in line.why],
    }  # fmt: skip


def tell_plan(made: Summary) -> None:
    """A plan for the person who is to approve it: how many are in and out, why, when, and a few of each."""
    from acuerdo.core.campaigns.planning import CODES

    title = f"Campaign {made.id} · {made.creditor} · {made.segment} · {made.status}"
    rows = [(n, code, CODES.get(code, "")) for code, n in made.by_code.items()]
    shell.show(shell.table(title, (">Accounts", "Reason", "What it means"), rows))
    shell.show(f"In: {made.included}   Out: {made.left_out}   Channels: " + (
        ", ".join(f"{name} {n}" for name, n in made.by_channel.items()) or "none"
    ))  # fmt: skip
    if made.first and made.last:
        shell.show(f"From {clock(made.first)} to {clock(made.last)}   Rules: {made.rules}")
    heads = ("Account", "Segment", "In", "Channel", "When", "Reason", "Rules that spoke")
    shell.show(shell.table("A few of each", heads, [
        (one.external_id, one.segment or "", "yes" if one.included else "no", one.channel or "",
         clock(one.at) if one.at else "", one.code, " · ".join(r.detail or r.code for r in one.why))
        for one in made.samples
    ]))  # fmt: skip


def clock(at: datetime) -> str:
    """A moment as the operator reads it."""
    return f"{at.astimezone(ZoneInfo(SHOWN_IN)):%Y-%m-%d %H:%M %z}"


@campaign.command("show", epilog=examples("acuerdo campaign show 1f0c…", "acuerdo campaign show 1f0c… --json"))
def show(
    campaign: Campaign,
    samples: Annotated[int, typer.Option(min=0, help="Accounts of each reason to show.")] = 3,
    as_json: Json = False,
) -> None:
    """A plan as it was made: how many are in and out, and why; with --json every account."""
    shell.run(_show(campaign, samples, as_json))


async def _show(campaign: str, samples: int, as_json: bool) -> None:
    from acuerdo.service.planning import show as shown

    async with shell.house() as app:
        made = await shown(app.plans, campaign, samples)
        if as_json:
            await _emit_lines(app, campaign)
        else:
            tell_plan(made)


@campaign.command("approve", epilog=examples("acuerdo campaign approve 1f0c… --by ana"))
def approve(
    campaign: Campaign,
    by: Annotated[str, typer.Option(help="Who read the plan and answers for it.")] = "operator",
    as_json: Json = False,
) -> None:
    """Says that a person read the plan and lets it run."""
    _tell_status(shell.run(_approve(campaign, by)), as_json)


async def _approve(campaign: str, by: str) -> Status:
    from acuerdo.service.planning import approve

    async with shell.house() as app:
        return await approve(app.plans, campaign, by, app.clock.now())


@campaign.command("run", epilog=examples("acuerdo campaign run 1f0c…", "acuerdo campaign run 1f0c… --wait"))
def run(
    campaign: Campaign,
    wait: Annotated[bool, typer.Option("--wait", help="Until all that is due by now has left.")] = False,
    as_json: Json = False,
) -> None:
    """Lets an approved campaign's invitations go, each at its hour; `acuerdo worker` sends them."""
    _tell_status(shell.run(_run(campaign, wait)), as_json)


async def _run(campaign: str, wait: bool) -> Status:
    import asyncio

    from acuerdo.service.planning import run, status

    async with shell.house() as app:
        now = await run(app.plans, campaign)
        if not wait:
            return now
        with shell.progress("Sending") as tick:
            while due(now, app.clock.now()):
                tick(gone(now), sum(now.entries.values()) - now.entries.get("out", 0))
                await asyncio.sleep(0.3)
                now = await status(app.plans, campaign)
        return now


def due(now: Status, at: datetime) -> bool:
    """Whether anything of a campaign should have left by now and has not."""
    return bool(now.entries.get("queued") or now.entries.get("reserved") or (now.next_at and now.next_at <= at))


def gone(now: Status) -> int:
    """How many entries of a campaign are behind us."""
    return sum(n for status, n in now.entries.items() if status not in ("out", "waiting", "queued", "reserved"))


@campaign.command("status", epilog=examples("acuerdo campaign status 1f0c…"))
def status(campaign: Campaign, as_json: Json = False) -> None:
    """How far a campaign is."""
    _tell_status(shell.run(_status(campaign)), as_json)


async def _status(campaign: str) -> Status:
    from acuerdo.service.planning import status

    async with shell.house() as app:
        return await status(app.plans, campaign)


def _tell_status(now: Status, as_json: bool) -> None:
    if as_json:
        shell.emit({"campaign": now.id, "status": now.status, "entries": now.entries,
                    "next_at": now.next_at.isoformat() if now.next_at else None})  # fmt: skip
        return
    shell.show(shell.table(f"Campaign {now.id}: {now.status}", ("Entries", ">Number"), now.entries.items()))
    if now.next_at:
        shell.show(f"The next one leaves at {clock(now.next_at)}")
