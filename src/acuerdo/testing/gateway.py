"""The sandbox gateway itself, a fake product shipped with the house: own book, hosted page, notices that misbehave.

It is what a payment provider is to us, so it shares nothing with the house but its signing secret: it makes an intent
once per reference, shows a page on which a person pays or is declined, gives money back, and posts signed notices until
they are taken. By configuration (`Temper`) notices come twice, in another order, late, with a "pending" after the
"paid", or lie about the amount or the currency.
"""

from __future__ import annotations

import asyncio
import hmac
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import asyncpg
import httpx
import msgspec
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

import acuerdo
from acuerdo.core.negotiation.written import format_money
from acuerdo.core.words import CURRENCY_OF, DECIMALS, Money, derive

TEMPLATES = Path(acuerdo.__file__).parent / "web" / "templates"
COUNTRY_OF = {currency: country for country, currency in CURRENCY_OF.items()}
# What a person may press on the page, and the status that it gives; after some of them the page is done.
RESULTS = {"paid": "paid", "declined": "refused", "pending": "pending", "expired": "expired"}
ENDED = ("paid", "expired")
RETRIES = 8  # how often a notice is sent before the gateway gives up
SAFE = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
}


class Temper(msgspec.Struct, frozen=True):
    """How badly notices behave: shares in percent, seconds of delay, and the seed that decides each case."""

    twice: int = 0
    reordered: int = 0
    late_pending: int = 0
    lies: int = 0
    longest_wait: float = 0.0
    seed: str = ""

    def drawn(self, *of: str) -> int:
        """A number from 0 to 99, always the same for the same seed and parts."""
        return int(derive(self.seed, *of), 16) % 100


CALM = Temper()
DEMO = Temper(twice=20, reordered=20, late_pending=20, longest_wait=0.2, seed="demo")
WILD = Temper(twice=70, reordered=70, late_pending=70, seed="wild")


# What a lying notice says of the money: ten times as much, a tenth, or as many of another currency.
Lie = Literal["", "more", "less", "currency"]
LIES: tuple[Lie, ...] = ("more", "less", "currency")
LYING = Temper(twice=50, lies=100, seed="lying")


class Planned(msgspec.Struct, frozen=True):
    """One notice to send: its id and what it says, seconds after the one before."""

    id: str
    status: str
    wait: float
    lie: Lie = ""


def planned(temper: Temper, payment: str, statuses: Sequence[str], turn: int) -> list[Planned]:
    """The notices of what happened, in the order in which they will be sent."""
    told = [*statuses]
    if "paid" in told and temper.drawn(payment, str(turn), "late") < temper.late_pending:
        told.append("pending")
    notices = [(f"evt_{derive(payment, str(turn), str(n))}", status) for n, status in enumerate(told)]
    if len(notices) > 1 and temper.drawn(payment, str(turn), "order") < temper.reordered:
        notices.reverse()
    notices += [n for n in notices if temper.drawn(n[0], "twice") < temper.twice]
    waits = (temper.drawn(payment, str(turn), str(n), "wait") / 100 for n in range(len(notices)))
    return [
        Planned(name, status, temper.longest_wait * wait, _lie(temper, name, status))
        for (name, status), wait in zip(notices, waits, strict=True)
    ]


def _lie(temper: Temper, notice: str, status: str) -> Lie:
    lies = status in ("paid", "taken_back") and temper.drawn(notice, "lie") < temper.lies
    return LIES[temper.drawn(notice, "which lie") % len(LIES)] if lies else ""


