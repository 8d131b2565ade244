"""Personas simuladas que escriben en español por el corredor entero, en una base real."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from acuerdo.adapters.store.server import Database
from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.negotiation.moves import Ask, Refuse
from acuerdo.core.words import Money
from acuerdo.testing.corridor import NO, NoCountry, measured, played_on, sample, scenario_of, words
from acuerdo.testing.haggling import TODAY
from acuerdo.testing.personas import Persona

PESOS = 900_000_00
ONE = Persona(
    id="x", kind="haggler", balance=PESOS, dpd=20, most_single=PESOS * 85 // 100, cash_days=2, voice=1.0, patience=5,
    anchor=0.9, authority=Authority(max_installments=3, max_discount_pct=Decimal(20)),
)  # fmt: skip
PEOPLE = [
    replace(ONE, id="paga", kind="pays_at_once", most_single=PESOS, anchor=1.0),
    ONE,
    replace(ONE, id="cuotas", kind="cannot_pay", most_single=0, most_monthly=PESOS // 3, most_months=4, voice=0.0),
    replace(ONE, id="cuenta", kind="cannot_pay", most_single=0, most_monthly=PESOS // 3, most_months=4, voice=0.0,
            tells=True, income=1_300_000_00, expenses=1_000_000_00),
    replace(ONE, id="nada", kind="wont_pay", most_single=0, voice=0.0, patience=3),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Ask(total=Money(800_000_00, "COP"), settle=True, first=date(2026, 11, 27)),
         "puedo pagar $800.000 el 27 de noviembre y quedamos en paz"),
        (Ask(total=Money(800_000_00, "COP"), settle=True, first=TODAY), "puedo pagar $800.000 hoy y quedamos en paz"),
        (Ask(per_payment=Money(300_000_00, "COP")), "puedo pagar $300.000 cada mes"),
        (Ask(down=Money(200_000_00, "COP"), n=2), "puedo dar $200.000 hoy y el resto en 2 cuotas mensuales"),
        (Refuse(), NO[0]),
    ],
)  # fmt: skip
def test_what_a_person_writes(reply: Ask | Refuse, said: str) -> None:
    assert words(reply, "CO", 0, TODAY) == said


def test_an_unspoken_currency_is_refused_by_name() -> None:
    with pytest.raises(NoCountry, match="persona x: nobody is spoken to about USD; the corridor knows ARS, CLP"):
        scenario_of(replace(ONE, currency="USD"))


def test_a_sample_is_spread_over_the_file() -> None:
    people = [replace(ONE, id=str(n)) for n in range(10)]
    assert [one.id for one in sample(people, 3)] == ["0", "3", "6"]
    assert sample(people, 50) == people


def test_they_agree_in_the_chat_as_by_commands(server: Database) -> None:
    with asyncio.Runner() as runner:
        talks = list(played_on(PEOPLE, server.url, runner))
    got = {one.persona.id: one for one in talks}
    assert [one.ended.broken for one in talks] == [()] * len(PEOPLE)
    for one in talks:
        assert (one.ended.plan and one.ended.plan.total) == (one.commands.plan and one.commands.plan.total), one.written
    assert {name: one.ended.end for name, one in got.items()} == {
        "paga": "agreed", "x": "agreed", "cuotas": "agreed", "cuenta": "agreed", "nada": "left",
    }  # fmt: skip
    assert got["cuotas"].signed
    assert got["cuenta"].ended.plan is not None
    assert got["cuenta"].ended.plan.n == 3
    found = measured(talks, 1, 20)
    assert (found["personas"], found["same_outcome"], found["corridor"]["violations"]) == (5, 1.0, 0)
