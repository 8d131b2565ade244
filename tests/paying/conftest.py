"""One creditor, one person with debts, her conversation, and the sandbox gateway wired to the house without a net."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from acuerdo.adapters.gateways.sandbox import SandboxGateway
from acuerdo.adapters.store import book, links
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.links import StoredLinks
from acuerdo.adapters.store.payments import StoredPayments
from acuerdo.adapters.store.talks import StoredTalks
from acuerdo.adapters.store.views import Person, person_aad
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.words import Money, derive
from acuerdo.service import creditors, paying, talking
from acuerdo.service.law import load_rules
from acuerdo.service.paying import Paying
from acuerdo.service.resources import language_model, shipped_flows
from acuerdo.service.talking import House
from acuerdo.testing.clock import FixedClock
from acuerdo.testing.gateway import CALM, Sandbox, Temper

SECRET = b"what the sandbox and the house share"
START = datetime(2026, 11, 23, 15, tzinfo=UTC)  # a Monday, 10:00 in Bogotá
BASE = "http://acuerdo.test"


@dataclass
class World:
    """The house, the sandbox, and one person."""

    pool: asyncpg.Pool
    keyring: Keyring
    paying: Paying
    sandbox: Sandbox
    gateway: SandboxGateway
    clock: FixedClock
    web: httpx.AsyncClient
    person: str = "ana"
    conversation: str = ""
    posts: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    deaf: bool = False

    async def link(self, name: str, minor: int) -> str:
        """The chat gives a way to pay; its id."""
        await self.record(f.PaymentLinkSent(name, Money(minor, "COP")), name=f"link:{name}")
        return name

    async def record(self, fact: f.AnyFact, *, name: str) -> None:
        recorded = Recorded(
            derive(name), self.clock.now(), "bot", fact, "tienda", self.person, None, self.conversation, None, None
        )
        async with self.pool.acquire() as db, db.transaction():
            await book.record(db, self.keyring, [recorded])

    async def agree(self, name: str, balance: int, *parts: int) -> None:
        days = [date(2026, 11, 23) + timedelta(days=30 * n) for n in range(len(parts))]
        agreed = f.AgreementAccepted(
            name, Money(balance, "COP"), Money(sum(parts), "COP"),
            tuple((day, Money(part, "COP")) for day, part in zip(days, parts, strict=True)), "key", "link_and_document",
        )  # fmt: skip
        await self.record(agreed, name=name)

    async def pay(self, payment: str, result: str = "paid") -> None:
        """The person opens the link and presses a button of the hosted page."""
        url = await paying.open_payment(self.paying, payment, self.clock.now())
        assert url is not None
        page = await self.web.get(url)
        assert page.status_code in (200, 303)
        answer = await self.web.post(url, data={"result": result})
        assert answer.headers["location"] == paying.return_url(BASE, payment)

    async def give_back(self, payment: str, minor: int = 0, why: str = "refund") -> None:
        """The gateway gives money back, all of it where no amount is said; its notice waits to be sent."""
        headers = {"authorization": f"Bearer {SECRET.hex()}"}
        body = {"amount": minor, "why": why}
        answer = await self.web.post(f"/sandbox/pagos/intents/{payment}/back", json=body, headers=headers)
        assert answer.status_code == 200, answer.text

    async def told(self) -> list[f.AnyFact]:
        """What the conversation was told of payments."""
        async with self.pool.acquire() as db:
            facts = await book.of_conversation(db, self.keyring, self.conversation)
        kinds = f.PaymentArrived | f.PaymentDeclined | f.PaymentTakenBack
        return [r.fact for r in facts if isinstance(r.fact, kinds)]

    async def books(self) -> dict[str, Any]:
        """Everything that money comes to, to compare and to add up."""
        pairs: dict[str, int] = {}
        for row in await self.pool.fetch(
            """select account_id || ' ' || book as name, sum(amount)::bigint as amount from (
                 select account_id, debit as book, amount from ledger_entry
                 union all select account_id, credit, -amount from ledger_entry) m group by 1 order by 1"""
        ):
            pairs[row["name"]] = row["amount"]
        return {
            "ledger": pairs,
            "accounts": [tuple(r) for r in await self.pool.fetch("select id, paid_since from account order by id")],
            "parts": [
                tuple(r) for r in await self.pool.fetch("select agreement_id, n, paid from installment order by 1, 2")
            ],
            "payments": [
                tuple(r) for r in await self.pool.fetch("select id, status, received from payment order by id")
            ],
            "agreements": [tuple(r) for r in await self.pool.fetch("select id, status from agreement order by id")],
        }

    async def jobs(self) -> list[bytes]:
        rows = await self.pool.fetch("select payload from pgqueuer where entrypoint = $1", paying.JOB)
        return [bytes(row["payload"]) for row in rows]


async def add_person(pool: asyncpg.Pool, keyring: Keyring, accounts: list[tuple[str, int, int]]) -> None:
    """The creditor, the person, and accounts of (id, balance in cents, days past due)."""
    settings = creditors.Settings("Tienda SAS", "900.123.456-7")
    await pool.execute(
        "insert into creditor (id, name, settings, added_at) values ('tienda', 'Tienda', $1, $2)",
        msgspec.json.encode(settings).decode(), START,
    )  # fmt: skip
    subject = keyring.blind("document", "CO:cedula:52123456").hex()
    await pool.execute("insert into subject values ($1, 'CO')", subject)
    wrapped = keyring.new_key("ana")
    key = keyring.person(wrapped, "ana")
    assert key is not None
    who = Person("Ana Ruiz", "cc", "52123456", ("+573001234567",))
    await pool.execute(
        """insert into person (id, creditor_id, subject_id, country, zones, wrapped_key, sealed, digest)
           values ('ana', 'tienda', $3, 'CO', '{America/Bogota}', $1, $2, '')""",
        wrapped, key.seal(msgspec.json.encode(who), person_aad("ana")), subject,
    )  # fmt: skip
    for name, balance, late in accounts:
        await pool.execute(
            """insert into account (id, creditor_id, person_id, external_id, product, currency, balance, principal,
                                    interest, days_past_due, as_of, digest)
               values ($1, 'tienda', 'ana', $1, 'tarjeta', 'COP', $2, $3, $4, $5, $6, '')""",
            name, balance, balance - balance // 10, balance // 10, late, date(2026, 11, 22),
        )  # fmt: skip


@pytest.fixture
async def make_world(db: asyncpg.Pool) -> AsyncIterator[Callable[..., Any]]:
    """Builds the world: `accounts` as in `add_person`, `temper` of the gateway's notices, `talk` for a conversation."""
    stack: list[World] = []

    async def build(
        accounts: list[tuple[str, int, int]] | None = None, temper: Temper = CALM, talk: bool = False
    ) -> World:
        keyring, clock = Keyring([b"k" * 32]), FixedClock(START)
        await add_person(db, keyring, accounts or [("card", 100_000, 40)])
        talks = StoredTalks(db, keyring)
        house = House(talks, shipped_flows(), language_model(), load_rules)
        world: World

        async def notify(request: Request) -> Response:
            raw, headers = await request.body(), dict(request.headers)
            world.posts.append((raw, headers))
            if world.deaf:
                return Response(status_code=503)
            good = await paying.receive_notice(world.paying, "sandbox", raw, headers, "1.2.3.4", clock.now())
            return Response(status_code=200 if good else 401)

        outer = Starlette(routes=[Route("/webhooks/pay/sandbox", notify, methods=["POST"])])
        net = httpx.ASGITransport(outer)
        sandbox = Sandbox(db, SECRET, clock.now, f"{BASE}/sandbox/pagos", temper=temper, transport=net, by_itself=False)
        outer.router.routes.append(Mount("/sandbox/pagos", sandbox.app))
        gateway = SandboxGateway(f"{BASE}/sandbox/pagos", SECRET, net)
        world = World(
            db, keyring, Paying(StoredPayments(db, keyring), {"sandbox": gateway}, house, BASE), sandbox, gateway,
            clock, httpx.AsyncClient(transport=net, base_url=BASE),
        )  # fmt: skip
        stack.append(world)
        if talk:
            world.conversation = await _talk(world)
        else:
            world.conversation = "talk"
            await db.execute(
                """insert into conversation (id, creditor_id, person_id, channel, flows, state, started_at)
                   values ('talk', 'tienda', 'ana', 'web', '', '', $1)""",
                START,
            )
        return world

    yield build
    for world in stack:
        await world.web.aclose()
        await world.sandbox.close()


async def _talk(world: World) -> str:
    """A conversation over a private link, the person identified."""
    async with world.pool.acquire() as db, db.transaction():
        token, _ = await links.issue(
            db, world.keyring, creditor="tienda", person="ana", channel="sms", address_hash="h", at=START, days=15
        )
    link = await StoredLinks(world.pool, world.keyring).find(token)
    assert link is not None
    conversation = await talking.start(world.paying.house, link, START)
    await talking.hear(world.paying.house, conversation, "k1", "3456", "", START)
    return conversation
