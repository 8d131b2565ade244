"""The law at the command line: why somebody may be contacted, what the operator settled, and situations one a line."""

from __future__ import annotations

import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import holidays
import pytest

from acuerdo.adapters.store.clock import SystemClock

from .conftest import Run, lines

TODAY = SystemClock().now().date()
CLOSED = holidays.country_holidays("CO", years=range(TODAY.year, TODAY.year + 2))
TUESDAY = next(
    day for day in (TODAY + timedelta(days=n) for n in range(1, 60)) if day.weekday() == 1 and day not in CLOSED
)
SUNDAY = TUESDAY + timedelta(days=5)
HEADER = "Obligación;Nombre;Documento;Celular;Correo;Producto;Saldo;Días de mora;Fecha de corte"
FILE = f"""{HEADER}
A1;Ana Ejemplo;52345678;3005550100;ana@example.com;tarjeta;900000;22;{TODAY}
A2;Iván Prueba;79123456;3005550101;;libranza;1.000.000;45;{TODAY}
A3;Eva Prueba;79123457;3005550101;;libranza;500.000;30;{TODAY}
"""


@pytest.fixture
def people(run: Run, tmp_path: Path) -> None:
    """Ana, and two who share a phone, of a creditor that a recalled hold or an opt-out never met."""
    run("creditor", "add", "Banco Andino", "--sender", "sms=Andino")
    (tmp_path / "cartera.csv").write_text(FILE, "utf-8")
    run("portfolio", "import", "cartera.csv", "--creditor", "Banco Andino", "--country", "CO")


@pytest.fixture
def chosen(tmp_path: Path) -> dict[str, str]:
    """The operator's file, which is not there yet."""
    return {"ACUERDO_LAW_OPTIONS": str(tmp_path / "ley.toml")}


def explained(run: Run, *args: str, hour: str = f"{TUESDAY}T10:00:00-05:00") -> dict[str, Any]:
    (told,) = lines(run("law", "explain", *args, "--at", hour, "--json"))
    return told


@pytest.mark.usefixtures("people")
class TestExplain:
    def test_verdict_rules_counters_budget_and_each_channel(self, run: Run) -> None:
        told = explained(run, "--person", "A1")
        assert (told["word"]["verdict"], told["word"]["left_today"]) == ("cleared", 1)
        rules = {rule["id"]: rule for rule in told["rules"]}
        assert rules["CO-5"]["layer"] == "law"
        assert rules["CO-5"]["source"]
        assert {(one["rule"], one["used"], one["most"]) for one in told["counters"]} >= {("CO-3-dia", 0, 1)}
        assert {one["channel"] for one in told["channels"]} >= {"sms", "email", "whatsapp", "voice"}

    def test_the_next_lawful_moment_of_a_sunday(self, run: Run) -> None:
        told = explained(run, "--person", "A1", hour=f"{SUNDAY}T10:00:00-05:00")
        assert told["word"]["verdict"] == "not_yet"
        assert told["word"]["at"] > f"{SUNDAY + timedelta(days=1)}"

    def test_a_channel_is_asked_for_by_name(self, run: Run) -> None:
        told = explained(run, "--person", "A1", "--channel", "whatsapp")
        assert (told["channel"], told["word"]["verdict"]) == ("whatsapp", "refused")
        assert {reason["code"] for reason in told["word"]["why"]} == {"no_consent"}

    def test_a_person_by_account_document_or_phone_is_one(self, run: Run) -> None:
        ways = (("--person", "A1"), ("--document", "52345678"), ("--phone", "+57 300 555 0100"))
        assert len({explained(run, *way)["person"] for way in ways}) == 1

    def test_for_people_it_is_three_tables(self, run: Run) -> None:
        shown = run("law", "explain", "--person", "A1", "--at", f"{TUESDAY}T10:00:00-05:00").stdout
        for word in ("cleared: sms", "The rules that spoke", "What counts", "Left this week"):
            assert word in shown

    @pytest.mark.parametrize(
        ("asked", "code", "told"),
        [
            ((), 2, "name one person"),
            (("--person", "A1", "--phone", "+573005550100"), 2, "name one person"),
            (("--person", "NADIE"), 1, "nobody has that account"),
            (("--phone", "+573009990000"), 1, "nobody is reached at that phone"),
            (("--phone", "+573005550101"), 1, "several people are reached there"),
            (("--person", "A1", "--at", "mañana"), 2, "mañana"),
        ],
    )
    def test_what_cannot_be_asked_is_told_in_one_line(
        self, run: Run, asked: tuple[str, ...], code: int, told: str
    ) -> None:
        result = run("law", "explain", *asked, code=code)
        assert told in result.stderr
        assert not result.stdout


