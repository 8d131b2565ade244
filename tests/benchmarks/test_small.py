"""Each benchmark at a tiny scale: it runs, and its figures stand beside a reference of the same run."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path

import pytest

from acuerdo.adapters.store.server import Database
from acuerdo.service.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks are beside the package, not in it

from benchmarks import chat, data, feeds, figures, guarding, portfolio, thinking, turns
from benchmarks.__main__ import main
from benchmarks.texts import texts


@pytest.fixture
async def ground(server: Database, tmp_path: Path) -> AsyncIterator[data.Ground]:
    async with data.ground(Settings(_env_file=None, data_dir=tmp_path, database_url=None), server) as made:
        yield made


async def test_durable_turns_beside_their_bare_transactions(ground: data.Ground) -> None:
    found = await turns.run(ground, rounds=1, seconds=0.3, conversations=16, clients=4)

    assert 0 < found["turns_per_second"] < found["bare_per_second"]
    assert found["ratio"] == pytest.approx(found["turns_per_second"] / found["bare_per_second"])
    written = await ground.pool.fetchval("select count(*) from fact where kind = 'heard'")
    assert written > 16 * 2, "the turns are in the book"


async def test_a_bare_transaction_writes_what_a_turn_wrote(ground: data.Ground) -> None:
    made = await data.talks(ground, await data.people(ground, 2))
    (one, *_) = await turns.record(ground, made[:1], turns=1)
    count = "select count(*), sum(octet_length(sealed)) from fact where conversation_id = $1 and cause = $2"
    before = await ground.pool.fetchrow(count, one.conversation, one.write[4])

    await turns.replay(ground, one, 7)

    after = await ground.pool.fetchrow(count, one.conversation, one.write[4])
    assert tuple(after) == (2 * before[0], 2 * before[1])


async def test_a_chat_over_a_real_socket(ground: data.Ground) -> None:
    found = await chat.run(ground, conversations=3, seconds=0.6, pause=0.3)

    assert found["turns"] >= 3
    assert 0 < found["p50_ms"] <= found["p95_ms"] <= found["p99_ms"]
    assert found["bare_p50_ms"] > 0


def test_judging_by_itself() -> None:
    found = guarding.run(situations=60, rounds=1)

    assert found.micros > 0
    assert 0 < found.cleared < 1
    assert [one.name for one in figures.of_guard(found)] == ["judge, 20 contacts behind", "  judgements on one core"]


def test_thinking_by_itself() -> None:
    found = thinking.run(messages=12, talks=3)

    assert all(value > 0 for value in found)


async def test_feeds_beside_a_bare_copy(db_url: str, tmp_path: Path) -> None:
    found = await feeds.measured(db_url, tmp_path, 300)

    told = figures.of_feeds(found)
    assert [one.reference for one in told] == ["bare COPY of the same rows", "the first time"] * 2
    assert all(one.value > 0 and one.ratio for one in told)


async def test_newer_files_with_and_without_payments(db_url: str, tmp_path: Path) -> None:
    found = await portfolio.changed(db_url, tmp_path, 300)

    assert found["changed_rows"] == 300
    assert found["changed_ratio"] == pytest.approx(found["changed_seconds"] / found["changed_upsert_seconds"])
    assert found["changed_paid_ratio"] == pytest.approx(found["changed_paid_seconds"] / found["changed_seconds"])


def test_messages_vary_and_a_seed_gives_the_same() -> None:
    first = list(islice(texts(1), 200))

    assert len(set(first)) > 100
    assert first == list(islice(texts(1), 200))


async def test_pgbench_where_its_program_is(ground: data.Ground) -> None:
    found = await turns.pgbench(ground, seconds=1, scale=1, clients=2)

    assert found is None or found > 0


def test_a_figure_tells_whether_it_holds() -> None:
    slow = {"p50_ms": 5.0, "p95_ms": 41.0, "p99_ms": 60.0, "bare_p50_ms": 1.0, "bare_p95_ms": 2.0, "bare_p99_ms": 3.0}
    rates = {"turns_per_second": 50.0, "bare_per_second": 100.0, "ratio": 0.5, "clients": 8, "turn_cpu_ms": 1.0}

    told = [*figures.of_chat(slow), *figures.of_turns({**rates, "bare_cpu_ms": 0.5, "pgbench_per_second": None})]

    assert [one.met for one in told] == [None, False, None, True, None]
    assert figures.table(told).row_count == 5
    assert figures.as_json(told, {})["figures"][1]["met"] is False


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "speed"])

    with pytest.raises(SystemExit, match="2"):
        main()
    assert "speed: unknown; known: thinking" in capsys.readouterr().err
