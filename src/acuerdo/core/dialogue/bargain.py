"""The negotiation inside a conversation: what was read becomes a reply, the move becomes an outcome with its facts."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal, cast

from msgspec.structs import replace

from acuerdo.core import facts as f
from acuerdo.core.dialogue.actions import ACTIONS, Action
from acuerdo.core.dialogue.asking import amounts, ask_of, reply_of
from acuerdo.core.dialogue.paperwork import copy_of
from acuerdo.core.dialogue.phrases import AGREES, DISCOUNT, EVERY, SOME_DAY
from acuerdo.core.dialogue.state import Promised, Proposal
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.dialogue.which import some_named
from acuerdo.core.negotiation.authority import Authority, narrowest
from acuerdo.core.negotiation.choices import NEGOTIABLE_DAYS
from acuerdo.core.negotiation.moves import (
    Accept,
    Ask,
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
    Reply,
    Specialist,
    TooLow,
)
from acuerdo.core.negotiation.offers import next_offer
from acuerdo.core.negotiation.plans import Plan, fault
from acuerdo.core.negotiation.wishes import terms
from acuerdo.core.words import DECIMALS, Money, derive


def authority_of(turn: Turn) -> Authority:
    """The narrowest authority among the debts that are owed: nobody concedes on one what another forbids."""
    return narrowest([a.authority for a in turn.debts])


def position_of(turn: Turn) -> Position:
    """The negotiation as it stands, with balance, day and days past due as they are now."""
    view, held = turn.state.view, turn.state.position
    due_now = _due_now(turn)
    if held is not None and held.balance != turn.total:
        held = None
    fresh = Position(
        balance=turn.total, today=turn.today, dpd=view.days_past_due, account=turn.state.id, due_now=due_now
    )
    if held is None:
        return fresh
    return replace(held, today=turn.today, dpd=fresh.dpd, due_now=due_now)


def _due_now(turn: Turn) -> Money | None:
    """What is due next: the agreement's next payment, else the installments now due where every debt has one."""
    agreed = _next_agreed(turn)
    if agreed is not None:
        return agreed
    dues = [a.due_now for a in turn.debts if a.due_now is not None]
    whole = bool(dues) and len(dues) == len(turn.debts)
    return Money(sum(d.minor for d in dues), dues[0].currency) if whole else None


def _next_agreed(turn: Turn) -> Money | None:
    """The next payment of the agreement in force, from this conversation or before."""
    view, state = turn.state.view, turn.state
    left = view.agreement.left if view.agreement else ()
    nearest = left[0].amount - left[0].paid if left else state.to_pay if state.agreement else None
    if nearest is None or nearest.currency != turn.total.currency:
        return None
    return min(nearest, _all_of(turn))


def _all_of(turn: Turn) -> Money:
    """All that is owed in the currency that is talked about."""
    whole = turn.state.view.total
    return whole if whole.currency == turn.total.currency else turn.total


OUTCOME_OF_OFFER = {
    "which_one": "which_one", "choose_rest": "choose_rest", "opening": "opening", "step": "offer_step",
    "discount": "offer_discount", "installments": "offer_parts",
}  # fmt: skip
OUTCOME_OF_COUNTER = {
    "below_floor": "counter_low", "too_many": "counter_many", "first_too_late": "counter_late",
    "date_past": "counter_late",
    "no_discount": "counter_no_discount", "discount_only_single": "counter_no_discount",
    "down_too_small": "counter_down", "meet": "counter_meet", "over_affordable": "counter_heavy",
}  # fmt: skip
OUTCOMES = (
    "opening", "offer", "offer_step", "offer_discount", "offer_parts", "which_one", "which_number", "choose_rest",
    "counter", "counter_low", "counter_many", "counter_late", "counter_no_discount", "counter_down", "counter_small",
    "counter_meet", "counter_heavy",
    "counter_hardship", "which_amount", "need_currency",
    "summary", "summary_plain", "agreed", "pay_now", "pay_part", "promise", "too_low", "need_date",
    "need_nearer", "need_amount", "need_installments", "specialist", "specialist_again", "person", "nothing",
)  # fmt: skip