class TestConfirmLine:
    def test_a_line_is_kept_told_and_mended(self, run: Run, chosen: dict[str, str]) -> None:
        file = Path(chosen["ACUERDO_LAW_OPTIONS"])
        assert "CO: 106, confirmed" in run("law", "confirm-line", "co", "106", **chosen).stderr
        run("law", "confirm-line", "CL", "*4141", "--emergency", "131", **chosen)
        run("law", "confirm-line", "CO", "192 opción 4", **chosen)
        said = tomllib.loads(file.read_text("utf-8"))["crisis"]
        assert said == {"CL": {"line": "*4141", "emergency": "131"}, "CO": {"line": "192 opción 4"}}

    def test_choices_beside_it_stay(self, run: Run, chosen: dict[str, str]) -> None:
        run("law", "choose", "count_attempts", "false", "--pack", "co", **chosen)
        run("law", "confirm-line", "CO", "106", **chosen)
        run("law", "choose", "week", "calendar", **chosen)
        kept = tomllib.loads(Path(chosen["ACUERDO_LAW_OPTIONS"]).read_text("utf-8"))
        assert kept == {"week": "calendar", "co": {"count_attempts": False}, "crisis": {"CO": {"line": "106"}}}

    @pytest.mark.parametrize(
        ("asked", "told"),
        [
            (("XX", "106"), "no crisis line for 'XX'"),
            (("CO", "1"), "write the number as people dial it"),
            (("CO", '106"\nweek = "calendar'), "write the number as people dial it"),
            (("CO", "106", "--emergency", "1;2"), "write the number as people dial it"),
        ],
    )
    def test_what_is_no_line_changes_nothing(
        self, run: Run, chosen: dict[str, str], asked: tuple[str, ...], told: str
    ) -> None:
        run("law", "confirm-line", "CO", "106", **chosen)
        before = Path(chosen["ACUERDO_LAW_OPTIONS"]).read_text("utf-8")
        assert told in run("law", "confirm-line", *asked, code=2, **chosen).stderr
        assert Path(chosen["ACUERDO_LAW_OPTIONS"]).read_text("utf-8") == before

    def test_without_a_file_it_says_where_to_name_one(self, run: Run) -> None:
        assert "ACUERDO_LAW_OPTIONS" in run("law", "confirm-line", "CO", "106", code=2).stderr


