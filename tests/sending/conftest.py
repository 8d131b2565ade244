"""A house with people to write to, and the sandbox carrier beside it, over real HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import msgspec
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from acuerdo import worker
from acuerdo.adapters.store import book
from acuerdo.adapters.store.views import Person, person_aad
from acuerdo.app import App, app_on, channel_secret
from acuerdo.core.facts import Recorded, kind_of
from acuerdo.service import creditors, receiving
from acuerdo.service.outbound import EntryRef
from acuerdo.service.settings import Settings
from acuerdo.testing.carrier import Carrier, Misbehaviour
from acuerdo.testing.clock import FixedClock

START = datetime(2026, 11, 23, 15, tzinfo=UTC)  # a Monday, 10:00 in Bogotá
PHONE = "+573001112233"


@dataclass
class World:
    """What a test asks and does."""

    app: App
    carrier: Carrier
    clock: FixedClock
    web: httpx.AsyncClient
    entries: list[EntryRef] = field(default_factory=list)

    async def creditor(self, name: str = "Tienda Sol", **settings: object) -> str:
        made = creditors.Settings(legal_name=f"{name} S.A.", **settings)  # type: ignore[arg-type]
        await self.app.pool.execute(
            "insert into creditor (id, name, settings, added_at) values ($1, $2, $3, $4) on conflict do nothing",
            name, name, msgspec.json.encode(made).decode(), self.clock.now(),
        )  # fmt: skip
        return name

    async def person(
        self, name: str = "ana", *, subject: str | None = None, phones: tuple[str, ...] = (PHONE,),
        creditor: str = "Tienda Sol", country: str = "CO", zone: str = "America/Bogota",
    ) -> str:  # fmt: skip
        await self.creditor(creditor)
        wrapped = self.app.keyring.new_key(name)
        key = self.app.keyring.person(wrapped, name)
        assert key is not None
        sealed = key.seal(msgspec.json.encode(Person(name.title(), "CC", "12345678", phones)), person_aad(name))
        pool = self.app.pool
        who = subject or f"subject {name}"
        await pool.execute("insert into subject (id, country) values ($1, $2) on conflict do nothing", who, country)
        await pool.execute(
            """insert into person (id, creditor_id, subject_id, country, zones, reachable, wrapped_key, sealed, digest)
               values ($1, $2, $3, $4, $5, '{sms}', $6, $7, '')""",
            name, creditor, who, country, [zone], wrapped, sealed,
        )  # fmt: skip
        await pool.execute(
            """insert into account (id, creditor_id, person_id, external_id, product, currency, balance, days_past_due,
                                    as_of, digest)
               values ($1, $2, $3, $1, 'crédito', 'COP', 90000000, 20, $4, '')""",
            f"debt of {name}", creditor, name, date(2026, 11, 20),
        )  # fmt: skip
        return name

    async def campaign(self, *people: str, at: datetime | None = None, name: str = "c1") -> list[EntryRef]:
        """A running campaign with these people in it, at this hour."""
        pool, hour = self.app.pool, at or self.clock.now()
        creditor = await pool.fetchval("select creditor_id from person where id = $1", people[0])
        await pool.execute(
            """insert into campaign (id, creditor_id, segment, status, planned_at, planned_for, rules, strategy)
               values ($1, $2, 'all', 'running', $3, $3, '', '{}')""",
            name, creditor, hour,
        )  # fmt: skip
        refs = [EntryRef(name, f"debt of {person}") for person in people]
        await pool.executemany(
            """insert into campaign_entry (campaign_id, account_id, person_id, included, channel, at, code, why, status)
               values ($1, $2, $3, true, 'sms', $4, 'contact', '[]', 'waiting')""",
            [(name, ref.account, person, hour) for ref, person in zip(refs, people, strict=True)],
        )
        return refs

    async def work(self) -> None:
        """Everything there is to do now is done, and the carrier's news with it."""
        await worker.drain(self.app)
        await self.carrier.settled()
        await worker.drain(self.app)

    async def entry(self, person: str = "ana") -> tuple[str, int]:
        row = await self.app.pool.fetchrow(
            """select status, attempt from campaign_entry where account_id = $1 order by attempt desc limit 1""",
            f"debt of {person}",
        )
        return row["status"], row["attempt"]

    async def phone(self, number: str = PHONE) -> list[str]:
        return [message["text"] for message in await self.carrier.messages(number)]

    async def facts(self, person: str = "ana") -> list[Recorded]:
        async with self.app.pool.acquire() as db:
            return await book.of_person(db, self.app.keyring, person)

    async def kinds(self, person: str = "ana") -> list[str]:
        return [kind_of(recorded.fact) for recorded in await self.facts(person)]

    async def outbox(self) -> list[str]:
        return [row[0] for row in await self.app.pool.fetch("select status from outbox order by created_at, key")]

    def signed(self, body: bytes) -> dict[str, str]:
        secret = channel_secret(self.app.keyring, "sms").encode()
        return {"x-sandbox-signature": hmac.new(secret, body, hashlib.sha256).hexdigest()}

    async def post(self, *events: dict[str, str]) -> int:
        """The carrier tells the house, signed as it should be."""
        body = json.dumps({"events": events}).encode()
        answer = await self.web.post("/webhooks/channel/sms", content=body, headers=self.signed(body))
        return answer.status_code


@asynccontextmanager
async def serving(app: Starlette, port: socket.socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", loop="asyncio"))
    task = asyncio.create_task(server.serve(sockets=[port]))
    while not server.started:  # noqa: ASYNC110 - the server offers no event
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        server.force_exit = True
        with suppress(asyncio.CancelledError):
            await task


def settings_for(url: str, folder: Path, base: str, **more: object) -> Settings:
    return Settings(_env_file=None, database_url=url, data_dir=folder, base_url=base, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def world_on(
    url: str, folder: Path, misbehaviour: Misbehaviour | None = None, clock: FixedClock | None = None, **more: object
) -> AsyncIterator[World]:
    """The house, its webhook and the carrier behind one port."""
    port = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{port.getsockname()[1]}"
    now = clock or FixedClock(START)
    async with app_on(settings_for(url, folder, base, **more), url, clock=now) as app:
        secret = channel_secret(app.keyring, "sms")
        carrier = Carrier(
            url, secret, f"{base}/webhooks/channel/sms", clock=now.now,
            misbehaviour=misbehaviour or Misbehaviour(delay=0),
        )  # fmt: skip

        async def hook(request: Request) -> Response:
            good = await receiving.receive(
                app.mail, "sms", await request.body(), dict(request.headers), "127.0.0.1", now.now()
            )
            return Response(status_code=200 if good else 401)

        made = Starlette(
            routes=[
                Route("/webhooks/channel/sms", hook, methods=["POST"]),
                Mount("/sandbox/sms", carrier.app),
            ]
        )
        async with carrier.running(), serving(made, port), httpx.AsyncClient(base_url=base) as web:
            yield World(app, carrier, now, web)


@pytest.fixture
async def world(db_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A house at 10:00 on a Monday in Bogotá, and a carrier that behaves."""
    async with world_on(db_url, tmp_path) as made:
        yield made
