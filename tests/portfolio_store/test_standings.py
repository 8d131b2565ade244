"""The database sorts as core does: the same segment and the same score, for any account on any day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acuerdo.adapters.store import standings
from acuerdo.adapters.store.segments import StoredSegments
from acuerdo.core.portfolio.segments import assign, load_segments
from acuerdo.core.portfolio.standing import score
from acuerdo.service.segmenting import preview, segment_accounts, shipped_segments

from .portfolio_cases import ANA, ANA_TOO, IVAN, NOW, creditor_in, imported

BEHAVIOUR = """
[amounts.big]
COP = 5000000
MXN = 1
CLP = 1
PEN = 1
ARS = 1
EUR = 1
[[segments]]
name = "gone-quiet"
title = "Sin respuesta"
rank = 20
when = { unanswered_30d = { min = 2 }, dpd = { max = 60 } }
strategy = { flow = "f", handler = "person", invite = false, stage = "late" }
[[segments]]
name = "keeps-word"
title = "Cumple"
rank = 10
when = { promises_kept = { min = 1 }, days_since_payment = { max = 40 } }
strategy = { flow = "f", handler = "person", invite = false, stage = "late" }
[[segments]]
name = "two-debts"
title = "Dos deudas"
rank = 15
when = { debts = { min = 2 }, balance = { max = "big" }, product = ["tienda", "tarjeta de crédito"], country = ["CO"] }
strategy = { flow = "f", handler = "person", invite = false, stage = "late" }
[[segments]]
name = "talked"
title = "Conversó"
rank = 15
when = { days_since_reached = { max = 10 } }
strategy = { flow = "f", handler = "person", invite = false, stage = "late" }
[[segments]]
name = "rest"
title = "Resto"
strategy = { flow = "f", handler = "person", invite = false, stage = "late" }
"""
ZONES = ("America/Bogota", "Pacific/Easter", "Europe/Madrid")
account = st.fixed_dictionaries(
    {
        "balance": st.integers(0, 2 * 10**9), "paid": st.integers(0, 10**9), "dpd": st.integers(-5, 400),
        "due": st.none() | st.integers(-400, 60), "as_of": st.integers(-40, 0),
        "opened": st.none() | st.integers(-3000, 0),
        "late": st.integers(0, 5), "broken": st.integers(0, 3), "since": st.none() | st.integers(-4000, 0),
        "kind": st.sampled_from(["natural", "business"]), "zone": st.sampled_from(ZONES),
        "product": st.sampled_from(["tienda", "tarjeta de crédito", "crédito hipotecario"]),
        "currency": st.sampled_from(["COP", "EUR"]), "last": st.none() | st.integers(-60, 0),
        "kept": st.integers(0, 2), "met": st.none() | st.integers(-20, 0), "unanswered": st.integers(0, 3),
        "twin": st.booleans(),
    }
)  # fmt: skip
TODAY = date(2026, 11, 23)


def day(offset: int | None) -> date | None:
    return None if offset is None else TODAY + timedelta(days=offset)


async def put(db: asyncpg.Connection, n: int, one: dict[str, object]) -> None:
    person, subject = f"p{n}", f"s{n}"
    await db.execute("insert into subject values ($1, 'CO')", subject)
    await db.execute(
        """insert into person
             (id, creditor_id, subject_id, country, zones, customer_type, customer_since, sealed, digest)
           values ($1, 'c', $2, 'CO', $3, $4, $5, '', '')""",
        person, subject, [one["zone"]], one["kind"], day(one["since"]),
    )  # fmt: skip
    for twin in range(1 + bool(one["twin"])):
        await db.execute(
            """insert into account (id, creditor_id, person_id, external_id, product, currency, balance, paid_since,
                 due_date, days_past_due, as_of, opened, late_12m, broken_promises, last_payment, digest)
               values ($1, 'c', $2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '')""",
            f"a{n}-{twin}", person, one["product"], one["currency"], one["balance"], one["paid"], day(one["due"]),
            one["dpd"], day(one["as_of"]), day(one["opened"]), one["late"], one["broken"], day(one["last"]),
        )  # fmt: skip
    for k in range(one["kept"]):
        await db.execute(
            "insert into promise (id, person_id, due, currency, status, made_at)"
            " values ($1, $2, $3, 'COP', 'kept', $4)",
            f"k{n}-{k}", person, TODAY, NOW,
        )  # fmt: skip
    met = [(NOW + timedelta(days=one["met"]), True)] if one["met"] is not None else []
    for k, (at, reached) in enumerate([*met, *((NOW - timedelta(days=k), False) for k in range(one["unanswered"]))]):
        await db.execute(
            "insert into contact (key, subject_id, at, channel, mode, purpose, status, reached)"
            " values ($1, $2, $3, 'sms', 'text', 'collection', 'sent', $4)",
            f"m{n}-{k}", subject, at, reached,
        )  # fmt: skip


@given(st.lists(account, min_size=1, max_size=12), st.integers(0, 40 * 24))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_database_and_core_agree(db: asyncpg.Pool, accounts: list[dict[str, object]], hours: int) -> None:
    at = datetime(2026, 11, 23, 3, 30, tzinfo=UTC) + timedelta(hours=hours)
    async with db.acquire() as connection:
        change = connection.transaction()
        await change.start()
        await connection.execute("insert into creditor (id, name, settings, added_at) values ('c', 'C', '{}', $1)", NOW)
        for n, one in enumerate(accounts):
            await put(connection, n, one)
        for text in (shipped_segments(), BEHAVIOUR):
            segments = load_segments(text)
            sql = await standings.sheet(connection, "c", at)
            place, rank = standings.placing(segments, sql), standings.scoring(segments.scoring, sql)
            rows = await connection.fetch(
                f"{standings.SHEET} select *, {place} as n, {rank} as rank from stood", *sql.args
            )
            assert len(rows) == sum(1 + one["twin"] for one in accounts)
            for row in rows:
                stands = standings.standing_in(row)
                assert segments.all[row["n"]].name == assign(stands, segments).segment.name
                assert abs(row["rank"] - score(stands, segments.scoring)) <= 1  # the last bit of a logarithm
        await change.rollback()


async def test_where_segments_overlap_the_lowest_rank_wins() -> None:
    assert [one.name for one in load_segments(BEHAVIOUR).all] == [
        "keeps-word", "two-debts", "talked", "gone-quiet", "rest",
    ]  # fmt: skip


async def test_a_preview_counts_and_sums_and_changes_nothing(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, IVAN, ANA_TOO)
    store = StoredSegments(db)
    seen = await preview(store, creditor, BEHAVIOUR, NOW)
    assert [(c.segment, c.bucket, c.accounts, c.owed.plain()) for c in seen.cells] == [
        ("two-debts", "1-30", 2, "950000"), ("rest", "31-60", 1, "1000000"),
    ]  # fmt: skip
    assert await db.fetchval("select count(*) from account_segment") == 0
    shipped = await preview(store, creditor, shipped_segments(), NOW)
    assert ("early-small", "early", 1) in shipped.overlaps
    report = await segment_accounts(store, creditor, shipped_segments(), NOW)
    counted: dict[str, int] = {}
    for cell in shipped.cells:
        counted[cell.segment] = counted.get(cell.segment, 0) + cell.accounts
    assert counted == report.counts
