"""A creditor's file goes in whole or not at all, once, and a newer one brings what is known up to date."""

from datetime import date, datetime, timedelta

import asyncpg
import msgspec
import pytest

from acuerdo.adapters.store.portfolio import StoredCreditors, StoredPortfolio
from acuerdo.adapters.store.views import open_person
from acuerdo.core.facts import AccountUpdated, PersonChanged, PersonSeen
from acuerdo.core.portfolio.mapping import load_mapping
from acuerdo.core.words import AcuerdoError
from acuerdo.service.creditors import Settings, UnknownCreditor, add_creditor, creditor_named
from acuerdo.service.importing import FileError, Report
from acuerdo.testing.synthetic import SPOILERS, portfolio

from .portfolio_cases import (
    ANA,
    ANA_TOO,
    HEADER,
    IVAN,
    NOW,
    RING,
    column,
    creditor_in,
    csv_of,
    facts_of,
    imported,
    kinds,
    put,
)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.set_aside


class TestCreditors:
    async def test_a_creditor_is_found_by_its_name_whatever_its_letters(self, db: asyncpg.Pool) -> None:
        added = await creditor_in(db)
        assert await creditor_named(StoredCreditors(db, RING), " banco  ANDINO ") == added

    async def test_an_unknown_one_is_answered_with_those_there_are(self, db: asyncpg.Pool) -> None:
        store = StoredCreditors(db, RING)
        with pytest.raises(UnknownCreditor, match="none yet"):
            await creditor_named(store, "Banco Andino")
        await creditor_in(db)
        with pytest.raises(UnknownCreditor, match=r"did you mean 'Banco Andino'.*Known: Banco Andino"):
            await creditor_named(store, "Banco Andno")

    async def test_adding_it_again_changes_its_settings_and_nothing_else(self, db: asyncpg.Pool) -> None:
        store = StoredCreditors(db, RING)
        first = await creditor_in(db)
        again = await add_creditor(store, "Banco Andino", Settings("Banco Andino S.A.", ownership="agency"), NOW)
        assert again.id == first.id
        assert [one.settings.ownership for one in await store.all()] == ["agency"]

    async def test_a_creditor_without_a_name_is_refused(self, db: asyncpg.Pool) -> None:
        with pytest.raises(AcuerdoError, match="needs a name"):
            await add_creditor(StoredCreditors(db, RING), "  ", Settings("x"), NOW)


class TestOneFile:
    async def test_the_first_time_everything_is_new(self, db: asyncpg.Pool) -> None:
        report = await imported(db, await creditor_in(db), ANA, IVAN)
        assert counts(report) == (2, 0, 0, 0)
        assert report.set_aside_file is None
        assert await kinds(db) == {
            "creditor_added": 1, "person_seen": 2, "account_imported": 2, "portfolio_imported": 1,
        }  # fmt: skip

    async def test_the_same_file_twice_changes_nothing(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA, IVAN)
        before = await db.fetch("select * from account order by id"), await db.fetch("select * from person order by id")
        report = await imported(db, creditor, ANA, IVAN, at=NOW + timedelta(days=1))
        assert counts(report) == (0, 0, 2, 0)
        after = await db.fetch("select * from account order by id"), await db.fetch("select * from person order by id")
        assert after == before
        assert (await kinds(db))["portfolio_imported"] == 2
        assert "account_updated" not in await kinds(db)

    async def test_what_is_personal_is_kept_sealed(self, db: asyncpg.Pool) -> None:
        await imported(db, await creditor_in(db), ANA)
        row = await db.fetchrow("select * from person")
        who = open_person(RING, row["wrapped_key"], row["sealed"], row["id"])
        assert (who.name, who.document, who.phones) == ("Ana Ejemplo", "52345678", ("+573005550100",))
        assert row["reachable"] == ["sms", "email"]
        dump = str(await db.fetch("select * from person")) + str(await db.fetch("select * from fact"))
        for secret in ("Ejemplo", "52345678", "3005550100", "ana@example"):
            assert secret not in dump
        facts = await facts_of(db, row["id"])
        assert [one.fact for one in facts if one.account is None] == [PersonSeen("CO", "Ana Ejemplo")]

    async def test_who_has_no_phone_is_reached_by_mail_alone(self, db: asyncpg.Pool) -> None:
        await imported(db, await creditor_in(db), ANA.replace("3005550100", ""))
        assert await column(db, "select reachable from person") == [["email"]]

    async def test_the_hour_of_a_person_whose_place_is_unknown_is_every_hour_of_the_country(
        self, db: asyncpg.Pool
    ) -> None:
        row = "M1;Ana Ejemplo;FUMF940522MPLCDR05;;ana@example.com;tarjeta;900;22;2026-11-23"
        await imported(db, await creditor_in(db), row, country="MX")
        ((zones,),) = await db.fetch("select zones from person")
        assert {"America/Mexico_City", "America/Tijuana", "America/Cancun"} <= set(zones)


