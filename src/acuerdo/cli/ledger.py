"""What an account's money comes to and why: `acuerdo ledger show`, `check`, `rules`, `ceiling`, `kept`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Code, Json, examples
from acuerdo.service.written import text_in

if TYPE_CHECKING:
    from acuerdo.core.ledger.account import Told
    from acuerdo.core.ledger.checking import Gap
    from acuerdo.core.words import Money
    from acuerdo.service.accounting import Kept, Opened
    from acuerdo.service.creditors import Creditor

ledger = typer.Typer(help="The ledger of accounts: told, recounted, and the rules behind it.", no_args_is_help=True)

Of = Annotated[str, typer.Option("--creditor", help="One creditor; else each of them.")]


def join(cli: typer.Typer) -> None:
    cli.add_typer(ledger, name="ledger")


@ledger.command("show", epilog=examples("acuerdo ledger show CO-000123-1", "acuerdo ledger show CO-000123-1 --json"))
def show(
    account: Annotated[str, typer.Argument(help="The account's number at the creditor, or our id of it.")],
    creditor: Of = "",
    as_json: Json = False,
) -> None:
    """One account told from its facts: each file's balance, payments, interest and fees, and where they differed."""
    one, told = shell.run(_show(account, creditor))
    if as_json:
        shell.emit(_as_json(one, told))
    else:
        _tell(one, told)


async def _show(account: str, creditor: str) -> tuple[Opened, Told]:
    from acuerdo.adapters.store.accounting import StoredAccounts
    from acuerdo.service.accounting import show as told

    async with shell.house() as app:
        name = (await _creditors(app, creditor))[0].name if creditor else None
        return await told(StoredAccounts(app.pool), account, name, app.clock.now())


async def _creditors(app: Any, name: str) -> list[Creditor]:
    from acuerdo.cli.campaigns import creditors

    return await creditors(app, name)


def _as_json(one: Opened, told: Told) -> dict[str, Any]:
    import msgspec

    running = 0
    entries = []
    for entry in told.entries:
        running += _owing(entry.debit, entry.credit) * entry.amount.minor
        entries.append({**msgspec.to_builtins(entry), "owed_after": running})
    return {
        "account": one.external_id, "creditor": one.creditor.name, "currency": one.currency,
        "file_balance": one.balance, "paid_since_file": one.paid_since, "owed": told.owed, "held": told.held,
        "books": dict(told.books), "differences": msgspec.to_builtins(told.differences), "entries": entries,
    }  # fmt: skip


def _owing(debit: str, credit: str) -> int:
    buckets = ("fees", "interest", "principal")
    return (debit in buckets) - (credit in buckets)


def _tell(one: Opened, told: Told) -> None:
    from acuerdo.core.words import Money

    def plain(minor: int) -> str:
        return Money(minor, one.currency).plain()

    rows, running = [], 0
    for entry in told.entries:
        running += _owing(entry.debit, entry.credit) * entry.amount.minor
        rows.append((
            f"{entry.at:%Y-%m-%d}", _why(entry.cause, entry.ref), entry.debit, entry.credit, entry.amount.plain(),
            plain(running),
        ))  # fmt: skip
    title = f"{one.external_id} · {one.creditor.name} · {one.currency}"
    shell.show(shell.table(title, ("Day", "What", "Debit", "Credit", ">Amount", ">Owed"), rows))
    for found in told.differences:
        shell.note(f"{found.ref}: we had {plain(found.ours)}, the file says {plain(found.theirs)}; adjusted to it")
        shell.note(f"  differs in {_moved(found.by, plain)}; since the file before we had counted "
                   f"{_moved(found.since, plain) or 'nothing'}")  # fmt: skip
    shell.note(f"owed {plain(told.owed)}, held for the person {plain(told.held)}")


def _moved(amounts: Mapping[Any, int], plain: Callable[[int], str]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {'+' if minor > 0 else '-'}{plain(abs(minor))}" for name, minor in amounts.items()
    )


def _why(cause: str, ref: str) -> str:
    return f"adjustment by {ref}" if cause == "adjustment" else f"{cause.replace('_', ' ')} {ref}"


@ledger.command("check", epilog=examples("acuerdo ledger check", "acuerdo ledger check --json"))
def check(creditor: Of = "", as_json: Json = False) -> None:
    """Recounts everybody who ever paid from the facts alone, and reports any gap with the books; ends with 1 then."""
    looked, found = shell.run(_check(creditor))
    if as_json:
        import msgspec

        shell.emit({"people": looked, "gaps": [{"creditor": of.name, **msgspec.to_builtins(gap)} for of, gap in found]})
    else:
        if found:
            heads = ("Creditor", "What", "Of", ">On record", ">Recounted")
            rows = ((of.name, gap.what, gap.of, gap.recorded, gap.recomputed) for of, gap in found)
            shell.show(shell.table(f"{len(found)} gaps", heads, rows))
        shell.note(f"{looked} people who paid were recounted; {len(found)} gaps")
    if found:
        raise typer.Exit(Code.REFUSED)


