"""El libro nunca se equivoca: cuadra siempre, y da lo mismo en qué orden lleguen los pagos."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core.ledger.account import Agreed, Difference, Fact, Stated, tell
from acuerdo.core.ledger.rules import BadRules, read_law, read_rules
from acuerdo.core.payments.ledger import (
    Book,
    Charge,
    Entry,
    LedgerError,
    Order,
    Payment,
    Reversal,
    Waiver,
    balances,
    owed,
)
from acuerdo.core.words import AccountId, CurrencyMismatch, money
from acuerdo.testing import histories as made

A = AccountId("a1")
T0 = datetime(2026, 4, 1, tzinfo=UTC)


def at(day: int) -> datetime:
    return T0 + timedelta(days=day)


def clp(amount: int):  # type: ignore[no-untyped-def]  # a short word for the tables below
    return money(amount, "CLP")


def journal(facts: list[Fact], order: Order | None = None) -> tuple[Entry, ...]:
    rules = read_rules(f'currency = "CLP"\norder = {list(order)}', "prueba") if order else None
    return tell(A, facts, rules).entries


DEUDA = Stated("o", at(0), clp(1000))
INTERES = Charge("i", at(1), clp(50), "interest")
GASTO = Charge("g", at(2), clp(20), "fees")


def test_primero_gastos_luego_intereses_luego_capital() -> None:
    books = balances(journal([DEUDA, INTERES, GASTO, Payment("p", at(3), clp(100))]))
    assert (books["fees"], books["interest"], books["principal"], books["cash"]) == (0, 0, 970, 100)


def test_el_orden_lo_pone_el_acreedor() -> None:
    entries = journal([DEUDA, INTERES, Payment("p", at(3), clp(100))], ("principal", "interest", "fees"))
    assert (balances(entries)["principal"], balances(entries)["interest"]) == (900, 50)


def test_pagar_de_mas_queda_a_favor_y_paga_lo_que_venga() -> None:
    pago = Payment("p", at(3), clp(1100))
    books = balances(journal([DEUDA, pago]))
    assert (owed(books), books["held"]) == (0, -100)
    later = balances(journal([DEUDA, pago, Charge("i2", at(9), clp(70), "interest")]))
    assert (owed(later), later["held"]) == (0, -30)


def test_un_contracargo_devuelve_la_deuda() -> None:
    postings: list[Fact] = [DEUDA, INTERES, Payment("p", at(3), clp(100)), Reversal("r", at(5), "p")]
    books = balances(journal(postings))
    assert (books["principal"], books["interest"], books["cash"]) == (1000, 50, 0)


def test_un_contracargo_de_un_credito_ya_usado() -> None:
    postings: list[Fact] = [
        DEUDA,
        Payment("p", at(3), clp(1100)),
        Charge("i2", at(9), clp(70), "interest"),
        Reversal("r", at(10), "p"),
    ]
    books = balances(journal(postings))
    assert (books["principal"], books["interest"], books["held"], books["cash"]) == (1000, 70, 0, 0)


def test_lo_perdonado_cierra_y_no_es_dinero() -> None:
    books = balances(journal([DEUDA, Payment("p", at(3), clp(800)), Waiver("w", at(3), clp(200))]))
    assert (owed(books), books["waived"], books["cash"]) == (0, 200, 800)


def test_el_mismo_pago_dos_veces_cuenta_una() -> None:
    pago = Payment("p", at(3), clp(100))
    assert journal([DEUDA, pago, pago]) == journal([DEUDA, pago])
    with pytest.raises(LedgerError, match="'p' arrived twice with different contents"):
        journal([DEUDA, pago, Payment("p", at(3), clp(101))])


def test_lo_que_no_puede_ser_se_dice() -> None:
    with pytest.raises(LedgerError, match="amounts are positive"):
        journal([Payment("p", at(3), clp(0))])
    with pytest.raises(LedgerError, match="only payments and waivers"):
        journal([DEUDA, Reversal("r", at(5), "o")])
    with pytest.raises(CurrencyMismatch):
        journal([DEUDA, Payment("p", at(3), money(10, "EUR"))])


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    amount, when = st.integers(1, 500).map(clp), st.integers(0, 20).map(at)
    made: list[Fact] = [DEUDA]
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
def test_cuadra_y_el_orden_de_llegada_da_lo_mismo(postings: list[Fact], chance: object) -> None:
    shuffled = postings * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands a random.Random
    entries = journal(postings)
    assert journal(shuffled) == entries
    assert sum(balances(entries).values()) == 0
    assert all(e.amount.minor > 0 and e.debit != e.credit for e in entries)


@settings(max_examples=400, deadline=None)
@given(histories())
def test_nada_queda_negativo_y_cada_peso_esta_en_algun_libro(postings: list[Fact]) -> None:
    books = balances(journal(postings))
    buckets: tuple[Book, ...] = ("fees", "interest", "principal")
    assert all(books.get(b, 0) >= 0 for b in buckets)
    assert books.get("held", 0) <= 0
    assert not (owed(books) and books.get("held", 0))
    back = {p.of for p in postings if isinstance(p, Reversal)}
    kept = sum(p.amount.minor for p in postings if isinstance(p, Payment) and p.id not in back)
    charged = sum(p.amount.minor for p in postings if isinstance(p, Charge)) + DEUDA.total.minor
    assert books.get("cash", 0) == kept
    assert owed(books) + books.get("held", 0) == charged - kept - books.get("waived", 0)


RULES = """
currency = "CLP"
grace_days = 3
[[rate]]
from = 2026-01-01
annual_pct = "36.5"
[[rate]]
from = 2026-04-21
annual_pct = "73"
[[max_rate]]
from = 2026-05-01
annual_pct = "36.5"
"""
FEE = """
[[fee]]
name = "cobranza"
after_days = 5
steps = [{ pct = "50" }]
[units]
CLF = "100"
"""
CAP = read_law(
    """