class TestSeveralDebts:
    async def test_a_person_of_several_rows_is_one_person_with_every_phone(self, db: asyncpg.Pool) -> None:
        report = await imported(db, await creditor_in(db), ANA, IVAN, ANA_TOO)
        assert counts(report) == (3, 0, 0, 0)
        assert await column(db, "select count(*) from person") == [2]
        row = await db.fetchrow(
            "select p.* from person p join account a on a.person_id = p.id and a.external_id = 'A3'"
        )
        who = open_person(RING, row["wrapped_key"], row["sealed"], row["id"])
        assert who.phones == ("+573005550100", "+573005550199")
        assert (await kinds(db))["person_seen"] == 2

    async def test_two_creditors_share_a_subject_and_nothing_else(self, db: asyncpg.Pool) -> None:
        await imported(db, await creditor_in(db), ANA)
        await imported(db, await creditor_in(db, "Tiendas Sur"), ANA)
        assert await column(db, "select count(*) from subject") == [1]
        assert await column(db, "select count(*) from person") == [2]
        assert await column(db, "select count(*) from account") == [2]


class TestNewerFiles:
    async def test_the_balance_of_record_is_the_newer_files(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA, IVAN)
        newer = ANA.replace("900000;22;2026-11-23", "700000;25;2026-11-26")
        report = await imported(db, creditor, newer, IVAN, at=NOW + timedelta(days=3))
        assert counts(report) == (0, 1, 1, 0)
        row = await db.fetchrow("select * from account where external_id = 'A1'")
        assert (row["balance"], row["days_past_due"], row["as_of"]) == (70_000_000, 25, date(2026, 11, 26))
        facts = await facts_of(db, row["person_id"])
        told = facts[-1].fact
        assert isinstance(told, AccountUpdated)
        assert (told.balance.plain(), told.days_past_due, told.was.plain()) == ("700000", 25, "900000")
        assert (told.as_of, told.status) == (date(2026, 11, 26), "open")
        assert facts[-1].account == row["id"]

    async def test_an_older_file_changes_nothing_and_is_told(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA)
        report = await imported(db, creditor, ANA.replace("900000;22;2026-11-23", "950000;1;2026-11-02"))
        assert (counts(report), report.older) == ((0, 0, 1, 0), 1)
        assert await column(db, "select balance from account") == [90_000_000]

    async def test_a_new_phone_is_a_change_of_the_person_alone(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA)
        report = await imported(db, creditor, ANA.replace("3005550100", "3005550177"))
        assert counts(report) == (0, 1, 0, 0)
        (person,) = await column(db, "select id from person")
        facts = [r.fact for r in await facts_of(db, person)]
        assert facts[-1] == PersonChanged(("phones",))
        assert "account_updated" not in await kinds(db)

    async def test_a_debt_that_the_newer_file_leaves_out_stays(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA, IVAN)
        await imported(db, creditor, ANA)
        assert await column(db, "select count(*) from account where status = 'open'") == [2]

    @pytest.mark.parametrize(
        ("cut_off", "left"), [("2026-11-24", 60_000_000), ("2026-11-25", 60_000_000), ("2026-11-26", 80_000_000)]
    )
    async def test_what_was_paid_to_us_stays_off_until_the_file_knows_of_it(
        self, db: asyncpg.Pool, cut_off: str, left: int
    ) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA)
        await db.execute(
            """with paid as (update account set paid_since = 20000000 returning id, person_id, creditor_id)
               insert into payment (id, creditor_id, person_id, accounts, amount, currency, status, gateway,
                                    created_at, paid_at)
               select 'p1', creditor_id, person_id, array[id], 20000000, 'COP', 'paid', 'sandbox', $1, $1 from paid""",
            datetime.fromisoformat("2026-11-25T22:00-05:00"),
        )
        newer = ANA.replace("900000;22;2026-11-23", f"800000;24;{cut_off}")
        await imported(db, creditor, newer, at=NOW + timedelta(days=9))
        assert await column(db, "select balance - paid_since from account") == [left]

    async def test_open_conversations_look_again_when_something_changed(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA, IVAN)
        await db.execute(
            """insert into conversation (id, creditor_id, person_id, channel, flows, state, started_at)
               select a.external_id, a.creditor_id, a.person_id, 'web', '', '', $1 from account a""",
            NOW,
        )
        await imported(db, creditor, ANA, IVAN)
        assert await column(db, "select id from conversation where stale") == []
        await imported(db, creditor, ANA.replace("900000", "800000"), IVAN)
        assert await column(db, "select id from conversation where stale") == ["A1"]

    async def test_who_was_forgotten_stays_forgotten(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA)
        await db.execute("update person set wrapped_key = null, sealed = '', reachable = '{}'")
        await imported(db, creditor, ANA.replace("3005550100", "3005550177"))
        assert await db.fetchrow("select sealed, reachable from person") == (b"", [])

    async def test_states_other_than_open_are_kept(self, db: asyncpg.Pool) -> None:
        header = HEADER + ";Estado crédito"
        rows = (ANA + ";retirada", IVAN + ";castigada", ANA_TOO + ";judicial")
        await imported(db, await creditor_in(db), data=csv_of(*rows, header=header))
        assert await column(db, "select status from account order by external_id") == ["withdrawn", "open", "legal"]


