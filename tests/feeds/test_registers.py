"""Registers hold for those who are known and for those who come later; who leaves one is free of it again."""

from datetime import timedelta
from itertools import permutations

import pytest

from acuerdo.adapters.store.feeds import enter_registers, meet_registers
from acuerdo.core import facts as f

from .conftest import ANA, IVAN, NOW, RING, World

HEADER = "Registro;Documento;Teléfono;Obligación;Acción;Fecha"


async def holds(world: World) -> list[tuple[object, ...]]:
    return await world.rows("select kind, creditor_id from hold where lifted_at is null order by 1")


async def test_who_died_is_held_everywhere_and_somebody_with_tact_takes_over(world: World) -> None:
    await world.owes(ANA)
    await world.queue("m1", ANA)
    report = await world.feed("registers", HEADER, "fallecido;52345678;;;alta;20/11/2026")
    assert report.taken == 1
    assert await holds(world) == [("death", "")]
    assert await world.rows("select status from outbox") == [("dropped",)]
    assert await world.rows("select reason, status from work_item") == [("death", "open")]
    (handed,) = await world.facts("handed_over")
    assert isinstance(handed, f.HandedOver)
    assert "condolencias" in handed.summary


async def test_a_register_meets_those_who_come_later(world: World) -> None:
    await world.feed("registers", HEADER, "fallecido;52345678;;;;20/11/2026")
    await world.owes(ANA)
    await world.owes(IVAN)
    await world.catch_up(ANA[1], IVAN[1])
    assert await holds(world) == [("death", "")]
    before = await world.value("select count(*) from fact")
    await world.catch_up(ANA[1], IVAN[1], at=NOW + timedelta(days=1))
    assert await world.value("select count(*) from fact") == before


async def test_who_leaves_a_register_is_free_of_its_hold_alone(world: World) -> None:
    await world.owes(ANA)
    await world.owes(IVAN)
    await world.record(f.HoldPlaced("death"), IVAN[1], "told us so themselves")
    for who in (ANA, IVAN):
        await world.feed("registers", HEADER, f"fallecido;{who[1]};;;alta;19/11/2026")
        await world.feed("registers", HEADER, f"fallecido;{who[1]};;;baja;20/11/2026")
    held = await world.rows("select subject_id from hold where lifted_at is null")
    assert held == [(world.subject(IVAN[1]),)]
    assert await world.facts("hold_lifted") == [f.HoldLifted("death")]


async def test_a_debt_before_a_court_is_left_to_the_court(world: World) -> None:
    await world.owes(ANA)
    await world.queue("m1", ANA)
    await world.feed("registers", HEADER, "judicial;;;A1;alta;20/11/2026")
    assert await world.rows("select status from account") == [("legal",)]
    assert await world.rows("select status from outbox") == [("dropped",)]
    await world.feed("registers", HEADER, "judicial;;;A1;baja;21/11/2026")
    assert await world.rows("select status, before_court from account") == [("open", None)]


async def test_by_document_all_of_a_persons_debts_are_before_the_court(world: World) -> None:
    await world.owes(ANA)
    await world.owes(("A9", *ANA[1:]))
    await world.owes(IVAN)
    await world.feed("registers", HEADER, "judicializado;52345678;;;;20/11/2026")
    assert await world.rows("select external_id, status from account order by 1") == [
        ("A1", "legal"), ("A2", "open"), ("A9", "legal"),
    ]  # fmt: skip


async def test_a_newer_portfolio_does_not_take_a_debt_out_of_court(world: World) -> None:
    await world.owes(ANA)
    await world.feed("registers", HEADER, "judicial;;;A1;alta;20/11/2026")
    await world.pool.execute("update account set status = 'open'")  # as the creditor's file says
    await world.catch_up(ANA[1])
    assert await world.rows("select status from account") == [("legal",)]


async def test_an_address_that_must_not_be_called_is_closed_to_all_and_opened_again(world: World) -> None:
    await world.owes(ANA)
    await world.queue("m1", ANA)
    await world.feed("registers", HEADER, "no llamar;;3005550100;;;20/11/2026")
    assert await world.rows("select address_hash, kind, why from never_contact") == [
        (RING.address_hash("phone", ANA[2]), "phone", "register")
    ]
    assert await world.rows("select status from outbox") == [("dropped",)]
    await world.feed("registers", HEADER, "no llamar;;3005550100;;baja;21/11/2026")
    assert await world.rows("select * from never_contact") == []


async def test_a_person_in_a_do_not_call_list_is_held_as_who_wants_no_messages(world: World) -> None:
    await world.owes(ANA)
    await world.feed("registers", HEADER, "RNE;52345678;;;;20/11/2026")
    assert await holds(world) == [("opt_out", world.creditor.id)]


async def test_the_latest_word_holds_in_whatever_order(world: World) -> None:
    rows = ("fallecido;52345678;;;alta;01/11/2026", "fallecido;52345678;;;baja;05/11/2026",
            "fallecido;52345678;;;alta;05/11/2026")  # fmt: skip
    seen = []
    for order in permutations(rows):
        await world.pool.execute("truncate register_entry, account, subject cascade")
        await world.pool.execute("truncate fact")
        await world.owes(ANA)
        for n, row in enumerate(order):
            await world.feed("registers", HEADER, row, at=NOW + timedelta(minutes=n))
        seen.append(await holds(world))
    assert seen == [[("death", "")]] * 6


async def test_the_same_file_again_changes_nothing(world: World) -> None:
    await world.owes(ANA)
    rows = ("fallecido;52345678;;;;20/11/2026", "judicial;;;A1;;20/11/2026")
    await world.feed("registers", HEADER, *rows)
    facts = await world.value("select count(*) from fact")
    again = await world.feed("registers", HEADER, *rows, at=NOW + timedelta(days=1))
    assert again.unchanged == 2
    assert await world.value("select count(*) from fact") == facts + 1  # of the import itself


async def test_what_a_portfolio_row_says_of_registers(world: World) -> None:
    await world.owes(ANA)
    rows = [("deceased", world.subject(ANA[1]), world.account("A1"))]
    async with world.pool.acquire() as db, db.transaction():
        assert await enter_registers(db, world.creditor.id, rows, NOW) == 1  # type: ignore[arg-type]
        await meet_registers(db, RING, world.creditor.id, [world.person(ANA[1])], NOW)
    assert await holds(world) == [("death", "")]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("fallecido;;3005550100;;;20/11/2026", "nobody"),
        ("club de golf;52345678;;;;20/11/2026", "word_unknown"),
        ("no llamar;;;;;20/11/2026", "nobody"),
    ],
)
async def test_a_row_must_name_what_the_register_is_about(world: World, row: str, code: str) -> None:
    report = await world.feed("registers", HEADER, row)
    assert [one.code for one in report.faults] == [code]