async def _check(creditor: str) -> tuple[int, list[tuple[Creditor, Gap]]]:
    from acuerdo.adapters.store.accounting import StoredAccounts
    from acuerdo.service.accounting import check as checked

    async with shell.house() as app:
        return await checked(StoredAccounts(app.pool), await _creditors(app, creditor))


@ledger.command("rules", epilog=examples("acuerdo ledger rules --creditor Andes", "acuerdo ledger rules dinero.toml"))
def rules(
    file: Annotated[Path | None, typer.Argument(help="The TOML to take into force; none: shows what is.")] = None,
    creditor: Of = "",
) -> None:
    """A creditor's rules of money: order of payment, interest, fees, grace and reminders."""
    told = shell.run(_rules(file, creditor))
    if file is not None:
        shell.note(told)
    elif told:
        typer.echo(told, nl=not told.endswith("\n"))
    else:
        raise shell.nothing("there are no rules of money; take some in with acuerdo ledger rules FILE")


async def _rules(file: Path | None, creditor: str) -> str:
    from acuerdo.adapters.store.accounting import StoredAccounts
    from acuerdo.service.accounting import put_rules

    async with shell.house() as app:
        accounts, known = StoredAccounts(app.pool), await _creditors(app, creditor)
        if len(known) != 1:
            raise shell.UsageError(f"there are {len(known)} creditors; name one with --creditor")
        if file is None:
            return await accounts.rules(known[0].id) or ""
        text = await shell.blocking(text_in, file)
        installed = tuple(app.paying.gateways)
        await put_rules(accounts, known[0], text, file.name, "operator", app.clock.now(), installed)
        return f"{known[0].name}: the rules of {file.name} are in force"


@ledger.command(
    "ceiling",
    epilog=examples("acuerdo ledger ceiling", "acuerdo ledger ceiling CO consumo 2026-12-01 25.80 --source URL"),
)
def ceiling(
    country: Annotated[str, typer.Argument(help="CO, CL, PE; none: what is known of each country.")] = "",
    kind: Annotated[str, typer.Argument(help="The kind of credit, as acuerdo ledger ceiling names it.")] = "",
    since: Annotated[str, typer.Argument(help="The first day on which the figure holds, as 2026-12-01.")] = "",
    pct: Annotated[str, typer.Argument(help="Percent a year, as its authority publishes it.")] = "",
    until: Annotated[str, typer.Option(help="Its last day; none: of that month, or half-year.")] = "",
    source: Annotated[str, typer.Option(help="Where you read it.")] = "",
    as_json: Json = False,
) -> None:
    """The highest interest that the law allows, as its authority certifies it: writes a figure down, or shows them."""
    if country:
        told, over = shell.run(_put_ceiling(country.upper(), kind, since, until, pct, source))
        shell.note(told)
    else:
        rows, over = shell.run(_ceilings())
        if as_json:
            for row in rows:
                shell.emit(row)
        else:
            heads = ("Country", "Rule", "Kind", "In force", ">% a year", "Who says so", "Sure")
            cells = (
                (r["country"], r["rule"], r["kind"], r["days"], r["pct"], r["authority"], r["status"]) for r in rows
            )
            shell.show(shell.table("Ceilings of interest", heads, cells))
    for name, why in over:
        shell.note(f"{name}: {why}")


Over = list[tuple[str, str]]


async def _put_ceiling(country: str, kind: str, since: str, until: str, pct: str, source: str) -> tuple[str, Over]:
    from decimal import Decimal, InvalidOperation

    from acuerdo.adapters.store.accounting import StoredAccounts
    from acuerdo.service.accounting import put_figure

    async with shell.house() as app:
        accounts, at = StoredAccounts(app.pool), app.clock.now()
        try:
            figure = (
                kind,
                date.fromisoformat(since),
                date.fromisoformat(until) if until else None,
                Decimal(pct),
                source,
            )
        except (ValueError, InvalidOperation):
            raise shell.UsageError(
                "write it like: acuerdo ledger ceiling CO consumo 2026-12-01 25.80 --source URL"
            ) from None
        one = await put_figure(accounts, country, figure, "operator", at)
        return f"{country} {one.kind}: {one.annual_pct} % from {one.since} to {one.until}", await _over(app, accounts)


