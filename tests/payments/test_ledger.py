"""El libro nunca se equivoca: cuadra siempre, y da lo mismo en qué orden lleguen los pagos."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core.payments.intents import ADVANCE, State, advance
from acuerdo.core.payments.ledger import (
    Book,
    Charge,
    LedgerError,
    Opening,
    Payment,
    Posting,
    Reversal,
    Waiver,
    balances,
    journal,
    owed,
    post_payment,
)
from acuerdo.core.words import AccountId, CurrencyMismatch, money

A = AccountId("a1")
T0 = datetime(2026, 4, 1, tzinfo=UTC)


def at(day: int) -> datetime:
    return T0 + timedelta(days=day)


def clp(amount: int):  # type: ignore[no-untyped-def]  # a short word for the tables below
    return money(amount, "CLP")


DEUDA = Opening("o", at(0), clp(1000))
INTERES = Charge("i", at(1), clp(50), "interest")
GASTO = Charge("g", at(2), clp(20), "fees")


def test_primero_gastos_luego_intereses_luego_capital() -> None:
    books = balances(journal(A, [DEUDA, INTERES, GASTO, Payment("p", at(3), clp(100))]))
    assert (books["fees"], books["interest"], books["principal"], books["cash"]) == (0, 0, 970, 100)


def test_el_orden_lo_pone_el_acreedor() -> None:
    entries = journal(A, [DEUDA, INTERES, Payment("p", at(3), clp(100))], ("principal", "interest", "fees"))
    assert (balances(entries)["principal"], balances(entries)["interest"]) == (900, 50)


def test_pagar_de_mas_queda_a_favor_y_paga_lo_que_venga() -> None:
    pago = Payment("p", at(3), clp(1100))
    books = balances(journal(A, [DEUDA, pago]))
    assert (owed(books), books["held"]) == (0, -100)
    later = balances(journal(A, [DEUDA, pago, Charge("i2", at(9), clp(70), "interest")]))
    assert (owed(later), later["held"]) == (0, -30)


def test_un_contracargo_devuelve_la_deuda() -> None:
    postings: list[Posting] = [DEUDA, INTERES, Payment("p", at(3), clp(100)), Reversal("r", at(5), "p")]
    books = balances(journal(A, postings))
    assert (books["principal"], books["interest"], books["cash"]) == (1000, 50, 0)


def test_un_contracargo_de_un_credito_ya_usado() -> None:
    postings: list[Posting] = [
        DEUDA,
        Payment("p", at(3), clp(1100)),
        Charge("i2", at(9), clp(70), "interest"),
        Reversal("r", at(10), "p"),
    ]
    books = balances(journal(A, postings))
    assert (books["principal"], books["interest"], books["held"], books["cash"]) == (1000, 70, 0, 0)


def test_lo_perdonado_cierra_y_no_es_dinero() -> None:
    books = balances(journal(A, [DEUDA, Payment("p", at(3), clp(800)), Waiver("w", at(3), clp(200))]))
    assert (owed(books), books["waived"], books["cash"]) == (0, 200, 800)


def test_el_mismo_pago_dos_veces_cuenta_una() -> None:
    pago = Payment("p", at(3), clp(100))
    assert journal(A, [DEUDA, pago, pago]) == journal(A, [DEUDA, pago])
    with pytest.raises(LedgerError, match="'p' arrived twice with different contents"):
        journal(A, [DEUDA, pago, Payment("p", at(3), clp(101))])


def test_lo_que_no_puede_ser_se_dice() -> None:
    with pytest.raises(LedgerError, match="amounts are positive"):
        journal(A, [Payment("p", at(3), clp(0))])
    with pytest.raises(LedgerError, match="only payments and waivers"):
        journal(A, [DEUDA, Reversal("r", at(5), "o")])
    with pytest.raises(CurrencyMismatch):
        journal(A, [DEUDA, Payment("p", at(3), money(10, "EUR"))])


def test_un_pago_suelto_devuelve_sus_asientos() -> None:
    entries = post_payment(A, {"principal": 60}, Payment("p", at(3), clp(100)))
    assert [(e.debit, e.credit, e.amount.minor, e.cause) for e in entries] == [
        ("cash", "principal", 60, "payment"),
        ("cash", "held", 40, "overpayment"),
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[Posting]:
    amount, when = st.integers(1, 500).map(clp), st.integers(0, 20).map(at)
    made: list[Posting] = [DEUDA]
    for n in range(draw(st.integers(0, 4))):
        bucket = draw(st.sampled_from(["interest", "fees"]))
        made.append(Charge(f"c{n}", draw(when), draw(amount), bucket))
    for n in range(draw(st.integers(0, 5))):
        made.append(Payment(f"p{n}", draw(when), draw(amount)))
    made += [Waiver("w", draw(when), draw(amount))] if draw(st.booleans()) else []
    for n in range(draw(st.integers(0, 4))):
        of = draw(st.sampled_from(["p0", "p1", "p2", "p3", "p4", "w"]))
        made.append(Reversal(f"r{n}", draw(when), of))
    return made


@settings(max_examples=400, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_cuadra_y_el_orden_de_llegada_da_lo_mismo(postings: list[Posting], chance: object) -> None:
    shuffled = postings * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands a random.Random
    entries = journal(A, postings)
    assert journal(A, shuffled) == entries
    assert sum(balances(entries).values()) == 0
    assert all(e.amount.minor > 0 and e.debit != e.credit for e in entries)


@settings(max_examples=400, deadline=None)
@given(histories())
def test_nada_queda_negativo_y_cada_peso_esta_en_algun_libro(postings: list[Posting]) -> None:
    books = balances(journal(A, postings))
    buckets: tuple[Book, ...] = ("fees", "interest", "principal")
    assert all(books.get(b, 0) >= 0 for b in buckets)
    assert books.get("held", 0) <= 0
    assert not (owed(books) and books.get("held", 0))
    back = {p.of for p in postings if isinstance(p, Reversal)}
    kept = sum(p.amount.minor for p in postings if isinstance(p, Payment) and p.id not in back)
    charged = sum(p.amount.minor for p in postings if isinstance(p, Opening | Charge))
    assert books.get("cash", 0) == kept
    assert owed(books) + books.get("held", 0) == charged - kept - books.get("waived", 0)


@given(st.lists(st.sampled_from(list(ADVANCE))), st.randoms(use_true_random=False))
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