def lied(payment: dict[str, Any], lie: Lie) -> dict[str, Any]:
    """A payment as a lying notice tells of it."""

    def times(more: int, less: int) -> dict[str, Any]:
        def told(of: dict[str, Any]) -> dict[str, Any]:
            return of | {"amount": max(1, of["amount"] * more // less)}

        return told(payment) | {"back": [told(one) for one in payment["back"]]}

    match lie:
        case "more":
            return times(10, 1)
        case "less":
            return times(1, 10)
        case "currency":
            return payment | {"currency": "EUR" if payment["currency"] == "USD" else "USD"}
    return payment


class Sandbox:
    """The gateway over its own tables. `secret` signs; `now` is its clock; `url` its address as people reach it.

    `transport` is httpx's, for tests without a net. Notices are sent by a task of its own after each payment; with
    `by_itself` false, only by `send`.
    """

    def __init__(
        self,
        pool: asyncpg.Pool[asyncpg.Record],
        secret: bytes,
        now: Callable[[], datetime],
        url: str,
        *,
        temper: Temper = CALM,
        transport: httpx.AsyncBaseTransport | None = None,
        asset: Callable[[str], str] = lambda name: f"/static/build/{name}",
        by_itself: bool = True,
    ) -> None:
        self._pool, self._secret, self._now, self._url = pool, secret, now, url.rstrip("/")
        self._temper, self._transport, self._by_itself = temper, transport, by_itself
        self._running: set[asyncio.Task[None]] = set()
        self._pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape())
        self._pages.globals["asset"] = asset
        self.app = Starlette(
            routes=[
                Route("/intents", self._create, methods=["POST"]),
                Route("/intents/{reference}", self._lookup),
                Route("/intents/{reference}/back", self._give_back, methods=["POST"]),
                Route("/pay/{id}", self._page, methods=["GET"]),
                Route("/pay/{id}", self._paid, methods=["POST"]),
            ]
        )

    async def _create(self, request: Request) -> Response:
        if not self._allowed(request):
            return JSONResponse({"error": "bearer token missing or wrong"}, 401)
        try:
            intent = msgspec.json.decode(await request.body(), type=_Wanted)
        except msgspec.DecodeError as why:
            return JSONResponse({"error": str(why)}, 422)
        if intent.amount <= 0 or intent.currency not in DECIMALS:
            return JSONResponse({"error": "amount is positive, in a known currency"}, 422)
        if request.headers.get("idempotency-key", intent.reference) != intent.reference:
            return JSONResponse({"error": "the idempotency key is the reference"}, 422)
        await self._pool.execute(
            """insert into sandbox.payment (id, reference, payee, amount, currency, return_url, notify_url, at, status)
               values ($1, $2, $3, $4, $5, $6, $7, $8, 'created') on conflict (reference) do nothing""",
            "pay_" + derive("sandbox", intent.reference), intent.reference, intent.payee, intent.amount,
            intent.currency, intent.return_url, intent.notify_url, self._now(),
        )  # fmt: skip
        same = await self._pool.fetchval(
            "select (amount, currency) = ($2, $3) from sandbox.payment where reference = $1",
            intent.reference, intent.amount, intent.currency,
        )  # fmt: skip
        if not same:
            return JSONResponse({"error": "this reference is an intent of another amount"}, 409)
        return await self._told(intent.reference)

    async def _lookup(self, request: Request) -> Response:
        if not self._allowed(request):
            return JSONResponse({"error": "bearer token missing or wrong"}, 401)
        return await self._told(request.path_params["reference"])

    def _allowed(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), self._secret.hex().encode())

    async def _told(self, reference: str) -> Response:
        row = await self._pool.fetchrow("select * from sandbox.payment where reference = $1", reference)
        if row is None:
            return JSONResponse({"error": "no such intent"}, 404)
        told = _as_json(row) | {"url": f"{self._url}/pay/{row['id']}", "back": await _back_of(self._pool, row["id"])}
        return JSONResponse(told)

    async def _give_back(self, request: Request) -> Response:
        """A refund by whoever holds the secret, or a chargeback as a bank would make one; never more than was paid. A
        chargeback `won` is undone."""
        if not self._allowed(request):
            return JSONResponse({"error": "bearer token missing or wrong"}, 401)
        try:
            wanted = msgspec.json.decode(await request.body(), type=_Back)
        except msgspec.DecodeError as why:
            return JSONResponse({"error": str(why)}, 422)
        reference = request.path_params["reference"]
        async with self._pool.acquire() as db, db.transaction():
            row = await db.fetchrow("select * from sandbox.payment where reference = $1 for update", reference)
            if row is None:
                return JSONResponse({"error": "no such intent"}, 404)
            gone = sum(one["amount"] for one in await _back_of(db, row["id"]))
            amount = wanted.amount or row["amount"] - gone
            if wanted.why == "won":
                await db.execute("delete from sandbox.back where payment_id = $1 and why = 'chargeback'", row["id"])
            elif row["status"] != "paid" or not 0 < amount <= row["amount"] - gone:
                return JSONResponse({"error": "only what was paid, and did not go back before, can go back"}, 409)
            else:
                await db.execute(
                    "insert into sandbox.back (id, payment_id, amount, why, at) values ($1, $2, $3, $4, $5)",
                    f"back_{derive(row['id'], str(gone))}", row["id"], amount, wanted.why, self._now(),
                )  # fmt: skip
            await self._noted(db, row, ("taken_back",), "paid")
        self._deliver_soon(row["id"])
        return await self._told(reference)

    async def _page(self, request: Request) -> Response:
        row = await self._pool.fetchrow("select * from sandbox.payment where id = $1", request.path_params["id"])
        if row is None:
            return HTMLResponse(self._pages.get_template("gone.html").render(), 404, headers=SAFE)
        if row["status"] in ENDED:
            return RedirectResponse(row["return_url"], 303, headers=SAFE)
        return HTMLResponse(self._pages.get_template("sandbox_pay.html").render(**self._shown(row)), headers=SAFE)

    def _shown(self, row: asyncpg.Record) -> dict[str, Any]:
        country = COUNTRY_OF.get(row["currency"], "CO")
        return {
            "creditor": row["payee"],
            "logo": "",
            "amount": format_money(Money(row["amount"], row["currency"]), country),
            "concept": "Pago de su cuenta",
            "reference": row["reference"][:8].upper(),
            # Relative to the house that serves it, so that a proxy in front changes nothing.
            "pay": f"{urlsplit(self._url).path}/pay/{row['id']}",
            "back": row["return_url"],
            "declined": row["status"] == "refused",
        }

    async def _paid(self, request: Request) -> Response:
        """The person pressed a button; pressing twice, or paying what is paid, changes nothing."""
        result = str((await request.form()).get("result", ""))
        if result not in RESULTS:
            return HTMLResponse("", 422, headers=SAFE)
        status = RESULTS[result]
        async with self._pool.acquire() as db, db.transaction():
            row = await db.fetchrow("select * from sandbox.payment where id = $1 for update", request.path_params["id"])
            if row is None:
                return HTMLResponse(self._pages.get_template("gone.html").render(), 404, headers=SAFE)
            if row["status"] not in ENDED:
                await self._decided(db, row, status)
        self._deliver_soon(row["id"])
        return RedirectResponse(row["return_url"], 303, headers=SAFE)

    def _deliver_soon(self, payment: str) -> None:
        if self._by_itself:
            task = asyncio.create_task(self._deliver(payment))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _decided(self, db: Any, row: asyncpg.Record, status: str) -> None:
        at = self._now()
        await db.execute("update sandbox.payment set status = $2, at = $3 where id = $1", row["id"], status, at)
        await self._noted(db, row, tuple(dict.fromkeys(("pending", status))), "")

    async def _noted(self, db: Any, row: asyncpg.Record, told: Sequence[str], status: str) -> None:
        """The notices of what happened, to be sent; `status` is the payment's, where it is not what each one says."""
        at = self._now()
        before = await db.fetchval("select coalesce(max(n), 0) from sandbox.notice where payment_id = $1", row["id"])
        payment = _as_json(row) | {"back": await _back_of(db, row["id"])}
        for n, notice in enumerate(planned(self._temper, row["id"], told, before), before + 1):
            body = {
                "id": notice.id,
                "type": f"payment.{notice.status}",
                "created": at.isoformat(),
                "payment": lied(payment, notice.lie) | {"status": status or notice.status, "at": at.isoformat()},
            }
            await db.execute(
                "insert into sandbox.notice (id, payment_id, n, wait, body) values ($1, $2, $3, $4, $5)",
                f"{row['id']}:{n}", row["id"], n, notice.wait, msgspec.json.encode(body).decode(),
            )  # fmt: skip

    async def send(self, *, wait: bool = False) -> int:
        """Posts every notice not yet taken, each payment's in its order; how many were taken now."""
        rows = await self._pool.fetch(
            """select n.*, p.notify_url from sandbox.notice n join sandbox.payment p on p.id = n.payment_id
               where not n.taken and n.tries < $1 order by n.payment_id, n.n""",
            RETRIES,
        )
        return sum([await self._post(row, wait) for row in rows])

    async def _deliver(self, payment: str) -> None:
        """What a provider does after a payment: posts its notices, and again, ever later, what nobody took."""
        for tries in range(RETRIES):
            rows = await self._pool.fetch(
                """select n.*, p.notify_url from sandbox.notice n join sandbox.payment p on p.id = n.payment_id
                   where n.payment_id = $1 and not n.taken order by n.n""",
                payment,
            )
            if not rows:
                return
            await asyncio.sleep(0.2 * (2**tries - 1))
            for row in rows:
                await self._post(row, wait=True)

    async def _post(self, row: asyncpg.Record, wait: bool) -> bool:
        if wait:
            await asyncio.sleep(row["wait"])
        body = row["body"].encode()
        headers = {"content-type": "application/json", "sandbox-signature": signature(self._secret, body, self._now())}
        taken = False
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient(timeout=10, transport=self._transport, verify=_trusted()) as client:
                taken = (await client.post(row["notify_url"], content=body, headers=headers)).is_success
        await self._pool.execute(
            "update sandbox.notice set tries = tries + 1, taken = taken or $2 where id = $1", row["id"], taken
        )
        return taken

    async def close(self) -> None:
        """Stops sending; what was not taken is sent by the next `send`."""
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Whom to trust, read once for all notices."""
    return httpx.create_ssl_context()


class _Wanted(msgspec.Struct):
    reference: str
    amount: int
    currency: str
    payee: str
    return_url: str
    notify_url: str


class _Back(msgspec.Struct):
    why: Literal["refund", "chargeback", "won"] = "refund"
    amount: int = 0  # none: all that is left


async def _back_of(db: Any, payment: str) -> list[dict[str, Any]]:
    rows = await db.fetch("select id, amount, why, at from sandbox.back where payment_id = $1 order by at, id", payment)
    return [dict(row) | {"at": row["at"].isoformat()} for row in rows]


def signature(secret: bytes, body: bytes, at: datetime) -> str:
    """The header's value: the second of signing, and the HMAC-SHA256 of it and the body."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={hmac.new(secret, stamp.encode() + b'.' + body, sha256).hexdigest()}"


def _as_json(row: asyncpg.Record) -> dict[str, Any]:
    kept = {name: row[name] for name in ("id", "reference", "status", "amount", "currency")}
    return kept | {"at": row["at"].isoformat()}