BAD_ROWS = {
    "a negative balance": (ANA.replace("900000", "-900000"), "credit_balance"),
    "an impossible date": (ANA.replace("2026-11-23", "31/02/2026"), "date_impossible"),
    "another broken document": (ANA.replace("52345678", "12"), "document_bad"),
    "a missing name": (ANA.replace("Ana Ejemplo", ""), "missing"),
    "two few columns": ("A1;Ana Ejemplo;52345678", "too_few_columns"),
    "a duplicate id": (IVAN.replace("1.000.000", "5"), "duplicate_id"),
}


ADDED = ";fila;columna;valor;motivo;como_corregir;huella"


async def balances(db: asyncpg.Pool) -> list[int]:
    return await column(db, "select balance from account order by balance")


class TestBadInput:
    @pytest.mark.parametrize("what", BAD_ROWS)
    async def test_a_bad_row_is_set_aside_and_the_good_ones_go_in(self, db: asyncpg.Pool, what: str) -> None:
        row, code = BAD_ROWS[what]
        report = await imported(db, await creditor_in(db), IVAN, row, ANA_TOO)
        assert counts(report) == (2, 0, 0, 1)
        (kept,) = await db.fetch("select line, code, reason from set_aside")
        assert (kept["line"], kept["code"]) == (3, code)
        assert kept["reason"]
        assert report.set_aside_file is not None
        lines = report.set_aside_file.decode("utf-8-sig").splitlines()
        assert lines[0] == HEADER + ADDED
        assert lines[1].startswith(row[:20])

    async def test_a_currency_that_is_not_the_countrys(self, db: asyncpg.Pool) -> None:
        data = csv_of(ANA + ";USD", IVAN + ";COP", header=HEADER + ";Moneda")
        report = await imported(db, await creditor_in(db), data=data)
        assert counts(report) == (1, 0, 0, 1)

    async def test_one_broken_encoding_in_the_middle(self, db: asyncpg.Pool) -> None:
        data = csv_of(ANA, IVAN.replace("Iván", "Mu?oz"), ANA_TOO).replace(b"Mu?oz", b"Mu\xf1oz")
        report = await imported(db, await creditor_in(db), data=data)
        assert counts(report) == (2, 0, 0, 1)

    async def test_a_file_cut_in_the_middle(self, db: asyncpg.Pool) -> None:
        data = csv_of(ANA, IVAN)[:-40]
        report = await imported(db, await creditor_in(db), data=data)
        assert counts(report) == (1, 0, 0, 1)
        assert b"se corta" in (report.set_aside_file or b"")

    async def test_the_mended_file_goes_in_as_it_is(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        report = await imported(db, creditor, IVAN, ANA.replace("900000", "-900000"))
        mended = (report.set_aside_file or b"").replace(b"-900000", b"900000")
        assert counts(await imported(db, creditor, data=mended)) == (1, 0, 0, 0)

    async def test_a_repeated_row_set_aside_does_not_overwrite_the_good_one(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        report = await imported(db, creditor, IVAN, IVAN.replace("1.000.000", "5.000"), ANA)
        aside = report.set_aside_file or b""
        again = await imported(db, creditor, data=aside)
        assert counts(again) == (0, 0, 0, 1)
        assert again.set_aside_file is not None
        assert again.set_aside_file.decode("utf-8-sig").splitlines()[0] == HEADER + ADDED
        assert counts(await imported(db, creditor, data=again.set_aside_file)) == (0, 0, 0, 1)
        # As a spreadsheet saves it: figures without their marks.
        assert counts(await imported(db, creditor, data=aside.replace(b";5.000;", b";5000;"))) == (0, 0, 0, 1)
        assert await balances(db) == [90000000, 100000000]

    async def test_a_repeated_row_that_somebody_changed_or_let_go_goes_in(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        report = await imported(db, creditor, IVAN, IVAN.replace("1.000.000", "5.000"))
        aside = (report.set_aside_file or b"").decode("utf-8-sig")
        changed = aside.replace(";5.000;", ";7.000;", 1)
        assert counts(await imported(db, creditor, data=changed.encode())) == (0, 1, 0, 0)
        header, row = aside.splitlines()
        let_go = f"{header}\n{row.rpartition(';')[0]};\n"
        assert counts(await imported(db, creditor, data=let_go.encode())) == (0, 1, 0, 0)

    async def test_a_file_set_aside_before_there_were_prints_is_read(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        report = await imported(db, creditor, IVAN, ANA.replace("900000", "-900000"))
        lines = (report.set_aside_file or b"").decode("utf-8-sig").splitlines()
        old = "\n".join(line.rpartition(";")[0] for line in lines).replace("-900000", "900000")
        assert counts(await imported(db, creditor, data=old.encode())) == (1, 0, 0, 0)

    async def test_unknown_columns_are_told_and_the_rows_go_in(self, db: asyncpg.Pool) -> None:
        report = await imported(db, await creditor_in(db), data=csv_of(ANA + ";x", header=HEADER + ";Color"))
        assert counts(report) == (1, 0, 0, 0)
        assert [one.code for one in report.warnings] == ["column_unknown"]

    @pytest.mark.parametrize("data", [b"\n", HEADER.encode() + b"\n", b"PK\x03\x04 workbook", b"a;b\n1;2\n"])
    async def test_a_file_that_cannot_be_read_imports_nothing(self, db: asyncpg.Pool, data: bytes) -> None:
        with pytest.raises(FileError):
            await imported(db, await creditor_in(db), data=data)
        assert await kinds(db) == {"creditor_added": 1}

    async def test_faults_are_kept_without_the_persons_own_words(self, db: asyncpg.Pool) -> None:
        rows = (ANA.replace("900000", "1,234"), IVAN.replace("79123456", "Iván 79"))
        await imported(db, await creditor_in(db), *rows)
        kept = str(await db.fetch("select * from set_aside"))
        assert "1,234" not in kept
        assert "Iván" not in kept

    async def test_a_crash_in_the_middle_imports_nothing(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        data = csv_of(
            *(f"A{n};Ana Ejemplo;{52345678 + n};3005550100;;tarjeta;900000;22;2026-11-23" for n in range(1500))
        )

        def crash(read: int, total: int) -> None:
            if read > 1000:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await put(StoredPortfolio(db, RING), creditor, data, NOW, crash)
        assert await kinds(db) == {"creditor_added": 1}
        assert await column(db, "select count(*) from person") == [0]

    async def test_a_mapping_brings_a_creditors_own_columns(self, db: asyncpg.Pool) -> None:
        data = csv_of(ANA, header=HEADER.replace("Obligación", "Ref interna"))
        mapping = load_mapping('[columns]\n"Ref interna" = "external_id"\n')
        store, creditor = StoredPortfolio(db, RING), await creditor_in(db)
        report = await put(store, creditor, data, mapping=mapping)
        assert counts(report) == (1, 0, 0, 0)


async def test_a_made_up_portfolio_of_six_countries_goes_in_and_again_changes_nothing(db: asyncpg.Pool) -> None:
    creditor, data = await creditor_in(db), portfolio(3, 300, at=date(2026, 11, 23), spoiled=True)
    seen: list[tuple[int, int]] = []
    store = StoredPortfolio(db, RING)
    report = await put(store, creditor, data, NOW, lambda *n: seen.append(n))
    assert (report.updated, report.unchanged, report.set_aside) == (0, 0, len(SPOILERS))
    assert seen[-1][0] == report.added + report.set_aside > 300
    assert await column(db, "select count(*) from person") == [300]
    assert await column(db, "select count(distinct country) from person") == [6]
    again = await put(store, creditor, data)
    assert counts(again) == (0, 0, report.added, len(SPOILERS))
    assert await column(db, "select count(*) from set_aside") == [len(await db.fetch("select from set_aside"))]
    shown = await column(db, "select shown from fact where kind = 'portfolio_imported' order by pos")
    assert [msgspec.json.decode(one)["added"] for one in shown] == [report.added, 0]
