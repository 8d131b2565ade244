"""What caring flows do: insults met calmly, a dispute told whole, what somebody in hardship can spare, each debt."""

from __future__ import annotations

from datetime import date, timedelta

from msgspec.structs import replace

from acuerdo.core import facts as f
from acuerdo.core.dialogue.actions import ACTIONS, CONDITIONS, Action
from acuerdo.core.dialogue.asking import amounts
from acuerdo.core.dialogue.bargain import authority_of, give_payment, position_of
from acuerdo.core.dialogue.phrases import ASKS_EXPLANATION, EVERY, phrases
from acuerdo.core.dialogue.slots import fill, spoken_of, wording
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.dialogue.view import EARLY_DAYS, SOON_DAYS
from acuerdo.core.dialogue.which import debts_named, of_one_currency, some_named
from acuerdo.core.negotiation.moves import Ask, Offer
from acuerdo.core.negotiation.offers import next_offer
from acuerdo.core.words import Money

REPRESENTS = phrases(
    r"\b(?:represent\w+|contador\w*|contable|administrador\w*|gerente|tesorer\w+|apoderad\w+|secretari\w+|due[ñn]\w+|soci\w+"
    r"|encargad\w+)\b",
    r"\b(?:la|esta|nuestra|mi) empresa\b", r"\b(?:de|en) (?:cartera|pagos|contabilidad|tesorer[ií]a)\b",
)  # fmt: skip
CLOSING = phrases(r"\b(?:abogad|insolven|liquidaci|concurs|reorganiz|quiebra)")
SURETY = phrases(
    r"\b(?:co-?deudor\w*|fiador\w*|avalista\w*|aval\b|garante\w*|obligad[oa] solidari[oa])",
    r"\bsal[ií] de (?:fiador|aval)",
)
NOTHING_LEFT = phrases(r"\b(?:todo|nada|ni alcanza|no alcanza|no (?:me )?(?:queda|sobra)|m[aá]s de lo que)\b")
NOTHING_TO_SHOW = phrases(
    r"^\W*(?:pues |la verdad )?no (?:tengo|hay|guard[eé])"
    r"(?: nada| ning[uú]n\w*(?: \w+)?| papeles?| pruebas?| recibos?| comprobantes?)*(?: ni nada)?\W*$"
)
NO_INCOME = phrases(r"\b(?:nada|cero|no (?:me )?(?:entra|ingres|gano|tengo)|ning[uú]n|0)\b")


SURELY = 0.9
LOW = 2  # of 5: whoever gives this is asked what could have been better


def insulted(turn: Turn) -> str:
    """Calm the first time, limits the second, and from the third a person."""
    for outcome in ("calm", "limits"):
        if turn.once(f"insulted:{outcome}"):
            return outcome
    return "person"


def dispute_about(turn: Turn) -> str:
    """What exactly is denied, in the person's words or by the button they pressed."""
    button = turn.heard.button if turn.heard else ""
    title = turn.book.buttons.get(f"cuidado.{button}") if button else None
    told = fill(wording(title, turn.state.view, button), turn) if title else turn.shown
    if told.strip():
        turn.note(f.CaseDetailed("dispute", told))
    return "done"


def told_income(turn: Turn) -> str:
    """What comes in by the month, about; who would rather not say is not asked again."""
    said = amounts(turn)
    if "skip" in turn.reading.commands:
        return "skip"
    if not said or said[-1].minor <= 0:
        return "none" if NO_INCOME.search(turn.low) or said else "skip"
    turn.set(income=sum_of(said))
    return "done"


def sum_of(said: list[Money]) -> Money:
    """ "800 mío y 500 de mi esposa": all that comes in."""
    return Money(sum(m.minor for m in said), said[0].currency)


