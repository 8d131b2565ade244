"""What the million is held to would notice: a ledger that is wrong in one way is told as wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from benchmarks import money

from acuerdo.core.ledger.account import Agreed, Told
from acuerdo.core.payments import progress
from acuerdo.core.payments.ledger import Payment
from acuerdo.testing import histories


def test_a_few_at_length() -> None:
    found = money.run(60, workers=1)
    assert (found["histories"], found["plans"], found["wrong"], found["against"]) == (60, 60, 0, [])
    assert [one.met for one in money.figures(found)][2] is True


def _short(told: Told) -> Told:
    return msgspec.structs.replace(told, entries=told.entries[:-1])


def _negative(told: Told) -> Told:
    return msgspec.structs.replace(told, books={**told.books, "principal": -1})


@pytest.mark.parametrize("harm", [_short, _negative])
def test_a_wrong_ledger_is_told(monkeypatch: pytest.MonkeyPatch, harm: Callable[[Told], Told]) -> None:
    right = histories.tell
    monkeypatch.setattr(histories, "tell", lambda *given: harm(right(*given)))
    assert all(histories.faults(seed) for seed in range(30))


def test_an_order_that_decides_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were payments taken as they come, and the last one dropped, the other order would show it."""
    right = histories.tell

    def as_they_come(account: Any, facts: Any, *more: Any) -> Told:
        given = list(facts)
        first = next((one for one in given if isinstance(one, Payment)), None)
        return right(account, [one for one in given if one is not first and one != first], *more)

    monkeypatch.setattr(histories, "tell", as_they_come)
    assert sum(bool(histories.faults(seed)) for seed in range(60)) > 20


def test_interest_under_an_agreement_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    right = histories.tell

    def never_stops(account: Any, facts: Any, *more: Any) -> Told:
        return right(account, [one for one in facts if not isinstance(one, Agreed)], *more)

    monkeypatch.setattr(histories, "tell", never_stops)
    assert sum(any("under an agreement" in why for why in histories.faults(seed)) for seed in range(200)) > 5


def test_a_plan_that_loses_a_cent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    right = progress.cover
    monkeypatch.setattr(histories, "cover", lambda parts, paid: right(parts, paid)[:-1])
    assert any(histories.plan_faults(seed) for seed in range(30))
