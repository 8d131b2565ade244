"""One of many processes that reserve contacts with the same people at once, as hard as it can."""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 - a racer's order is drawn from its own seed
from collections.abc import Mapping
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.outbox import StoredOutbound
from acuerdo.app import open_pool
from acuerdo.core.compliance import Cleared
from acuerdo.service.channels import Channel, Delivery, Event, Failed, Sent, Traits, Unknown, Wire
from acuerdo.service.law import load_rules
from acuerdo.service.outbound import EntryRef
from acuerdo.service.reaching import reach
from acuerdo.service.sending import Exit, seize
from acuerdo.service.settings import Settings
from acuerdo.testing.clock import FixedClock

LONGEST = 120  # seconds that the others are waited for; then one of them has died
CHANNELS = ("sms", "email", "rcs")


class Silent:
    """A channel of which nobody can tell what it delivered."""

    def __init__(self, name: str) -> None:
        self.traits = Traits(name, address="email" if name == "email" else "phone", sandbox=True)

    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        return False

    def parse(self, raw: bytes) -> list[Event]:
        return []

    def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
        return Wire(cleared.say.key, address, sender, cleared.say.content.text)

    async def deliver(self, wire: Wire) -> Delivery:
        return Unknown()

    async def lookup(self, ref: str) -> Sent | None:
        return None


def race(url: str, folder: str, refs: list[str], start: str, days: int, seed: int, gate: Barrier) -> None:
    """Reaches out to every entry on each of some days, in an order of its own; what it seizes ends as it happens.

    All racers begin a day together, through the `gate`.
    """
    asyncio.run(_race(url, Path(folder), refs, datetime.fromisoformat(start), days, random.Random(seed), gate))


async def _race(
    url: str, folder: Path, refs: list[str], start: datetime, days: int, chance: random.Random, gate: Barrier
) -> None:
    settings = Settings(_env_file=None, database_url=url, data_dir=folder, database_pool_max=2)  # type: ignore[call-arg]
    channels: dict[str, Channel] = {name: Silent(name) for name in CHANNELS}
    async with open_pool(settings, url) as pool:
        await pool.fetchval("select 1")
        load_rules(start.date())  # nobody is held up by what is read once
        for day in range(days):
            gate.wait(LONGEST)
            clock = FixedClock(start + timedelta(days=day, minutes=chance.randrange(120)))
            exit_ = Exit(StoredOutbound(pool, Keyring.of(settings)), channels, clock, load_rules, "http://127.0.0.1")
            for ref in chance.sample(refs, len(refs)):
                await _one(exit_, EntryRef.unpack(ref), chance)


async def _one(exit_: Exit, ref: EntryRef, chance: random.Random) -> None:
    if not isinstance(await reach(exit_, ref), Cleared) or chance.random() < 0.2:
        return  # not now, or this process dies before it sends
    seized, _ = await seize(exit_, [ref.key])
    for key in seized:
        ended: Delivery = Failed("refused") if chance.random() < 0.2 else Unknown()
        await exit_.outbound.settle(key, ended, exit_.clock.now())
