"""Who may be one person is found by keyed hashes, weighed by rule, and asked about once; creditors see their own."""

from __future__ import annotations

from datetime import date

import asyncpg
import pytest

from acuerdo.adapters.store.people import canonical
from acuerdo.service.people import Pair

from .people_cases import (
    MAIL,
    PHONE,
    cc,
    compare,
    creditor_in,
    deed,
    everything,
    owes,
    people_of,
    person_in,
    who,
)

BORN = date(1985, 3, 7)


@pytest.fixture
async def bank(db: asyncpg.Pool) -> str:
    return await creditor_in(db)


async def reviewed(db: asyncpg.Pool, creditor: str | None = None) -> list[Pair]:
    return await people_of(db).review(creditor, 100)


async def root(db: asyncpg.Pool, person: str) -> str:
    async with db.acquire() as c:
        return (await canonical(c, [person])).get(person, person)


class TestReview:
    async def test_a_slip_in_the_document_is_asked_about(self, db: asyncpg.Pool, bank: str) -> None:
        one = await person_in(db, bank, who(phones=(PHONE,)), "A1")
        other = await person_in(db, bank, who("EJEMPLO RUIZ ANA", "52345687", phones=(PHONE,)), "B1")
        assert await compare(db, bank, one, other) == 1
        (pair,) = await reviewed(db)
        assert {pair.one.id, pair.other.id} == {one, other}
        assert (pair.rule, pair.score) == ("error_de_digitacion_y_telefono", 80)
        assert {"document_slip", "name_same", "phone"} <= set(pair.reasons)
        assert sorted(pair.one.accounts + pair.other.accounts) == ["A1", "B1"]
        assert await owes(db, one) == ["A1"]

    async def test_nothing_personal_is_in_the_list(self, db: asyncpg.Pool, bank: str) -> None:
        one = await person_in(db, bank, who(phones=(PHONE,)), "A1")
        other = await person_in(db, bank, who(paper="52345687", phones=(PHONE,), born=BORN), "B1")
        await compare(db, bank, one, other)
        kept = str(await everything(db))
        for secret in ("Ejemplo", "52345678", "52345687", "3005550100", "1985"):
            assert secret not in kept

    async def test_a_family_with_one_phone_is_a_family(self, db: asyncpg.Pool, bank: str) -> None:
        names = ("Ana Ejemplo Ruiz", "Luis Ejemplo Ruiz", "Marta Ruiz Prueba", "Ana Ejemplo")
        papers = ("52345678", "79123456", "41222333", "1020304050")
        family = [
            await person_in(db, bank, who(n, p, phones=(PHONE,)), f"D{p}") for n, p in zip(names, papers, strict=True)
        ]
        assert await compare(db, bank, *family) == 0
        assert await reviewed(db) == []

    async def test_a_switchboard_tells_of_nobody(self, db: asyncpg.Pool, bank: str) -> None:
        crowd = [
            await person_in(db, bank, who(paper=f"523456{n}", emails=("ventas@example.com",)), f"D{n}")
            for n in range(10, 32)
        ]
        assert await compare(db, bank, *crowd) == 0

    async def test_the_newcomer_is_compared_with_those_of_long_ago(self, db: asyncpg.Pool, bank: str) -> None:
        await person_in(db, bank, who(emails=(MAIL,)), "A1")
        late = await person_in(db, bank, who("Anita Ejemplo", "79123456", emails=("ANA@example.com",)), "B1")
        assert await compare(db, bank, late) == 0  # Anita is not in the table of pet names
        later = await person_in(db, bank, who("A. Ejemplo", "41222333", emails=(MAIL,)), "C1")
        assert await compare(db, bank, later) == 2
        assert {pair.rule for pair in await reviewed(db)} == {"correo_y_nombre"}

    async def test_what_was_decided_is_not_asked_again(self, db: asyncpg.Pool, bank: str) -> None:
        one = await person_in(db, bank, who(phones=(PHONE,)), "A1")
        other = await person_in(db, bank, who(paper="52345687", phones=(PHONE,)), "B1")
        await compare(db, bank, one, other)
        await people_of(db).keep_apart(deed(one, "son gemelas"), other)
        assert await reviewed(db) == []
        assert await compare(db, bank, one, other) == 0
        assert await reviewed(db) == []

    async def test_kept_apart_before_anybody_asked(self, db: asyncpg.Pool, bank: str) -> None:
        one = await person_in(db, bank, who(phones=(PHONE,)), "A1")
        other = await person_in(db, bank, who(paper="52345687", phones=(PHONE,)), "B1")
        await people_of(db).keep_apart(deed(other), one)
        assert await compare(db, bank, one, other) == 0

    async def test_the_merged_leave_the_list_and_come_back_with_the_un_merge(self, db: asyncpg.Pool, bank: str) -> None:
        one = await person_in(db, bank, who(phones=(PHONE,)), "A1")
        other = await person_in(db, bank, who(paper="52345687", phones=(PHONE,)), "B1")
        await compare(db, bank, one, other)
        await people_of(db).merge(deed(other), one)
        assert await reviewed(db) == []
        assert await compare(db, bank, other) == 0
        await people_of(db).unmerge(deed(other))
        assert len(await reviewed(db)) == 1

    async def test_who_was_forgotten_is_compared_with_nobody(self, db: asyncpg.Pool, bank: str) -> None:
        one = await person_in(db, bank, who(phones=(PHONE,)), "A1")
        other = await person_in(db, bank, who(paper="52345687", phones=(PHONE,)), "B1")
        await db.execute("update person set wrapped_key = null where id = $1", one)
        assert await compare(db, bank, other) == 0

    async def test_a_company_is_never_a_person(self, db: asyncpg.Pool, bank: str) -> None:
        one = await person_in(db, bank, who(emails=(MAIL,)), "A1")
        firm = await person_in(
            db, bank, who("Ana Ejemplo Ruiz", documents=(cc("9001234568", "nit"),), emails=(MAIL,), business=True), "B1"
        )
        assert await compare(db, bank, one, firm) == 0


