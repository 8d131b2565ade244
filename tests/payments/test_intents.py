"""Lo que escribe un pago, y la vida de un intento de pago en la pasarela."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from acuerdo.core.payments.intents import ADVANCE, State, advance
from acuerdo.core.payments.ledger import Payment, post_payment
from acuerdo.core.words import AccountId, money

A = AccountId("a1")


def test_un_pago_suelto_devuelve_sus_asientos() -> None:
    entries = post_payment(A, {"principal": 60}, Payment("p", datetime(2026, 4, 4, tzinfo=UTC), money(100, "CLP")))
    assert [(e.debit, e.credit, e.amount.minor, e.cause) for e in entries] == [
        ("cash", "principal", 60, "payment"),
        ("cash", "held", 40, "overpayment"),
    ]


@given(st.lists(st.sampled_from([state for state in ADVANCE if state != "unknown"])), st.randoms(use_true_random=False))
def test_un_aviso_tardio_o_repetido_nunca_deshace_un_pago(notices: list[State], chance: object) -> None:
    def seen(those: list[State]) -> State:
        state: State = "created"
        for notice in those:
            state = advance(state, notice)
        return state

    shuffled = notices * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands a random.Random
    assert seen(shuffled) == seen(notices)
    if "paid" in notices and "refunded" not in notices:
        assert seen(notices) == "paid"
