"""A link and a code, without a gateway: the creditor's payments file quotes the code, and the chat hears of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acuerdo.adapters.files.opening import open_bytes
from acuerdo.adapters.gateways.links import LinkGateway
from acuerdo.adapters.store.accounting import StoredAccounts
from acuerdo.adapters.store.feeds import StoredFeeds
from acuerdo.core import facts as f
from acuerdo.core.words import Money
from acuerdo.service import accounting, paying, talking
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.feeding import FeedReport, feed_file, form_of

from .conftest import START

Make = Callable[..., Any]
TIENDA = Creditor("tienda", "Tienda", Settings("Tienda SAS", country="CO"))
WAY = """
[[way]]
creditor = "Tienda"
kind = "pse"
digits = 12
prefix = "77"
url = "https://pagos.example/pse?ref={code}&valor={amount}"
"""
HEADER = "Codigo de pago;Importe;Fecha;Referencia;Tipo"


@pytest.fixture
def linked(make_world: Make, tmp_path: Path) -> Callable[..., Any]:
    """A creditor that is paid by links, and Ana, who opened one of 40.000 cents; its code."""

    async def build() -> tuple[Any, str]:
        world = await make_world(talk=True)
        (tmp_path / "ways.toml").write_text(WAY, "utf-8")
        links = LinkGateway(tmp_path / "ways.toml")
        world.paying = msgspec.structs.replace(world.paying, gateways={**world.paying.gateways, "links": links})
        rules = 'currency = "COP"\ngateway = "links"\n'
        await accounting.put_rules(StoredAccounts(world.pool), TIENDA, rules, "dinero.toml", "operator", START)
        await world.link("p1", 40_000)
        url = await paying.open_payment(world.paying, "p1", START)
        code = await world.pool.fetchval("select code from payment where id = 'p1'")
        assert url == f"https://pagos.example/pse?ref={code}&valor=400"
        return world, code

    return build


async def filed(world: Any, *rows: str, header: str = HEADER) -> FeedReport:
    at = world.clock.now()
    data = "\n".join((header, *rows)).encode() + b"\n"
    opened = open_bytes(data, "banco.csv", form_of("payments"), None, "CO", at.date())
    return await feed_file(StoredFeeds(world.pool, world.keyring), "payments", TIENDA, opened, "banco.csv", at)


async def _hear(world: Any) -> Any:
    for job in await world.jobs():
        await paying.tell_payment(world.paying.house, job, world.clock.now())
    return (await world.paying.house.talks.since(world.conversation, 0))[-2:]


@pytest.mark.parametrize(
    ("header", "row"),
    [(HEADER, "{code};400;23/11/2026;BANCO-1;pago"), ("Referencia;Importe;Fecha;Documento", "{code};400;23/11/2026;")],
    ids=["a column of its own", "as its reference"],
)
async def test_a_file_that_quotes_the_code_pays_the_link_and_the_chat_hears(
    linked: Callable[..., Any], header: str, row: str
) -> None:
    world, code = await linked()
    if "Documento" in header:
        subject = world.keyring.blind("document", "CO:cedula:52123456").hex()
        await world.pool.execute("insert into person_key values ('ana', 'document', $1)", subject)
        row += "52123456"
    await world.agree("deal", 100_000, 40_000, 60_000)
    report = await filed(world, row.format(code=code), header=header)
    assert report.taken == 1, report
    books = await world.books()
    assert books["payments"] == [("p1", "paid", 40_000)], "no second payment lies beside it"
    assert books["parts"] == [("deal", 1, 40_000), ("deal", 2, 0)]
    said = await _hear(world)
    assert await world.told() == [f.PaymentArrived("p1", Money(40_000, "COP"), Money(60_000, "COP"), "deal", seen=True)]
    assert "Ya vimos su pago de $400, gracias." in said[0].content.text.replace("\xa0", "")
    again = await filed(world, row.format(code=code), header=header)
    assert (again.taken, again.unchanged) == (0, 1)
    assert (await accounting.check(StoredAccounts(world.pool), [TIENDA]))[1] == []
    assert await paying.receipt(world.paying, "p1") is not None


async def test_while_a_person_attends_it_is_a_neutral_card(linked: Callable[..., Any]) -> None:
    world, code = await linked()
    house, talk = world.paying.house, world.conversation
    await talking.tell(house, talk, f.TakenOver("sara", "Sara"), "agent:sara", START, key="take")
    await filed(world, f"{code};400;23/11/2026;BANCO-1;pago")
    last = (await _hear(world))[-1]
    assert (last.who, last.content.text.replace("\xa0", "")) == ("system", "Pago recibido: $400. Saldo: $600.")


async def test_the_same_code_paid_again_is_another_payment_of_theirs(linked: Callable[..., Any]) -> None:
    world, code = await linked()
    report = await filed(world, f"{code};400;23/11/2026;B-1;pago", f"{code};150;23/11/2026;B-2;pago")
    assert report.taken == 2
    assert (await world.books())["accounts"] == [("card", 55_000)]
    await filed(world, f"{code};400;23/11/2026;B-1;reverso")
    assert (await world.books())["accounts"] == [("card", 15_000)]
    assert (await accounting.check(StoredAccounts(world.pool), [TIENDA]))[1] == []


async def test_another_amount_than_asked_for_counts_as_what_it_is(linked: Callable[..., Any]) -> None:
    world, code = await linked()
    await filed(world, f"{code[:4]} {code[4:]};390,50;23/11/2026;B-1;pago")
    assert (await world.books())["payments"] == [("p1", "paid", 39_050)]


async def test_a_code_of_nobodys_waits_and_one_of_two_people_goes_by_the_amount(linked: Callable[..., Any]) -> None:
    world, code = await linked()
    assert (await filed(world, "770000000000;400;23/11/2026;B-0;pago")).unmatched == 1
    await world.pool.execute("insert into subject values ('luis', 'CO')")
    await world.pool.execute(
        """insert into person (id, creditor_id, subject_id, country, zones, sealed, digest)
           select 'luis', creditor_id, 'luis', country, zones, sealed, digest from person where id = 'ana'"""
    )
    await world.pool.execute(
        """insert into payment (id, creditor_id, person_id, accounts, amount, currency, status, gateway, created_at,
                                code, requested_at)
           values ('other', 'tienda', 'luis', '{}', 70000, 'COP', 'created', 'links', $1, $2, $1)""",
        START + timedelta(hours=1), code,
    )  # fmt: skip
    assert (await filed(world, f"{code};555;23/11/2026;B-1;pago")).unmatched == 1, "of neither's amount"
    await filed(world, f"{code};400;23/11/2026;B-2;pago")
    assert (await world.books())["payments"] == [("other", "created", 0), ("p1", "paid", 40_000)]
