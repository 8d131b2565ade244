"""What diallers, agencies and people tried counts in the one ledger, exactly as what we tried."""

from datetime import UTC, date, datetime, timedelta

import pytest

from acuerdo.core import facts as f
from acuerdo.core.compliance import Attempt, NotYet, Record, judge
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import CreditorId, PersonId
from acuerdo.service.law import load_rules

from .conftest import ANA, IVAN, LUZ, NOW, World

HEADER = "Obligación;Documento;Teléfono;Fecha;Hora;Canal;Resultado;Agente"
CALL = "A1;;3005550100;20/11/2026;14:35;llamada;contestó;Marta"


async def ledger(world: World) -> list[tuple[object, ...]]:
    return await world.rows("select channel, mode, purpose, status, reached, at from contact order by at, key")


async def test_an_attempt_counts_with_its_mode_and_whether_it_reached(world: World) -> None:
    await world.owes(ANA)
    report = await world.feed("contacts", HEADER, CALL, "A1;;;21/11/2026;09:10;SMS;entregado;")
    assert report.taken == 2
    assert await ledger(world) == [
        ("voice", "voice", "collection", "sent", True, datetime(2026, 11, 20, 19, 35, tzinfo=UTC)),
        ("sms", "text", "collection", "sent", False, datetime(2026, 11, 21, 14, 10, tzinfo=UTC)),
    ]
    told = await world.facts("contact_imported")
    assert isinstance(told[0], f.ContactImported)
    assert (told[0].result, told[0].agent) == ("answered", "Marta")


async def test_the_guard_sees_it_as_it_sees_our_own(world: World) -> None:
    """Colombia: who was spoken with this week is not written to on another channel (Ley 2300 of 2023)."""
    await world.owes(ANA)
    await world.feed("contacts", HEADER, CALL.replace("20/11", "23/11").replace("14:35", "08:30"))
    rows = await world.rows("select at, channel, mode, reached, status, purpose, key from contact")
    record = Record("CO", ("America/Bogota",), attempts=tuple(Attempt(*row) for row in rows))
    say = Say(
        key="k", content=Content("Hola"), channel="sms", purpose="collection", creditor=CreditorId("c"),
        person=PersonId("p"), topics=("creditor",),
    )  # fmt: skip
    assert isinstance(judge(say, record, load_rules(NOW.date()), NOW), NotYet)


async def test_the_same_attempt_counts_once_whatever_file_tells_it(world: World) -> None:
    await world.owes(ANA)
    await world.feed("contacts", HEADER, CALL)
    again = await world.feed("contacts", HEADER, CALL, "A1;;;21/11/2026;09:10;SMS;enviado;", file="otro.csv")
    assert (again.taken, again.unchanged) == (1, 1)
    assert len(await ledger(world)) == 2


async def test_in_any_order_a_person_reached_stays_reached(world: World) -> None:
    await world.owes(ANA)
    missed = CALL.replace("contestó", "no contestó")
    for row in (missed, CALL, missed):
        await world.feed("contacts", HEADER, row)
    assert [row[4] for row in await ledger(world)] == [True]


async def test_a_wrong_number_is_not_used_again(world: World) -> None:
    await world.owes(ANA)
    await world.queue("m1", ANA)
    await world.feed("contacts", HEADER, CALL.replace("contestó", "número equivocado"))
    assert await world.rows("select quality from contact_point") == [("bad",)]
    assert await world.value("select reachable from person") == []
    assert await world.rows("select status from outbox") == [("dropped",)]
    (fact,) = await world.facts("contact_point_bad")
    assert isinstance(fact, f.ContactPointBad)
    assert (fact.value, fact.why) == ("+573005550100", "wrong")


async def test_what_never_rang_counts_in_no_limit(world: World) -> None:
    await world.owes(ANA)
    report = await world.feed("contacts", HEADER, CALL.replace("contestó", "congestión"))
    assert report.taken == 1
    assert await ledger(world) == []
    assert len(await world.facts("contact_imported")) == 1


async def test_a_promise_made_to_a_caller_is_a_promise(world: World) -> None:
    await world.owes(ANA)
    header = "Obligación;Fecha;Resultado;Fecha promesa;Valor promesa"
    for _ in range(2):
        await world.feed("contacts", header, "A1;20/11/2026 10:00;promesa de pago;28/11/2026;150.000")
    rows = await world.rows("select due, amount, status, account_id from promise")
    assert rows == [(date(2026, 11, 28), 15_000_000, "open", world.account("A1"))]


