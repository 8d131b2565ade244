"""Statements drawn as accessible PDFs on one core, and sent as e-mails to a real server of another process."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import date, timedelta
from statistics import median
from typing import Any

import msgspec

from acuerdo.adapters.channels.email import Email, Letter, _server, as_html, mail_of
from acuerdo.adapters.documents.drawing import draw
from acuerdo.core.dialogue.view import AccountView, AgreementView, CreditorView, InstallmentView, View
from acuerdo.core.documents.paper import as_json
from acuerdo.core.documents.papers import Agreed, Known, Received, statement
from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.words import CAPITAL_ZONE, CURRENCY_OF, Country, Money
from acuerdo.service.channels import Media, Sent, Wire
from benchmarks.figures import Figure
from benchmarks.thinking import yardstick

TODAY = date(2026, 11, 23)
COUNTRIES: tuple[Country, ...] = ("CO", "MX", "CL", "PE", "AR", "ES")
DEBTS, PAYMENTS, PARTS = 2, 6, 6
AT_ONCE = 4  # mails on their way
LEAST_PDFS, LEAST_MAILS = 50.0, 60.0  # a second
# A mail server by itself, that keeps nothing; it tells its port.
SERVER = """
import asyncio, sys
from aiosmtpd.smtp import SMTP
class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 taken"
async def main():
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Sink(), hostname="sink"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def words(n: int) -> bytes:
    """A person's statement: two debts by their parts, six payments, an agreement of six; each another person's."""
    country = COUNTRIES[n % len(COUNTRIES)]

    def money(major: int) -> Money:
        return Money(major * 100 if CURRENCY_OF[country] != "CLP" else major, CURRENCY_OF[country])

    debts = tuple(
        AccountView(
            f"a{n}{i}", f"OB-{n}{i}-7731", ("tarjeta de crédito", "préstamo personal")[i % 2], money(900_000 + n * 13),
            22 + i, Authority(), TODAY - timedelta(days=22 + i), principal=money(800_000 + n * 13),
            interest=money(90_000), fees=money(10_000), as_of=TODAY - timedelta(days=2),
        )
        for i in range(DEBTS)
    )  # fmt: skip
    creditor = CreditorView(
        "c",
        "Banco Uno",
        legal_name="Banco Uno S.A.",
        tax_id="900.123.456-7",
        phone="601 555 0100",
        address="Calle 1 # 2-3",
    )
    view = View(country, CAPITAL_ZONE[country], creditor, f"Persona Número {n}", f"5234{n:06d}", debts, "dni")
    parts = tuple(
        InstallmentView(TODAY + timedelta(days=30 * i), money(300_000), money(300_000 if i < 2 else 0))
        for i in range(PARTS)
    )
    agreed = Agreed(AgreementView("g", money(300_000 * PARTS), parts), money(1_900_000), TODAY - timedelta(days=60))
    received = tuple(Received(TODAY - timedelta(days=30 * i), money(100_000 + i), i % 2 == 0) for i in range(PAYMENTS))
    return as_json(statement(Known(view, TODAY, f"{n:08d}", received, (), agreed)))


async def run(pdfs: int = 200, mails: int = 300) -> dict[str, Any]:
    """PDFs by the processor time of this process, all of its threads; mails by the clock, four at once."""
    told = [words(n) for n in range(pdfs + 5)]
    drawn = [draw(one) for one in told[:5]]  # the first reads the fonts
    spent, pages = list[float](), list[float]()
    for one in told[5:]:
        began = time.process_time()
        drawn.append(draw(one))
        spent.append(time.process_time() - began)
        began = time.process_time()
        yardstick()
        pages.append(time.process_time() - began)
    sent = await _mailed(drawn[-1], mails)
    return {
        "pdfs": pdfs, "pdf_bytes": median(len(one) for one in drawn), "pdf_ms": median(spent) * 1000,
        "pdf_mean_ms": sum(spent) / len(spent) * 1000, "yardstick_ms": median(pages) * 1000, **sent,
    }  # fmt: skip


async def _mailed(pdf: bytes, mails: int) -> dict[str, Any]:
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER, stdout=asyncio.subprocess.PIPE)
    try:
        assert server.stdout is not None
        url = f"smtp://127.0.0.1:{int(await server.stdout.readline())}"
        began = time.process_time()
        ours = await _rate(url, pdf, mails)
        spent = (time.process_time() - began) / (mails + 2 * AT_ONCE) * 1000
        bare = await _bare(url, pdf, mails)
        return {"mails": mails, "mails_per_second": ours, "bare_per_second": bare, "mail_ms": spent}
    finally:
        server.kill()
        await server.wait()


def _wire(n: int, pdf: bytes) -> Wire:
    text = "Adjunto va el documento que pidió.\n\nBanco Uno"
    letter = Letter("El documento que pidió", text, as_html("El documento que pidió", text))
    file = Media("d", "application/pdf", "estado-de-cuenta.pdf", pdf)
    return Wire(
        f"k{n}", f"p{n}@example.com", "Banco Uno", msgspec.json.encode(letter).decode(), files=(file,)
    )  # fmt: skip


async def _rate(url: str, pdf: bytes, mails: int) -> float:
    make, login = _server(url)
    channel = Email(make, login, "avisos@house.example")
    left = iter(range(mails + AT_ONCE))

    async def postman() -> None:
        for n in left:
            assert isinstance(await channel.deliver(_wire(n, pdf)), Sent)

    await asyncio.gather(*(channel.deliver(_wire(-n, pdf)) for n in range(1, AT_ONCE + 1)))
    began = time.perf_counter()
    await asyncio.gather(*(postman() for _ in range(AT_ONCE)))
    rate = (mails + AT_ONCE) / (time.perf_counter() - began)
    await channel.close()
    return rate


async def _bare(url: str, pdf: bytes, mails: int) -> float:
    """The same mail, written once, over and over on four lines: what the server and the library cost by themselves."""
    make, _ = _server(url)
    raw = mail_of(_wire(0, pdf), "avisos@house.example").raw
    lines = [make() for _ in range(AT_ONCE)]
    for line in lines:
        await line.connect()
    left = iter(range(mails))

    async def postman(n: int) -> None:
        for _ in left:
            await lines[n].sendmail("avisos@house.example", ["p@example.com"], raw)

    began = time.perf_counter()
    await asyncio.gather(*(postman(n) for n in range(AT_ONCE)))
    rate = mails / (time.perf_counter() - began)
    for line in lines:
        await line.quit()
    return rate


def figures(found: dict[str, Any]) -> list[Figure]:
    return [
        Figure(
            "statement PDFs a second of one core", 1000 / found["pdf_mean_ms"], "/s", "JSON yardstick",
            1000 / found["yardstick_ms"], found["yardstick_ms"] / found["pdf_mean_ms"], least=LEAST_PDFS,
        ),
        Figure(
            "e-mails a second with a PDF", found["mails_per_second"], "/s", "the same bytes, ready-made",
            found["bare_per_second"], found["mails_per_second"] / found["bare_per_second"], least=LEAST_MAILS,
        ),
        Figure(
            "processor for an e-mail with a PDF", found["mail_ms"], "ms", "JSON yardstick", found["yardstick_ms"],
            found["mail_ms"] / found["yardstick_ms"], most=1000 / LEAST_MAILS,
        ),
    ]  # fmt: skip
