"""Situations come in as JSON lines and each has its answer: a bad one an error of its own, and never a clearance."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from acuerdo.cli import cli
from acuerdo.core.compliance import PackError
from acuerdo.core.words import AcuerdoError
from acuerdo.service.law import load_rules, read_options, read_packs, shipped_packs
from acuerdo.service.resources import care_lines, confirmed
from acuerdo.service.situations import answers

OPEN: dict[str, Any] = {"jurisdiction": "CO", "at": "2026-11-25T10:00:00-05:00", "zones": ["America/Bogota"]}


def told(*lines: object) -> list[dict[str, Any]]:
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return [json.loads(line) for line in answers(text.encode() for text in written)]


def one(**parts: object) -> dict[str, Any]:
    return told({**OPEN, **parts})[0]


def test_an_answer_has_verdict_until_deadline_and_the_rules_that_spoke() -> None:
    cleared = one()
    assert {"verdict", "until", "deadline", "rules", "why"} == cleared.keys()
    assert cleared["verdict"] == "cleared"
    assert cleared["until"] is None
    assert datetime.fromisoformat(cleared["deadline"]) == datetime.fromisoformat("2026-11-25T18:45:00-05:00")
    assert {"id": "CO-5", "layer": "law"} in cleared["rules"]
    sunday = one(at="2026-11-29T10:00:00-05:00")
    assert (sunday["verdict"], sunday["deadline"]) == ("not_yet", None)
    assert datetime.fromisoformat(sunday["until"]) == datetime.fromisoformat("2026-11-30T07:00:00-05:00")


def test_a_line_s_own_name_comes_back() -> None:
    assert one(id="caso 7")["id"] == "caso 7"


def test_null_is_as_absent() -> None:
    fields = (
        "subdivision", "municipality", "channel", "mode", "purpose", "role", "ownership", "debtor", "account",
        "days_past_due", "consents", "opt_outs", "holds", "options", "text", "history", "reply_to",
    )  # fmt: skip
    assert one(**dict.fromkeys(fields)) == one()


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "{",
        "[]",
        "no es JSON",
        '{"jurisdiction": "CO"}',
        '{"jurisdiction": "CO", "at": "mañana"}',
        '{"jurisdiction": "CO", "at": "2026-11-25T10:00:00"}',
        {**OPEN, "mode": "pigeon"},
        {**OPEN, "chanel": "sms"},
        {**OPEN, "role": "vecina"},
        {**OPEN, "holds": ["resaca"]},
        {**OPEN, "options": {"week": "lunar"}},
        {**OPEN, "options": {"colour": "red"}},
        {**OPEN, "options": {"week": ["rolling"]}},
        {**OPEN, "history": [{"at": "2026-11-24T10:00:00"}]},
        {**OPEN, "hours": ["todos los días"]},
        {**OPEN, "at": "9999-12-31T23:59:59-11:00"},
    ],
)
def test_a_bad_line_is_an_error_of_its_own_and_the_rest_go_on(bad: object) -> None:
    before, wrong, after = told(OPEN, bad, OPEN)
    assert before == after
    assert before["verdict"] == "cleared"
    assert wrong.keys() == {"error"}
    assert wrong["error"].startswith("line 2: ")


def test_consents_say_which_channels_were_agreed_to() -> None:
    assert one()["verdict"] == one(consents=["sms"])["verdict"] == one(consents={"sms": True})["verdict"] == "cleared"
    assert "consent_assumed" in one()["why"]
    for given in ([], ["email"], {"sms": False}, [{"channel": "sms", "granted": False}]):
        assert one(consents=given)["verdict"] == "refused"


def test_a_reply_is_on_the_channel_of_the_message_and_in_time() -> None:
    night = {"at": "2026-11-29T03:00:00-05:00", "purpose": "reply"}
    assert one(**night, reply_to="2026-11-29T02:46:00-05:00")["verdict"] == "cleared"
    assert one(**night, reply_to="2026-11-29T02:45:00-05:00")["verdict"] == "not_yet"
    assert one(**night, reply_to={"at": "2026-11-29T02:59:00-05:00", "channel": "sms"})["verdict"] == "cleared"
    assert one(**night, reply_to={"at": "2026-11-29T02:59:00-05:00", "channel": "email"})["verdict"] == "not_yet"
    agent = one(**night, origin="agent", reply_to="2026-11-28T03:01:00-05:00")
    assert agent["verdict"] == "cleared"


def test_a_debt_past_its_time_is_warned_of_and_not_stopped() -> None:
    barred = one(time_barred=True)
    assert barred["verdict"] == "cleared"
    assert "time_barred" in barred["why"]
    assert {"id": "COM-prescripcion", "layer": "policy"} in barred["rules"]
    assert "time_barred" not in one(limitation_date="2026-11-26")["why"]
    assert "time_barred" in one(limitation_date="2026-11-25")["why"]


def test_the_command_answers_line_by_line() -> None:
    ran = CliRunner().invoke(cli, ["law", "judge", "--jsonl"], input=json.dumps(OPEN) + "\nx\n" + json.dumps(OPEN))
    assert ran.exit_code == 0
    first, second, third = map(json.loads, ran.stdout.splitlines())
    assert first == third
    assert "error" in second
    assert CliRunner().invoke(cli, ["law", "judge"]).exit_code == 2


def test_the_operator_s_file_is_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "law.toml"
    path.write_text('week = "calendar"\n[co]\ncount_attempts = false\n[ec]\ndaily_cap = "per_channel"\n')
    path.write_text(path.read_text() + '[crisis.CO]\nline = "106"\n')
    assert read_options(path) == {"week": "calendar", "co.count_attempts": False, "ec.daily_cap": "per_channel"}
    for text in ("week = ", 'week = "lunar"', "[co]\nweekly_cap = 3", "[zz]\nweek = 'calendar'"):
        path.write_text(text)
        with pytest.raises(PackError, match=r"law\.toml"):
            read_options(path)
    with pytest.raises(PackError, match="cannot be read"):
        read_options(tmp_path / "none.toml")


def test_crisis_lines_wait_for_the_operator_s_word() -> None:
    lines = care_lines()
    assert {"CO", "CL", "MX", "PE", "AR", "ES", "EC", "BR", "US", "GB"} <= lines.keys()
    assert all(line.emergency for line in lines.values())
    assert all(line.source for line in lines.values() if line.status == "press")
    mended = confirmed(lines, {"CO": {"line": "192"}})
    assert (mended["CO"].crisis, mended["CO"].emergency, mended["CO"].status) == ("192", "123", "confirmed")
    assert mended["MX"] == lines["MX"]
    for said in ({"ZZ": {"line": "1"}}, {"CO": {"number": "1"}}, {"CO": "106"}):
        with pytest.raises(AcuerdoError, match="crisis lines"):
            confirmed(lines, said)


def test_a_choice_that_only_another_pack_offers_changes_nothing_here() -> None:
    same = {"daily_cap": 1}  # Mexico and Peru offer 1; Ecuador offers total and per_channel
    again = {**OPEN, "jurisdiction": "EC", "history": [{"at": "2026-11-25T08:00:00-05:00", "channel": "email"}]}
    assert told({**again, "options": same}) == told(again)


def test_a_country_whose_pack_is_broken_is_judged_by_the_strict_default() -> None:
    texts = dict.fromkeys(shipped_packs(), "")
    folder = Path(read_packs.__code__.co_filename).parents[1] / "law"
    texts = {name: (folder / f"{name}.toml").read_text("utf-8") for name in texts}
    texts["us"] = texts["us"].replace('mon-sun = ["08:00-21:00"]', 'mon-sun = ["08:00-21:00", "20:00-22:00"]', 1)
    packs, broken = read_packs(texts)
    assert "two windows overlap" in broken["us"]
    assert "us.toml:" in broken["us"]
    assert broken.keys() == {"us", "us-nyc"}  # what stands on it falls with it
    assert packs.keys() == shipped_packs().keys() - broken.keys()
    for needed in ("strict", "common"):
        with pytest.raises(PackError):
            read_packs({**texts, needed: "title ="})


def test_what_is_put_off_past_the_day_a_law_begins_is_lawful_by_that_law() -> None:
    """New York's cap of three in seven days began on 1 September 2026: it holds for what was asked in August."""
    made = [f"2026-08-{day}T12:00:00-04:00" for day in ("29", "30", "31")]
    asked = {
        "jurisdiction": "US-NYC", "zones": ["America/New_York"], "at": "2026-08-31T22:00:00-04:00", "account": "1",
        "channel": "email", "ownership": "agency", "consents": ["email"], "text": "Reply STOP to opt out.",
        "history": [{"at": at, "channel": "email", "account": "1"} for at in made],
    }  # fmt: skip
    answer = one(**asked)
    assert answer["verdict"] == "not_yet"
    assert datetime.fromisoformat(answer["until"]) == datetime.fromisoformat("2026-09-05T12:00:00-04:00")
    assert {"outside_window", "cap_reached"} <= set(answer["why"])
    assert one(**asked | {"at": answer["until"]})["verdict"] == "cleared"


def test_rules_are_the_same_object_until_one_begins_or_ends() -> None:
    day = datetime(2026, 9, 1).date()  # noqa: DTZ001 - a day
    assert load_rules(day) is load_rules(day.replace(day=30))
    assert load_rules(day) is not load_rules(day.replace(month=8))