class TestOptions:
    def test_each_question_with_its_choices_and_what_is_chosen(self, run: Run, chosen: dict[str, str]) -> None:
        run("law", "choose", "count_attempts", "false", "--pack", "CO", **chosen)
        told = {row["option"]: row for row in lines(run("law", "options", "--pack", "co", "--json", **chosen))}
        assert (told["count_attempts"]["chosen"], told["count_attempts"]["choices"]) == (False, [True, False])
        assert told["week"]["chosen"] == "rolling"
        assert told["count_attempts"]["question"].startswith("¿")
        assert "count_attempts" in run("law", "options", **chosen).stdout

    def test_a_choice_changes_what_the_guard_says(self, run: Run, chosen: dict[str, str]) -> None:
        """An unanswered call of the morning no longer uses up the day."""
        run("law", "choose", "count_attempts", "false", "--pack", "co", **chosen)
        made = [{"at": f"{TUESDAY}T08:00:00-05:00", "channel": "voice"}]
        asked = {"jurisdiction": "CO", "at": f"{TUESDAY}T10:00:00-05:00", "history": made}
        options = tomllib.loads(Path(chosen["ACUERDO_LAW_OPTIONS"]).read_text("utf-8"))
        both = json.dumps(asked) + "\n" + json.dumps(asked | {"options": options}) + "\n"
        strict, settled = lines(run("law", "judge", "--jsonl", stdin=both))
        assert (strict["verdict"], settled["verdict"]) == ("not_yet", "cleared")

    @pytest.mark.parametrize(
        ("asked", "told"),
        [
            (("nada", "1"), "no option 'nada'"),
            (("count_attempts", "false", "--pack", "cl"), "no option 'count_attempts' of cl"),
            (("count_attempts", "0", "--pack", "co"), "one of true, false"),
            (("week", "nunca"), "one of rolling, calendar"),
        ],
    )
    def test_what_no_pack_offers_is_refused(
        self, run: Run, chosen: dict[str, str], asked: tuple[str, ...], told: str
    ) -> None:
        assert told in run("law", "choose", *asked, code=2, **chosen).stderr

    def test_a_file_that_is_wrong_is_not_made_worse(self, run: Run, chosen: dict[str, str]) -> None:
        file = Path(chosen["ACUERDO_LAW_OPTIONS"])
        file.write_text("[co]\ncount_attempts = 7\n", "utf-8")
        assert "choose one of" in run("law", "choose", "week", "calendar", code=1, **chosen).stderr
        assert file.read_text("utf-8") == "[co]\ncount_attempts = 7\n"


class TestJudge:
    OPEN = json.dumps({"jurisdiction": "CO", "at": "2026-11-25T10:00:00-05:00"})

    def test_a_bad_line_answers_for_itself_and_the_others_go_on(self, run: Run) -> None:
        bad = (
            "", "{", "[]", "null", '"CO"', '{"jurisdiction": "CO"}', '{"at": "mañana"}',
            '{"at": "2026-11-25T10:00:00"}',
            '{"at": "2026-11-25T10:00:00-05:00", "chanel": "sms"}',
            '{"at": "2026-11-25T10:00:00-05:00", "role": "tío"}',
            '{"at": "2026-11-25T10:00:00-05:00", "holds": ["nada"]}',
            '{"at": "2026-11-25T10:00:00-05:00", "hours": ["siempre"]}',
            '{"at": "2026-11-25T10:00:00-05:00", "options": {"co": {"count_attempts": 7}}}',
            '{"at": "2026-11-25T10:00:00-05:00", "history": [{"at": "ayer"}]}',
        )  # fmt: skip
        told = lines(run("law", "judge", "--jsonl", stdin="\n".join((self.OPEN, *bad, self.OPEN)) + "\n"))
        assert len(told) == len(bad) + 2
        assert {told[0]["verdict"], told[-1]["verdict"]} == {"cleared"}
        for number, (line, answer) in enumerate(zip(bad, told[1:-1], strict=True), start=2):
            assert list(answer) == ["error"], line
            assert answer["error"].startswith(f"line {number}: "), line

    def test_bytes_that_are_no_text_are_a_bad_line(self, run: Run) -> None:
        first, second = lines(run("law", "judge", "--jsonl", stdin=b"\xff\xfe{}\n" + self.OPEN.encode()))  # type: ignore[arg-type]
        assert "error" in first
        assert second["verdict"] == "cleared"

    def test_nothing_in_nothing_out_and_the_form_must_be_named(self, run: Run) -> None:
        assert run("law", "judge", "--jsonl", stdin="").stdout == ""
        assert "--jsonl" in run("law", "judge", code=2).stderr
