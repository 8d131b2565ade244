"""Beside the debtor: guarantors are people of their own; references are kept apart, and never contacted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from acuerdo.adapters.store.outbox import StoredOutbound
from acuerdo.adapters.store.parties import party_aad, settle_parties
from acuerdo.core.portfolio.records import Party
from acuerdo.core.words import derive
from acuerdo.service.channels import Traits

from .people_cases import MAIL, NOW, PHONE, RING, cc, creditor_in, everything, people_of, person_in, who

SMS = Traits("sms")
LUIS = "+573005550177"
GUARANTOR = Party("guarantor", "Luis Prueba Díaz", cc("79123456"), (LUIS,), ("luis@example.com",), "hermano")
REFERENCE = Party("reference", "Marta Ruiz", None, ("+573005550188",), (), "vecina")


@pytest.fixture
async def bank(db: asyncpg.Pool) -> str:
    return await creditor_in(db)


@pytest.fixture
async def ana(db: asyncpg.Pool, bank: str) -> str:
    return await person_in(db, bank, who(phones=(PHONE,)), "A1", "A2")


async def settled(db: asyncpg.Pool, bank: str, *parties: Party, debt: str = "A1", later: int = 0) -> None:
    account = derive("account", bank, debt)
    async with db.acquire() as c, c.transaction():
        await settle_parties(c, RING, bank, [(account, one) for one in parties], NOW + timedelta(days=later))


async def reached(db: asyncpg.Pool, person: str) -> list[str]:
    async with StoredOutbound(db, RING).person(person, NOW) as contact:
        assert contact is not None
        return [address.value for address in await contact.addresses(SMS)]


async def point(db: asyncpg.Pool, person: str, phone: str, **what: Any) -> None:
    """What another source says of a phone of this person's."""
    given = {"source": "bureau", "quality": "unknown"} | what
    await db.execute(
        """insert into contact_point (person_id, kind, address_hash, creditor_id, source, quality, first_seen,
                                      last_seen)
           select $1, 'phone', $2, creditor_id, $3, $4, $5, $5 from person where id = $1
           on conflict (person_id, kind, address_hash) do update set source = $3, quality = $4""",
        person, RING.address_hash("phone", phone), given["source"], given["quality"], NOW,
    )  # fmt: skip


class TestGuarantors:
    async def test_is_a_person_with_a_role_and_no_debt(self, db: asyncpg.Pool, bank: str, ana: str) -> None:
        await settled(db, bank, GUARANTOR)
        (luis,) = await people_of(db).find("document", "79.123.456", bank)
        (sheet,) = await people_of(db).sheets([luis])
        assert (sheet.name, sheet.phones, sheet.roles, sheet.accounts) == (
            "Luis Prueba Díaz", (LUIS,), ("guarantor",), ()
        )  # fmt: skip
        assert await reached(db, luis) == [LUIS]

    async def test_is_counted_by_the_guard_as_the_same_human_everywhere(
        self, db: asyncpg.Pool, bank: str, ana: str
    ) -> None:
        await settled(db, bank, GUARANTOR)
        shop = await creditor_in(db, "Tiendas Sur")
        debtor = await person_in(db, shop, who("Luis Prueba Díaz", "79123456"), "S1")
        subjects = await db.fetch(
            "select subject_id from person where id = any($1::text[])",
            [debtor, *await people_of(db).find("document", "79123456", bank)],
        )
        assert len(subjects) == 2
        assert len({row[0] for row in subjects}) == 1

    async def test_who_owes_too_is_known_from_their_own_row(self, db: asyncpg.Pool, bank: str, ana: str) -> None:
        luis = await person_in(db, bank, who("Luis Prueba", "79123456", phones=("+573005550111",)), "L1")
        await settled(db, bank, GUARANTOR)
        (sheet,) = await people_of(db).sheets([luis])
        assert (sheet.name, sheet.phones, sheet.roles) == ("Luis Prueba", ("+573005550111",), ("guarantor",))

    async def test_the_newest_file_tells_where_a_guarantor_is(self, db: asyncpg.Pool, bank: str, ana: str) -> None:
        await settled(db, bank, GUARANTOR)
        moved = msgspec.structs.replace(GUARANTOR, phones=("+573005550122",))
        await settled(db, bank, moved, later=1)
        (luis,) = await people_of(db).find("document", "79123456", bank)
        assert await reached(db, luis) == ["+573005550122"]
        assert await db.fetchval("select count(*) from party") == 1

    async def test_without_a_document_is_kept_sealed_with_the_debt(self, db: asyncpg.Pool, bank: str, ana: str) -> None:
        await settled(db, bank, msgspec.structs.replace(GUARANTOR, document=None))
        assert await db.fetchval("select person_id from party") is None
        assert await db.fetchval("select count(*) from person") == 1

    async def test_a_company_and_who_speaks_for_it(self, db: asyncpg.Pool, bank: str) -> None:
        firm = who("Ejemplo SAS", documents=(cc("9001234568", "nit"),), business=True)
        await person_in(db, bank, firm, "F1")
        await settled(db, bank, msgspec.structs.replace(GUARANTOR, role="representative"), debt="F1")
        (luis,) = await people_of(db).find("document", "79123456", bank)
        (sheet,) = await people_of(db).sheets([luis])
        assert (sheet.customer_type, sheet.roles) == ("natural", ("representative",))

    async def test_the_same_again_changes_nothing(self, db: asyncpg.Pool, bank: str, ana: str) -> None:
        await settled(db, bank, GUARANTOR, REFERENCE)
        people = await db.fetch("select * from person order by id"), await db.fetch("select count(*) from fact")
        await settled(db, bank, GUARANTOR, REFERENCE, later=1)
        again = await db.fetch("select * from person order by id"), await db.fetch("select count(*) from fact")
        assert again == people
        assert await db.fetchval("select count(*) from party") == 2


