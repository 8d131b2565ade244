"""Authority as a team writes it: what a file says, and what is refused, in words that help to mend it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core.desk import OutsideAuthority, offer, outside
from acuerdo.core.dialogue.view import AccountView, CreditorView, View
from acuerdo.core.negotiation.authority import Authority, BadAuthority, floor, narrowest
from acuerdo.core.negotiation.granted import load_authority, overlapping
from acuerdo.core.words import money
from acuerdo.service.creditors import Settings, authority_for

EXAMPLE = (resources.files("acuerdo") / "policies" / "authority.example.toml").read_text("utf-8")
DAY = date(2026, 6, 1)
HEAD = """creditor = "Uno"
currency = "COP"
effective_from = 2026-01-01
signed_by = "Ana Ruiz"
signed_on = 2025-12-01

[[authority]]
name = "todos"
max_installments = 3
"""


def band(days: str, owed: str, pct: int | str) -> str:
    return f"\n[[authority.discount]]\ndpd = {days}\nbalance = {owed}\nmax_pct = {pct}\n"


def test_the_example_says_what_it_says() -> None:
    granted = load_authority(EXAMPLE)
    early = granted.of("early", "early", DAY)
    assert (early.max_installments, early.beyond) == (6, ("supervisor",))
    assert early.standing(money(8_000_000, "COP"), 30).max_discount_pct == 5
    assert early.standing(money("8000000.50", "COP"), 30).max_discount_pct == 5
    assert early.standing(money(8_000_001, "COP"), 30).max_discount_pct == 10
    assert early.standing(money(8_000_000, "COP"), 31).max_discount_pct == 0
    mid = granted.of("mid", "mid", DAY)
    assert [mid.standing(money(100, "COP"), d).max_discount_pct for d in (31, 45, 46, 400)] == [10, 10, 15, 15]


def test_of_several_debts_nobody_concedes_on_one_what_another_forbids() -> None:
    large = Authority(max_installments=6, max_discount_pct=Decimal(10), min_installment=money(200_000, "COP"))
    small = Authority(max_installments=12, min_installment=money(50_000, "COP"), beyond=("supervisor",))
    silent = Authority(max_installments=12, max_discount_pct=Decimal(5))
    for found in ((large, small, silent), (silent, small, large), (small, large)):
        narrow = narrowest(found)
        assert (narrow.max_installments, narrow.max_discount_pct) == (6, 0)
        assert narrow.min_installment == money(200_000, "COP")
        assert narrow.beyond == ()


def test_out_of_its_days_or_rows_nothing_is_conceded() -> None:
    granted = load_authority(EXAMPLE)
    for day, stage in ((date(2025, 12, 31), "early"), (date(2027, 1, 1), "early"), (DAY, "late")):
        none = granted.of("x", stage, day)
        assert (none.max_installments, int(none.max_discount_pct)) == (1, 0)


@pytest.mark.parametrize(
    ("text", "what", "mend"),
    [
        (HEAD + band("{ max = 30 }", "{}", 5) + band("{ min = 30 }", "{}", 9), "overlap", "end one before the other"),
        (HEAD + band("{ max = 30 }", "{}", 5) + band("{ min = 40 }", "{}", 9), "of 31 days", "widen a band"),
        (
            HEAD + band("{ max = 30 }", "{ max = 500 }", 5) + band("{ min = 31 }", "{}", 9),
            "nothing is said of 0 days past due and a balance of 501 COP", "max_pct = 0",
        ),
        (HEAD + band("{ min = 30, max = 2 }", "{}", 5), "min 30 over max 2", "exchange them"),
        (HEAD + band("{}", "{}", 100), "100 does not do", "under 100"),
        (HEAD + "min_down_pct = -1\n", "min_down_pct: -1 does not do", "from 0 to under 100"),
        (HEAD.replace("= 3", "= 0"), "max_installments: 0 does not do", "from 1 to 360"),
        (HEAD.replace("= 3", "= 1") + "min_installment = 5\n", "max_installments is 1", "raise max_installments"),
        (HEAD + "min_instalment = 5\n", "min_instalment: is not known", "min_installment"),
        (HEAD.replace("2025-12-01", "2026-01-02"), "is after effective_from", "before it is signed"),
        (HEAD.replace('signed_by = "Ana Ruiz"\n', ""), "signed_by: is missing", "in quotes"),
        ('effective_to = 2025-01-01\n' + HEAD, "is before effective_from", "later day"),
        (HEAD + '\n[[authority]]\nname = "otra"\nstages = ["mid"]\n', "above, holds wherever", "move it above"),
        (HEAD + '\n[[authority]]\nname = "todos"\n', "is taken by an earlier row", "a name of its own"),
        (HEAD + 'stages = ["temprano"]\n', "'temprano' is not known", "early"),
        (HEAD.replace("COP", "XXX"), "'XXX' is not known", "COP"),
        (HEAD + "min_installment = -5\n", "-5 is not more than 0", "positive"),
        (HEAD + "interest_pct_year = nan\n", "does not do", "a percentage from 0"),
        (HEAD + band("{}", "{}", "nan"), "does not do", "a percentage from 0"),
        (HEAD + "discount = [3]\n", "3 is no table", "max_pct"),
        ("creditor = ", "not well-formed", ""),
    ],
)  # fmt: skip
def test_a_file_that_contradicts_itself_is_refused(text: str, what: str, mend: str) -> None:
    with pytest.raises(BadAuthority) as told:
        load_authority(text, "limites.toml")
    assert "limites.toml" in str(told.value)
    assert what in str(told.value)
    assert mend in str(told.value)


def test_no_limit_is_a_number_that_is_none() -> None:
    with pytest.raises(BadAuthority, match="max_discount_pct is NaN"):
        Authority(max_discount_pct=Decimal("NaN"))


def test_the_line_is_told() -> None:
    with pytest.raises(BadAuthority, match=r"limites\.toml, line 10: \[\[authority\]\] 'todos' min_down_pct"):
        load_authority(HEAD + "min_down_pct = -1\n", "limites.toml")


def test_two_files_in_force_on_one_day_are_refused() -> None:
    first, second = load_authority(HEAD), load_authority(HEAD.replace("effective_from = 2026", "effective_from = 2027"))
    with pytest.raises(BadAuthority, match="overlap; end the first with effective_to before 2027-01-01"):
        overlapping([second, first])
    ended = load_authority("effective_to = 2026-12-31\n" + HEAD)
    overlapping([second, ended])


def test_the_creditors_file_stands_in_place_of_the_segment() -> None:
    segment, owed = (
        Authority(max_installments=9, max_discount_pct=Decimal(50), id="early@x", stage="early"),
        money(9, "COP"),
    )
    assert authority_for(Settings("Uno"), segment, owed, 10, DAY) == segment
    held = authority_for(Settings("Uno", authorities=(EXAMPLE,)), segment, owed, 10, DAY)
    assert (held.max_installments, int(held.max_discount_pct)) == (6, 5)
    assert authority_for(Settings("Uno", authorities=(EXAMPLE,)), segment, money(9, "USD"), 10, DAY) == segment
    late = authority_for(Settings("Uno", authorities=(EXAMPLE,)), segment, owed, 10, date(2030, 1, 1))
    assert (late.max_installments, int(late.max_discount_pct)) == (1, 0)


@settings(max_examples=200, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 200), min_size=1, max_size=4, unique=True).map(sorted),
    pcts=st.lists(st.integers(0, 60), min_size=5, max_size=5),
    dpd=st.integers(0, 300),
    owed=st.integers(1, 10**7),
)
def test_every_case_has_the_discount_of_its_one_band(cuts: list[int], pcts: list[int], dpd: int, owed: int) -> None:
    starts, ends = [0, *(c + 1 for c in cuts)], [*cuts, None]
    text = HEAD + "".join(
        band(f"{{ min = {a}{'' if b is None else f', max = {b}'} }}", "{}", pct)
        for a, b, pct in zip(starts, ends, pcts, strict=False)
    )
    balance = money(owed, "COP")
    held = load_authority(text).of("any", "early", DAY).standing(balance, dpd)
    nth = sum(dpd >= start for start in starts) - 1
    assert held.max_discount_pct == pcts[nth]
    assert floor(balance, held) >= balance.percent(Decimal(100 - pcts[nth]))


def view_with(authority: Authority) -> View:
    account = AccountView("a", "L-1", "tarjeta", money(900_000, "COP"), 20, authority)
    return View("CO", "America/Bogota", CreditorView("c", "Uno"), "Ana", "123", (account,))


def test_only_a_role_that_may_go_beyond_passes_a_limit_and_says_why() -> None:
    view = view_with(Authority(max_installments=3, max_discount_pct=Decimal(10), beyond=("supervisor",)))
    six, half = (money(900_000, "COP"), 6, DAY, DAY), (money(450_000, "COP"), 1, DAY, DAY)
    for role, reason in (("agent", "lo pidió"), ("supervisor", " "), ("", "lo pidió")):
        with pytest.raises(OutsideAuthority):
            offer(view, "plan", *six, role, reason)
        with pytest.raises(OutsideAuthority):
            offer(view, "settlement", *half, role, reason)
    plan = offer(view, "plan", *six, "supervisor", "perdió el trabajo")
    assert (plan.n, outside(view, plan, DAY)) == (6, "too_many")
    cheap = offer(view, "settlement", *half, "supervisor", "perdió el trabajo")
    assert (cheap.total, outside(view, cheap, DAY)) == (money(450_000, "COP"), "below_floor")
    with pytest.raises(OutsideAuthority):
        offer(view, "settlement", money(900_001, "COP"), 1, DAY, DAY, "supervisor", "sí")
    assert outside(view, offer(view, "plan", money(900_000, "COP"), 3, DAY, DAY), DAY) == ""
