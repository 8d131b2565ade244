"""The next move of a negotiation: the person's words against the authority, one rule after another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from msgspec.structs import replace

from acuerdo.core.negotiation.authority import Authority, floor, least_down
from acuerdo.core.negotiation.choices import (
    NEGOTIABLE_DAYS,
    TOP,
    cards,
    dated,
    fits,
    has_discount,
    lowered,
    most_parts,
    near_floor,
    plan_choices,
    plan_inside,
    plan_of,
    single_now,
    single_total,
)
from acuerdo.core.negotiation.moves import (
    Accept,
    Ask,
    Choose,
    Counter,
    Move,
    NeedAmount,
    NeedDate,
    NothingOwed,
    Offer,
    PayNow,
    Position,
    Promise,
    Refuse,
    Reply,
    Specialist,
    TooLow,
    Why,
)
from acuerdo.core.negotiation.plans import Fault, Plan, allowed_first, fault, make, single
from acuerdo.core.negotiation.wishes import EMPTY, half, merged, misread, offered_total, parts_wanted, shape, terms
from acuerdo.core.words import HandOverReason, Money

Answer = tuple[Position, Move]
Rule = Callable[[Position, Ask, Authority], Answer | None]

# Of the balance: so little, a thirtieth, is not worth a counter-offer.
NEARLY = 30
# In percent of the way from what they named before to what is on the table: who came so far is met.
MOST_OF_THE_WAY = 60
# The same for who came up from below the floor: they heard one no already.
FROM_BELOW = 40
# After so many answers of "not that, but this" a person takes over: more would be a loop.
MOST_COUNTERS = 3


def next_offer(position: Position, reply: Reply, authority: Authority) -> Answer:
    """The position after what the person said, and the move that answers it.

    No plan in any move is outside the authority. Raises CurrencyMismatch when the authority's own amounts are in
    another currency than the balance.
    """
    if position.balance.minor <= 0:
        return position, NothingOwed()
    if isinstance(reply, Ask):
        return _hear(position, reply, authority)
    if position.dpd > NEGOTIABLE_DAYS:
        return position, Specialist(position.balance)
    return _concede(position, authority) if isinstance(reply, Refuse) else _choose(position, reply, authority)


def _hear(position: Position, said: Ask, authority: Authority) -> Answer:
    back = misread(position, said, authority)
    if back is not None:
        return position, back
    if said.pay_now and said.first is None:
        said = replace(said, first=position.today)
    held = position.wants
    if held.first is not None and held.first < position.today:
        held = replace(held, first=None)
    heard = replace(position, wants=merged(held, said))
    answers = (rule(heard, said, authority) for rule in RULES)
    return next(answer for answer in answers if answer is not None)


def _lowest(position: Position, plans: tuple[Plan, ...]) -> Money | None:
    totals = [p.total for p in plans if p.n == 1] + ([position.best] if position.best is not None else [])
    return min(totals, default=None)


def _tabled(position: Position, plans: tuple[Plan, ...]) -> Position:
    return replace(position, offered=plans, pending=None, best=_lowest(position, plans))


def _unshaped(position: Position) -> Position:
    """The position with the wish forgotten, and its rhythm and date kept."""
    held = position.wants
    return replace(position, wants=Ask(first=held.first, frequency=held.frequency))


def _offer(position: Position, plans: tuple[Plan, ...], why: Why) -> Answer:
    return _tabled(_unshaped(position), plans), Offer(plans, why)


def _accept(position: Position, plan: Plan) -> Answer:
    return replace(_tabled(position, (plan,)), pending=plan, wants=terms(plan)), Accept(plan)


def _give_up(
    position: Position, authority: Authority, why: Fault | Why, reason: HandOverReason = "below_floor"
) -> Answer:
    near = dated(position, authority)
    best, plans = single_now(near, authority), plan_choices(near, authority)
    after = replace(_tabled(_unshaped(position), (best, *plans)), pending=best, too_low=position.too_low + 1)
    return after, TooLow(best, reason=reason, why=why, plans=plans)


def _counter(position: Position, authority: Authority, plans: tuple[Plan, ...], why: Fault | Why) -> Answer:
    if position.counters >= MOST_COUNTERS:
        return _give_up(position, authority, "nothing_left")
    after = replace(_tabled(_unshaped(position), plans), counters=position.counters + 1)
    return after, Counter(plans, why)


def _judged(position: Position, plan: Plan, authority: Authority) -> Answer:
    """An authored plan: taken at once when it is inside, moved to the nearest day or number when it is not."""
    why = fault(plan, authority, position.today)
    moved = why in ("date_past", "first_too_late")
    own_down = position.wants.down is not None or position.wants.half
    if (why is None or moved) and plan.n > 1 and not fits(plan, position.affordable, own_down):
        return _too_heavy(position, authority)
    if why is None:
        return _accept(position, plan)
    if moved:
        return _moved(position, plan, authority, why)
    return _nearest(position, authority, plan.n, why)


def _too_heavy(position: Position, authority: Authority) -> Answer:
    """More by the month than they told that they can spare: a lighter plan, else a person who may go further."""
    lighter = plan_choices(dated(position, authority), authority, spread=True)[-1:]
    if not lighter:
        tight = replace(position, tight=True)
        return _give_up(lowered(tight, authority) or tight, authority, "over_affordable", "hardship")
    return _counter(position, authority, lighter, "over_affordable")


def _moved(position: Position, plan: Plan, authority: Authority, why: Fault) -> Answer:
    first = allowed_first(plan.first.due, authority, position.today)
    near = _on(position, plan, first)
    return _counter(replace(position, wants=replace(position.wants, first=first)), authority, (near,), why)


def _on(position: Position, plan: Plan, first: date) -> Plan:
    """The same plan from another day on."""
    return make(position.account, position.balance, tuple(p.amount for p in plan.installments), first, plan.every)


def _nearest(position: Position, authority: Authority, parts: int, why: Fault | Why) -> Answer:
    """The allowed plan nearest to the number of payments asked, or the single payment where no plan is allowed."""
    parts, down = min(parts, most_parts(position, authority)), position.wants.down
    wished = max(down, least_down(position.balance, authority)) if down is not None else None
    tried = [plan_inside(position, authority, parts, d) for d in dict.fromkeys((wished, None))] if parts > 1 else []
    near = dated(position, authority)
    fine = [p for p in tried if p is not None and fits(p, position.affordable, p.first.amount == wished)]
    plan = next((p for p in fine if p not in position.offered), None) or next(iter(fine), None)
    plan = plan or next(iter(plan_choices(near, authority, spread=True)[-1:]), None)
    # What they said of their payments fits no plan, and a table was turned down by it.
    tight = replace(position, tight=True, level=position.level + bool(position.offered))
    if plan is None or plan in position.offered or (position.tight and position.offered):
        # It did not help before: a saving for paying in one goes beside it.
        less = lowered(replace(near, tight=True), authority, more=True) if position.offered else None
        near = near if less is None else less
        plans = (*((plan,) if plan is not None else ()), single_now(near, authority))
        return _counter(replace(position, level=near.level, tight=True), authority, plans, why)
    return _counter(tight, authority, (plan,), why)


def _word_given(position: Position, amount: Money, authority: Authority) -> Answer:
    """A promise, or the payment itself when its day is today; within the days that a promise may name."""
    today, due, amount = position.today, position.wants.first, min(amount, position.balance)
    latest, full = authority.last_promise_day(today), amount >= position.balance
    late = position.dpd > NEGOTIABLE_DAYS
    undated = replace(position, wants=replace(position.wants, first=None))
    if due is None:
        return undated, NeedDate(today, latest)
    if due < today or due > latest:
        return undated, NeedDate(today, latest, "promise_past" if due < today else "promise_too_late")
    wants = Ask(all=True, first=due) if full else Ask(total=amount, part=True, first=due)
    after = replace(position, wants=wants, offered=(), pending=None)
    return after, PayNow(amount, full, late) if due == today else Promise(due, amount, late)


def _in_full(position: Position, said: Ask, authority: Authority) -> Answer | None:
    """Paying all is always taken, whatever the days past due, and never more than the balance."""
    wants, balance = position.wants, position.balance
    offers = [a for a in (wants.total, wants.down, wants.per_payment) if a is not None]
    less = wants.discount or wants.discount_pct is not None or wants.half or wants.installments
    whole = wants.all and not offers and not less
    enough = any(a >= balance for a in offers)
    if (wants.n or 1) > 1 and not (wants.down is not None and enough):
        return None
    if not (whole or enough):
        return None
    if wants.first is None:
        return replace(position, wants=Ask(all=True)), PayNow(balance, True, position.dpd > NEGOTIABLE_DAYS)
    return _word_given(position, balance, authority)


def _due(position: Position) -> Money:
    """The installment now due where there is one, else everything."""
    due = position.due_now
    return min(due, position.balance) if due is not None and due.minor > 0 else position.balance


def _paying_now(position: Position, said: Ask, authority: Authority) -> Answer | None:
    """ "Pago ya" and no more: the single payment on the table if it saves something, else what is due."""
    if not said.pay_now or shape(position.wants) != EMPTY:
        return None
    table = next((p for p in position.offered if p.n == 1 and p.saving.minor > 0), None)
    if table is not None and position.dpd <= NEGOTIABLE_DAYS:
        return _judged(position, _on(position, table, position.today), authority)
    if len(position.offered) == 1 and position.dpd <= NEGOTIABLE_DAYS:
        return None
    amount = _due(position)
    return position, PayNow(amount, amount >= position.balance, position.dpd > NEGOTIABLE_DAYS)


def _over_60(position: Position, said: Ask, authority: Authority) -> Answer | None:
    """Beyond 60 days past due nothing is negotiated; a full payment on a day named was taken before this rule."""
    if position.dpd <= NEGOTIABLE_DAYS:
        return None
    return replace(position, wants=EMPTY), Specialist(position.balance)


def _on_account(position: Position, said: Ask, authority: Authority) -> Answer | None:
    """A part that closes nothing: a payment today or a promise."""
    if not position.wants.part:
        return None
    amount = position.wants.total
    return (position, NeedAmount(position.balance)) if amount is None else _word_given(position, amount, authority)


def _down_and_rest(position: Position, said: Ask, authority: Authority) -> Answer | None:
    """ "200 mil ahora y el resto en dos quincenas"."""
    wants = position.wants
    if wants.down is None and not wants.half:
        return None
    if wants.half and position.balance.minor < 2:
        return _nearest(position, authority, 2, "too_small")
    down = wants.down if wants.down is not None else half(position.balance)
    if wants.n is None and not wants.half:
        return _rest_open(position, authority, down)
    parts = (wants.n or 1) + 1
    plan = plan_of(position, authority, min(parts, authority.max_installments + 1), down)
    return _nearest(position, authority, parts, "too_small") if plan is None else _judged(position, plan, authority)


def _rest_open(position: Position, authority: Authority, down: Money) -> Answer:
    """The down payment is known and the rest is not: the ways to pay the rest, with more down if it is too little."""
    least = least_down(position.balance, authority)
    plans = plan_choices(position, authority, max(down, least), spread=True)
    if not plans:
        return _nearest(position, authority, 2, "too_small")
    if down < least:
        return _counter(position, authority, plans, "down_too_small")
    kept = replace(position, wants=Ask(down=down, first=position.wants.first, frequency=position.wants.frequency))
    return _tabled(kept, plans), Offer(plans, "choose_rest")


def _in_payments(position: Position, said: Ask, authority: Authority) -> Answer | None:
    """A number of payments, or what each may be. The whole balance, always: several payments carry no discount."""
    parts, total = parts_wanted(position), offered_total(position)
    if parts is None or parts < 2:
        return None
    if total is not None and total < position.balance:
        near = dated(position, authority)
        plan = plan_inside(position, authority, min(parts, most_parts(position, authority)))
        plan = plan if plan is not None and fits(plan, position.affordable) else None
        plans = (*((plan,) if plan is not None else ()), single_now(near, authority))
        why: Fault | Why = "discount_only_single" if has_discount(position, authority) else "no_discount"
        return _counter(position, authority, plans, why)
    if parts > authority.max_installments:
        return _nearest(position, authority, parts, "too_many")
    wanted = plan_of(position, authority, parts)
    return _nearest(position, authority, parts, "too_small") if wanted is None else _judged(position, wanted, authority)


def _in_one(position: Position, said: Ask, authority: Authority) -> Answer | None:
    """One payment for less than the balance: taken from the floor up; below it one counter-offer, then a person."""
    total = offered_total(position)
    if total is None:
        return None
    total = min(total, position.balance)
    if total >= floor(position.balance, authority):
        plan = single(position.account, position.balance, total, position.wants.first or position.today)
        return _met(position, plan, authority) or _judged(position, plan, authority)
    return _plain_part(position, total, authority) or _below_floor(position, total, authority)


def _met(position: Position, plan: Plan, authority: Authority) -> Answer | None:
    """A first amount below what is on the table gets a counter-offer, on their day; said again, it is taken.

    What they pay today, and not as a bargain ("y quedamos en paz"), is taken: sooner is what a step asks in return.
    The very least that may be taken is taken too, said first or come up to from below. Another amount gets another
    counter-offer, unless they came most of the way, or it is nearly what was offered, or so many tables were turned
    down that so much may go.
    """
    best, before, wants = position.best, position.named, position.wants
    today = wants.first == position.today and not wants.settle
    if today or best is None or (best - plan.total).minor * NEARLY <= position.balance.minor:
        return None
    least = floor(position.balance, authority)
    if plan.total == least and (before is None or before < least):
        return None
    if before is not None and not _haggles(plan.total, before, best, before < least):
        return None
    lower = replace(position, named=plan.total, level=position.level + 1)
    total = single_total(lower, authority, said=True)
    if not plan.total < total < best:
        return None
    due = allowed_first(plan.first.due, authority, position.today)
    near = single(position.account, position.balance, total, due)
    plans = (near, *plan_choices(dated(lower, authority), authority))
    return replace(_tabled(_unshaped(lower), plans), pending=near), Counter(plans, "meet")


def _haggles(said: Money, before: Money, best: Money, from_below: bool) -> bool:
    """Whether they came up, and by less than much of the way to what is on the table."""
    way = FROM_BELOW if from_below else MOST_OF_THE_WAY
    return before < said and (said - before).minor * 100 < (best - before).minor * way


def _plain_part(position: Position, total: Money, authority: Authority) -> Answer | None:
    """ "El viernes le pago 200 mil", before any haggling and with no word of closing, is a promise of a part."""
    wants = position.wants
    closing = wants.settle or wants.discount or wants.discount_pct is not None
    haggled = position.counters or position.too_low or position.level
    if closing or haggled or wants.first is None or wants.first <= position.today:
        return None
    return _word_given(position, total, authority)


def _below_floor(position: Position, total: Money, authority: Authority) -> Answer:
    """One counter-offer; then a person is called. The talk goes on meanwhile, as after any table turned down."""
    heard = replace(position, named=max(total, position.named or total))
    lower = (lowered(heard, authority) if position.offered else None) or replace(heard, level=heard.level + 1)
    if position.named is not None and total <= position.named and near_floor(total, floor(position.balance, authority)):
        lower = replace(heard, level=TOP)  # said again: what can be given, at once
    if position.too_low or position.counters >= MOST_COUNTERS:
        return _give_up(lower, authority, "below_floor")
    # Counts as the one counter-offer: the next amount below the floor goes to a person.
    lower = replace(lower, too_low=1)
    near = dated(lower, authority)
    plans = (single_now(near, authority), *plan_choices(near, authority))
    return _counter(lower, authority, plans, "below_floor" if has_discount(position, authority) else "no_discount")


def _single_wish(position: Position, said: Ask, authority: Authority) -> Answer | None:
    """One payment or a discount, without a figure."""
    wants = position.wants
    if not (wants.discount or wants.n == 1 or wants.per_payment is not None):
        return None
    plan = single_now(dated(position, authority), authority)
    if not wants.discount:
        return _offer(position, (plan,), "single")
    if not has_discount(position, authority):
        return _counter(position, authority, cards(dated(position, authority), authority), "no_discount")
    if plan.saving.minor <= 0:
        first = lowered(position, authority, more=True) or position
        return _offer(first, (single_now(dated(first, authority), authority),), "discount")
    if any(p.n == 1 and p.total == plan.total for p in position.offered):
        return _concede(position, authority)
    return _offer(position, (plan,), "discount")


def _payments_wish(position: Position, said: Ask, authority: Authority) -> Answer | None:
    """Payments, without a number."""
    if not position.wants.installments:
        return None
    plans = plan_choices(position, authority, spread=True)
    return _offer(position, plans, "installments") if plans else _nearest(position, authority, 2, "too_many")


def _when_only(position: Position, said: Ask, authority: Authority) -> Answer | None:
    """A day or a rhythm and nothing else: it moves the one plan on the table, or it is a promise."""
    if said.first is None and said.frequency is None:
        return None
    if len(position.offered) == 1:
        held = terms(position.offered[0])
        first, every = said.first or held.first, said.frequency or held.frequency
        return _hear(replace(position, offered=()), replace(held, first=first, frequency=every), authority)
    if said.first is None:
        return None
    if position.offered and position.counters:
        return _redated(position, said.first, authority)
    return _word_given(position, _due(position), authority)


def _redated(position: Position, first: date, authority: Authority) -> Answer:
    near = allowed_first(first, authority, position.today)
    plans = tuple(_on(position, plan, near) for plan in position.offered)
    if near != first:
        return _counter(position, authority, plans, "date_past" if first < near else "first_too_late")
    return _offer(position, plans, "dates_moved")


def _open(position: Position, said: Ask, authority: Authority) -> Answer:
    return _offer(position, cards(dated(position, authority), authority), "opening")


# The first rule that has an answer gives it; the order is the policy.
RULES: tuple[Rule, ...] = (
    _in_full,
    _paying_now,
    _over_60,
    _on_account,
    _down_and_rest,
    _in_payments,
    _in_one,
    _single_wish,
    _payments_wish,
    _when_only,
    _open,
)


def _concede(position: Position, authority: Authority) -> Answer:
    """The next table: other plans, and then a saving for paying sooner; at the end the best stays open, a person comes.

    A table without news is put once, with the question of what they could do.
    """
    position = _unshaped(position)
    if not position.offered:
        return _open(position, EMPTY, authority)
    saving = position.best is not None and position.best < position.balance
    # The step is tied to paying sooner, so a day named for an earlier offer no longer holds.
    free = replace(position, wants=replace(position.wants, first=None))
    lower = lowered(free, authority, more=saving)
    if lower is None:
        return _give_up(replace(position, level=position.level + 1), authority, "nothing_left")
    table = _on_table(lower, authority)
    if table == position.offered and position.level:
        lower = lowered(free, authority, more=True) or lower
        table = _on_table(lower, authority)
    gives = table[0].total < (position.best or position.balance)
    return _offer(lower, table, "step" if gives else "ask")


def _on_table(position: Position, authority: Authority) -> tuple[Plan, ...]:
    """The single payment and plans; who told of means that no plan fits has only the single one, which falls faster."""
    plans = plan_choices(position, authority)
    tight = position.tight or (position.affordable is not None and not plans)
    return (single_now(replace(position, tight=tight), authority), *plans)


def _choose(position: Position, reply: Choose, authority: Authority) -> Answer:
    """A plan on the table; one whose day has passed meanwhile is put again from the nearest allowed day."""
    table = position.offered
    meant = reply.plan or (position.pending.id if position.pending is not None else "")
    found = table if not meant and len(table) == 1 else tuple(p for p in table if p.id == meant)
    if not found or found[0].balance != position.balance:
        return _which(position, authority)
    chosen = terms(found[0])
    if chosen.all:
        return _hear(position, replace(chosen, first=max(found[0].first.due, position.today)), authority)
    if fault(found[0], authority, position.today) is None:
        return _accept(position, found[0])
    return _judged(position, found[0], authority)


def _which(position: Position, authority: Authority) -> Answer:
    current = all(fault(p, authority, position.today) is None for p in position.offered)
    fresh = current and all(p.balance == position.balance for p in position.offered)
    plans = position.offered if fresh and position.offered else cards(_unshaped(dated(position, authority)), authority)
    return _tabled(position, plans), Offer(plans, "which_one")