def told_expenses(turn: Turn) -> str:
    """What goes out by the month: what is left bounds the plans, and where nothing is left none is shown."""
    income, said = turn.state.income, amounts(turn)
    if "skip" in turn.reading.commands or income is None:
        return "skip"
    if not said:
        return "little" if NOTHING_LEFT.search(turn.low) else "skip"
    spent = sum_of(said)
    if spent.currency != income.currency or not turn.state.view.owed:
        return "skip"
    return _means(turn, Money(max(0, income.minor - spent.minor), income.currency))


def _means(turn: Turn, spare: Money) -> str:
    position = position_of(turn)
    if spare.minor <= 0 or spare.currency != position.balance.currency:
        return "little"
    position, move = next_offer(replace(position, affordable=spare), Ask(installments=True), authority_of(turn))
    if not isinstance(move, Offer):
        return "little"
    lightest = min(move.plans, key=lambda p: max(i.amount.minor for i in p.installments))
    if max(i.amount for i in lightest.installments) > spare:
        return "little"
    turn.set(position=replace(position, offered=(lightest,)))
    turn.note(f.OfferMade((lightest.id,), (lightest.total,)))
    return "means"


def choose_account(turn: Turn) -> str:
    """Which of their debts are spoken of: one, several or all."""
    chosen = debts_named(turn)
    if chosen and not of_one_currency(chosen):
        return "which"
    if chosen and (len(chosen) == 1 or len(chosen) < len(turn.state.view.owed)):
        turn.set(spoken=tuple(a.id for a in chosen))
        turn.note(f.QuestionAnswered("debt_detail"))
        return "one" if len(chosen) == 1 else "several"
    if chosen or "all" in turn.reading.commands or EVERY.search(turn.low):
        turn.set(spoken=(), bargained=())
        return "all"
    return "which"


def pay_account(turn: Turn) -> str:
    """A way to pay the debts that were chosen, whole."""
    chosen = some_named(turn) or spoken_of(turn)
    if not chosen:
        return "nothing"
    if turn.state.view.agreement is not None and turn.state.view.agreement.left:
        return "agreed"
    turn.set(spoken=tuple(a.id for a in chosen), bargained=tuple(a.id for a in chosen))
    give_payment(turn, turn.total)
    return "done"


def settle(turn: Turn) -> str:
    """The chosen debts are negotiated by themselves, where nothing else is agreed; without any, all of them are."""
    button = turn.heard.button if turn.heard else ""
    if turn.state.view.agreement is not None and turn.state.view.agreement.left:
        return "agreed"
    chosen = () if button == "together" else tuple(a.id for a in some_named(turn) or spoken_of(turn))
    turn.set(spoken=chosen, bargained=chosen, position=None, proposal=None)
    return "done"


def agreed_day(turn: Turn) -> str:
    """A day given for the next payment of the agreement: in its time, or after it, which a person decides."""
    due = _agreed_due(turn)
    days = [date.fromisoformat(e.value) for e in turn.entities("date")]
    if "today" in turn.reading.commands or "now" in turn.reading.commands:
        days = days or [turn.today]
    if due is None or not days:
        return "none"
    return "in_time" if days[-1] <= due else "later"


def _agreed_due(turn: Turn) -> date | None:
    """When the next payment of the agreement in force falls due, as far as is known."""
    left = turn.state.view.agreement.left if turn.state.view.agreement else ()
    return left[0].due if left else turn.state.agreed_due


def _agreement_word(turn: Turn) -> bool:
    """A day or more time, with an agreement in force and nothing else asked for: it is for its next payment."""
    runs = bool(turn.state.view.agreement and turn.state.view.agreement.left) or (
        bool(turn.state.agreement) and turn.state.to_pay is not None
    )
    more = "all" in turn.reading.commands or amounts(turn) or turn.entities("installments")
    return runs and _agreed_due(turn) is not None and turn.state.proposal is None and not more


def _represents(turn: Turn) -> bool:
    """Whether somebody says to write for the company that is sought, and not as its lawyer or because it is closing."""
    words = turn.low
    return turn.state.view.is_company and bool(REPRESENTS.search(words)) and not CLOSING.search(words)


