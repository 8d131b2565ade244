"""`acuerdo demo --once`: made-up people read, talk and pay over real HTTP and sockets; then what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import msgspec

from acuerdo.adapters.store import book
from acuerdo.app import App
from acuerdo.cli import shell
from acuerdo.cli.debtors import ROLES, Role
from acuerdo.cli.phones import Astray, DeskHand, Person, Phone
from acuerdo.cli.roster import Invited, cast, invited
from acuerdo.cli.shell import Code
from acuerdo.cli.telling import show_kpis
from acuerdo.core.facts import kind_of

AT_ONCE = 8  # conversations under way at the same time


class Played(msgspec.Struct, frozen=True):
    """How one person's part went: empty `wrong` is as it should."""

    role: str
    country: str
    wrong: str


async def play(app: App, password: str) -> list[Played]:
    """Plays every part, as soon as there are SMS enough, while the others still leave; how each went."""
    parts = await _cast(app)
    short = [role.name for role, people in zip(ROLES, parts, strict=True) if len(people) < role.players]
    if not any(parts):
        raise Astray(f"nobody has an unread invitation left; remove {app.settings.data_dir} and run the demo again")
    if short:
        shell.note(f"too few unread invitations for: {', '.join(short)}; the rest is played")
    return await _all(app, password, parts)


async def _cast(app: App) -> list[list[Invited]]:
    """People for every part, waiting while more SMS are on their way."""
    wanted = [(role.players, role.segments) for role in ROLES]
    while True:
        parts = cast(await invited(app), wanted)
        full = all(len(people) == role.players for role, people in zip(ROLES, parts, strict=True))
        if full or not await app.pool.fetchval(COMING, app.clock.now()):
            return parts
        await asyncio.sleep(0.5)


COMING = """
select exists (select from campaign_entry e join campaign c on c.id = e.campaign_id
               where c.status = 'running' and e.status in ('waiting', 'queued', 'reserved') and e.at <= $1)
"""


async def tell(app: App, played: Sequence[Played]) -> int:
    """How every part went, and what came of it all. The exit code: not 0 when any part went wrong."""
    _table(played)
    await show_kpis(app)
    wrong = [one for one in played if one.wrong]
    for one in wrong:
        shell.note(f"error: {one.role} ({one.country}): {one.wrong}")
    shell.note(f"{len(played) - len(wrong)} of {len(played)} conversations ended as they should")
    return Code.REFUSED if wrong else Code.OK


async def _all(app: App, password: str, parts: Sequence[Sequence[Invited]]) -> list[Played]:
    desk, room = DeskHand(app.settings.base_url), asyncio.Semaphore(AT_ONCE)
    await desk.sign_in("ana", password)
    total, played = sum(map(len, parts)), list[Played]()
    with shell.progress("Conversations") as tick:

        async def one(role: Role, who: Invited) -> None:
            async with room:
                played.append(await _one(app, role, who, desk))
            tick(len(played), total)

        async with asyncio.TaskGroup() as tasks:
            for role, people in zip(ROLES, parts, strict=True):
                for who in people:
                    tasks.create_task(one(role, who))
    await desk.close()
    return played


async def _one(app: App, role: Role, who: Invited, desk: DeskHand) -> Played:
    async def conversation_of(token: str) -> str:
        link = await app.links.find(token)
        return (link.conversation if link else None) or ""

    phone = Phone(app.settings.base_url, who.number)
    person = Person(who.number, who.document, who.country, conversation_of, desk)
    try:
        await role.script(phone, person)
        wrong = await _wrong(app, role, who.person)
    except Exception as error:  # whatever it was, the others go on, and it is told at the end
        wrong = f"{type(error).__name__}: {error}; {phone.last()}"
    finally:
        await phone.close()
    return Played(role.name, who.country, wrong)


async def _wrong(app: App, role: Role, person: str) -> str:
    """What the record lacks, or should not have; a notice may still be on its way, so it is looked at twice."""
    for wait in (0.0, 1.0, 2.0):
        await asyncio.sleep(wait)
        async with app.pool.acquire() as db:
            kinds = {kind_of(one.fact) for one in await book.of_person(db, app.keyring, person)}
        missing = [kind for kind in role.must if kind not in kinds]
        if not missing:
            break
    never = [kind for kind in role.never if kind in kinds]
    return "; ".join([*(f"no {kind} on record" for kind in missing), *(f"{kind} on record" for kind in never)])


def _table(played: Sequence[Played]) -> None:
    right, all_ = Counter(one.role for one in played if not one.wrong), Counter(one.role for one in played)
    countries: dict[str, set[str]] = {}
    for one in played:
        countries.setdefault(one.role, set()).add(one.country)
    rows = [
        (role.name, f"{right[role.name]} of {all_[role.name]}", " ".join(sorted(countries[role.name])))
        for role in ROLES
        if all_[role.name]
    ]
    shell.show(shell.table("Who conversed", ("Script", ">As it should", "Countries"), rows))
