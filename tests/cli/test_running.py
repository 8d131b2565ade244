"""What keeps running: started, heard, ended cleanly; and logs that tell of nobody."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path

import httpx
import psutil
import pytest

from acuerdo.cli.demo import BOGOTA, OPENS, opening, working_day

from .conftest import PROGRAM, process

TOKEN = "un-enlace-privado-cualquiera"


@contextmanager
def started(*args: str, env: dict[str, str], until: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command in a process of its own, as soon as it said `until` on stderr; what it said."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("ACUERDO_")}
    with subprocess.Popen([PROGRAM, *args], env=bare | env, stderr=subprocess.PIPE, text=True) as child:
        said = ""
        try:
            assert child.stderr is not None
            for line in child.stderr:
                said += line
                if until in line:
                    break
            yield child, said
        finally:
            child.kill()


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_web_answers_and_ends_when_told(env: dict[str, str], order: signal.Signals) -> None:
    with started("serve", env=env, until="listening") as (child, said):
        base = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert base is not None
        assert httpx.get(f"{base.group()}/health").json() == {"status": "ok"}
        child.send_signal(order)
        assert child.wait(20) == 0


def test_the_logs_hold_no_private_link(env: dict[str, str]) -> None:
    with started("serve", env=env | {"ACUERDO_LOG_LEVEL": "debug"}, until="listening") as (child, said):
        base = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert base is not None
        assert httpx.get(f"{base.group()}/c/{TOKEN}").status_code == 404
        child.send_signal(signal.SIGTERM)
        assert child.stderr is not None
        assert TOKEN not in said + child.stderr.read()


def test_a_port_that_is_taken_is_told(env: dict[str, str]) -> None:
    with started("serve", env=env, until="listening") as (_, said):
        port = re.search(r"127\.0\.0\.1:(\d+)", said)
        assert port is not None
        ran = process("serve", "--port", port.group(1), env=env)
        assert ran.returncode == 2
        assert "choose another port" in ran.stderr


def test_a_worker_ends_when_told(env: dict[str, str]) -> None:
    with started("worker", env=env, until="working") as (child, _):
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 0


def test_a_log_line_hides_whom_it_is_about() -> None:
    from acuerdo.cli.logs import HIDDEN, impersonal, where

    assert impersonal(None, "info", {"event": "sent", "phone": "+573001234567", "n": 3}) == {
        "event": "sent", "phone": HIDDEN, "n": 3,
    }  # fmt: skip
    try:
        raise ValueError("Ana Ruiz debe 900000")
    except ValueError as error:
        told = where(None, "error", {"exc_info": (ValueError, error, error.__traceback__)})
    assert "Ana" not in json.dumps(told)
    assert told["error"] == "ValueError"


def test_the_demo_opens_at_ten_on_a_working_day_of_all_six_countries() -> None:
    sunday_night = datetime(2026, 11, 22, 23, tzinfo=BOGOTA)
    assert opening(sunday_night) == datetime.combine(date(2026, 11, 24), OPENS, BOGOTA)  # Monday is Argentina's
    early = datetime(2026, 11, 24, 7, tzinfo=BOGOTA)
    assert opening(early) == datetime(2026, 11, 24, 10, tzinfo=BOGOTA)
    assert opening(datetime.combine(date(2026, 12, 24), time(18), BOGOTA)).date() == date(2026, 12, 28)


@pytest.mark.parametrize("day", [date(2026, 12, 25), date(2026, 11, 22), date(2027, 1, 1)])
def test_nobody_works_on_a_holiday(day: date) -> None:
    assert not working_day(day)


def test_scenarios_are_played_one_json_line_each(env: dict[str, str], tmp_path: Path) -> None:
    scenario = {
        "id": "x-1", "country": "CO", "reference": "2026-11-24T10:00:00", "turns": ["5678", "BAJA"],
        "debtor": {
            "name": "Ana Ruiz", "document": {"type": "CC", "value": "52345678"}, "balance": "900000", "currency": "COP",
            "days_past_due": 20, "product": "tarjeta de crédito", "segment": "natural",
            "policy": {"max_installments": 3, "max_discount_pct": 10},
        },
    }  # fmt: skip
    file = tmp_path / "uno.jsonl"
    file.write_text(json.dumps(scenario))
    ran = process("converse", "--scenarios", str(file), "--json", env=env)
    assert ran.returncode == 0, ran.stderr
    (told,) = [json.loads(line) for line in ran.stdout.splitlines()]
    assert (told["id"], told["passed"]) == ("x-1", None)
    assert "opted_out" in told["outcomes"]


def test_a_demo_interrupted_leaves_nothing_running_and_goes_on_afterwards(folder: Path) -> None:
    env = {"ACUERDO_DATA_DIR": str(folder)}
    with started("demo", "--people", "60", "--port", "0", env=env, until="Making the database") as (child, _):
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 0
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(p.info["cmdline"] or ())]


def test_the_demo_plays_to_its_end(folder: Path) -> None:
    env = {"ACUERDO_DATA_DIR": str(folder)}
    ran = process("demo", "--once", "--people", "300", "--port", "0", env=env, timeout=180)
    assert ran.returncode == 0, ran.stderr[-3000:] + ran.stdout[-2000:]
    assert "ended as they should" in ran.stderr
    assert "The funnel" in ran.stdout
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(p.info["cmdline"] or ())]
