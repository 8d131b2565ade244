"""Las conversaciones de la negociación, turno a turno, como las lleva el oficio."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.negotiation.choices import cards
from acuerdo.core.negotiation.moves import (
    Accept,
    Ask,
    Choose,
    Counter,
    Move,
    NeedAmount,
    NeedDate,
    NeedInstallments,
    NothingOwed,
    Offer,
    PayNow,
    Position,
    Promise,
    Refuse,
    Reply,
    Specialist,
    TooLow,
)
from acuerdo.core.negotiation.offers import next_offer
from acuerdo.core.words import DECIMALS, Money, money

HOY = date(2026, 4, 14)


def cop(amount: int | str) -> Money:
    return money(amount, "COP")


def mil(thousands: int) -> Money:
    return cop(thousands * 1000)


def deuda(amount: int = 900_000, dpd: int = 22, **more: object) -> Position:
    return Position(balance=cop(amount), today=HOY, dpd=dpd, account="a1", **more)  # type: ignore[arg-type]


def hasta(cuotas: int = 4, descuento: int = 10, **more: object) -> Authority:
    return Authority(max_installments=cuotas, max_discount_pct=Decimal(descuento), **more)  # type: ignore[arg-type]


def charla(position: Position, authority: Authority, *replies: Reply) -> tuple[Position, list[Move]]:
    moves = []
    for reply in replies:
        position, move = next_offer(position, reply, authority)
        moves.append(move)
    return position, moves


@pytest.mark.parametrize("moneda", sorted(DECIMALS))
def test_se_negocia_en_todas_las_monedas(moneda: str) -> None:
    debe = Position(balance=money(40, moneda), today=HOY, dpd=22, account="a1")
    replies = (Ask(discount=True), Refuse(), Refuse(), Refuse(), Ask(total=money(37, moneda)), Ask(n=3), Refuse())
    _, moves = charla(debe, hasta(4, 10), *replies)
    tables = [move.plans for move in moves if isinstance(move, Offer | Counter)]
    assert tables
    for plan in (plan for table in tables for plan in table):
        assert plan.total.currency == moneda
        assert money(36, moneda) <= plan.total <= money(40, moneda)


def test_me_lo_dejan_en_tres_pagos() -> None:
    _, [_, move] = charla(deuda(), hasta(4, 10), Ask(), Ask(n=3))
    assert isinstance(move, Accept)
    assert (move.plan.n, move.plan.total) == (3, mil(900))
    assert [p.amount for p in move.plan.installments] == [mil(300)] * 3
    assert [p.due for p in move.plan.installments] == [date(2026, 4, 30), date(2026, 5, 30), date(2026, 6, 30)]


def test_pago_todo_el_20_no_perdona_el_25_mejor() -> None:
    """Es una promesa corregida, nunca un acuerdo."""
    _, [first, second] = charla(
        deuda(240_000, dpd=9), hasta(3, 0), Ask(all=True, first=date(2026, 4, 20)), Ask(first=date(2026, 4, 25))
    )
    assert first == Promise(date(2026, 4, 20), mil(240))
    assert second == Promise(date(2026, 4, 25), mil(240))


def test_quiero_pagar_en_cuotas_bueno_en_seis() -> None:
    _, [offer, move] = charla(deuda(360_000, dpd=28), hasta(6, 10), Ask(installments=True), Ask(n=6))
    assert isinstance(offer, Offer)
    assert [p.n for p in offer.plans] == [2, 4, 6]
    assert isinstance(move, Accept)
    assert (move.plan.n, move.plan.total) == (6, mil(360))


@pytest.mark.parametrize("dpd", [61, 95])
def test_pasados_los_60_dias_negocia_una_persona(dpd: int) -> None:
    for reply in (Ask(discount=True), Ask(n=3), Ask(total=mil(800), settle=True), Refuse(), Choose(), Ask()):
        _, [move] = charla(deuda(dpd=dpd), hasta(), reply)
        assert move == Specialist(mil(900))


def test_a_los_60_dias_todavia_negocia() -> None:
    _, [move] = charla(deuda(dpd=60), hasta(), Ask(n=3))
    assert isinstance(move, Accept)


def test_pasados_los_60_dias_siempre_puede_pagar_todo() -> None:
    later = date(2026, 4, 20)
    for reply, answer in (
        (Ask(all=True), PayNow(mil(900), True, True)),
        (Ask(pay_now=True), PayNow(mil(900), True, True)),
        (Ask(total=mil(2000)), PayNow(mil(900), True, True)),
        (Ask(all=True, first=later), Promise(later, mil(900), True)),
    ):
        _, [move] = charla(deuda(dpd=95), hasta(), reply)
        assert move == answer


def test_500_mil_y_quedamos_en_paz_y_luego_800_hoy() -> None:
    """Bajo el piso hay una contraoferta; el piso justo, propuesto por la persona, se toma."""
    _, [counter, accept] = charla(
        deuda(1_000_000, dpd=45),
        hasta(3, 20),
        Ask(total=mil(500), settle=True),
        Ask(total=mil(800), pay_now=True),
    )
    assert isinstance(counter, Counter)
    assert counter.why == "below_floor"
    assert [(p.n, p.total) for p in counter.plans] == [(1, mil(980)), (2, mil(1000)), (3, mil(1000))]
    assert isinstance(accept, Accept)
    assert (accept.plan.n, accept.plan.total, accept.plan.first.due) == (1, mil(800), HOY)
    assert accept.plan.saving == mil(200)


def test_dos_veces_bajo_el_piso_pasa_a_una_persona_y_la_oferta_sigue_abierta() -> None:
    _, [_, low, yes] = charla(
        deuda(1_000_000), hasta(3, 20), Ask(total=mil(500), settle=True), Ask(total=mil(600)), Choose()
    )
    assert isinstance(low, TooLow)
    assert (low.hand_over, low.reason, low.best.total) == (True, "below_floor", mil(970))
    assert yes == Accept(low.best)


def test_doscientos_ahora_y_el_resto_en_dos_quincenas() -> None:
    _, [move] = charla(deuda(), hasta(), Ask(down=mil(200), n=2, frequency="quincena", pay_now=True))
    assert isinstance(move, Accept)
    assert [(p.due, p.amount) for p in move.plan.installments] == [
        (HOY, mil(200)),
        (date(2026, 4, 30), mil(350)),
        (date(2026, 5, 15), mil(350)),
    ]


def test_doscientos_ahora_y_el_resto_despues_pregunta_en_cuantos() -> None:
    _, [offer, move] = charla(deuda(), hasta(), Ask(down=mil(200), pay_now=True), Ask(n=2))
    assert isinstance(offer, Offer)
    assert offer.why == "choose_rest"
    assert all(p.first.amount == mil(200) for p in offer.plans)
    assert isinstance(move, Accept)
    assert (move.plan.n, move.plan.first.amount) == (3, mil(200))


def test_la_mitad_ahora_y_la_mitad_el_otro_mes() -> None:
    _, [move] = charla(deuda(), hasta(), Ask(half=True))
    assert isinstance(move, Accept)
    assert [p.amount for p in move.plan.installments] == [mil(450), mil(450)]


def test_cuotas_de_trescientos() -> None:
    _, [move] = charla(deuda(), hasta(), Ask(per_payment=mil(300)))
    assert isinstance(move, Accept)
    assert move.plan.n == 3


def test_doce_cuotas_cuando_son_cuatro() -> None:
    _, [counter, yes] = charla(deuda(), hasta(4), Ask(n=12), Choose())
    assert isinstance(counter, Counter)
    assert counter.why == "too_many"
    assert [p.n for p in counter.plans] == [4]
    assert yes == Accept(counter.plans[0])


def test_mil_cuotas_una_y_otra_vez_no_es_un_bucle() -> None:
    _, moves = charla(deuda(), hasta(4), *[Ask(n=1000)] * 6)
    assert [type(m) for m in moves] == [Counter] * 3 + [TooLow] * 3


def test_descuento_y_cuotas_a_la_vez_no() -> None:
    _, [counter] = charla(deuda(), hasta(4, 10), Ask(n=3, total=mil(850)))
    assert isinstance(counter, Counter)
    assert counter.why == "discount_only_single"
    assert [(p.n, p.total) for p in counter.plans] == [(3, mil(900)), (1, mil(900))]


def test_primero_plazos_y_luego_descuento_por_pasos_y_cada_vez_mas_pronto() -> None:
    _, moves = charla(deuda(1_000_000), hasta(6, 20), Ask(), *[Refuse()] * 7)
    offers = [m for m in moves if isinstance(m, Offer)]
    assert [m.why for m in offers] == ["opening", "ask", "step", "step", "step", "step", "step"]
    assert [p.n for p in offers[0].plans] == [1, 2, 3, 4]
    assert max(p.n for p in offers[1].plans) == 6
    singles = [m.plans[0] for m in offers]
    assert [p.total for p in singles] == [mil(n) for n in (1000, 1000, 960, 880, 840, 810, 800)]
    assert [(p.first.due - HOY).days for p in singles] == [0, 0, 6, 5, 4, 3, 2]
    assert isinstance(moves[-1], TooLow)
    assert moves[-1].why == "nothing_left"


def test_sin_mas_plazos_que_mostrar_se_pregunta_una_vez_que_podria() -> None:
    _, [first, asked, step] = charla(deuda(1_000_000), hasta(3, 20), Ask(), Refuse(), Refuse())
    assert isinstance(first, Offer)
    assert isinstance(asked, Offer)
    assert isinstance(step, Offer)
    assert (asked.why, asked.plans) == ("ask", first.plans)
    assert (step.why, step.plans[0].total) == ("step", mil(960))


def test_sin_descuento_que_dar_no_se_repite_la_mesa_sin_fin() -> None:
    _, moves = charla(deuda(1_000_000), hasta(3, 0), Ask(), *[Refuse()] * 5)
    assert [type(m) for m in moves] == [Offer, Offer, Offer, TooLow, TooLow, TooLow]


def test_me_hacen_un_descuento() -> None:
    _, [one, two] = charla(deuda(1_000_000), hasta(3, 20), Ask(discount=True), Ask(discount=True))
    assert isinstance(one, Offer)
    assert isinstance(two, Offer)
    assert (one.plans[0].total, two.plans[0].total) == (mil(960), mil(880))


def test_sin_descuento_que_dar_se_dice_y_se_ofrecen_cuotas() -> None:
    _, [move] = charla(deuda(), hasta(4, 0), Ask(discount=True))
    assert isinstance(move, Counter)
    assert move.why == "no_discount"
    assert [(p.n, p.total) for p in move.plans] == [(1, mil(900)), (2, mil(900)), (3, mil(900)), (4, mil(900))]


@pytest.mark.parametrize(("pct", "taken"), [(10, True), (11, False)])
def test_me_descuentan_el_tanto_por_ciento(pct: int, taken: bool) -> None:
    _, [move] = charla(deuda(), hasta(4, 10), Ask(discount_pct=Decimal(pct)))
    assert isinstance(move, Accept) is taken


def test_nunca_se_cobra_mas_que_el_saldo() -> None:
    _, [move] = charla(deuda(), hasta(), Ask(total=mil(5000)))
    assert move == PayNow(mil(900), True)


def test_primer_pago_en_dos_meses_se_acerca_al_dia_permitido() -> None:
    _, [counter, yes] = charla(deuda(), hasta(), Ask(n=3, first=date(2026, 6, 14)), Choose())
    assert isinstance(counter, Counter)
    assert (counter.why, counter.plans[0].first.due) == ("first_too_late", date(2026, 5, 14))
    assert yes == Accept(counter.plans[0])


def test_el_primer_pago_mejor_el_dia_20() -> None:
    """Un plan ya resumido cambia de fecha sin volver a preguntar lo demás."""
    _, [_, move] = charla(deuda(), hasta(), Ask(n=3), Ask(first=date(2026, 4, 20)))
    assert isinstance(move, Accept)
    assert (move.plan.n, move.plan.first.due) == (3, date(2026, 4, 20))


def test_doscientos_el_viernes_en_vez_de_hoy_y_el_resto_igual() -> None:
    viernes = date(2026, 4, 17)
    _, [_, move] = charla(deuda(), hasta(), Ask(down=mil(200), n=1), Ask(first=viernes))
    assert isinstance(move, Accept)
    assert [p.amount for p in move.plan.installments] == [mil(200), mil(700)]
    assert move.plan.first.due == viernes


def test_mejor_por_quincenas() -> None:
    _, [_, move] = charla(deuda(), hasta(), Ask(n=3), Ask(frequency="quincena"))
    assert isinstance(move, Accept)
    assert [p.due.day for p in move.plan.installments] == [30, 15, 31]


@pytest.mark.parametrize(("day", "why"), [(date(2026, 4, 1), "promise_past"), (date(2036, 4, 1), "promise_too_late")])
def test_una_promesa_para_ayer_o_para_dentro_de_diez_anos(day: date, why: str) -> None:
    _, [move, again] = charla(deuda(), hasta(), Ask(all=True, first=day), Ask(first=date(2026, 4, 30)))
    assert move == NeedDate(HOY, date(2026, 5, 14), why)  # type: ignore[arg-type]
    assert again == Promise(date(2026, 4, 30), mil(900))


def test_el_viernes_le_abono_200() -> None:
    viernes = date(2026, 4, 17)
    assert charla(deuda(), hasta(), Ask(total=mil(200), part=True, first=viernes))[1] == [Promise(viernes, mil(200))]
    assert charla(deuda(), hasta(), Ask(total=mil(200), first=viernes))[1] == [Promise(viernes, mil(200))]
    assert charla(deuda(), hasta(), Ask(total=mil(200), part=True, pay_now=True))[1] == [PayNow(mil(200), False)]


def test_pago_el_viernes_es_la_cuota_vencida_si_la_hay() -> None:
    viernes = date(2026, 4, 17)
    assert charla(deuda(due_now=mil(150)), hasta(), Ask(first=viernes))[1] == [Promise(viernes, mil(150))]
    assert charla(deuda(), hasta(), Ask(first=viernes))[1] == [Promise(viernes, mil(900))]


def test_pago_ya_toma_la_oferta_que_ahorra() -> None:
    _, [*_, move] = charla(deuda(1_000_000), hasta(3, 20), Ask(), Refuse(), Refuse(), Ask(pay_now=True))
    assert isinstance(move, Accept)
    assert (move.plan.total, move.plan.first.due) == (mil(960), HOY)
    assert charla(deuda(due_now=mil(150)), hasta(3, 0), Ask(pay_now=True))[1] == [PayNow(mil(150), False)]


@pytest.mark.parametrize(
    ("ask", "move"),
    [
        (Ask(total=cop(-500)), NeedAmount(mil(900), "not_positive")),
        (Ask(total=cop(0)), NeedAmount(mil(900), "not_positive")),
        (Ask(total=money(300, "USD")), NeedAmount(mil(900), "other_currency")),
        (Ask(n=0), NeedInstallments(4)),
        (Ask(part=True), NeedAmount(mil(900), "no_amount")),
    ],
)
def test_lo_que_no_se_puede_querer_decir_se_pregunta(ask: Ask, move: Move) -> None:
    position, [answer] = charla(deuda(), hasta(), ask)
    assert answer == move
    assert position.counters == 0


def test_sin_saldo_no_se_negocia() -> None:
    assert charla(deuda(0), hasta(), Ask(n=3))[1] == [NothingOwed()]


def test_la_oferta_de_ayer_se_vuelve_a_poner_con_fecha_de_hoy() -> None:
    position, [*_, offer] = charla(deuda(), hasta(), Ask(), Refuse(), Refuse())
    assert isinstance(offer, Offer)
    later = msgspec.structs.replace(position, today=date(2026, 4, 25))
    _, [move] = charla(later, hasta(), Choose(offer.plans[0].id))
    assert isinstance(move, Counter)
    assert (move.why, move.plans[0].first.due, move.plans[0].total) == ("date_past", later.today, offer.plans[0].total)


def test_un_pago_por_fuera_cambia_el_saldo_y_la_oferta_vieja_no_vale() -> None:
    position, [offer] = charla(deuda(), hasta(), Ask())
    assert isinstance(offer, Offer)
    _, [move] = charla(msgspec.structs.replace(position, balance=mil(500)), hasta(), Choose(offer.plans[0].id))
    assert isinstance(move, Offer)
    assert all(p.balance == mil(500) for p in move.plans)


def test_cuota_minima_y_cuota_inicial() -> None:
    authority = hasta(12, 0, min_installment=mil(200), min_down_pct=Decimal(40))
    _, [many, few] = charla(deuda(), authority, Ask(n=12), Ask(n=3))
    assert isinstance(many, Counter)
    assert [p.amount for p in many.plans[0].installments] == [mil(360), mil(270), mil(270)]
    assert isinstance(few, Accept)
    assert few.plan.first.amount == mil(360)


def test_las_tarjetas_empiezan_por_todo_y_por_cuotas_no_por_el_piso() -> None:
    plans = cards(deuda(), hasta(4, 10))
    assert [(p.n, p.total) for p in plans] == [(1, mil(900)), (2, mil(900)), (3, mil(900)), (4, mil(900))]
    assert cards(deuda(dpd=61), hasta()) == ()


def test_las_tarjetas_respetan_lo_que_la_persona_puede_pagar() -> None:
    plans = cards(deuda(affordable=mil(300)), hasta(4, 0))
    assert [p.n for p in plans] == [1, 3, 4]


def test_la_posicion_viaja_como_json() -> None:
    position, _ = charla(deuda(), hasta(), Ask(n=3), Ask(total=mil(1)))
    assert msgspec.json.decode(msgspec.json.encode(position), type=Position) == position


def test_los_mismos_pasos_dan_los_mismos_planes() -> None:
    assert charla(deuda(), hasta(), Ask(), Refuse()) == charla(deuda(), hasta(), Ask(), Refuse())


def test_una_propuesta_por_debajo_tiene_una_contraoferta_y_dicha_otra_vez_se_toma() -> None:
    viernes = date(2026, 4, 17)
    mine = Ask(total=mil(850), settle=True, first=viernes)
    _, [_, counter, accept] = charla(deuda(1_000_000), hasta(3, 20), Ask(), mine, mine)
    assert isinstance(counter, Counter)
    assert (counter.why, counter.plans[0].total, counter.plans[0].first.due) == ("meet", mil(993), viernes)
    assert isinstance(accept, Accept)
    assert (accept.plan.total, accept.plan.first.due) == (mil(850), viernes)


def test_el_si_a_la_contraoferta_es_a_su_pago_unico() -> None:
    _, [_, counter, yes] = charla(deuda(1_000_000), hasta(3, 20), Ask(), Ask(total=mil(850), settle=True), Choose())
    assert isinstance(counter, Counter)
    assert yes == Accept(counter.plans[0])


@pytest.mark.parametrize(("then", "taken"), [(860, False), (850, True), (840, True), (940, True)])
def test_quien_sube_poco_tiene_otra_contraoferta_y_quien_se_acerca_o_repite_es_tomado(then: int, taken: bool) -> None:
    first, second = Ask(total=mil(850), settle=True), Ask(total=mil(then), settle=True)
    _, [_, counter, move] = charla(deuda(1_000_000), hasta(3, 20), Ask(), first, second)
    assert isinstance(counter, Counter)
    assert isinstance(move, Accept) is taken
    if isinstance(move, Counter):
        assert mil(then) < move.plans[0].total < counter.plans[0].total


def test_lo_que_se_paga_hoy_o_es_casi_lo_ofrecido_se_toma_de_una() -> None:
    for reply in (Ask(total=mil(850), pay_now=True), Ask(total=mil(970), settle=True)):
        _, [_, move] = charla(deuda(1_000_000), hasta(3, 20), Ask(), reply)
        assert isinstance(move, Accept)


def test_quien_sube_desde_abajo_del_piso_hasta_el_es_tomado() -> None:
    """ "Le ofrezco 8000 y ya", "ándele pues, 8640"."""
    _, [counter, move] = charla(deuda(9600), hasta(6, 10), Ask(total=cop(8000), settle=True), Ask(total=cop(8640)))
    assert isinstance(counter, Counter)
    assert isinstance(move, Accept)


def test_quien_sube_de_a_poco_hasta_el_piso_justo_tambien() -> None:
    """ "Medio palo", "650 y es lo último", "ya, 700": lo que se puede, dicho por la persona, no se regatea más."""
    offers = [Ask(total=mil(500), settle=True), Ask(total=mil(650)), Ask(total=mil(700))]
    _, [*_, move] = charla(deuda(1_000_000), hasta(3, 30), *offers)
    assert isinstance(move, Accept)
    assert move.plan.total == mil(700)
    _, [*_, move] = charla(deuda(1_000_000), hasta(3, 30), *offers[:2], Ask(total=mil(710)))
    assert isinstance(move, Counter)


def test_quien_repite_casi_el_piso_recibe_el_piso() -> None:
    mine = Ask(total=mil(790), settle=True)
    _, [_, counter, low] = charla(deuda(1_000_000), hasta(3, 20), Ask(), mine, mine)
    assert isinstance(counter, Counter)
    assert isinstance(low, TooLow)
    assert low.best.total == mil(800)


def test_quien_conto_sus_gastos_no_ve_cuotas_que_no_le_alcanzan() -> None:
    _, [offer, counter, person] = charla(deuda(affordable=mil(300)), hasta(4, 0), Ask(), Ask(n=2), Ask(n=12))
    assert isinstance(offer, Offer)
    assert [p.n for p in offer.plans] == [1, 3, 4]
    assert isinstance(counter, Counter)
    assert (counter.why, counter.plans[0].n) == ("over_affordable", 4)
    assert isinstance(person, Counter)
    _, [none] = charla(deuda(affordable=mil(100)), hasta(4, 0), Ask(n=4))
    assert isinstance(none, TooLow)
    assert (none.reason, none.why, none.plans) == ("hardship", "over_affordable", ())