def _off_topic(turn: Turn) -> bool:
    """Something else altogether, and surely so."""
    return any(i.name == "out_of_scope" and i.confidence >= SURELY for i in turn.reading.intents[:1])


def _due_within(turn: Turn, days: int) -> bool:
    """Whether something falls due soon, and nothing is late."""
    view = turn.state.view
    last = turn.today + timedelta(days=days)
    dues = [a.due_date for a in view.owed if a.due_date is not None]
    return view.days_past_due <= 0 and any(turn.today <= due <= last for due in dues)


def _agreed_within(turn: Turn) -> bool:
    left = turn.state.view.agreement.left if turn.state.view.agreement else ()
    return bool(left) and turn.today <= left[0].due <= turn.today + timedelta(days=SOON_DAYS)


def _agreed_late(turn: Turn) -> bool:
    left = turn.state.view.agreement.left if turn.state.view.agreement else ()
    return bool(left) and left[0].due < turn.today


def _same_promise(turn: Turn) -> bool:
    """ "Sí, el 15 sin falta": what is already noted, said once more."""
    held, days, said = turn.state.promise, turn.entities("date"), amounts(turn)
    same = held is not None and all(date.fromisoformat(e.value) == held.due for e in days)
    return same and bool(days) and (not said or (held is not None and said == [held.amount]))


def _promised(turn: Turn, *, broken: bool) -> bool:
    held = turn.state.view.promise
    return held is not None and (held.broken or held.due < turn.today) == broken and turn.state.promise is None


ACTIONS.update(
    {
        "insulted": Action("calm first, then limits, then a person", ("calm", "limits", "person"), insulted),
        "dispute_about": Action("records what exactly is denied", ("done",), dispute_about),
        "told_income": Action("takes what comes in by the month", ("done", "none", "skip"), told_income),
        "told_expenses": Action("offers what can be spared, or nothing", ("means", "little", "skip"), told_expenses),
        "agreed_day": Action(
            "compares a day with the agreement's next payment", ("in_time", "later", "none"), agreed_day
        ),
        "choose_account": Action("takes which debts are spoken of", ("one", "several", "all", "which"), choose_account),
        "settle": Action("negotiates the chosen debts by themselves, or all", ("done", "agreed"), settle),
        "pay_account": Action("gives a way to pay the chosen debts", ("done", "agreed", "nothing"), pay_account),
    }
)
CONDITIONS.update(
    {
        "represents": _represents,
        "has_nothing": lambda t: bool(NOTHING_TO_SHOW.search(t.low)),
        "asks_explanation": lambda t: bool(ASKS_EXPLANATION.search(t.low)),
        "at_menu": lambda t: t.state.at.startswith("menu."),
        "gave_up": lambda t: "repair_failed" in t.state.handed,
        "stands_surety": lambda t: bool(SURETY.search(t.low)),
        "several_debts": lambda t: len(t.state.view.owed) > 1,
        "names_a_debt": lambda t: len(t.state.view.owed) > 1 and bool(debts_named(t)),
        "wants_some_debts": lambda t: tuple(a.id for a in some_named(t)) not in ((), t.state.bargained),
        "due_soon": lambda t: _due_within(t, SOON_DAYS),
        "early_alert": lambda t: t.state.view.was_late and _due_within(t, EARLY_DAYS),
        "agreed_soon": _agreed_within,
        "agreed_late": _agreed_late,
        "promise_broken": lambda t: _promised(t, broken=True),
        "promise_open": lambda t: _promised(t, broken=False),
        "agreement_word": _agreement_word,
        "same_promise": _same_promise,
        "off_topic": _off_topic,
        "rated_low": lambda t: any(isinstance(x, f.SatisfactionGiven) and x.score <= LOW for x in t.facts),
        "has_promise": lambda t: t.state.promise is not None or _promised(t, broken=False),
    }
)
