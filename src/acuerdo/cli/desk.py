"""Who answers, who may be written to, and links: `acuerdo agent`, `acuerdo allow`, `acuerdo link`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Code, Json, examples

if TYPE_CHECKING:
    from acuerdo.app import App

agent = typer.Typer(help="The people who answer at the desk.", no_args_is_help=True)
allow = typer.Typer(help="The addresses written to before go-live.", no_args_is_help=True)
link = typer.Typer(help="Private links.", no_args_is_help=True)

SHORTEST = 10  # characters of a password: NIST SP 800-63B asks for 8 at the least
Channel = Annotated[str, typer.Option(help="The channel the address belongs to.")]


def join(cli: typer.Typer) -> None:
    cli.add_typer(agent, name="agent")
    cli.add_typer(allow, name="allow")
    cli.add_typer(link, name="link")


@agent.command("add", epilog=examples("acuerdo agent add ana --name 'Ana Ruiz'", "pass ana | acuerdo agent add ana"))
def add(
    login: Annotated[str, typer.Argument(help="What they sign in with.")],
    name: Annotated[str, typer.Option(help="How colleagues see them.")] = "",
    role: Annotated[str, typer.Option(help="agent, or lead.")] = "agent",
    as_json: Json = False,
) -> None:
    """Adds an agent, or gives them a new password: asked for on a terminal, else read from stdin."""
    password = _password()
    shell.run(_add(login.strip().lower(), name or login, password, role))
    if as_json:
        shell.emit({"login": login.strip().lower(), "role": role})
    else:
        shell.note(f"{login} may sign in at /desk")


def _password() -> str:
    if sys.stdin.isatty():
        given: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        given = sys.stdin.readline().rstrip("\n")
    if len(given) < SHORTEST:
        raise shell.UsageError(f"a password has at least {SHORTEST} characters; choose a longer one")
    return given


async def _add(login: str, name: str, password: str, role: str) -> None:
    async with shell.house() as app:
        await app.desk.add_agent(login, name, password, role, app.clock.now())


@allow.command("add", epilog=examples("acuerdo allow add +573001234567 --label 'el teléfono de Ana'"))
def allow_add(
    address: Annotated[str, typer.Argument(help="A phone as +573001234567, or an e-mail.")],
    label: Annotated[str, typer.Option(help="Whose it is, to know it again: the address itself is not kept.")] = "",
    channel: Channel = "sms",
) -> None:
    """Lets an address be written to; from the first one on, real carriers deliver to these alone."""
    shell.run(_allow(address, label, channel))
    shell.note("it may be written to; acuerdo allow list shows all")


async def _allow(address: str, label: str, channel: str) -> None:
    async with shell.house() as app:
        await app.switch.allow(channel, address, label)
        await app.switch.only_listed(True)


@allow.command("list", epilog=examples("acuerdo allow list --json"))
def allow_list(as_json: Json = False) -> None:
    """The labels of the addresses on the list; ACUERDO_ALLOW_LIST adds its own."""
    only, labels, named = shell.run(_listed())
    if as_json:
        shell.emit({"only_listed": only, "labels": labels, "in_settings": named})
        return
    state = "real carriers deliver to these alone" if only or named else "the list is empty, and holds nobody back"
    shell.show(shell.table(state, ("Address",), [[label or "(no label)"] for label in labels] + [[n] for n in named]))


async def _listed() -> tuple[bool, list[str], list[str]]:
    async with shell.house() as app:
        rows = await app.pool.fetch("select label from allowed order by label")
        only = bool(await app.pool.fetchval("select allow_list_only from house"))
        return only, [row["label"] for row in rows], sorted(app.settings.allow_list)


@allow.command("remove", epilog=examples("acuerdo allow remove +573001234567", "acuerdo allow remove --all"))
def allow_remove(
    address: Annotated[str, typer.Argument(help="The address as it was added.")] = "",
    channel: Channel = "sms",
    all_: Annotated[bool, typer.Option("--all", help="Empties the list: go-live.")] = False,
) -> None:
    """Takes an address off the list; `--all` empties it, and from then on everybody may be written to."""
    if bool(address) == all_:
        raise shell.UsageError("name an address, or say --all")
    taken = shell.run(_remove(address, channel, all_))
    if not taken:
        raise shell.nothing("no such address was on the list")
    shell.note(f"{taken} taken off the list" + ("; real carriers now deliver to everybody" if all_ else ""))


async def _remove(address: str, channel: str, all_: bool) -> int:
    async with shell.house() as app:
        if all_:
            gone = await app.pool.fetchval("with gone as (delete from allowed returning 1) select count(*) from gone")
            await app.switch.only_listed(False)
            return max(1, int(gone))
        hashed = app.keyring.address_hash(channel, address)
        gone = await app.pool.fetchval("delete from allowed where address_hash = $1 returning 1", hashed)
        return int(gone or 0)


@link.command(
    "revoke", epilog=examples("acuerdo link revoke http://127.0.0.1:8000/c/AbC… --why 'sent to a wrong phone'")
)
def revoke(
    address: Annotated[str, typer.Argument(help="The link's address, or its token; `-` reads it from stdin.")],
    why: Annotated[str, typer.Option(help="What the record is to say.")] = "revoked by the operator",
) -> None:
    """Makes a private link invalid from now on; who opens it sees a page that tells nothing."""
    given = sys.stdin.readline().strip() if address == "-" else address
    if not shell.run(_revoke(given.rstrip("/").rsplit("/", 1)[-1], why)):
        raise shell.nothing("that link was revoked already")
    shell.note("it opens no more")


async def _revoke(token: str, why: str) -> bool:
    async with shell.house() as app:
        return await _revoked(app, token, why)


async def _revoked(app: App, token: str, why: str) -> bool:
    found = await app.links.find(token)
    if found is None:
        shell.note("error: there never was such a link; give the whole address, or the part after /c/")
        raise typer.Exit(Code.REFUSED)
    if found.revoked_at is not None:
        return False
    await app.links.revoke(found, app.clock.now(), why)
    return True
