"""Accounts fall into segments, can say why, and move when their days do."""

from datetime import timedelta

import asyncpg
import msgspec
import pytest

from acuerdo.adapters.store.segments import StoredSegments
from acuerdo.core.facts import Segmented
from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.service.segmenting import UnknownAccount, ranked, segment_accounts, shipped_segments, why

from .portfolio_cases import ANA, ANA_TOO, IVAN, NOW, column, creditor_in, facts_of, imported, kinds

FILE = shipped_segments()


async def placed(db: asyncpg.Pool) -> dict[str, str]:
    """Which segment each account is in, by the creditor's number."""
    sql = "select external_id, segment from account left join placed on account_id = id order by 1"
    return {row[0]: row[1] for row in await db.fetch(sql)}


async def test_every_account_falls_into_a_segment_with_its_strategy(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, IVAN, ANA_TOO)
    report = await segment_accounts(StoredSegments(db), creditor, FILE, NOW)
    assert await placed(db) == {"A1": "early", "A2": "mid", "A3": "early-small"}
    assert (report.counts, report.moved) == ({"early-small": 1, "early": 1, "mid": 1}, 3)
    assert await column(db, "select body from artefact where hash = $1", report.segments) == [FILE.encode()]
    row = await db.fetchrow(
        "select authority, handler, person_id from account join placed on account_id = id where external_id = 'A2'"
    )
    authority = msgspec.json.decode(row["authority"], type=Authority)
    assert (authority.max_installments, authority.max_discount_pct, row["handler"]) == (6, 15, "bot")
    assert authority.min_installment is not None
    assert authority.min_installment.currency == "COP"
    assert authority.id == f"mid@{report.segments}"
    assert "segmented" not in await kinds(db)  # a first place is no move
    await segment_accounts(StoredSegments(db), creditor, FILE, NOW + timedelta(days=16))
    fact = (await facts_of(db, row["person_id"]))[-1].fact
    assert isinstance(fact, Segmented)
    assert fact.segment == "late"
    assert "61" in fact.why[0]


async def test_only_open_accounts_are_counted(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, IVAN, ANA_TOO)
    await db.execute("update account set status = 'withdrawn' where external_id = 'A2'")
    await db.execute("update account set paid_since = balance where external_id = 'A3'")
    report = await segment_accounts(StoredSegments(db), creditor, FILE, NOW)
    assert (report.counts, report.accounts, report.moved, report.closed) == ({"early": 1}, 1, 1, 2)
    assert await placed(db) == {"A1": "early", "A2": "mid", "A3": "early-small"}  # should they open again


async def test_sorting_again_on_the_same_day_changes_nothing(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, IVAN)
    await segment_accounts(StoredSegments(db), creditor, FILE, NOW)
    before = await kinds(db)
    report = await segment_accounts(StoredSegments(db), creditor, FILE, NOW + timedelta(hours=1))
    assert report.moved == 0
    assert await kinds(db) == before


@pytest.mark.parametrize(("days", "segment", "handler"), [(15, "mid", "bot"), (16, "late", "person")])
async def test_from_day_61_a_person_has_the_account(db: asyncpg.Pool, days: int, segment: str, handler: str) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, IVAN)  # 45 days past due on the 23rd
    await segment_accounts(StoredSegments(db), creditor, FILE, NOW)
    await segment_accounts(StoredSegments(db), creditor, FILE, NOW + timedelta(days=days))
    assert await db.fetchrow("select segment, handler from placed") == (segment, handler)
    assert (await kinds(db)).get("segmented", 0) == (0 if segment == "mid" else 1)


async def test_the_day_is_the_persons_own(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, IVAN.replace(";45;", ";60;"))
    # 03:00 UTC on the 24th is still the 23rd in Bogotá.
    await segment_accounts(StoredSegments(db), creditor, FILE, NOW + timedelta(hours=12))
    assert await placed(db) == {"A2": "mid"}
    await segment_accounts(StoredSegments(db), creditor, FILE, NOW + timedelta(hours=15))
    assert await placed(db) == {"A2": "late"}


async def test_what_was_paid_to_us_counts(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA)
    await db.execute("update account set paid_since = balance - 1000000")
    await segment_accounts(StoredSegments(db), creditor, FILE, NOW)
    assert await placed(db) == {"A1": "early-small"}


async def test_a_conversation_looks_again_when_its_authority_changed(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA.replace(";22;", ";1;"), IVAN)
    await segment_accounts(StoredSegments(db), creditor, FILE, NOW)
    await db.execute(
        """insert into conversation (id, creditor_id, person_id, channel, flows, state, started_at)
           select external_id, creditor_id, person_id, 'web', '', '', $1 from account""",
        NOW,
    )
    await segment_accounts(StoredSegments(db), creditor, FILE, NOW + timedelta(days=16))
    assert await column(db, "select id from conversation where stale") == ["A2"]


async def test_a_list_is_ranked_and_every_line_says_why(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    small = ANA.replace("A1", "A9").replace("52345678", "52345679").replace("900000", "400000")
    await imported(db, creditor, small, ANA, IVAN)
    store = StoredSegments(db)
    assert await ranked(store, creditor, "early") == []
    await segment_accounts(store, creditor, FILE, NOW)
    lines = await ranked(store, creditor, "early")
    assert [line.external_id for line in lines] == ["A1", "A9"]
    assert lines[0].rank > lines[1].rank
    assert "22" in lines[0].why[0]
    assert lines[0].ranked_by[0].startswith("importe ")
    assert [line.external_id for line in await ranked(store, creditor, "all", limit=2)] == ["A1", "A2"]
    with pytest.raises(TomlError, match="quiso decir «early»"):
        await ranked(store, creditor, "earli")


async def test_one_account_says_why_it_is_where_it_is(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, IVAN)
    store = StoredSegments(db)
    assert (await why(store, creditor, "A2", NOW)).segment is None
    await segment_accounts(store, creditor, FILE, NOW)
    found = await why(store, creditor, "A2", NOW)
    assert (found.segment, found.days_past_due) == ("mid", 45)
    assert (await why(store, creditor, found.account, NOW)) == found
    with pytest.raises(UnknownAccount, match="'A7'"):
        await why(store, creditor, "A7", NOW)


async def test_a_file_with_a_slip_changes_nothing(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA)
    with pytest.raises(TomlError, match="asistente no negocia"):
        await segment_accounts(
            StoredSegments(db), creditor, FILE.replace("dpd = { max = 60 }", "dpd = { max = 61 }"), NOW
        )
    assert await placed(db) == {"A1": None}


async def test_an_error_on_the_way_undoes_all_of_it(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, IVAN)
    await db.execute("alter table account_segment add constraint broken check (rank < 0)")
    with pytest.raises(asyncpg.CheckViolationError):
        await segment_accounts(StoredSegments(db), creditor, FILE, NOW)
    assert await placed(db) == {"A1": None, "A2": None}
    assert "segmented" not in await kinds(db)