NEGATIVE = re.compile(r"(?:^|\s)[-−]\s?\$?\s?(\d{1,3}(?:[.,]\d{3})+|\d+)(?=\s|$)")
ZERO = re.compile(
    r"(?:\bdoy|\bpago|\bofrezco|\babono|^)\s*\$?\s?(?:0|cero)(?:\s+(?:pesos|soles|euros))?\s*[.!]?$", re.IGNORECASE
)
GROUPED = re.compile(r"(?:^|\s)\$?\s?(\d{1,3})[.](\d{3})(?=\s|$)")
TINY = 100  # of a debt: an amount below a hundredth of it is seldom meant


def _asked_back(turn: Turn, position: Position) -> str:
    """An amount that cannot be meant as it is written: asked back, with the reading that we propose."""
    total, words = position.balance, turn.words.strip()
    unit = 10 ** DECIMALS[total.currency]
    if ZERO.search(words):
        turn.args["amount"] = total
        return "need_amount"
    negative, grouped = NEGATIVE.search(words), GROUPED.search(words)
    found = negative or grouped
    if found is None:
        return ""
    said = int("".join(c for c in found[0] if c.isdigit())) * unit
    if negative is None and said * TINY >= total.minor:
        return ""
    meant = said * 1000 if said * TINY < total.minor and said * 1000 <= total.minor else said
    if not 0 < meant <= total.minor:
        turn.args["amount"] = total
        return "need_amount"
    amount = Money(meant, total.currency)
    turn.set(position=replace(position, meant=amount))
    turn.args["amount"] = amount
    return "which_amount"


INCOME = re.compile(r"\b(?:gano|me pagan|ingresos?|sueldo|me entran)\b")
EXPENSES = re.compile(r"\b(?:gasto|gastos|se me van)\b")


def _spare(turn: Turn) -> Money | None:
    """ "Gano 2 millones y gasto 1.700.000": what is left by the month, as told; never below nothing."""
    earned, spent, told = INCOME.search(turn.low), EXPENSES.search(turn.low), amounts(turn)
    if earned is None or spent is None or len(told) != 2:
        return None
    first, second = told if earned.start() < spent.start() else reversed(told)
    return Money(max(0, first.minor - second.minor), first.currency)


def negotiate(turn: Turn) -> str:
    """One move of the negotiation; its outcome says what the flow has to show."""
    view = turn.state.view
    if not view.owed:
        return "nothing"
    if view.for_person and view.days_past_due <= 60 and not _pays_all(turn):
        return "person"
    if turn.state.bargained and EVERY.search(turn.low) and not some_named(turn):
        turn.set(bargained=())
    position, authority = position_of(turn), authority_of(turn)
    if asked := _asked_back(turn, position):
        return asked
    meant, position = position.meant, replace(position, meant=None)
    names = {i.name for i in turn.reading.intents}
    spare = _spare(turn)
    if spare is not None and spare.currency == position.balance.currency:
        position, reply = replace(position, affordable=spare), cast(Reply, Ask(installments=True))
    else:
        reply = reply_of(turn, position)
    if meant is not None and "affirm" in names and not amounts(turn):
        reply = Ask(total=meant)
    vague = isinstance(reply, Ask) and reply == Ask() and not position.offered
    undated = isinstance(reply, Ask) and reply.first is None and reply.n is None
    whole = undated and isinstance(reply, Ask) and (reply.all or reply.pay_now or reply == Ask())
    vague = vague or (whole and bool(SOME_DAY.search(turn.low)))
    sometime = names & {"request_extension", "promise_to_pay", "pay_now"}
    if vague and sometime and position.dpd <= 60:
        turn.set(position=position)
        return _outcome(turn, NeedDate(turn.today, authority.last_promise_day(turn.today)))
    position, move = next_offer(position, reply, authority)
    turn.set(position=position)
    return "agreed" if _agreed(turn, move) else _outcome(turn, move)


