"""Payments in pesos on debts in units of account: counted by their day's value, or set aside until it is known."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from acuerdo.adapters.files.opening import open_bytes
from acuerdo.adapters.store.units import in_unit, put_unit
from acuerdo.core.words import Money
from acuerdo.service.feeding import FeedReport, feed_file, form_of

from .conftest import ANA, IVAN, NOW, World

HEADER = "Obligación;Importe;Fecha de pago;Referencia;Tipo"
PAID = "A1;400000;20/11/2026;R1;pago"
BACK = "A1;400000;22/11/2026;R1;reverso"
DAY = date(2026, 11, 20)


async def fed(world: World, *rows: str, at: datetime = NOW) -> FeedReport:
    data = ("\n".join((HEADER, *rows)) + "\n").encode()
    opened = open_bytes(data, "pagos.csv", form_of("payments"), None, "CL", at.date())
    return await feed_file(world.feeds, "payments", world.creditor, opened, "pagos.csv", at)


async def owes_in(world: World, unit: str = "CLF", minor: int = 1_000_000) -> None:
    """Ana owes 100 units."""
    await world.owes(ANA)
    await world.pool.execute("update account set currency = $1, balance = $2", unit, minor)


async def left(world: World) -> int:
    return int(await world.value("select balance - paid_since from account where external_id = 'A1'"))


@pytest.mark.parametrize(("unit", "day"), [("UF", DAY), ("UTM", date(2026, 11, 1))])
async def test_pesos_count_by_the_value_of_their_day(world: World, unit: str, day: date) -> None:
    await owes_in(world, {"UF": "CLF"}.get(unit, unit))
    await put_unit(world.pool, unit, day, Decimal("40000"))
    await put_unit(world.pool, unit, DAY + timedelta(days=30), Decimal("50000"))
    assert (await fed(world, PAID)).counts["taken"] == 1
    assert await left(world) == 900_000
    again = await fed(world, PAID, at=NOW + timedelta(days=1))
    assert (again.counts["unchanged"], again.counts["set_aside"], await left(world)) == (1, 0, 900_000)
    other = await fed(world, PAID.replace("400000", "410000"), at=NOW + timedelta(days=1))
    assert [one.code for one in other.faults] == ["reference_conflict"]


async def test_without_the_days_value_they_are_set_aside_with_how_to_say_it(world: World) -> None:
    await owes_in(world)
    await put_unit(world.pool, "UF", date(2026, 11, 19), Decimal("40000"))
    report = await fed(world, PAID)
    (fault,) = report.faults
    assert (fault.row, fault.column, fault.code) == (2, "Importe", "unit_value_unknown")
    assert "UF" in fault.reason
    assert "20/11/2026" in fault.reason
    assert "acuerdo portfolio unit UF 2026-11-20" in fault.mend
    assert await left(world) == 1_000_000
    await put_unit(world.pool, "UF", DAY, Decimal("40000"))
    assert (await fed(world, PAID)).counts["taken"] == 1
    assert await left(world) == 900_000


@pytest.mark.parametrize("back_first", [False, True])
async def test_all_of_it_taken_back_is_all_of_it(world: World, back_first: bool) -> None:
    await owes_in(world)
    await put_unit(world.pool, "UF", DAY, Decimal("39123.45"))
    await put_unit(world.pool, "UF", date(2026, 11, 22), Decimal("45000"))
    for row in (BACK, PAID) if back_first else (PAID, BACK):
        await fed(world, row)
    assert await left(world) == 1_000_000
    assert await world.rows("select status, received from payment") == [("refunded", 0)]


async def test_an_agreement_in_pesos_is_kept_by_pesos(world: World) -> None:
    await owes_in(world)
    await world.agree("acuerdo", ANA[1], 400_000)
    of_all = "update agreement set currency = 'CLP', accounts = (select array_agg(id order by id) from account)"
    await world.pool.execute(of_all)
    assert (await fed(world, PAID)).counts["taken"] == 1
    assert (await world.books())["agreements"] == [("acuerdo", "kept")]
    assert await left(world) == 1_000_000  # until the creditor's next file says otherwise


async def test_debts_in_pesos_beside_them_are_paid_as_ever(world: World) -> None:
    await owes_in(world)
    await world.owes(IVAN)
    await world.pool.execute("update account set currency = 'CLP', balance = 900000 where external_id = 'A2'")
    assert (await fed(world, PAID.replace("A1;", "A2;"))).counts["taken"] == 1
    assert await world.value("select balance - paid_since from account where external_id = 'A2'") == 500_000


def test_pesos_in_a_unit_to_its_last_decimal() -> None:
    assert in_unit(Money(400_000, "CLP"), "CLF", Decimal("39123.45")) == Money(102_240, "CLF")
    assert in_unit(Money(1, "CLP"), "CLF", Decimal("20000")) == Money(1, "CLF")
