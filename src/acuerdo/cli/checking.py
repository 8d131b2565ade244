"""What is checked or read without touching anybody: `acuerdo doctor`, `law show`, `law judge`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Code, Json, examples

if TYPE_CHECKING:
    from acuerdo.cli.doctor import Check

law = typer.Typer(help="The law packs that the guard holds.", no_args_is_help=True)

SIGNS = {"ok": "[green]✓[/]", "warn": "[yellow]![/]", "bad": "[red]✗[/]"}


def join(cli: typer.Typer) -> None:
    cli.add_typer(law, name="law")
    cli.command(epilog=examples("acuerdo doctor", "acuerdo doctor --json"))(doctor)


def doctor(as_json: Json = False) -> None:
    """Looks at the installation, and says how to mend what is wrong with it."""
    import msgspec

    from acuerdo.cli.doctor import database, machine

    chosen = shell.settings()
    checks = [*machine(chosen), *shell.run(database(chosen))]
    bad = sum(check.status == "bad" for check in checks)
    if as_json:
        shell.emit({"ok": not bad, "checks": [msgspec.structs.asdict(check) for check in checks]})
    else:
        shell.show(_table(checks))
        warned = sum(check.status == "warn" for check in checks)
        shell.note(f"{bad} to mend, {warned} to look at, {len(checks) - bad - warned} right")
    if bad:
        raise typer.Exit(Code.REFUSED)


def _table(checks: list[Check]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("", "Check", "Found", "To mend"):
        made.add_column(head)
    for check in checks:
        made.add_row(Text.from_markup(SIGNS[check.status]), check.name, Text(check.found), Text(check.mend))
    return made


@law.command("show", epilog=examples("acuerdo law show co", "acuerdo law show common > common.md"))
def law_show(
    pack: Annotated[str, typer.Argument(help="co, cl, mx, pe, ar, ar-c, es, ec, br, us, us-nyc, gb, strict, …")],
    as_json: Json = False,
) -> None:
    """A law pack as a page for a lawyer: its rules, where each was read, and what is open."""
    import msgspec

    from acuerdo.core.compliance.pages import describe
    from acuerdo.service.law import shipped_packs

    packs = shipped_packs()
    found = packs.get(pack.lower())
    if found is None:
        raise shell.UsageError(f"no law pack is called {pack!r}; there are {', '.join(sorted(packs))}")
    if as_json:
        shell.emit(msgspec.to_builtins(found) | {"rules": [_rule(rule) for rule in found.rules]})
        return
    console, page = shell.out(), describe(found)
    if console.is_terminal:
        from rich.markdown import Markdown

        console.print(Markdown(page))
    else:
        typer.echo(page)


JUDGE_EPILOG = """Each line is an object; what is absent or null has its default:

at (required, with its zone) · jurisdiction "" (the strict default) · subdivision, municipality none · zones (those of
the subdivision, else of the country) · channel sms · mode (voice and visit on those channels, else text) · purpose
collection · role debtor · ownership unknown · account, debtor unknown (an unknown account may be any) · days_past_due
unknown · consents null (the contract warrants them; a list names the only ones given) · opt_outs, holds, history none ·
options (the packs' defaults, else those of ACUERDO_LAW_OPTIONS) · text none (nothing to judge) · reply_to none.

The answer: verdict (cleared, not_yet, refused), until, deadline, rules (id, layer), why. A bad line answers an error on
its own line. docs/how-to/law.md tells each field.

Example:

  $ acuerdo law judge --jsonl < situaciones.jsonl"""


@law.command("judge", epilog=JUDGE_EPILOG)
def law_judge(
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Situations are read as JSON lines (the only form).")] = False,
) -> None:
    """Reads situations on standard input, one a line, and answers each with the guard's word and its rules."""
    import sys

    from acuerdo.service.situations import answers

    if not jsonl:
        raise shell.UsageError("write acuerdo law judge --jsonl, and one situation a line on standard input")
    out = sys.stdout.buffer
    for told in answers(sys.stdin.buffer):
        out.write(told)
        out.flush()  # whoever asks may wait for this answer before the next question


def _rule(rule: Any) -> dict[str, Any]:
    import msgspec

    return dict(msgspec.to_builtins(rule))
