"""What the law says of one person, and what the operator settles: `law explain`, `choose`, `confirm-line`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acuerdo.cli import shell
from acuerdo.cli.checking import law
from acuerdo.cli.holds import known
from acuerdo.cli.shell import Json, examples

if TYPE_CHECKING:
    from datetime import datetime

    from acuerdo.app import App
    from acuerdo.service.explaining import Explanation


def join(_: typer.Typer) -> None:
    """Its commands are of `acuerdo law`, which another room has joined."""


@law.command(
    "explain",
    epilog=examples(
        "acuerdo law explain --person CO-000123-1 --channel sms", "acuerdo law explain --phone +573005550101"
    ),
)
def law_explain(
    person: Annotated[str, typer.Option(help="An account's number, or our id of a person.")] = "",
    phone: Annotated[str, typer.Option(help="A phone, with its country: +573005550101.")] = "",
    document: Annotated[str, typer.Option(help="An identity document.")] = "",
    channel: Annotated[str, typer.Option(help="sms, email, whatsapp, voice, …")] = "sms",
    at: Annotated[str, typer.Option(help="The moment (2026-11-23T10:00:00-05:00); else now.")] = "",
    creditor: Annotated[str, typer.Option(help="Whose debtor, where several creditors have the same.")] = "",
    as_json: Json = False,
) -> None:
    """Whether a person may be contacted, by which rules, what is left of their week, and when each channel opens."""
    if sum(map(bool, (person, phone, document))) != 1:
        raise shell.UsageError("name one person: --person, --phone or --document")
    found = shell.run(_explain(person or document, phone, channel, shell.moment(at) if at else None, creditor))
    if as_json:
        import msgspec

        shell.emit(msgspec.to_builtins(found))
    else:
        _show(found)


async def _explain(reference: str, phone: str, channel: str, at: datetime | None, creditor: str) -> Explanation:
    from acuerdo.service.explaining import explain_contact
    from acuerdo.service.history import UnknownPerson

    async with shell.house() as app:
        who = await _at_phone(app, phone) if phone else await known(app, reference, creditor)
        found = await explain_contact(app.exit, who, channel, at or app.clock.now())
        if found is None:
            raise UnknownPerson("this person was forgotten: there is nobody to contact")
        return found


async def _at_phone(app: App, phone: str) -> str:
    from acuerdo.service.history import SeveralPeople, UnknownPerson

    digits = re.sub(r"[^\d]", "", phone)
    found = await app.ledger.reached_at(f"+{digits}")
    if not found:
        raise UnknownPerson("nobody is reached at that phone; write it with its country, like +573005550101")
    if len(found) > 1:
        raise SeveralPeople(f"several people are reached there: {', '.join(found)}; name one with --person")
    return found[0]


def _show(found: Explanation) -> None:
    rules = [(one.id, one.layer, one.status, one.article, "  ".join(one.source)) for one in found.rules]
    counters = [(one.rule, one.period, one.used, one.most, one.left, _when(one.opens, "now")) for one in found.counters]
    channels = [
        (
            one.channel, one.verdict, _when(one.at, "—"), _left(one.left_today), _left(one.left_this_week),
            ", ".join(dict.fromkeys(reason.code for reason in one.why)),
        )
        for one in found.channels
    ]  # fmt: skip
    shell.show(
        shell.table(
            f"{found.word.verdict}: {found.channel} at {found.at.isoformat(timespec='minutes')}",
            ("Channel", "Word", "Lawful from", ">Left today", ">Left this week", "Why"), channels,
        ),
        shell.table("The rules that spoke", ("Rule", "Layer", "Status", "Article", "Read at"), rules),
        shell.table("What counts", ("Rule", "Period", ">Used", ">Most", ">Left", "Opens"), counters),
    )  # fmt: skip


def _when(at: datetime | None, none: str) -> str:
    return at.isoformat(timespec="minutes") if at else none


def _left(left: int | None) -> str:
    return "no limit" if left is None else str(left)


@law.command("options", epilog=examples("acuerdo law options", "acuerdo law options --pack co --json"))
def options(
    pack: Annotated[str, typer.Option(help="One pack's alone: co, cl, us-nyc, …")] = "", as_json: Json = False
) -> None:
    """What the law leaves open: each question, its choices, and what is chosen now."""
    rows = [row for row in _options() if pack.lower() in ("", row["pack"])]
    if not rows:
        raise shell.UsageError(f"no law pack is called {pack!r}; look at acuerdo law show")
    if as_json:
        for row in rows:
            shell.emit(row)
    else:
        heads = ("Pack", "Option", "Chosen", "Choices", "Question")
        cells = (
            (r["pack"], r["option"], _literal(r["chosen"]), " ".join(map(_literal, r["choices"])), r["question"])
            for r in rows
        )
        shell.show(shell.table("", heads, cells))


def _options() -> list[dict[str, Any]]:
    from acuerdo.adapters.store.clock import SystemClock
    from acuerdo.core.compliance.compiling import declared
    from acuerdo.service.law import load_rules, read_options, shipped_packs

    path = shell.settings().law_options
    rules = load_rules(SystemClock().now().date(), read_options(path) if path and path.exists() else {})
    return [
        {"pack": name, "option": one.name, "chosen": rules.packs[name].chosen[one.name], "choices": list(one.choices),
         "question": one.question}
        for name, pack in sorted(shipped_packs().items())
        for one in declared(pack).values()
    ]  # fmt: skip


@law.command(
    "choose", epilog=examples("acuerdo law choose count_attempts false --pack co", "acuerdo law choose week calendar")
)
def choose(
    option: Annotated[str, typer.Argument(help="One that acuerdo law options names.")],
    value: Annotated[str, typer.Argument(help="One of its choices.")],
    pack: Annotated[str, typer.Option(help="For one pack alone; else for every pack that has it.")] = "",
) -> None:
    """Settles an open question of the law, in the file that ACUERDO_LAW_OPTIONS names; it holds from the next start."""
    from acuerdo.core.compliance import PackError
    from acuerdo.service.law import read_options

    path, where = _operators_file(), pack.lower()
    found = [row for row in _options() if row["option"] == option and where in ("", row["pack"])]
    choices = {_literal(choice): choice for row in found for choice in row["choices"]}
    if not choices:
        of = f" of {pack}" if pack else ""
        raise shell.UsageError(f"there is no option {option!r}{of}; look at acuerdo law options")
    if value not in choices:
        raise shell.UsageError(f"{option} is one of {', '.join(choices)}, and not {value!r}")
    before = path.read_text("utf-8")
    path.write_text(_settled(before, where, option, choices[value]), "utf-8")
    try:
        read_options(path)
    except PackError:
        path.write_text(before, "utf-8")
        raise
    shell.note(f"{where or 'every pack'}: {option} = {value}, in {path}; start acuerdo again for it to hold")


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _settled(text: str, pack: str, option: str, value: object) -> str:
    """The operator's file with one choice in it, in the pack's table or above all tables."""
    written = f'"{value}"' if isinstance(value, str) else _literal(value)
    table = rf"(?ms)^\[{re.escape(pack)}\][ \t]*\n.*?(?=^\[|\Z)" if pack else r"(?ms)\A.*?(?=^\[|\Z)"
    if pack and not re.search(table, text):
        text = f"{text.rstrip()}\n\n[{pack}]\n"

    def put(found: re.Match[str]) -> str:
        rest = re.sub(rf"(?m)^{re.escape(option)}[ \t]*=.*\n?", "", found[0]).rstrip()
        return f"{rest}\n{option} = {written}\n\n".lstrip("\n")

    return re.sub(table, put, text, count=1).rstrip() + "\n"


@law.command("confirm-line", epilog=examples("acuerdo law confirm-line CO 106", 'acuerdo law confirm-line CL "*4141"'))
def confirm_line(
    country: Annotated[str, typer.Argument(help="CO, MX, CL, PE, AR, ES, EC, BR, US, GB.")],
    line: Annotated[str, typer.Argument(help="The crisis line as people call it. Call it yourself first.")],
    emergency: Annotated[str, typer.Option(help="The emergency number, where it is another than ours.")] = "",
) -> None:
    """Says that you called a country's crisis line and it answers; doctor asks no more about it."""
    from acuerdo.service.resources import care_lines

    path = _operators_file()
    code = country.upper()
    if code not in care_lines():
        raise shell.UsageError(f"there is no crisis line for {country!r}; there are {', '.join(sorted(care_lines()))}")
    if not re.fullmatch(r"[\w*#+ ,.()-]{2,40}", line) or not re.fullmatch(r"[\w*#+ -]{0,20}", emergency):
        raise shell.UsageError("write the number as people dial it, such as 106, *4141 or 800 911 2000")
    confirm(path, code, line, emergency)
    shell.note(f"{code}: {line}, confirmed in {path}")


def _operators_file() -> Path:
    """The file of what the operator settles, made where there is none."""
    path = shell.settings().law_options
    if path is None:
        raise shell.UsageError("name a file in ACUERDO_LAW_OPTIONS first: what you settle is kept in it")
    if not path.exists():
        path.write_text("# What the operator chose and confirmed: see docs/how-to/law.md.\n", "utf-8")
    return path


def confirm(path: Path, country: str, line: str, emergency: str = "") -> None:
    """Writes a confirmation into the operator's file, in place of one of that country that stands there."""
    text = path.read_text("utf-8") if path.exists() else ""
    rest = re.sub(rf"(?m)^\[crisis\.{country}\][^\[]*", "", text).rstrip()
    told = f'[crisis.{country}]\nline = "{line}"\n' + (f'emergency = "{emergency}"\n' if emergency else "")
    path.write_text(f"{rest}\n\n{told}".lstrip(), "utf-8")
