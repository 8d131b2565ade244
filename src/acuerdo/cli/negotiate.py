"""What may be conceded, and how well the conceding goes: `acuerdo negotiate authority`, `personas`, `bench`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Code, Json, examples
from acuerdo.service.written import text_in

if TYPE_CHECKING:
    from acuerdo.core.negotiation.granted import Granted
    from acuerdo.testing.personas import Persona

negotiate = typer.Typer(help="Authority to concede, and offers measured on simulated debtors.", no_args_is_help=True)
SHOWN = (
    ("agreement_rate", "Agree"), ("recovery_ratio", "Recovery"), ("over_concession", "Over-conceded"),
    ("realised_recovery", "Realised"), ("kept_rate", "Kept"), ("regret", "Regret"), ("turns", "Turns"),
)  # fmt: skip
HEADS = ("Policy", *(f">{title}" for _, title in SHOWN), ">Violations")


def join(cli: typer.Typer) -> None:
    cli.add_typer(negotiate, name="negotiate")


@negotiate.command(
    "authority",
    epilog=examples(
        "acuerdo negotiate authority limits.toml", 'acuerdo negotiate authority limits.toml --creditor "Banco Andino"'
    ),
)
def authority(
    file: Annotated[Path, typer.Argument(help="The TOML file of what may be conceded.")],
    creditor: Annotated[str, typer.Option(help="Puts it in force for this creditor; else it is only checked.")] = "",
    as_json: Json = False,
) -> None:
    """Checks an authority file, and puts it in force for a creditor. One that contradicts itself is refused."""
    from acuerdo.core.negotiation.granted import load_authority

    text = text_in(file)
    granted = load_authority(text, str(file))
    if creditor:
        shell.run(_grant(creditor, text))
    if as_json:
        import msgspec

        shell.emit(msgspec.to_builtins(granted) | {"in_force": bool(creditor)})
    else:
        _show(granted, creditor)


async def _grant(creditor: str, text: str) -> None:
    from acuerdo.service.creditors import creditor_named, grant

    async with shell.house() as app:
        await grant(app.creditors, await creditor_named(app.creditors, creditor), text, app.clock.now())


def _show(granted: Granted, creditor: str) -> None:
    until = f" to {granted.effective_to}" if granted.effective_to else ""
    heads = ("Row", "Segments", "Stages", ">Payments", ">Largest discount", ">Down", ">First payment", "Beyond")
    rows = (
        (
            row.name, ", ".join(row.segments) or "all", ", ".join(row.stages) or "all",
            row.authority.max_installments, f"{row.authority.max_discount_pct} %", f"{row.authority.min_down_pct} %",
            f"{row.authority.longest_first_payment_days} days", ", ".join(row.authority.beyond),
        )
        for row in granted.rows
    )  # fmt: skip
    shell.show(shell.table(f"{granted.creditor}, {granted.currency}, {granted.effective_from}{until}", heads, rows))
    what = f"in force for {creditor}" if creditor else "checked; put it in force with --creditor"
    shell.note(f"signed by {granted.signed_by} on {granted.signed_on}; {what}")


@negotiate.command("personas", epilog=examples("acuerdo negotiate personas --count 5000 > personas.jsonl"))
def personas(
    count: Annotated[int, typer.Option(min=1, help="How many.")] = 5000,
    seed: Annotated[int, typer.Option(help="The same seed writes the same personas.")] = 1,
) -> None:
    """Writes simulated debtors, one JSON object per line."""
    from acuerdo.testing.personas import generate, write

    sys.stdout.write(write(generate(count, seed)))


@negotiate.command(
    "bench",
    epilog=examples(
        "acuerdo negotiate bench",
        "acuerdo negotiate bench --personas personas.jsonl --json",
        "acuerdo negotiate bench --corridor 50",
    ),
)
def bench(
    personas: Annotated[Path | None, typer.Option(help="Their file (JSON lines); else 5,000 are drawn.")] = None,
    seed: Annotated[int, typer.Option(help="Of the personas drawn, and of the intervals.")] = 1,
    resamples: Annotated[int, typer.Option(min=20, help="Of the bootstrap intervals.")] = 200,
    corridor: Annotated[
        int, typer.Option(min=0, help="Instead, so many of them write in Spanish through the whole corridor.")
    ] = 0,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when a target is missed.")] = False,
    as_json: Json = False,
) -> None:
    """Our offers, three other policies and an oracle against the same simulated debtors, with 95 % intervals."""
    from acuerdo.testing import haggling
    from acuerdo.testing.personas import generate, load

    people = load(text_in(personas), str(personas)) if personas else list(generate(5000, seed))
    if corridor:
        _spoken(people, corridor, seed, resamples, as_json)
        return
    found = haggling.bench(people, seed, resamples)
    if as_json:
        shell.emit(found)
    else:
        _measured(found)
    if strict and not all(found["targets"].values()):
        raise typer.Exit(Code.REFUSED)


def _spoken(people: Sequence[Persona], count: int, seed: int, resamples: int, as_json: bool) -> None:
    from acuerdo.testing.corridor import measured, played, sample

    found = measured(list(played(sample(people, count))), seed, resamples)
    if as_json:
        shell.emit(found)
        return
    rows = _rows({name: found[name] for name in ("corridor", "commands")})
    shell.show(shell.table(f"{found['personas']:,} simulated debtors, in Spanish and by commands", HEADS, rows))
    shell.note(f"the same outcome in {found['same_outcome']:.0%}; {found['signed']} agreements signed in the chat")


def _rows(policies: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, one in policies.items():
        cells = (f"{one[key]['value']:.3f} ±{(one[key]['high'] - one[key]['low']) / 2:.3f}" for key, _ in SHOWN)
        yield (name, *cells, one["violations"])


def _measured(found: dict[str, Any]) -> None:
    shell.show(shell.table(f"{found['personas']:,} simulated debtors", HEADS, _rows(found["policies"])))
    for name, met in found["targets"].items():
        shell.note(f"{'met' if met else 'MISSED'}: {name.replace('_', ' ')}")