async def _over(app: Any, accounts: Any) -> Over:
    from acuerdo.service.accounting import over_law

    found = await over_law(accounts, await _creditors(app, ""), app.clock.now().date())
    return [(creditor.name, why) for creditor, why in found]


async def _ceilings() -> tuple[list[dict[str, Any]], Over]:
    from acuerdo.adapters.store.accounting import StoredAccounts
    from acuerdo.service.accounting import law_of_money

    rows: list[dict[str, Any]] = []
    async with shell.house() as app:
        accounts, today = StoredAccounts(app.pool), app.clock.now().date()
        for law in law_of_money().ceilings:
            known = {one.kind: one for one in await accounts.figures(law.country) if one.since <= today <= one.until}
            for kind in law.kinds or ("",):
                one = known.get(kind)
                rows.append({
                    "country": law.country, "rule": law.rule, "kind": kind,
                    "days": f"{one.since} to {one.until}" if one else "not written down" if law.kinds else "no figure",
                    "pct": str(one.annual_pct) if one else "", "authority": law.authority, "norm": law.norm,
                    "source": one.source if one else law.source, "status": law.status, "checked": law.checked,
                    "needs_counsel": law.needs_counsel,
                })  # fmt: skip
        return rows, await _over(app, accounts)


@ledger.command("kept", epilog=examples("acuerdo ledger kept", "acuerdo ledger kept --json"))
def kept(creditor: Of = "", as_json: Json = False) -> None:
    """How agreements and promises ended, by who authored them: the bot, the debtor, or a person of yours."""
    import msgspec

    found = shell.run(_kept(creditor))
    for of, rows in found:
        if as_json:
            for row in rows:
                shell.emit({"creditor": of.name, **msgspec.to_builtins(row), "rate": row.rate})
        elif rows:
            heads = ("What", "Authored by", ">Kept", ">Broken", ">Running", ">Kept rate")
            cells = ((r.what, r.origin, r.kept, r.broken, r.running, _share(r.rate)) for r in rows)
            shell.show(shell.table(of.name, heads, cells))
    if not any(rows for _, rows in found):
        raise shell.nothing("there are no agreements and no promises yet")


def _share(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.1%}"


async def _kept(creditor: str) -> list[tuple[Creditor, list[Kept]]]:
    from acuerdo.adapters.store.accounting import StoredAccounts

    async with shell.house() as app:
        accounts = StoredAccounts(app.pool)
        return [(one, await accounts.kept(one.id)) for one in await _creditors(app, creditor)]


Agreement = Annotated[str, typer.Argument(help="Our id of the agreement, as acuerdo history shows it.")]
Why = Annotated[str, typer.Option(help="Why, for whoever looks at it later; it is kept sealed.")]


@ledger.command(
    "reschedule", epilog=examples('acuerdo ledger reschedule 2699690df242a4b8 2026-12-15=200000 --why "cobra el 15"')
)
def reschedule(
    agreement: Agreement,
    parts: Annotated[list[str], typer.Argument(help="Each new payment, as 2026-12-15=200000 (major units).")],
    why: Why,
) -> None:
    """Gives what is still to pay of an agreement new days; together exactly what is missing."""
    if not shell.run(_reschedule(agreement, parts, why)):
        raise shell.nothing("no agreement has that id")
    shell.note("the agreement has its new days")


async def _reschedule(agreement: str, parts: list[str], why: str) -> bool:
    from acuerdo.service import keeping

    async with shell.house() as app:
        currency = await app.pool.fetchval("select currency from agreement where id = $1", agreement)
        told = tuple(_part(part, currency or "COP") for part in parts)
        return await keeping.reschedule(app.promises, agreement, told, why, "operator", app.clock.now())


def _part(text: str, currency: str) -> tuple[date, Money]:
    from acuerdo.core.words import money

    day, _, amount = text.partition("=")
    try:
        return date.fromisoformat(day), money(amount, currency)
    except ValueError:
        raise shell.UsageError(f"{text}: write each payment like 2026-12-15=200000") from None


@ledger.command("cancel", epilog=examples('acuerdo ledger cancel 2699690df242a4b8 --why "no era su deuda"'))
def cancel(agreement: Agreement, why: Why) -> None:
    """Ends an agreement before its time: what was paid stays paid, and the rest is owed."""
    if not shell.run(_cancel(agreement, why)):
        raise shell.nothing("no agreement has that id")
    shell.note("the agreement is cancelled")


async def _cancel(agreement: str, why: str) -> bool:
    from acuerdo.service import keeping

    async with shell.house() as app:
        return await keeping.cancel(app.promises, agreement, why, "operator", app.clock.now())
