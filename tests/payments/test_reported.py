"""Which of our payments a creditor's reports are about: by name first, then by the nearest day, each once."""

from datetime import date

from acuerdo.core.payments.reported import Ours, Report, same_money
from acuerdo.core.words import Money


def cop(major: int) -> Money:
    return Money(major * 100, "COP")


def ours(name: str, day: int, amount: int = 300, accounts: tuple[str, ...] = ("A1",)) -> Ours:
    return Ours(name, (name, f"ref {name}"), "ana", accounts, cop(amount), date(2026, 11, day))


def report(reference: str, day: int, amount: int = 300, account: str = "A1") -> Report:
    return Report(reference, "ana", account, cop(amount), date(2026, 11, day))


def found(reports: list[Report], known: list[Ours]) -> dict[str, str]:
    return {reference: one.id for reference, one in same_money(reports, known).items()}


def test_the_one_that_is_named_is_not_another_reports_for_being_near() -> None:
    assert found([report("R1", 18), report("ref p1", 20)], [ours("p1", 18)]) == {"ref p1": "p1"}


def test_each_of_ours_is_one_reports_and_the_nearest() -> None:
    known = [ours("p1", 16), ours("p2", 19)]
    assert found([report("R1", 19), report("R2", 18), report("R3", 18)], known) == {"R2": "p2", "R3": "p1"}
    assert found([report("p1", 16), report("ref p1", 16)], [ours("p1", 16)]) == {"p1": "p1"}


def test_another_amount_debt_or_week_is_other_money() -> None:
    assert found([report("R1", 20, 299)], [ours("p1", 20)]) == {}
    assert found([report("R1", 20, account="A2")], [ours("p1", 20)]) == {}
    assert found([report("R1", 20)], [ours("p1", 16)]) == {}
    assert found([report("R1", 20, account="")], [ours("p1", 17)]) == {"R1": "p1"}
