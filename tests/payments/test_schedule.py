"""Calendarios de pago: suman exacto y caen en días en que la gente cobra."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core.payments.progress import cover, next_due
from acuerdo.core.payments.schedule import Every, due_dates, quincena_from, schedule
from acuerdo.core.words import DECIMALS, Money, money


@pytest.mark.parametrize(
    ("every", "first", "days"),
    [
        ("monthly", "2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("monthly", "2027-12-30", ["2027-12-30", "2028-01-30", "2028-02-29", "2028-03-30"]),
        ("weekly", "2026-02-25", ["2026-02-25", "2026-03-04", "2026-03-11"]),
        ("biweekly", "2026-02-25", ["2026-02-25", "2026-03-11", "2026-03-25"]),
        ("quincena", "2026-02-15", ["2026-02-15", "2026-02-28", "2026-03-15", "2026-03-31"]),
        ("quincena", "2026-04-13", ["2026-04-13", "2026-04-30", "2026-05-15"]),
    ],
)
def test_los_dias(every: Every, first: str, days: list[str]) -> None:
    assert [d.isoformat() for d in due_dates(date.fromisoformat(first), len(days), every)] == days


def test_la_quincena_es_el_15_o_el_ultimo_dia() -> None:
    assert quincena_from(date(2026, 2, 15)) == date(2026, 2, 15)
    assert quincena_from(date(2026, 2, 16)) == date(2026, 2, 28)


def test_mil_pesos_en_tres_no_pierden_un_centavo() -> None:
    payments = schedule(money("1000", "MXN"), 3, date(2026, 4, 15), "monthly")
    assert [p.amount.plain() for p in payments] == ["333.33", "333.33", "333.34"]


def test_demasiado_poco_para_tantos_pagos() -> None:
    with pytest.raises(ValueError, match="too little"):
        schedule(money(2, "CLP"), 3, date(2026, 4, 15), "monthly")


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted(DECIMALS)),
    st.integers(10_000, 10**12),
    st.integers(1, 60),
    st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    st.sampled_from(["weekly", "biweekly", "quincena", "monthly"]),
)
def test_siempre_suma_exacto_y_avanza(currency: str, minor: int, parts: int, first: date, every: Every) -> None:
    payments = schedule(Money(minor, currency), parts, first, every)
    assert sum(p.amount.minor for p in payments) == minor
    gaps = [b.due - a.due for a, b in pairwise(payments)]
    assert payments[0].due == first
    assert all(timedelta(days=7) <= gap <= timedelta(days=31) for gap in gaps)


@given(st.integers(0, 1_200_000))
def test_lo_pagado_cubre_las_cuotas_en_orden(paid: int) -> None:
    payments = schedule(money(900_000, "CLP"), 3, date(2026, 4, 15), "monthly")
    covered = cover(payments, Money(paid, "CLP"))
    assert sum(c.paid.minor for c in covered) == min(paid, 900_000)
    open_ones = [c for c in covered if c.missing.minor]
    assert next_due(payments, Money(paid, "CLP")) == (open_ones[0] if open_ones else None)
