"""What people said elsewhere about being written to: opt-outs at once and for good, consents by their latest word."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

from acuerdo.adapters.store.feeds import consents_of, give_consents
from acuerdo.core import facts as f
from acuerdo.core.portfolio.feeds.consents import Said, agreed
from acuerdo.core.portfolio.records import Consent

from .conftest import ANA, IVAN, NOW, RING, World

OUT = "Documento;Teléfono;Canal;Fecha;Origen"
SAID = "Documento;Canal;Consentimiento;Fecha;Evidencia"


class TestOptOuts:
    async def test_a_person_who_wants_no_more_gets_no_more_and_what_waited_is_taken_back(self, world: World) -> None:
        await world.owes(ANA)
        await world.queue("m1", ANA)
        report = await world.feed("optouts", OUT, "52345678;;todos;20/11/2026;oficina")
        assert report.taken == 1
        assert await world.rows("select channel, address_hash from opt_out") == [("*", "")]
        assert await world.rows("select status from outbox") == [("dropped",)]
        assert await world.value("select count(*) from contact") == 0
        assert await world.facts("opted_out") == [f.OptedOut("*", "", "oficina")]

    async def test_one_channel_leaves_the_others(self, world: World) -> None:
        await world.owes(ANA)
        await world.queue("m1", ANA)
        await world.queue("m2", ANA, "whatsapp")
        await world.feed("optouts", OUT, "52345678;;WhatsApp;20/11/2026;")
        assert await world.rows("select key, status from outbox order by key") == [("m1", "pending"), ("m2", "dropped")]

    async def test_an_address_alone_is_closed_on_every_channel_that_leads_there(self, world: World) -> None:
        await world.owes(ANA)
        await world.queue("m1", ANA)
        await world.feed("optouts", OUT, ";300 555 0100;;20/11/2026;")
        rows = await world.rows("select channel, address_hash from opt_out order by channel")
        assert rows == [(one, RING.address_hash(one, ANA[2])) for one in ("sms", "voice", "whatsapp")]
        assert await world.rows("select status from outbox") == [("dropped",)]

    async def test_said_twice_it_is_one(self, world: World) -> None:
        await world.owes(ANA)
        row = "52345678;;SMS;20/11/2026;"
        await world.feed("optouts", OUT, row, row)
        again = await world.feed("optouts", OUT, row, file="otro.csv")
        assert again.counts == {"taken": 0, "unchanged": 1, "unmatched": 0, "set_aside": 0}
        assert await world.value("select count(*) from opt_out") == 1

    async def test_of_a_stranger_it_waits(self, world: World) -> None:
        report = await world.feed("optouts", OUT, ";3005550100;SMS;20/11/2026;", "52345678;;;20/11/2026;")
        assert report.unmatched == 2
        await world.owes(ANA)
        assert await world.catch_up(ANA[1]) == 2
        assert await world.rows("select channel from opt_out order by 1") == [("*",), ("sms",)]


class TestConsents:
    async def test_a_word_is_kept_with_its_evidence_sealed(self, world: World) -> None:
        await world.owes(ANA)
        await world.feed("consents", SAID, "52345678;WhatsApp;sí;20/11/2026 10:15;contrato 1182")
        (fact,) = await world.facts("consent_given")
        assert isinstance(fact, f.ConsentGiven)
        assert (fact.channel, fact.evidence) == ("whatsapp", "contrato 1182")
        stored = await world.value("select shown from fact where kind = 'consent_given'")
        assert "1182" not in stored
        assert b"1182" not in await world.value("select evidence from consent")

    async def test_the_latest_word_holds_in_whatever_order_it_is_told(self, world: World) -> None:
        await world.owes(ANA)
        rows = ("52345678;SMS;sí;01/11/2026;a", "52345678;SMS;retirado;10/11/2026;b", "52345678;todos;sí;05/11/2026;c")
        person, seen = world.person(ANA[1]), []
        for order in permutations(rows):
            await world.pool.execute("truncate consent")
            await world.pool.execute("truncate fact")
            for row in order:
                await world.feed("consents", SAID, row, file=f"{row}.csv")
            async with world.pool.acquire() as db:
                seen.append((await consents_of(db, [person]))[person])
        assert all(one == seen[0] for one in seen)
        assert agreed(seen[0], "sms") is False
        assert agreed(seen[0], "email") is True
        assert agreed((), "sms") is None

    def test_of_two_words_at_once_no_holds(self) -> None:
        at = datetime(2026, 11, 1, tzinfo=UTC)
        assert agreed((Said("sms", True, at), Said("*", False, at)), "sms") is False

    async def test_a_portfolios_consents_are_kept_once(self, world: World) -> None:
        await world.owes(ANA)
        said = [(world.person(ANA[1]), Consent("sms", True, date(2026, 1, 5), "contrato")),
                (world.person(ANA[1]), Consent("email", False))]  # fmt: skip
        async with world.pool.acquire() as db, db.transaction():
            assert await give_consents(db, RING, world.creditor.id, said, NOW) == 2
            assert await give_consents(db, RING, world.creditor.id, said, NOW + timedelta(days=1)) == 0
        async with world.pool.acquire() as db:
            held = (await consents_of(db, [world.person(ANA[1])]))[world.person(ANA[1])]
        assert {(one.channel, one.given) for one in held} == {("sms", True), ("email", False)}

    async def test_each_persons_own(self, world: World) -> None:
        await world.owes(ANA)
        await world.owes(IVAN)
        await world.feed("consents", SAID, "52345678;SMS;sí;20/11/2026;")
        async with world.pool.acquire() as db:
            assert list(await consents_of(db, [world.person(ANA[1]), world.person(IVAN[1])])) == [world.person(ANA[1])]
