"""A house with a second channel on which people talk: it takes everything, and says what it was given."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.sending.conftest import PHONE, World, world_on

from acuerdo.core.compliance import Cleared
from acuerdo.core.messages import Content
from acuerdo.service import receiving
from acuerdo.service.channels import (
    Delivery,
    Event,
    Failed,
    Inbound,
    Notice,
    Odd,
    Receipt,
    Sent,
    Traits,
    Unreadable,
    Wire,
    as_text,
)
from acuerdo.service.ports import LinkRow, Shown


@dataclass
class Line:
    """A channel of buttons and words, whose provider lives in this process."""

    name: str = "whatsapp"
    out: list[Wire] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)

    @property
    def traits(self) -> Traits:
        return Traits(self.name, longest=4096, buttons=3, rows=10, receipts=True, sandbox=True, longest_ttl=86_400)

    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        return headers.get("x-signed") == "yes"

    def parse(self, raw: bytes) -> list[Event]:
        try:
            told: list[dict[str, Any]] = json.loads(raw)["events"]
        except (ValueError, KeyError, TypeError) as why:
            raise Unreadable(str(why)) from None
        made: dict[str, type[Event]] = {"inbound": Inbound, "receipt": Receipt, "notice": Notice}  # type: ignore[dict-item]
        return [
            made[one["kind"]](**{k: v for k, v in one.items() if k != "kind"}) if one["kind"] in made
            else Odd(one["id"], f"a kind of its own: {one['kind']}")
            for one in told
        ]  # fmt: skip

    def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
        self.contents.append(cleared.say.content)
        return Wire(cleared.say.key, address, sender, as_text(cleared.say.content, 4096))

    async def deliver(self, wire: Wire) -> Delivery:
        if wire.address in self.dead:
            return Failed("no such subscriber")
        self.out.append(wire)
        return Sent(f"{self.name}-{len(self.out)}")

    async def lookup(self, ref: str) -> Sent | None:
        raise NotImplementedError

    @property
    def texts(self) -> list[str]:
        return [wire.body for wire in self.out]


@dataclass
class Town:
    """The house and its lines, and what people do there."""

    world: World
    line: Line
    ids: Any = field(default_factory=lambda: itertools.count(1))

    async def person(self, name: str = "ana", **more: Any) -> str:
        """Somebody of a creditor's file, with their number on it, who agreed to be written to."""
        await self.world.person(name, **more)
        phones = more.get("phones", (PHONE,))
        hashed = [self.world.app.keyring.address_hash("phone", phone) for phone in phones]
        await self.world.app.pool.execute(
            """insert into contact_point (person_id, kind, address_hash, creditor_id, source, first_seen, last_seen)
               select $1, 'phone', *, $3, 'portfolio', $4, $4 from unnest($2::text[])""",
            name, hashed, more.get("creditor", "Tienda Sol"), self.world.clock.now(),
        )  # fmt: skip
        await self.world.app.pool.execute(
            "insert into consent (id, person_id, channel, given, at) values ($1, $1, '*', true, $2)",
            name, self.world.clock.now(),
        )  # fmt: skip
        return name

    async def told(self, *events: dict[str, Any], line: str = "whatsapp") -> None:
        """The provider of a line tells the house; everything is done that follows."""
        body = json.dumps({"events": events, "n": next(self.ids)}).encode()
        mail, at = self.world.app.mail, self.world.clock.now()
        assert await receiving.receive(mail, line, body, {"x-signed": "yes"}, "test", at)
        await self.world.work()

    async def writes(self, text: str, *, frm: str = PHONE, line: str = "whatsapp", **more: str) -> str:
        """Somebody writes; the last that they got for it."""
        before = len(self.line.out)
        id_ = more.pop("id", f"in-{next(self.ids)}")
        await self.told({"kind": "inbound", "id": id_, "address": frm, "text": text, **more}, line=line)
        self.world.clock.go_on(timedelta(minutes=1))
        return "\n".join(self.line.texts[before:])

    async def link(self) -> LinkRow:
        """The latest private link."""
        row = await self.world.app.pool.fetchrow("select token_hash from link order by issued_at desc limit 1")
        return await self.link_of(row["token_hash"])

    async def link_of(self, token_hash: bytes) -> LinkRow:
        row = await self.world.app.pool.fetchrow(
            """select token_hash, creditor_id, person_id, conversation_id, channel, address_hash, campaign_id,
                      expires_at, opened_at, revoked_at from link where token_hash = $1""",
            token_hash,
        )
        return LinkRow(*row)

    async def page(self, link: LinkRow) -> list[Shown]:
        """What the page of a link shows now."""
        from acuerdo.service import talking
        from acuerdo.service.places import Place

        app, at = self.world.app, self.world.clock.now()
        talk = await talking.start(app.house, link, at)
        return await app.talks.since(talk, 0, Place("web", link.address_hash), at)

    async def say(self, link: LinkRow, text: str, button: str = "") -> list[str]:
        """The person writes on the page of a link; what it answers."""
        from acuerdo.service import talking
        from acuerdo.service.places import Place

        app, at = self.world.app, self.world.clock.now()
        talk = await talking.start(app.house, link, at)
        place = Place("web", link.address_hash)
        answer = await talking.hear(app.house, talk, f"k{next(self.ids)}", text, button, at, place)
        self.world.clock.go_on(timedelta(minutes=1))
        return [one.content.text for one in answer.shown if one.who != "me"]

    async def fetch(self, sql: str, *args: object) -> Any:
        return await self.world.app.pool.fetchval(sql, *args)


@pytest.fixture
async def town(db_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    """A house at 10:00 on a Monday in Bogotá, with a carrier of SMS that behaves and a line to talk on."""
    async with world_on(db_url, tmp_path) as world:
        line = Line()
        world.app.channels["whatsapp"] = line  # type: ignore[index]
        yield Town(world, line)