def _agreed(turn: Turn, move: Move) -> bool:
    """ "Sí, en 3": a yes to the summary that only says its terms again."""
    held, waiting = turn.state.proposal, turn.book.steps.get(turn.state.at)
    if held is None or waiting is None or not isinstance(move, Accept) or move.plan.id != held.plan.id:
        return False
    yes = waiting.hears.get("affirm")
    return yes is not None and turn.book.steps[yes.step].action == "sign" and bool(AGREES.search(turn.low))


def _pays_all(turn: Turn) -> bool:
    """Paying in full is always taken, whoever negotiates the debt."""
    ask = ask_of(turn)
    return ask.all or ask.pay_now or (ask.total is not None and ask.total >= turn.total)


def _table(turn: Turn, plans: tuple[Plan, ...]) -> None:
    turn.note(f.OfferMade(tuple(p.id for p in plans), tuple(p.total for p in plans)))


def _outcome(turn: Turn, move: Move) -> str:
    match move:
        case Offer(plans, why):
            _table(turn, plans)
            if why == "which_one" and turn.state.last_text.startswith("negociacion.which_"):
                return "which_number"
            if why == "ask" and len(plans) > 1:
                return "offer_parts"
            return OUTCOME_OF_OFFER.get(why, "offer")
        case Counter(plans, why):
            if why == "below_floor":
                turn.note(f.OfferBelowFloor(_said_amount(turn)))
            if why in ("below_floor", "no_discount", "too_many") and "hardship" in turn.state.noted:
                return _gently(turn, plans)
            _table(turn, plans)
            turn.args.update(_limits(turn, plans))
            if why == "too_many" and ask_of(turn).per_payment is not None:
                return "counter_small"
            return OUTCOME_OF_COUNTER.get(why, "counter")
        case Accept(plan):
            propose(turn, plan, "debtor")
            return "summary_plain" if plan.n > 1 and DISCOUNT.search(turn.low) else "summary"
        case PayNow(amount, full, _):
            give_payment(turn, amount)
            return "pay_now" if full else "pay_part"
        case Promise(due, amount, _):
            promise(turn, due, amount)
            return "promise"
        case TooLow(reason="hardship"):
            return "person"
        case TooLow(best):
            turn.note(f.OfferBelowFloor(_said_amount(turn)))
            turn.args["amount"] = best.total
            return "too_low"
        case NeedDate(earliest, latest, why):
            turn.args.update(day=earliest, latest=latest)
            return "need_nearer" if why == "promise_too_late" else "need_date"
        case NeedAmount(most, why):
            turn.args["amount"] = most
            return "need_currency" if why == "other_currency" else "need_amount"
        case NeedInstallments(most, _):
            turn.args["most"] = most
            return "need_installments"
        case Specialist(balance, reason):
            turn.args["amount"] = balance
            if reason == "hardship":
                return "person"
            told = turn.state.last_text.startswith("negociacion.specialist")
            return "specialist_again" if told else "specialist"
        case NothingOwed():
            return "nothing"


def _gently(turn: Turn, plans: tuple[Plan, ...]) -> str:
    """To who told of hardship only the lightest plan is shown; a person looks at the rest."""
    lightest = min(plans, key=lambda p: max(i.amount.minor for i in p.installments))
    if turn.state.position is not None:
        turn.set(position=replace(turn.state.position, offered=(lightest,)))
    _table(turn, (lightest,))
    return "counter_hardship"


def _said_amount(turn: Turn) -> Money | None:
    said = amounts(turn)
    return said[-1] if said else None


