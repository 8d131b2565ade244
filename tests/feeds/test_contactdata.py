"""New ways to reach people and bad ones: used by their quality, kept through newer portfolios, references refused."""

from datetime import timedelta
from itertools import permutations

import msgspec

from acuerdo.adapters.store.views import Person, person_aad
from acuerdo.core import facts as f

from .conftest import ANA, IVAN, NOW, RING, World

HEADER = "Documento;Teléfono;Correo;Dirección;Calidad;Origen;Fecha"
NEW = "52345678;300 555 0177;;;bueno;búsqueda;20/11/2026"


async def test_a_new_phone_is_put_first_when_it_is_good(world: World) -> None:
    await world.owes(ANA)
    report = await world.feed("contactdata", HEADER, NEW, "52345678;;ana@example.com;;;la persona;20/11/2026")
    assert report.taken == 2
    who = await world.particulars(ANA[1])
    assert (who.phones, who.emails) == (("+573005550177", "+573005550100"), ("ana@example.com",))
    assert await world.value("select reachable from person") == ["sms", "email"]
    points = await world.rows("select kind, quality, source from contact_point order by kind, quality")
    assert points == [
        ("email", "unknown", "la persona"),
        ("phone", "good", "búsqueda"),
        ("phone", "unknown", "portfolio"),
    ]
    assert f.ContactUpdated("phone", "+573005550177") in await world.facts("contact_updated")


async def test_a_bad_number_is_not_used_and_its_message_is_taken_back(world: World) -> None:
    await world.owes(ANA)
    await world.queue("m1", ANA)
    await world.feed("contactdata", HEADER, "52345678;3005550100;;;malo;;20/11/2026")
    assert await world.rows("select quality from contact_point") == [("bad",)]
    assert await world.value("select reachable from person") == []
    assert await world.rows("select status from outbox") == [("dropped",)]


async def test_a_number_that_is_none_is_told_once(world: World) -> None:
    await world.owes(ANA)
    report = await world.feed("contactdata", HEADER, "52345678;123;;;malo;;20/11/2026")
    assert [one.code for one in report.faults] == ["phone_bad"]


async def test_the_latest_word_about_an_address_holds_in_whatever_order(world: World) -> None:
    rows = (
        "52345678;3005550177;;;bueno;;01/11/2026",
        "52345678;3005550177;;;malo;;05/11/2026",
        "52345678;3005550177;;;bueno;;05/11/2026",
    )
    seen = []
    for order in permutations(rows):
        await world.pool.execute("truncate contact_found, contact_point, account, subject cascade")
        await world.pool.execute("truncate fact")
        await world.owes(ANA)
        for row in order:
            await world.feed("contactdata", HEADER, row)
        quality = await world.rows("select quality from contact_point order by address_hash")
        seen.append((quality, await world.particulars(ANA[1]), await world.value("select reachable from person")))
    assert all(one == seen[0] for one in seen)
    assert ("bad",) in seen[0][0]


async def test_it_outlives_a_newer_portfolio(world: World) -> None:
    await world.owes(ANA)
    await world.feed("contactdata", HEADER, NEW)
    person = world.person(ANA[1])
    wrapped = await world.value("select wrapped_key from person")
    key = RING.person(wrapped, person)
    assert key is not None
    fresh = key.seal(msgspec.json.encode(Person("Ana", "cedula", ANA[1], (ANA[2],))), person_aad(person))
    await world.pool.execute("update person set sealed = $1", fresh)
    await world.catch_up(ANA[1])
    assert (await world.particulars(ANA[1])).phones == ("+573005550177", "+573005550100")


async def test_a_postal_address_takes_the_place_of_the_old_one(world: World) -> None:
    await world.owes(ANA)
    await world.feed("contactdata", HEADER, "52345678;;;Calle 10 # 5-21;;;20/11/2026")
    assert (await world.particulars(ANA[1])).address == "Calle 10 # 5-21"


async def test_the_number_of_a_reference_is_refused(world: World) -> None:
    await world.owes(ANA)
    account = await world.owes(IVAN)
    await world.pool.execute(
        "insert into never_contact values ($1, 'phone', 'reference', $2, $3)",
        RING.address_hash("phone", "+573005550177"), account, NOW,
    )  # fmt: skip
    report = await world.feed("contactdata", HEADER, NEW)
    assert (report.taken, [one.code for one in report.faults]) == (0, ["reference_address"])
    assert (await world.particulars(ANA[1])).phones == ("+573005550100",)


async def test_the_same_row_again_changes_nothing(world: World) -> None:
    await world.owes(ANA)
    await world.feed("contactdata", HEADER, NEW)
    again = await world.feed("contactdata", HEADER, NEW, at=NOW + timedelta(days=1), file="otro.csv")
    assert again.unchanged == 1
    assert len(await world.facts("contact_updated")) == 1


async def test_of_a_stranger_it_waits(world: World) -> None:
    report = await world.feed("contactdata", HEADER, NEW)
    assert report.unmatched == 1
    assert await world.waiting("contactdata") == ["documento •••678"]
    await world.owes(ANA)
    await world.catch_up(ANA[1])
    assert (await world.particulars(ANA[1])).phones[0] == "+573005550177"


async def test_who_was_forgotten_stays_so(world: World) -> None:
    await world.owes(ANA)
    await world.pool.execute("update person set wrapped_key = null")
    await world.feed("contactdata", HEADER, NEW)
    assert await world.value("select count(*) from contact_found") == 0
