"""What the law says of one person, and the crisis lines that were called: `acuerdo law explain`, `law confirm-line`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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


@law.command("confirm-line", epilog=examples("acuerdo law confirm-line CO 106", 'acuerdo law confirm-line CL "*4141"'))
def confirm_line(
    country: Annotated[str, typer.Argument(help="CO, MX, CL, PE, AR, ES, EC, BR, US, GB.")],
    line: Annotated[str, typer.Argument(help="The crisis line as people call it. Call it yourself first.")],
    emergency: Annotated[str, typer.Option(help="The emergency number, where it is another than ours.")] = "",
) -> None:
    """Says that you called a country's crisis line and it answers; doctor asks no more about it."""
    path = shell.settings().law_options
    if path is None:
        raise shell.UsageError("name a file in ACUERDO_LAW_OPTIONS first: what you confirm is kept in it")
    if not path.exists():
        path.write_text("# What the operator chose and confirmed: see docs/how-to/law.md.\n", "utf-8")
    from acuerdo.service.resources import care_lines

    code = country.upper()
    if code not in care_lines():
        raise shell.UsageError(f"there is no crisis line for {country!r}; there are {', '.join(sorted(care_lines()))}")
    if not re.fullmatch(r"[\w*#+ ,.()-]{2,40}", line) or not re.fullmatch(r"[\w*#+ -]{0,20}", emergency):
        raise shell.UsageError("write the number as people dial it, such as 106, *4141 or 800 911 2000")
    confirm(path, code, line, emergency)
    shell.note(f"{code}: {line}, confirmed in {path}")


def confirm(path: Path, country: str, line: str, emergency: str = "") -> None:
    """Writes a confirmation into the operator's file, in place of one of that country that stands there."""
    text = path.read_text("utf-8") if path.exists() else ""
    rest = re.sub(rf"(?m)^\[crisis\.{country}\][^\[]*", "", text).rstrip()
    told = f'[crisis.{country}]\nline = "{line}"\n' + (f'emergency = "{emergency}"\n' if emergency else "")
    path.write_text(f"{rest}\n\n{told}".lstrip(), "utf-8")
