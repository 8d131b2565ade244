"""Whatever is said, in whatever order: never outside the authority, never above the balance, never a loop."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.negotiation.choices import PAYMENTS_A_YEAR, TOP, cards
from acuerdo.core.negotiation.moves import (
    Accept,
    Ask,
    Choose,
    Counter,
    Move,
    NothingOwed,
    Offer,
    PayNow,
    Position,
    Promise,
    Refuse,
    Reply,
    TooLow,
)
from acuerdo.core.negotiation.offers import MOST_COUNTERS, next_offer
from acuerdo.core.negotiation.plans import Plan, fault, several
from acuerdo.core.words import Money

TODAY = date(2026, 1, 30)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Position, Authority]:
    currency = draw(st.sampled_from(["COP", "CLP", "EUR", "MXN", "PEN", "ARS"]))
    balance = draw(st.integers(1, 300) | st.integers(1, 10**9))
    some = st.none() | st.integers(1, balance)
    least, due, able = draw(some), draw(some), draw(some)
    authority = Authority(
        max_installments=draw(st.integers(1, 24)),
        max_discount_pct=draw(st.decimals(0, "99.5", places=2)),
        min_installment=None if least is None else Money(least, currency),
        min_down_pct=draw(st.sampled_from([Decimal(0), Decimal(10), Decimal("33.33"), Decimal(60)])),
        longest_first_payment_days=draw(st.integers(0, 45)),
        longest_promise_days=draw(st.integers(0, 45)),
        frequency=draw(st.sampled_from(["weekly", "biweekly", "quincena", "monthly"])),
    )
    position = Position(
        balance=Money(balance, currency),
        today=TODAY,
        dpd=draw(st.sampled_from([0, 22, 60])),
        account="a",
        due_now=None if due is None else Money(due, currency),
        affordable=None if able is None else Money(able, currency),
    )
    return position, authority


def asks(currency: str, balance: int) -> st.SearchStrategy[Ask]:
    amount = st.none() | st.integers(-1, balance * 2).map(lambda minor: Money(minor, currency))
    day = st.none() | st.integers(-3, 400).map(lambda d: TODAY + timedelta(days=d))
    rarely = st.sampled_from([False, False, False, True])
    return st.builds(
        Ask,
        n=st.none() | st.integers(0, 30) | st.just(1000),
        total=amount,
        discount_pct=st.none() | st.decimals(-5, 150, places=1),
        first=day,
        frequency=st.none() | st.sampled_from(["weekly", "biweekly", "quincena", "monthly"]),
        per_payment=amount,
        down=amount,
        half=rarely,
        all=rarely,
        pay_now=rarely,
        settle=rarely,
        part=rarely,
        installments=rarely,
        discount=rarely,
    ) | st.builds(Ask, total=amount, settle=rarely, first=day)


@st.composite
def talks(draw: st.DrawFn) -> tuple[Position, Authority, list[Reply]]:
    position, authority = draw(situations())
    asked = asks(position.balance.currency, position.balance.minor)
    replies = draw(st.lists(asked | st.just(Refuse()) | st.just(Choose()) | st.just(Ask()), max_size=8))
    return position, authority, replies


def plans_in(move: Move) -> tuple[Plan, ...]:
    if isinstance(move, Accept):
        return (move.plan,)
    if isinstance(move, TooLow):
        return (move.best, *move.plans)
    return move.plans if isinstance(move, Offer | Counter) else ()


def assert_inside(plan: Plan, position: Position, authority: Authority) -> None:
    """The limits written a second time, from the rule and not from the code under test."""
    amounts = [p.amount.minor for p in plan.installments]
    balance = position.balance.minor
    assert sum(amounts) == plan.total.minor
    assert all(a > 0 for a in amounts)
    assert plan.balance == position.balance
    assert [p.due for p in plan.installments] == sorted({p.due for p in plan.installments})
    assert [p.n for p in plan.installments] == list(range(1, plan.n + 1))
    first = plan.first.due
    assert TODAY <= first <= TODAY + timedelta(days=authority.longest_first_payment_days)
    if plan.n == 1:
        least = Decimal(balance) * (100 - authority.max_discount_pct) / 100
        assert int(least.to_integral_value(ROUND_CEILING)) <= plan.total.minor <= balance
    else:
        assert plan.total.minor == balance
        assert plan.n <= authority.max_installments
        assert Decimal(amounts[0]) >= Decimal(balance) * authority.min_down_pct / 100
        if authority.min_installment is not None:
            assert min(amounts) >= authority.min_installment.minor


@settings(max_examples=500, deadline=None)
@given(talks())
def test_nothing_outside_the_authority_is_ever_offered_or_taken(talk: tuple[Position, Authority, list[Reply]]) -> None:
    position, authority, replies = talk
    for reply in replies:
        position, move = next_offer(position, reply, authority)
        for plan in (*plans_in(move), *position.offered):
            assert_inside(plan, position, authority)
        if isinstance(move, Offer | Counter):
            assert move.plans
        if isinstance(move, PayNow | Promise):
            assert 0 < move.amount.minor <= position.balance.minor
        if isinstance(move, Promise):
            assert TODAY < move.due <= TODAY + timedelta(days=authority.longest_promise_days)


@settings(max_examples=150, deadline=None)
@given(talks())
def test_the_bot_counters_a_bounded_number_of_times(talk: tuple[Position, Authority, list[Reply]]) -> None:
    """Whoever comes up gets a counter-offer to each amount, until so many tables were turned down; else few."""
    position, authority, replies = talk
    seen = []
    for reply in replies * 2:
        position, move = next_offer(position, reply, authority)
        seen.append(move)
    counters = [m for m in seen if isinstance(m, Counter)]
    assert sum(m.why != "meet" for m in counters) <= MOST_COUNTERS
    assert sum(m.why == "meet" for m in counters) <= TOP
    assert sum(isinstance(m, Offer) and m.why == "step" for m in seen) <= TOP


@settings(max_examples=150, deadline=None)
@given(talks())
def test_a_single_total_put_on_the_table_is_never_raised_again(
    talk: tuple[Position, Authority, list[Reply]],
) -> None:
    position, authority, replies = talk
    best = None
    for reply in replies:
        position, move = next_offer(position, reply, authority)
        singles = [p.total.minor for p in plans_in(move) if p.n == 1]
        if isinstance(move, Offer | TooLow) and best is not None and singles:
            assert min(singles) <= best
        best = min([*singles, best] if best is not None else singles, default=None)


@settings(max_examples=150, deadline=None)
@given(situations(), st.data())
def test_an_authored_single_payment_inside_is_taken_at_once(
    situation: tuple[Position, Authority], data: st.DataObject
) -> None:
    position, authority = situation
    balance = position.balance
    least = int((Decimal(balance.minor) * (100 - authority.max_discount_pct) / 100).to_integral_value(ROUND_CEILING))
    total = Money(data.draw(st.integers(least, balance.minor)), balance.currency)
    _, move = next_offer(position, Ask(total=total, pay_now=True), authority)
    if total == balance:
        assert move == PayNow(balance, True)
    else:
        assert isinstance(move, Accept)
        assert move.plan.total == total


@settings(max_examples=100, deadline=None)
@given(situations())
def test_every_choice_shown_can_be_chosen(situation: tuple[Position, Authority]) -> None:
    position, authority = situation
    opened, offer = next_offer(position, Ask(), authority)
    assert isinstance(offer, Offer)
    assert offer.plans == cards(position, authority)
    assert 1 <= len(offer.plans) <= 4
    for plan in offer.plans:
        _, move = next_offer(opened, Choose(plan.id), authority)
        assert move in (Accept(plan), PayNow(plan.total, True))


@settings(max_examples=100, deadline=None)
@given(talks())
def test_the_position_survives_storage(talk: tuple[Position, Authority, list[Reply]]) -> None:
    position, authority, replies = talk
    for reply in replies:
        stored = msgspec.json.decode(msgspec.json.encode(position), type=Position)
        assert stored == position
        assert next_offer(stored, reply, authority) == next_offer(position, reply, authority)
        position, _ = next_offer(stored, reply, authority)


def last_day(authority: Authority) -> int:
    return authority.longest_first_payment_days


@settings(max_examples=80, deadline=None)
@given(situations())
def test_it_opens_with_the_whole_and_with_plans_never_with_the_floor(situation: tuple[Position, Authority]) -> None:
    position, authority = situation
    _, offer = next_offer(position, Ask(), authority)
    assert isinstance(offer, Offer)
    assert all(plan.total == position.balance for plan in offer.plans)


@settings(max_examples=120, deadline=None)
@given(talks(), st.data())
def test_an_authored_payment_inside_is_never_refused_twice(
    talk: tuple[Position, Authority, list[Reply]], data: st.DataObject
) -> None:
    """Whatever was said before: at most one counter-offer, below what was on the table, and then it is taken."""
    position, authority, replies = talk
    for reply in replies:
        position, _ = next_offer(position, reply, authority)
    balance = position.balance
    least = int((Decimal(balance.minor) * (100 - authority.max_discount_pct) / 100).to_integral_value(ROUND_CEILING))
    total = Money(data.draw(st.integers(least, balance.minor)), balance.currency)
    latest = min(last_day(authority), authority.longest_promise_days)  # paying it all is a promise, within its own days
    authored = Ask(total=total, settle=True, first=TODAY + timedelta(days=data.draw(st.integers(0, latest))))
    position, move = next_offer(position, authored, authority)
    if isinstance(move, Counter):
        assert move.why == "meet"
        assert all(total < plan.total < balance for plan in move.plans if plan.n == 1)
        _, move = next_offer(position, authored, authority)
    assert isinstance(move, Accept | PayNow | Promise)


@settings(max_examples=80, deadline=None)
@given(talks(), st.data())
def test_an_authored_plan_inside_is_taken_at_once(
    talk: tuple[Position, Authority, list[Reply]], data: st.DataObject
) -> None:
    """ "200 mil ahora y el resto en dos quincenas": payments of the whole are below nothing that was offered."""
    position, authority, replies = talk
    position = msgspec.structs.replace(position, affordable=None)
    for reply in replies:
        position, _ = next_offer(position, reply, authority)
    every = data.draw(st.sampled_from(["weekly", "quincena", "monthly"]))
    down = Money(data.draw(st.integers(1, position.balance.minor)), position.balance.currency)
    rest = data.draw(st.integers(1, 12))
    plan = several("x", position.balance, rest + 1, TODAY, every, down) if down < position.balance else None
    if plan is None or fault(plan, authority, TODAY) is not None:
        return
    _, move = next_offer(position, Ask(down=down, n=rest, frequency=every, pay_now=True), authority)
    assert isinstance(move, Accept)
    assert move.plan.installments == plan.installments


@settings(max_examples=80, deadline=None)
@given(situations())
def test_each_step_gives_more_and_asks_for_it_sooner(situation: tuple[Position, Authority]) -> None:
    position, authority = situation
    position, _ = next_offer(position, Ask(), authority)
    singles = []
    for _ in range(TOP + 2):
        position, move = next_offer(position, Refuse(), authority)
        if isinstance(move, Offer) and move.plans[0].saving.minor > 0:
            singles.append(move.plans[0])
    totals, days = [p.total.minor for p in singles], [p.first.due for p in singles]
    assert totals == sorted(set(totals), reverse=True)
    assert days == sorted(days, reverse=True)


@settings(max_examples=120, deadline=None)
@given(talks(), st.integers(1, 10**9))
def test_no_plan_asks_for_more_by_the_month_than_was_told(
    talk: tuple[Position, Authority, list[Reply]], spare: int
) -> None:
    position, authority, replies = talk
    position = msgspec.structs.replace(position, affordable=Money(spare, position.balance.currency))
    for reply in replies:
        position, move = next_offer(position, reply, authority)
        for plan in plans_in(move):
            if plan.n > 1:
                assert max(p.amount.minor for p in plan.installments[1:]) * PAYMENTS_A_YEAR[plan.every] <= spare * 12


@settings(max_examples=60, deadline=None)
@given(situations(), st.data())
def test_below_the_floor_a_person_is_called_and_the_best_stays_open(
    situation: tuple[Position, Authority], data: st.DataObject
) -> None:
    position, authority = situation
    least = int(
        (Decimal(position.balance.minor) * (100 - authority.max_discount_pct) / 100).to_integral_value(ROUND_CEILING)
    )
    if least < 2:
        return
    low = Money(data.draw(st.integers(1, least - 1)), position.balance.currency)
    position, first = next_offer(position, Ask(total=low, settle=True), authority)
    position, second = next_offer(position, Ask(total=low, settle=True), authority)
    assert isinstance(first, Counter)
    assert isinstance(second, TooLow)
    _, yes = next_offer(position, Choose(), authority)
    assert isinstance(yes, Accept | PayNow | Promise)


@settings(max_examples=60, deadline=None)
@given(situations(), st.data())
def test_nothing_owed_is_never_negotiated(situation: tuple[Position, Authority], data: st.DataObject) -> None:
    position, authority = situation
    settled = msgspec.structs.replace(position, balance=Money(0, position.balance.currency))
    reply = data.draw(asks(position.balance.currency, 100) | st.just(Refuse()) | st.just(Choose()))
    assert next_offer(settled, reply, authority) == (settled, NothingOwed())


@settings(max_examples=60, deadline=None)
@given(situations())
def test_paydays_when_no_day_was_named(situation: tuple[Position, Authority]) -> None:
    """Plans begin on a quincena payday, unless the authority ends before the next one."""
    position, authority = situation
    _, offer = next_offer(position, Ask(installments=True), authority)
    for plan in offer.plans if isinstance(offer, Offer) else ():
        if plan.n > 1:
            first = plan.first.due
            payday = first.day == 15 or (first + timedelta(days=1)).day == 1
            assert payday or first == TODAY + timedelta(days=last_day(authority))
