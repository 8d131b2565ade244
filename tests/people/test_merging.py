"""Two records of one human are shown as one, and every one of them gets back exactly what was theirs."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from acuerdo.adapters.store import book
from acuerdo.adapters.store.contacts import locked
from acuerdo.adapters.store.history import StoredHistories
from acuerdo.adapters.store.outbox import StoredOutbound
from acuerdo.adapters.store.sheet import Sheet
from acuerdo.adapters.store.views import view_of
from acuerdo.core.facts import PeopleKeptApart, PeopleMerged, PeopleUnmerged, kind_of
from acuerdo.core.words import pick
from acuerdo.service.channels import Traits
from acuerdo.service.history import history
from acuerdo.service.people import CannotMerge

from .people_cases import (
    NOW,
    PHONE,
    RING,
    cc,
    conversation_in,
    creditor_in,
    deed,
    everything,
    owes,
    people_of,
    person_in,
    who,
)

SMS = Traits("sms")


@pytest.fixture
async def bank(db: asyncpg.Pool) -> str:
    return await creditor_in(db)


@pytest.fixture
async def ana(db: asyncpg.Pool, bank: str) -> str:
    return await person_in(db, bank, who(phones=(PHONE,)), "A1")


@pytest.fixture
async def anita(db: asyncpg.Pool, bank: str) -> str:
    """The same human under a document typed wrong, with another phone."""
    return await person_in(db, bank, who("ANITA EJEMPLO", "52345687", phones=("+573005550199",)), "B1", "B2")


class TestMerge:
    async def test_who_answers_has_the_debts_of_both(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        await people_of(db).merge(deed(anita), ana)
        assert await owes(db, ana) == ["A1", "B1", "B2"]
        assert await owes(db, anita) == []
        async with db.acquire() as c:
            for person in (ana, anita):  # whichever link it was opened by
                view = await view_of(c, RING, person, "", NOW)
                assert sorted(account.reference for account in view.accounts) == ["A1", "B1", "B2"]

    async def test_it_is_a_fact_of_both_with_who_and_why(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        await people_of(db).merge(deed(anita, "llamó y lo confirmó"), ana)
        await people_of(db).unmerge(deed(anita, "era la prima", NOW + timedelta(hours=1)))
        for person in (ana, anita):
            async with db.acquire() as c:
                told = [r for r in await book.of_person(c, RING, person) if kind_of(r.fact).startswith("people_")]
            assert [r.fact for r in told] == [
                PeopleMerged(anita, ana, "", "llamó y lo confirmó"), PeopleUnmerged(anita, ana, "era la prima"),
            ]  # fmt: skip
            assert {r.who for r in told} == {"operator"}
        assert "prima" not in str(await db.fetch("select * from fact"))

    async def test_their_history_is_one_while_they_are(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        histories = StoredHistories(db, RING)
        await people_of(db).merge(deed(anita), ana)
        for reference in ("52345678", "52345687", "B1", anita):
            assert (await history(histories, reference)).person.id == ana
        await people_of(db).unmerge(deed(anita))
        assert (await history(histories, "B1")).person.id == anita

    async def test_the_guard_counts_them_as_one(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        for n, person in enumerate((ana, anita)):
            await db.execute(
                """insert into contact (key, subject_id, at, channel, mode, purpose, status)
                   select $2, subject_id, $3, 'sms', 'text', 'collection', 'sent' from person where id = $1""",
                person, f"c{n}", NOW,
            )  # fmt: skip
        await db.execute(
            "insert into opt_out (subject_id, channel, at) select subject_id, 'sms', $2 from person where id = $1",
            anita, NOW,
        )  # fmt: skip
        outbound = StoredOutbound(db, RING)

        async def counted(person: str) -> tuple[int, int]:
            async with outbound.person(person, NOW) as contact:
                assert contact is not None
                return len(contact.record.attempts), len(contact.record.opt_outs)

        assert [await counted(ana), await counted(anita)] == [(1, 0), (1, 1)]
        await people_of(db).merge(deed(anita), ana)
        assert [await counted(ana), await counted(anita)] == [(2, 1), (2, 1)]
        await people_of(db).unmerge(deed(anita))
        assert [await counted(ana), await counted(anita)] == [(1, 0), (1, 1)]

    async def test_they_are_reached_where_either_is(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        await people_of(db).merge(deed(anita), ana)
        async with StoredOutbound(db, RING).person(ana, NOW) as contact:
            assert contact is not None
            assert [a.value for a in await contact.addresses(SMS)] == [PHONE, "+573005550199"]

    async def test_an_open_conversation_looks_again(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        talks = [await conversation_in(db, ana), await conversation_in(db, anita)]
        await people_of(db).merge(deed(anita), ana)
        rows = await db.fetch("select id, person_id from conversation where stale order by id")
        assert sorted(row["id"] for row in rows) == sorted(talks)
        assert {row["person_id"] for row in rows} == {ana, anita}  # each stays where it is

    async def test_a_merge_waits_for_the_turn_under_way(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        talk = await conversation_in(db, anita)
        async with db.acquire() as turn, turn.transaction():
            await turn.fetch("select from conversation where id = $1 for update", talk)
            merging = asyncio.create_task(people_of(db).merge(deed(anita), ana))
            await somebody_waits(db)
            assert await owes(db, ana) == ["A1"]
        await merging
        assert await owes(db, ana) == ["A1", "B1", "B2"]


class TestUnmerge:
    async def test_everything_is_as_it_was(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        await conversation_in(db, anita)
        before = await everything(db)
        await people_of(db).merge(deed(anita), ana)
        assert await everything(db) != before
        assert await people_of(db).unmerge(deed(anita)) == ana
        assert await everything(db) == before

    @pytest.mark.parametrize("seed", range(8))
    async def test_any_merges_taken_back_in_any_order_leave_nothing(
        self, db: asyncpg.Pool, bank: str, seed: int
    ) -> None:
        names = [await person_in(db, bank, who(paper=f"5234567{n}"), f"A{n}", f"B{n}") for n in range(5)]
        before, pointers = await everything(db), dict[str, str]()
        for step in range(12):
            await _something(db, names, pointers, f"{seed} {step}")
        after = await everything(db)
        for person in sorted(pointers, key=lambda p: pick(f"{seed} {p}", "0123456789")):
            await people_of(db).unmerge(deed(person))
        assert await everything(db) == before
        for person in sorted(pointers):  # what there is follows from who is merged into whom, not from how it came
            await people_of(db).merge(deed(person), pointers[person])
        assert await everything(db) == after

    async def test_a_chain_goes_where_its_end_goes(self, db: asyncpg.Pool, bank: str, ana: str, anita: str) -> None:
        other = await person_in(db, bank, who(documents=(cc("X12345", "passport"),)), "C1")
        people = people_of(db)
        await people.merge(deed(ana), anita)
        await people.merge(deed(anita), other)
        assert await owes(db, other) == ["A1", "B1", "B2", "C1"]
        await people.unmerge(deed(anita))
        assert (await owes(db, other), await owes(db, anita)) == (["C1"], ["A1", "B1", "B2"])

    async def test_debts_that_came_meanwhile_go_home_too(
        self, db: asyncpg.Pool, bank: str, ana: str, anita: str
    ) -> None:
        await people_of(db).merge(deed(anita), ana)
        await db.execute(
            """insert into account (id, creditor_id, person_id, home_person_id, external_id, product, currency, balance,
                                    days_past_due, as_of, digest)
               select 'new', creditor_id, $1, $2, 'B3', product, currency, 1, 1, as_of, '' from account
               where external_id = 'B1'""",
            ana, anita,
        )  # fmt: skip
        await people_of(db).unmerge(deed(anita))
        assert (await owes(db, ana), await owes(db, anita)) == (["A1"], ["B1", "B2", "B3"])


async def _something(db: asyncpg.Pool, names: list[str], pointers: dict[str, str], seed: str) -> None:
    """A merge or an un-merge, whichever can be; `pointers` says who is merged into whom."""
    one, other = pick(f"{seed} a", names), pick(f"{seed} b", names)
    try:
        if pick(f"{seed} c", "mmu") == "m":
            await people_of(db).merge(deed(one), other)
            pointers[one] = other
        else:
            await people_of(db).unmerge(deed(one))
            del pointers[one]
    except CannotMerge:
        pass


class TestRefused:
    async def test_of_two_creditors(self, db: asyncpg.Pool, ana: str) -> None:
        elsewhere = await person_in(db, await creditor_in(db, "Tiendas Sur"), who(), "S1")
        with pytest.raises(CannotMerge, match="two creditors"):
            await people_of(db).merge(deed(elsewhere), ana)

    async def test_a_company_and_a_person(self, db: asyncpg.Pool, bank: str, ana: str) -> None:
        firm = await person_in(db, bank, who("Ana SAS", documents=(cc("9001234568", "nit"),), business=True), "F1")
        with pytest.raises(CannotMerge, match="never a person"):
            await people_of(db).merge(deed(ana), firm)

    async def test_somebody_forgotten(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        await db.execute("update person set wrapped_key = null where id = $1", ana)
        with pytest.raises(CannotMerge, match="forgotten"):
            await people_of(db).merge(deed(anita), ana)
        with pytest.raises(CannotMerge, match="forgotten"):
            await people_of(db).merge(deed(ana), anita)

    async def test_twice_with_oneself_or_with_nobody(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        people = people_of(db)
        await people.merge(deed(anita), ana)
        with pytest.raises(CannotMerge, match="already"):
            await people.merge(deed(anita), ana)
        with pytest.raises(CannotMerge, match="already"):
            await people.merge(deed(ana), anita)
        with pytest.raises(CannotMerge, match="one and the same"):
            await people.merge(deed(ana), ana)
        with pytest.raises(CannotMerge, match="no person nobody"):
            await people.merge(deed(ana), "nobody")
        with pytest.raises(CannotMerge, match="not merged into"):
            await people.unmerge(deed(ana))

    async def test_who_is_merged_already_is_merged_by_their_root(
        self, db: asyncpg.Pool, bank: str, ana: str, anita: str
    ) -> None:
        other = await person_in(db, bank, who(documents=(cc("X12345", "passport"),)), "C1")
        await people_of(db).merge(deed(anita), ana)
        with pytest.raises(CannotMerge, match=f"merge {ana}"):
            await people_of(db).merge(deed(anita), other)

    async def test_apart_while_they_are_merged(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        await people_of(db).keep_apart(deed(ana, "son hermanas"), anita)
        async with db.acquire() as c:
            facts = [r.fact for r in await book.of_person(c, RING, anita)]
        assert facts == [PeopleKeptApart(ana, anita, "son hermanas")]
        await people_of(db).merge(deed(ana), anita)
        with pytest.raises(CannotMerge, match="take that back"):
            await people_of(db).keep_apart(deed(ana), anita)


class TestAtOnce:
    async def test_each_into_the_other_is_one_merge(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        people = people_of(db)
        done = await gathered(people.merge(deed(ana), anita), people.merge(deed(anita), ana))
        assert done.count(None) == 1
        (root,) = {row[0] for row in await db.fetch("select person_id from account")}
        assert await owes(db, root) == ["A1", "B1", "B2"]

    async def test_a_ring_is_never_closed(self, db: asyncpg.Pool, bank: str, ana: str, anita: str) -> None:
        other = await person_in(db, bank, who(documents=(cc("X12345", "passport"),)), "C1")
        people = people_of(db)
        done = await gathered(
            people.merge(deed(ana), anita), people.merge(deed(anita), other), people.merge(deed(other), ana)
        )
        assert done.count(None) == 2
        assert len({row[0] for row in await db.fetch("select person_id from account")}) == 1
        assert await db.fetchval("select count(*) from person where merged_into is null") == 1

    async def test_who_waited_for_a_human_holds_the_whole_of_them(self, db: asyncpg.Pool, ana: str, anita: str) -> None:
        """Whichever record is asked for, after the merge the lock is one and the same."""
        root = await db.fetchval("select min(subject_id) from person")
        other = await db.fetchval("select id from person where subject_id <> $1", root)
        first = await db.fetchval("select id from person where subject_id = $1", root)
        held, let_go = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            async with db.acquire() as c, c.transaction():
                await locked(c, RING, [other], NOW, frozenset(), Sheet())
                held.set()
                await let_go.wait()

        async with db.acquire() as c:
            merging = c.transaction()
            await merging.start()
            await c.fetch("select from subject order by id for update")
            holder = asyncio.create_task(hold())
            await somebody_waits(db)
            await c.execute("update person set merged_into = $1, root_id = $1 where id = $2", first, other)
            await c.execute("update subject set merged_into = $1 where id <> $1", root)
            await merging.commit()
        await held.wait()
        with pytest.raises(asyncpg.LockNotAvailableError):
            await db.execute("select from subject where id = $1 for update nowait", root)
        let_go.set()
        await holder


async def gathered(*work: Any) -> list[Any]:
    """What each came to: None, or why it was refused; anything else is raised."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException) and not isinstance(one, CannotMerge):
            raise one
    return done


async def somebody_waits(db: asyncpg.Pool) -> None:
    """Returns once a connection to this database waits for a lock."""
    while not await db.fetchval(  # noqa: ASYNC110 - the server offers no event
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    ):
        await asyncio.sleep(0.01)