class TestSure:
    async def test_a_further_document_makes_them_one(self, db: asyncpg.Pool, bank: str) -> None:
        passport = await person_in(db, bank, who(documents=(cc("X12345", "passport"),)), "A1")
        await compare(db, bank, passport)
        both = await person_in(
            db, bank, who(documents=(cc("345678", "cedula_extranjeria"), cc("X12345", "passport"))), "B1"
        )
        assert await compare(db, bank, both) == 0
        assert await root(db, both) == passport  # who was known before stays
        assert await owes(db, passport) == ["A1", "B1"]
        facts = await db.fetch("select shown::jsonb ->> 'rule' as rule, who from fact where kind = 'people_merged'")
        assert [tuple(row) for row in facts] == [("un_documento", "system")] * 2

    async def test_whichever_came_first(self, db: asyncpg.Pool, bank: str) -> None:
        both = await person_in(
            db, bank, who(documents=(cc("345678", "cedula_extranjeria"), cc("X12345", "passport"))), "B1"
        )
        await compare(db, bank, both)
        passport = await person_in(db, bank, who(documents=(cc("X12345", "passport"),)), "A1")
        await compare(db, bank, passport)
        assert await root(db, passport) == both

    async def test_a_further_document_of_somebody_with_another_name_is_asked_about(
        self, db: asyncpg.Pool, bank: str
    ) -> None:
        one = await person_in(db, bank, who(documents=(cc("X12345", "passport"),)), "A1")
        other = await person_in(db, bank, who("Bruno Díaz", documents=(cc("345678"), cc("X12345", "passport"))), "B1")
        assert await compare(db, bank, one, other) == 1
        assert await root(db, other) == other

    async def test_three_records_of_one_human_in_one_file(self, db: asyncpg.Pool, bank: str) -> None:
        papers = (cc("345678", "cedula_extranjeria"), cc("X12345", "passport"), cc("777888", "nie"))
        three = [await person_in(db, bank, who(documents=(p,), born=BORN, phones=(PHONE,)), p.value) for p in papers]
        assert await compare(db, bank, *three) == 0
        assert len({await root(db, one) for one in three}) == 1

    async def test_a_rule_is_taken_back_for_good(self, db: asyncpg.Pool, bank: str) -> None:
        one = await person_in(db, bank, who(documents=(cc("X12345", "passport"),), born=BORN, phones=(PHONE,)), "A1")
        other = await person_in(db, bank, who(born=BORN, phones=(PHONE,)), "B1")
        await compare(db, bank, one, other)
        merged = await db.fetchval("select id from person where merged_into is not null")
        await people_of(db).unmerge(deed(merged))
        await compare(db, bank, one, other)
        assert await root(db, merged) == merged
        assert len(await reviewed(db)) == 1