class TestReferences:
    async def test_is_nobody_and_is_sealed(self, db: asyncpg.Pool, bank: str, ana: str) -> None:
        named = msgspec.structs.replace(REFERENCE, document=cc("41222333"))
        await settled(db, bank, named)
        assert await db.fetchval("select count(*) from person") == 1
        kept = str(await everything(db))
        for secret in ("Marta", "41222333", "3005550188", "vecina"):
            assert secret not in kept
        party = await db.fetchrow("select * from party")
        assert party["person_id"] is None
        key = RING.person(await db.fetchval("select wrapped_key from person"), ana)
        assert key is not None
        told = key.open(party["sealed"], party_aad(party["account_id"], "reference", party["id"]))
        assert msgspec.json.decode(told, type=Party) == named

    async def test_their_number_is_not_used_for_the_debtor_on_anothers_word(self, db: asyncpg.Pool, bank: str) -> None:
        ana = await person_in(db, bank, who(phones=(PHONE, *REFERENCE.phones)), "A1")
        await point(db, ana, REFERENCE.phones[0], source="bureau")
        await settled(db, bank, REFERENCE)
        assert await reached(db, ana) == [PHONE]

    async def test_the_debtors_own_number_is_the_debtors(self, db: asyncpg.Pool, bank: str) -> None:
        ana = await person_in(db, bank, who(phones=(PHONE,)), "A1")
        await settled(db, bank, msgspec.structs.replace(REFERENCE, phones=(PHONE,)))
        assert await reached(db, ana) == [PHONE]

    async def test_a_number_is_free_again_when_no_file_names_it(self, db: asyncpg.Pool, bank: str, ana: str) -> None:
        await settled(db, bank, REFERENCE)
        await settled(db, bank, msgspec.structs.replace(REFERENCE, phones=("+573005550133",)), debt="A2")
        await settled(db, bank, GUARANTOR, later=1)
        hashes = {row[0] for row in await db.fetch("select address_hash from never_contact")}
        assert hashes == {RING.address_hash("phone", "+573005550133")}

    async def test_a_registers_number_is_nobodys_not_even_ones_own(self, db: asyncpg.Pool, ana: str) -> None:
        await db.execute(
            "insert into never_contact (address_hash, kind, why, at) values ($1, 'phone', 'register', $2)",
            RING.address_hash("phone", PHONE), NOW,
        )  # fmt: skip
        assert await reached(db, ana) == []


class TestQuality:
    async def test_a_good_number_goes_first_and_a_bad_one_is_not_used(self, db: asyncpg.Pool, bank: str) -> None:
        phones = (PHONE, LUIS, "+573005550133")
        ana = await person_in(db, bank, who(phones=phones, emails=(MAIL,)), "A1")
        await point(db, ana, phones[2], source="portfolio", quality="good")
        assert await reached(db, ana) == [phones[2], phones[0], phones[1]]
        await point(db, ana, phones[0], source="portfolio", quality="bad")
        assert await reached(db, ana) == [phones[2], phones[1]]

    async def test_a_bad_one_is_not_used_where_no_other_stands_either(self, db: asyncpg.Pool, ana: str) -> None:
        await point(db, ana, PHONE, source="portfolio", quality="bad")
        assert await reached(db, ana) == []

    async def test_what_a_file_says_again_is_the_same_point(self, db: asyncpg.Pool, bank: str, ana: str) -> None:
        row = await db.fetchrow("select * from contact_point")
        assert (row["person_id"], row["kind"], row["source"], row["quality"]) == (ana, "phone", "portfolio", "unknown")
        assert row["address_hash"] == RING.address_hash("phone", PHONE)