def _limits(turn: Turn, plans: tuple[Plan, ...]) -> dict[str, object]:
    single = next((p for p in plans if p.n == 1), plans[0])
    return {"amount": single.total, "day": plans[0].first.due, "most": max(p.n for p in plans)}


def propose(turn: Turn, plan: Plan, origin: Literal["bot", "debtor", "agent"]) -> None:
    """Puts a plan forward for its full written summary; nothing is agreed before the yes to it."""
    agreement = derive(turn.state.id, "agreement", plan.id, str(turn.state.said))
    held = turn.state.proposal
    before = held.plan if held is not None and held.plan.id != plan.id else turn.state.before
    turn.set(proposal=Proposal(agreement, plan, origin), before=before)
    turn.note(f.AgreementProposed(agreement, plan.total, tuple((i.due, i.amount) for i in plan.installments)))


def sign(turn: Turn) -> str:
    """The yes to the full written summary: the plan is agreed, with what was shown and how they were identified."""
    state = turn.state
    if state.proposal is None or not state.identified:
        return "nothing"
    plan = state.proposal.plan
    if _stale(turn, plan, state.proposal.origin):
        return "stale"
    parts = tuple((i.due, i.amount) for i in plan.installments)
    if state.agreement:
        turn.note(f.AgreementSuperseded(state.agreement, state.proposal.id))
    turn.note(
        f.AgreementAccepted(
            agreement=state.proposal.id,
            balance=plan.balance,
            total=plan.total,
            parts=parts,
            summary_key=state.proposal.summary_key,
            method=state.method,
            origin=state.proposal.origin,
            accounts=tuple(a.id for a in turn.debts if a.id in state.bargained),
            words=turn.words,
        )
    )
    copy_of(turn, state.proposal.id)
    turn.args.update(amount=plan.first.amount, day=plan.first.due, n=plan.n)
    turn.set(agreed_due=plan.first.due, bargained=())
    turn.set(agreement=state.proposal.id, to_pay=plan.first.amount, proposal=None, position=None, promise=None)
    return "today" if plan.first.due <= turn.today else "later"


def _stale(turn: Turn, plan: Plan, origin: str) -> bool:
    """Whether the summary is of another day: what is owed, or what may be conceded, is no longer what it was."""
    if plan.balance != turn.total or plan.first.due < turn.today:
        return True
    over = turn.state.view.days_past_due > NEGOTIABLE_DAYS or fault(plan, authority_of(turn), turn.today) is not None
    return origin != "agent" and over


def renew(turn: Turn) -> str:
    """The same wish as that of a summary of another day, by what holds today."""
    held = turn.state.proposal
    turn.set(proposal=None)
    if held is None or not turn.state.view.owed:
        return "nothing"
    wish = terms(held.plan)
    first = wish.first if wish.first is not None and wish.first >= turn.today else None
    position, move = next_offer(position_of(turn), replace(wish, first=first), authority_of(turn))
    turn.set(position=position)
    return _outcome(turn, move)


def promise(turn: Turn, due: date, amount: Money) -> None:
    """The promise in force is the last one made; an earlier one of this conversation is corrected by it."""
    held = turn.state.promise
    name = derive(turn.state.id, "promise", due.isoformat(), str(turn.state.turns))
    turn.args.update(day=due, amount=amount)
    if held is not None and (held.due, held.amount) == (due, amount):
        return
    turn.note(f.PromiseMade(name, due, amount, held.id if held else ""))
    turn.set(promise=Promised(name, due, amount), to_pay=amount)


def give_payment(turn: Turn, amount: Money) -> None:
    """A way to pay `amount` now, on the gateway's own page."""
    count = turn.state.payments + 1
    name = derive(turn.state.id, "payment", str(count))
    turn.set(payments=count, payment=name, to_pay=amount)
    turn.args["amount"] = amount
    chosen = tuple(a.id for a in turn.debts if a.id in turn.state.bargained)
    turn.note(f.PaymentLinkSent(name, amount, chosen))


