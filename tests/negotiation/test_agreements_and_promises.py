"""Un acuerdo y una promesa, día a día: se cumplen, se rompen, se corrigen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

import pytest

from acuerdo.core.negotiation import agreements, promises
from acuerdo.core.negotiation.plans import Plan, several, single
from acuerdo.core.payments.progress import Received, Terms
from acuerdo.core.words import money

START = date(2026, 4, 30)
GRACE = Terms(grace_days=2, tolerance=100)


def day(after: int) -> date:
    return START + timedelta(days=after)


def pago(after: int, amount: int) -> Received:
    return Received(day(after), money(amount, "COP"))


def plan() -> Plan:
    made = several("a", money(900_000, "COP"), 3, START, "monthly")
    assert made is not None
    return made


def test_del_si_al_ultimo_pago() -> None:
    state: agreements.State = "proposed"
    for event in ("accept", "accept", "activate", "pay", "pay", "complete", "complete"):
        state = agreements.advance(state, event)  # type: ignore[arg-type]  # literals of a tuple are seen as str
    assert state == "kept"


@pytest.mark.parametrize(
    ("state", "event"), [("proposed", "pay"), ("cancelled", "activate"), ("kept", "miss"), ("superseded", "accept")]
)
def test_no_se_salta_ningun_estado(state: agreements.State, event: agreements.Event) -> None:
    with pytest.raises(agreements.NotAllowed, match=f"a {state} agreement cannot take '{event}'"):
        agreements.advance(state, event)


def test_las_tablas_estan_completas() -> None:
    assert set(agreements.NEXT) == set(get_args(agreements.State))
    assert set(promises.NEXT) == set(get_args(promises.State))


@pytest.mark.parametrize(
    ("received", "today", "event"),
    [
        ([], 0, None),
        ([], 2, None),
        ([], 3, "miss"),
        ([pago(0, 300_000)], 3, "pay"),
        ([pago(2, 300_000)], 3, "pay"),
        ([pago(3, 300_000)], 3, "miss"),
        ([pago(0, 150_000)], 2, "pay"),
        ([pago(0, 150_000)], 3, "miss"),
        ([pago(0, 150_000), pago(1, 150_000)], 3, "pay"),
        ([pago(0, 299_999)], 3, "miss"),
        ([pago(-5, 900_000)], 0, "complete"),
        ([pago(0, 300_000)], 33, "miss"),
        ([pago(0, 300_000), pago(30, 600_000)], 33, "complete"),
        ([pago(40, 900_000)], 20, "miss"),
    ],
)
def test_el_acuerdo_dia_a_dia(received: list[Received], today: int, event: str | None) -> None:
    assert agreements.event_of(plan(), received, day(today), Terms(2)) == event


def test_un_peso_de_menos_no_rompe_un_acuerdo() -> None:
    assert agreements.event_of(plan(), [pago(0, 299_999)], day(3), GRACE) == "pay"


def test_un_descuento_pagado_tarde_no_es_un_acuerdo_cumplido() -> None:
    paz = single("a", money(900_000, "COP"), money(800_000, "COP"), START)
    assert agreements.event_of(paz, [pago(2, 800_000)], day(9), GRACE) == "complete"
    assert agreements.event_of(paz, [pago(9, 800_000)], day(9), GRACE) == "miss"


@pytest.mark.parametrize(
    ("received", "today", "event"),
    [
        ([], 1, None),
        ([], 3, "miss"),
        ([pago(-1, 200_000)], 0, "keep"),
        ([pago(-6, 200_000)], 0, None),
        ([pago(0, 100_000), pago(2, 100_000)], 5, "keep"),
        ([pago(0, 100_000)], 3, "miss"),
        ([pago(3, 200_000)], 4, "miss"),
    ],
)
def test_la_promesa_dia_a_dia(received: list[Received], today: int, event: str | None) -> None:
    given = promises.Given(day(-5), START, money(200_000, "COP"))
    assert promises.event_of(given, received, day(today), Terms(2)) == event


def test_una_promesa_corregida_no_vuelve() -> None:
    assert promises.advance("active", "reschedule") == "rescheduled"
    with pytest.raises(promises.NotAllowed):
        promises.advance("rescheduled", "keep")