class TestAcrossCreditors:
    async def test_each_sees_its_own(self, db: asyncpg.Pool, bank: str) -> None:
        shop = await creditor_in(db, "Tiendas Sur")
        for creditor, debt in ((bank, "A"), (shop, "S")):
            one = await person_in(db, creditor, who(f"Ana {debt}xx", "52345678", phones=(PHONE,)), f"{debt}1")
            other = await person_in(db, creditor, who(f"Ana {debt}xx", "52345687", phones=(PHONE,)), f"{debt}2")
            await compare(db, creditor, one, other)
        (pair,) = await reviewed(db, bank)
        told = str(pair)
        assert "Banco Andino" in told
        for secret in ("Tiendas", "Sxx", "S1", "S2"):
            assert secret not in told
        found = await people_of(db).find("phone", "300 555 0100", bank)
        assert {sheet.creditor for sheet in await people_of(db).sheets(found)} == {"Banco Andino"}

    async def test_people_of_two_creditors_are_never_compared_nor_merged(self, db: asyncpg.Pool, bank: str) -> None:
        shop = await creditor_in(db, "Tiendas Sur")
        here = await person_in(db, bank, who(emails=(MAIL,), born=BORN, phones=(PHONE,)), "A1")
        there = await person_in(
            db, shop, who(documents=(cc("X12345", "passport"),), emails=(MAIL,), born=BORN, phones=(PHONE,)), "S1"
        )
        assert await compare(db, bank, here) == await compare(db, shop, there) == 0
        assert await reviewed(db) == []
        assert (await owes(db, here), await owes(db, there)) == (["A1"], ["S1"])
        assert await db.fetch("select from subject where merged_into is not null") == []

    async def test_one_human_of_two_creditors_by_two_documents_is_one_for_the_guard_alone(
        self, db: asyncpg.Pool, bank: str
    ) -> None:
        shop = await creditor_in(db, "Tiendas Sur")
        here = await person_in(
            db, bank, who(documents=(cc("345678", "cedula_extranjeria"), cc("X12345", "passport"))), "A1"
        )
        await compare(db, bank, here)
        there = await person_in(db, shop, who(documents=(cc("X12345", "passport"),)), "S1")
        before = await db.fetch("select * from person order by id")
        await compare(db, shop, there)
        assert await db.fetch("select * from person order by id") == before
        assert await db.fetch("select from fact where kind like 'people_%'") == []
        assert await reviewed(db) == []
        subjects = await db.fetch("select coalesce(merged_into, id) as human from subject")
        assert len(subjects) == 2
        assert len({row["human"] for row in subjects}) == 1
        (sheet,) = await people_of(db).sheets([here])
        assert "Tiendas" not in str(sheet)
        assert "S1" not in str(sheet)

    async def test_a_merge_of_one_creditor_says_nothing_to_the_other(self, db: asyncpg.Pool, bank: str) -> None:
        shop = await creditor_in(db, "Tiendas Sur")
        people = [
            await person_in(db, creditor, who(paper=paper), f"{creditor[:2]}{paper}")
            for creditor in (bank, shop)
            for paper in ("52345678", "52345687")
        ]
        await people_of(db).merge(deed(people[1], "lo dijo ella"), people[0])
        assert [await root(db, person) for person in people] == [people[0], people[0], people[2], people[3]]
        told = await db.fetch("select distinct person_id from fact where kind = 'people_merged'")
        assert {row[0] for row in told} == {people[0], people[1]}
        # And yet the guard, who sees no creditor, counts one human.
        assert await db.fetchval("select count(distinct coalesce(merged_into, id)) from subject") == 1
        await people_of(db).merge(deed(people[2]), people[3])
        await people_of(db).unmerge(deed(people[1]))
        assert await db.fetchval("select count(distinct coalesce(merged_into, id)) from subject") == 1
        await people_of(db).unmerge(deed(people[2]))
        assert await db.fetchval("select count(distinct coalesce(merged_into, id)) from subject") == 2


class TestFound:
    async def test_by_phone_mail_and_any_document(self, db: asyncpg.Pool, bank: str) -> None:
        papers = (cc("345678", "cedula_extranjeria"), cc("X12345", "passport"))
        ana = await person_in(db, bank, who(documents=papers, phones=(PHONE,), emails=(MAIL,)), "A1")
        people = people_of(db)
        assert await people.find("phone", "300 555 01 00", None) == [ana]
        assert await people.find("phone", PHONE, None) == [ana]
        assert await people.find("email", "Ana@Example.com", None) == [ana]
        assert await people.find("document", "345.678", None) == [ana]
        assert await people.find("document", "x12345", None) == [ana]
        assert await people.find("document", "99999999", None) == []
        assert await people.find("phone", "no es un teléfono", None) == []