def pay(turn: Turn) -> str:
    """A way to pay what is next: the agreed payment, else what the negotiation says of "now"."""
    if not turn.state.view.owed:
        return "nothing"
    agreed = _next_agreed(turn)
    if agreed is None or "all" in turn.reading.commands or any(a != agreed for a in amounts(turn)):
        return "negotiate"
    give_payment(turn, agreed)
    return "done"


def pay_all(turn: Turn) -> str:
    """A way to pay everything, for who asks for it where nothing is negotiated."""
    if not turn.state.view.owed:
        return "nothing"
    if turn.total.currency == turn.state.view.total.currency:
        turn.set(bargained=())
    give_payment(turn, _all_of(turn))
    return "done"


def pay_again(turn: Turn) -> str:
    """The way to pay that was given, once more; it is the same payment."""
    state = turn.state
    if not state.payment or state.to_pay is None:
        return pay(turn)
    if state.to_pay.currency != turn.total.currency or state.to_pay > _all_of(turn):
        return pay(turn)
    turn.args["amount"] = state.to_pay
    return "done"


def payment_news(turn: Turn) -> str:
    """What the booked payment means for the person."""
    event = turn.event
    assert isinstance(event, f.PaymentArrived)  # noqa: S101 - the engine routes only this event here
    turn.args.update(amount=event.amount, remaining=event.remaining)
    turn.set(to_pay=None, payment="")
    others = tuple(one for one in turn.state.view.totals if one.minor and one.currency != event.amount.currency)
    if event.remaining.minor > 0 and not event.completed:
        return "part"
    if others:  # what is owed in another currency is still owed
        turn.args.update(remaining=others[0])
        return "part"
    return "completed"


def payment_back(turn: Turn) -> str:
    """Money that went back: what is left to pay now, and whether an agreement counts on it again."""
    event = turn.event
    assert isinstance(event, f.PaymentTakenBack)  # noqa: S101 - the engine routes only this event here
    turn.args.update(amount=event.amount, remaining=event.remaining)
    turn.set(to_pay=None, payment="")
    return "agreement" if event.agreement else "debt"


def plan_dates(turn: Turn) -> str:
    """When the plan that was put forward begins, or those on the table."""
    proposal, position = turn.state.proposal, turn.state.position
    if proposal is None:
        days = {p.first.due for p in position.offered if p.n > 1} if position else set()
        turn.args.update(day=min(days, default=turn.today))
        return "table" if len(days) == 1 else "none"
    turn.args.update(amount=proposal.plan.first.amount, day=proposal.plan.first.due, n=proposal.plan.n)
    return "done"


def need_other(turn: Turn) -> str:
    """Another day is wanted: the one held is forgotten, and the days allowed are told."""
    if not turn.state.view.owed:
        return "nothing"
    authority = authority_of(turn)
    turn.args.update(day=turn.today, latest=authority.last_promise_day(turn.today))
    return "done"


ACTIONS.update(
    {
        "negotiate": Action("one move of the negotiation", OUTCOMES, negotiate),
        "sign": Action("agrees the plan whose summary was shown", ("today", "later", "nothing", "stale"), sign),
        "renew": Action("puts the plan of an old summary forward again, as of today", OUTCOMES, renew),
        "pay": Action("gives a way to pay what is next", ("done", "negotiate", "nothing"), pay),
        "pay_all": Action("gives a way to pay everything", ("done", "nothing"), pay_all),
        "pay_again": Action("shows the way to pay again", ("done", "negotiate", "nothing"), pay_again),
        "payment_news": Action("takes in a booked payment", ("completed", "part"), payment_news),
        "payment_back": Action("takes in that money went back", ("agreement", "debt"), payment_back),
        "plan_dates": Action("tells when the plan put forward begins", ("done", "table", "none"), plan_dates),
        "need_other": Action("asks for another day", ("done", "nothing"), need_other),
    }
)