[[cap]]
country = "CL"
rule = "CL-8"
after_days = 20
unit = "CLF"
steps = [{ up_to = "10", pct = "9" }, { up_to = "50", pct = "6" }, { pct = "3" }]
"""
)


def vencida(total: int, dia: int = 0) -> Stated:
    return Stated("o", at(dia), clp(total), {}, at(0).date())


def test_el_interes_es_por_dia_desde_el_dia_siguiente_al_vencimiento_y_cambia_con_la_tasa() -> None:
    rules = read_rules(RULES, "prueba")
    # 36,5 % de 10.000 es 10 al día: del 2 al 11 de abril son diez días.
    assert tell(A, [vencida(10_000)], rules, at(11)).books["interest"] == 100
    # Hasta el 21 son 19 días a 10; desde el 21 se dobla; desde el 1 de mayo vuelve al tope.
    assert tell(A, [vencida(10_000)], rules, at(21)).books["interest"] == 190 + 20
    assert tell(A, [vencida(10_000)], rules, at(31)).books["interest"] == 190 + 200 + 10


def test_un_abono_baja_el_interes_de_los_dias_siguientes_aunque_llegue_tarde() -> None:
    rules = read_rules(RULES, "prueba")
    pago = Payment("p", at(6), clp(5050))
    # Cinco días a 10: el pago cubre el interés de 50 y 5.000 de capital; después son 5 al día.
    for facts in ([vencida(10_000), pago], [pago, vencida(10_000)]):
        told = tell(A, facts, rules, at(10))
        assert (told.books["principal"], told.books["interest"]) == (5000, 20)


def test_mientras_corre_un_acuerdo_no_corren_ni_intereses_ni_gastos() -> None:
    rules = read_rules(RULES + FEE, "prueba")
    alone = tell(A, [vencida(10_000)], rules, at(20)).books
    assert (alone["interest"], alone["fees"]) == (190, 5000)
    # Del 4 al 12 de abril corre un acuerdo, que se rompe: ni interés de esos ocho días ni el gasto del día 7.
    broken = tell(A, [vencida(10_000), Agreed("d", at(3), at(11))], rules, at(20)).books
    assert (broken["interest"], broken.get("fees", 0)) == (190 - 80, 0)
    running = tell(A, [Agreed("d", at(3)), vencida(10_000)], rules, at(20)).books
    assert (running["interest"], running.get("fees", 0)) == (20, 0)


def test_el_interes_no_pierde_fracciones_por_mirar_mas_veces() -> None:
    rules = read_rules(RULES, "prueba")
    whole = tell(A, [vencida(777)], rules, at(15)).books["interest"]
    # Avisos de contracargos de nada parten el tiempo en tramos; la suma es la misma.
    looks: list[Fact] = [Reversal(f"r{n}", at(n), "nadie") for n in range(1, 15)]
    assert tell(A, [vencida(777), *looks], rules, at(15)).books["interest"] == whole == 777 * 14 // 1000


def test_el_gasto_de_cobranza_no_pasa_del_tope_legal_ni_se_adelanta() -> None:
    rules = read_rules(f'currency = "CLP"\n{FEE}', "prueba", "CL", CAP)
    assert tell(A, [vencida(6000)], rules, at(20)).books.get("fees", 0) == 0
    # Con la UF a 100: 9 % de 1.000, 6 % de 4.000 y 3 % de 1.000. El acreedor pedía 50 %.
    assert tell(A, [vencida(6000)], rules, at(30)).books["fees"] == 90 + 240 + 30
    free = read_rules(f'currency = "CLP"\n{FEE}', "prueba", "CO", CAP)
    assert tell(A, [vencida(6000)], free, at(30)).books["fees"] == 3000


def test_el_gasto_se_cobra_el_dia_y_una_sola_vez() -> None:
    rules = read_rules(f'currency = "CLP"\n{FEE}', "prueba", "CL", CAP)
    entries = tell(A, [vencida(6000), Payment("p", at(40), clp(10))], rules, at(90)).entries
    [fee] = [e for e in entries if e.cause == "charge"]
    assert (fee.at.date() - at(0).date()).days == 21
    assert tell(A, [vencida(6000), Payment("p", at(3), clp(6000))], rules, at(90)).owed == 0, "pagó antes"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('currency = "XXX"', "'XXX' is not known"),
        ('currency = "CLP"\norder = ["fees", "fees", "principal"]', "name each of fees, interest, principal once"),
        ('currency = "CLP"\n[[rate]]\nfrom = 2026-01-01\nannual_pct = "2000"', "annual_pct from 0 to 1000"),
        (f'currency = "CLP"\n{FEE}'.replace('steps = [{ pct = "50" }]', ""), "an amount or steps"),
        (f'currency = "CLP"\n{FEE}'.replace('CLF = "100"', ""), "say in \\[units\\] how much one is in CLP"),
        ('currency = "CLP"\ngrace_days = -1', "from 0 to 60"),
        ('currency = "CLP"\ngrace_days = 99999999999999999999', "from 0 to 60"),
        ('currency = "CLP"\ntolerance = "1e400"', "tolerance from 0"),
        ('currency = "CLP"\ntolerance = "NaN"', "a number in it is nan"),
        ('currency = "CLP"\n[[rate]]\nfrom = 2026-01-01\nannual_pct = nan', "a number in it is nan"),
        ('currency = "CLP"\n[units]\nCLF = "NaN"', "what one is worth in CLP"),
        ('currency = "CLP"\n[units]\nCLF = "0"', "what one is worth in CLP"),
        (f'currency = "CLP"\n{FEE}'.replace('{ pct = "50" }', '{ up_to = "inf", pct = "50" }'), "its steps go up"),
        ('currency = "CLP"\nsurprise = 1', "surprise"),
        ("currency =", "reglas.toml"),
    ],
)
def test_reglas_que_no_pueden_ser_se_rechazan_con_el_remedio(text: str, why: str) -> None:
    with pytest.raises(BadRules, match=why):
        read_rules(text, "reglas.toml", "CL", CAP)


def test_el_archivo_del_acreedor_manda_y_cada_diferencia_queda_explicada() -> None:
    facts: list[Fact] = [DEUDA, Payment("p", at(3), clp(300)), Stated("f2", at(9), clp(800))]
    told = tell(A, facts)
    assert told.owed == 800
    assert told.differences == (Difference("f2", at(9), 700, 800, {"principal": 100}, {"payment": -300}),)
    [entry] = [e for e in told.entries if e.cause == "adjustment"]
    assert (entry.debit, entry.credit, entry.amount, entry.ref) == ("principal", "adjusted", clp(100), "f2")
    known = tell(A, [*facts[:2], Stated("f2", at(9), clp(700))])
    assert known.differences == ()
    assert [e for e in known.entries if e.cause == "adjustment"] == []


def test_la_diferencia_dice_en_que_y_lo_que_habiamos_contado_desde_el_archivo_anterior() -> None:
    facts: list[Fact] = [
        DEUDA, INTERES, Payment("p", at(3), clp(30)), Reversal("r", at(4), "p", clp(10)), Waiver("w", at(5), clp(5)),
        Stated("f2", at(9), clp(900), {"principal": 880, "interest": 20}), Payment("p2", at(10), clp(1000)),
        Stated("f3", at(12), clp(100)),
    ]  # fmt: skip
    first, second = tell(A, facts).differences
    assert (first.ours, first.theirs) == (1025, 900)
    assert first.by == {"interest": -5, "principal": -120}
    assert first.since == {"charge": 50, "payment": -30, "reversal": 10, "waiver": -5}
    assert first.theirs - first.ours == sum(first.by.values())
    # Pagó de más: el archivo, que no lo ve, se queda con el saldo a favor.
    assert (second.ours, second.theirs, second.by, second.since) == (
        -100, 100, {"principal": 100, "held": 100}, {"payment": -900, "overpayment": -100},
    )  # fmt: skip


def test_el_archivo_dice_tambien_en_que_se_reparte() -> None:
    told = tell(A, [DEUDA, INTERES, Stated("f2", at(9), clp(1200), {"principal": 900, "interest": 250, "fees": 50})])
    assert [told.books[b] for b in ("principal", "interest", "fees")] == [900, 250, 50]


def test_un_pago_que_llega_tarde_a_nosotros_solo_cambia_la_explicacion() -> None:
    files: list[Fact] = [DEUDA, Stated("f2", at(9), clp(700))]
    late = tell(A, [*files, Payment("p", at(3), clp(300))])
    assert (tell(A, files).owed, late.owed) == (700, 700)
    assert len(tell(A, files).differences) == 1
    assert late.differences == ()


def test_un_contracargo_en_partes_nunca_pasa_del_pago() -> None:
    postings: list[Fact] = [
        DEUDA, Payment("p", at(3), clp(1100)), Reversal("r1", at(5), "p", clp(300)),
        Reversal("r2", at(6), "p", clp(900)), Reversal("r3", at(7), "p"),
    ]  # fmt: skip
    books = tell(A, postings[:3]).books
    assert (books["cash"], books["principal"], books["held"]) == (800, 200, 0)
    books = tell(A, postings).books
    assert (books["cash"], books["principal"], books["held"]) == (0, 1000, 0)


# Twenty thousand in four parts, so that each is short.
PARTS = [0, 1]


@pytest.mark.parametrize("part", PARTS)
@settings(max_examples=5_000, deadline=None)
@given(seed=st.integers(0, 2**40))
def test_cualquier_historia_cuadra_en_cualquier_orden(part: int, seed: int) -> None:
    assert made.faults(2 * seed + part) == []


@pytest.mark.parametrize("part", PARTS)
@settings(max_examples=5_000, deadline=None)
@given(seed=st.integers(0, 2**40))
def test_cualquier_plan_suma_exacto_y_se_vive_dia_a_dia(part: int, seed: int) -> None:
    assert made.plan_faults(2 * seed + part) == []


def test_las_historias_traen_de_todo() -> None:
    """The generator would prove nothing if it never drew the hard cases."""
    seen: set[str] = set()
    for seed in range(3000):
        told = tell(A, made.history(seed), made.rules(seed), made.START + timedelta(days=150))
        seen |= {e.cause for e in told.entries}
        seen |= {"credit"} if told.held else set()
        seen |= {"difference"} if told.differences else set()
        seen |= {"agreement"} if any(isinstance(one, Agreed) for one in made.history(seed)) else set()
        seen |= {"fee"} if any(e.ref.startswith("fee:") for e in told.entries) else set()
    assert seen >= {
        "opening", "adjustment", "charge", "payment", "overpayment", "held_applied", "waiver", "reversal", "credit",
        "difference", "fee", "agreement",
    }  # fmt: skip
