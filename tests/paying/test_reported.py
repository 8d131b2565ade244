"""Money that the creditor's own file tells of before its gateway does: it counts once, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from acuerdo.adapters.files.opening import open_bytes
from acuerdo.adapters.store.feeds import StoredFeeds
from acuerdo.core import facts as f
from acuerdo.service import paying
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.feeding import FeedReport, feed_file, form_of

from .conftest import World


async def reported(world: World, *rows: str) -> FeedReport:
    """A payments file of these rows; the person is found by her document."""
    subject = world.keyring.blind("document", "CO:cedula:52123456").hex()
    await world.pool.execute("insert into person_key values ('ana', 'document', $1) on conflict do nothing", subject)
    at = world.clock.now()
    data = "\n".join(("Documento;Importe;Fecha;Referencia;Tipo", *rows)).encode() + b"\n"
    opened = open_bytes(data, "pagos.csv", form_of("payments"), None, "CO", at.date())
    creditor = Creditor("tienda", "Tienda", Settings("Tienda SAS"))
    return await feed_file(StoredFeeds(world.pool, world.keyring), "payments", creditor, opened, "pagos.csv", at)


async def test_the_gateways_notice_after_the_report_is_the_same_money(make_world: Callable[..., Any]) -> None:
    world = await make_world()
    await world.link("link", 30_000)
    assert (await reported(world, "52123456;300;23/11/2026;BANCO-1;pago")).taken == 1
    before = await world.books()
    await world.pay("link")
    await world.sandbox.send()
    after = await world.books()
    assert (after["accounts"], after["ledger"]) == (before["accounts"], before["ledger"])
    assert after["accounts"] == [("card", 30_000)]
    assert ("link", "paid", 30_000) in after["payments"]


async def test_and_it_can_be_taken_back_by_the_creditors_reference(make_world: Callable[..., Any]) -> None:
    world = await make_world()
    await world.link("link", 30_000)
    await reported(world, "52123456;300;23/11/2026;BANCO-1;pago")
    await world.pay("link")
    await world.sandbox.send()
    await reported(world, "52123456;300;23/11/2026;BANCO-1;reverso")
    after = await world.books()
    assert after["accounts"] == [("card", 0)]
    assert ("link", "refunded", 0) in after["payments"]


async def test_a_person_on_the_chat_hears_of_it(make_world: Callable[..., Any]) -> None:
    world = await make_world(talk=True)
    await reported(world, "52123456;300;23/11/2026;BANCO-1;pago")
    for job in await world.jobs():
        await paying.tell_payment(world.paying.house, job, world.clock.now())
    (told,) = await world.told()
    assert isinstance(told, f.PaymentArrived)
    assert (told.amount.minor, told.remaining.minor) == (30_000, 70_000)