async def test_a_promise_for_a_day_gone_by_is_told_and_not_counted(world: World) -> None:
    await world.owes(ANA)
    header = "Obligación;Fecha;Resultado;Fecha promesa;Valor promesa"
    report = await world.feed("contacts", header, "A1;20/11/2026 10:00;promesa de pago;28/11/2020;150.000")
    assert (report.taken, [one.code for one in report.warnings]) == (1, ["promise_past"])
    assert await world.rows("select due from promise") == []


async def test_a_channel_that_nobody_knows_is_set_aside_with_the_few_there_are(world: World) -> None:
    report = await world.feed("contacts", "Obligación;Fecha;Canal;Resultado", "A1;20/11/2026 10:00;paloma;contestó")
    assert [one.mend for one in report.faults] == ["use una de: llamada, visita, sms, whatsapp, correo, carta"]


async def test_by_a_phone_that_two_people_share_it_counts_for_both(world: World) -> None:
    await world.owes(ANA)
    await world.owes((*IVAN[:2], ANA[2]))
    await world.owes(LUZ)
    report = await world.feed("contacts", "Teléfono;Fecha;Resultado", "3005550100;20/11/2026 10:00;no contesta")
    assert report.taken == 1
    assert await world.value("select count(distinct subject_id) from contact") == 2


async def test_who_called_us_is_no_attempt_of_ours(world: World) -> None:
    await world.owes(ANA)
    await world.feed("contacts", "Obligación;Fecha;Resultado;Sentido", "A1;20/11/2026 10:00;contestó;entrante")
    assert await world.rows("select purpose, reached from contact") == [("reply", True)]


async def test_an_attempt_of_this_afternoon_is_set_aside_this_morning(world: World) -> None:
    await world.owes(ANA)
    report = await world.feed("contacts", HEADER, "A1;;;23/11/2026;17:00;llamada;contestó;", CALL)
    assert (report.taken, report.set_aside) == (1, 1)
    (fault,) = report.faults
    assert (fault.row, fault.code, fault.cells[0]) == (2, "date_future", "A1")
    assert await world.value("select count(*) from contact") == 1


async def test_a_result_that_nobody_knows_is_set_aside_unless_reach_is_told(world: World) -> None:
    await world.owes(ANA)
    report = await world.feed("contacts", HEADER, "A1;;;20/11/2026;10:00;llamada;071;")
    assert [one.code for one in report.faults] == ["result_unknown"]
    assert "[values.result]" in report.faults[0].mend
    told = await world.feed("contacts", "Obligación;Fecha;Resultado;Contactado", "A1;20/11/2026 10:00;071;sí")
    assert told.taken == 1
    assert await world.rows("select reached from contact") == [(True,)]


async def test_an_attempt_on_a_stranger_waits_for_their_portfolio(world: World) -> None:
    report = await world.feed("contacts", HEADER, CALL, ";52345678;;21/11/2026;10:00;llamada;buzón;")
    assert report.unmatched == 2
    await world.owes(ANA)
    assert await world.catch_up(ANA[1], at=NOW + timedelta(days=1)) == 2
    assert len(await ledger(world)) == 2


@pytest.mark.parametrize(
    ("told", "channel"), [("visita", "visit"), ("WhatsApp", "whatsapp"), ("carta", "letter"), ("ligação", "voice")]
)
async def test_channels_by_their_names(world: World, told: str, channel: str) -> None:
    await world.owes(ANA)
    await world.feed("contacts", HEADER, CALL.replace("llamada", told))
    assert await world.value("select channel from contact") == channel


async def test_who_is_said_to_have_died_is_left_in_peace(world: World) -> None:
    await world.owes(ANA)
    await world.queue("m1", ANA)
    for _ in range(2):
        await world.feed("contacts", HEADER, CALL.replace("contestó", "titular fallecido"))
    assert await world.rows("select kind from hold") == [("death",)]
    assert await world.rows("select reason from work_item") == [("death",)]
    assert await world.rows("select status from outbox") == [("dropped",)]
