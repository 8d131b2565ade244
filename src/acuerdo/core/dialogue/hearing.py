"""What was heard and where it leads: what cannot wait, questions on the side, the step's own answer, the rest."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from acuerdo.core.dialogue.asking import a_lone_one
from acuerdo.core.dialogue.beside import all_said
from acuerdo.core.dialogue.choosing import chosen
from acuerdo.core.dialogue.guards import holds
from acuerdo.core.dialogue.identity import names_self, somebody_else, speaks_for_self
from acuerdo.core.dialogue.memory import given
from acuerdo.core.dialogue.phrases import (
    A_MACHINE,
    AGREES,
    ANEW,
    ARRANGE,
    ASKS,
    ASKS_INTEREST,
    ASKS_WHY,
    AT_NIGHT,
    BARE_COUNT,
    BARE_MONTHS,
    CALLS,
    CANNOT,
    CARE_WORDS,
    COMMANDS_MISSED,
    DISCOUNT,
    FORGOT,
    IF_BOT,
    INSTRUCTS,
    IS_OUT,
    LEAST,
    LENT,
    MOVED,
    NO_PERSON,
    NOT_ME,
    NOT_UNTIL,
    OWN_LIFE,
    PAID,
    PASSED_ON,
    PAUSE,
    PAYING,
    REFUSES_DOCUMENT,
    RELATIVE,
    SEND_ME,
    THANKS,
    THE_DEBTOR,
    THINKS,
    TOO_MUCH,
    US_UNKNOWN,
    WANTS_WAY,
    WHAT_IF,
    WHO_ATTENDS,
    WHOLE,
    WHOSE_DOCUMENT,
    WILL_NOT,
    WILL_PAY,
    WONDERS,
)
from acuerdo.core.dialogue.schema import Route, Step
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.dialogue.which import nothing_more, some_named, speaks_of_debts
from acuerdo.core.language.reading import Reading

SURE = 0.3  # an intent read with less confidence than this is not acted upon
GRAVE = 0.6  # what ends or pauses a conversation, or is written down against somebody, has to be surer
SECOND = 0.5  # what is said beside the main thing has to be surer
ENDS = frozenset(
    {"wrong_person", "report_fraud", "report_death", "report_insolvency", "report_payment", "update_contact"}
)
FOREIGN = ("english", "portuguese")
# Commands that lead somewhere by themselves go before any intent.
URGENT = ("crisis", "minor", "injection", "write_again", "who_contacted")


class Ear(NamedTuple):
    """Something heard, where it leads, and whether the waiting step itself listens for it."""

    name: str
    route: Route
    own: bool = False


def heard_more(reading: Reading, words: str) -> Reading:
    """The reading with the commands that its words hold and it missed."""
    missed = [c for c, sign in COMMANDS_MISSED.items() if c not in reading.commands and sign.search(words)]
    return replace(reading, commands=(*reading.commands, *missed)) if missed else reading


def _names(turn: Turn) -> list[str]:
    """All that was heard, most urgent first: commands that speak for themselves, the button, the intents."""
    button = turn.heard.button if turn.heard else ""
    if button:
        # A colon in a bare name would make it one of the engine's own, which nobody presses.
        return [f"button:{button}", f"button:{button.partition(':')[0]}", *([] if ":" in button else [button])]
    urgent = [f"command:{c}" for c in URGENT if c in turn.reading.commands]
    bot = ["ask_who"] if "robot" in turn.reading.commands else []
    if not urgent and INSTRUCTS.search(turn.low):
        # Whoever asks in the same breath whether this is a machine is told so first.
        urgent = [*bot, "command:injection"]
    money = [e for e in turn.reading.entities if e.kind == "money"]
    sure: list[str] = []
    for intent in turn.reading.intents:
        # "Espéreme, le pregunto a mi marido" names somebody, and tells nothing grave of them.
        plainly = intent.name == "wrong_person" and not turn.state.identified and bool(MOVED.search(turn.low))
        grave = (intent.name in ENDS and not plainly) or (intent.name in ALONE and bool(THINKS.search(turn.low)))
        # Half sure of something grave, with no word of illness, loss or violence, it is not.
        weak = intent.name == "report_vulnerability" and intent.confidence < SECOND and not _of_care(turn)
        if not weak and intent.confidence >= (SECOND if sure else GRAVE if grave else SURE):
            sure.append(intent.name)
    if sure[:1] in ([], *([name] for name in HAZY)) and _arranges(turn):
        sure = ["make_offer"]
    if not sure and THINKS.search(turn.low):
        sure = ["out_of_scope"]
    if sure in ([], ["out_of_scope"]) and turn.entities("date") and WILL_PAY.search(turn.low):
        sure = ["promise_to_pay"]
    if sure in ([], ["out_of_scope"]) and not turn.entities("date") and WHOLE.search(turn.low):
        sure = ["pay_now"]
    if sure[:1] in ([], ["out_of_scope"], ["ask_who"]) and turn.state.identified and WHO_ATTENDS.search(turn.low):
        sure = ["request_human"]
    if not turn.state.identified and names_self(turn):
        sure = ["affirm"]
    if money and all(a_lone_one(e) for e in money) and len(sure) > 1:
        sure = [name for name in sure if name != "make_offer"]
    said = all_said([_meant(turn, name) for name in sure], turn.low)
    if "report_payment" in said and len(said) > 1 and not turn.state.view.owed:
        # Who owes nothing has paid, and needs no more than the rest.
        said = [name for name in said if name != "report_payment"]
    if "ask_who" not in said and IF_BOT.search(turn.low):
        said = ["ask_who", *(name for name in said if name != "out_of_scope")]
    if "request_statement" in said and not ANEW.search(turn.low):
        # The address beside it is where this goes, and no news.
        said = [name for name in said if name != "update_contact"]
    otherwise = {"promise_to_pay", "make_offer"} & set(said) or turn.state.silenced
    if otherwise and not CALLS.search(turn.low):
        # "Ahorita no traigo, el 15 le deposito" asks for no call; nor does who is in no state to talk.
        said = [name for name in said if name != "request_callback"]
    return urgent + said


# Read as these, a wish to settle may be meant all the same.
HAZY = ("out_of_scope", "ask_agreement", "ask_due_date", "ask_repeat")


def _arranges(turn: Turn) -> bool:
    """Somebody who has agreed nothing wants to settle it somehow: they are shown the ways."""
    agreed = turn.state.agreement or turn.state.view.agreement is not None
    return not agreed and bool(ARRANGE.search(turn.low))


# "¿Puedo pagar en 3?", "¿cuánto sería en 4?", "¿y en 6?": read as any of these, they ask for payments.
PLANNED = frozenset({"request_installments", "make_offer", "promise_to_pay", "pay_now", "request_extension", "deny"})
COUNTED = frozenset({"ask_payment_methods", "ask_balance", "ask_repeat", "ask_debt_detail", "out_of_scope"})


def _of_care(turn: Turn) -> bool:
    return not GRAVE_SIGNS.isdisjoint(turn.reading.commands) or bool(CARE_WORDS.search(turn.low))


GRAVE_SIGNS = frozenset({"crisis", "serious_illness", "mental_health", "bereavement", "violence", "illness", "minor"})
# "Déjame hablarlo con mi marido" is no wish to be called, nor for more time to pay, nor a no.
PUT_OFF = frozenset({"request_callback", "request_extension", "update_contact", "deny"})


def _meant(turn: Turn, name: str) -> str:
    """Who says to be the person sought is no third party; and who was identified is one only in plain words."""
    if name == "request_human" and NO_PERSON.search(turn.low) and not A_MACHINE.search(turn.low):
        return "pay_now" if PAYING.search(turn.low) else "out_of_scope"
    # "Vale, gracias" to "¿cómo quiere seguir?" is no yes to paying.
    if name == "affirm" and turn.state.at.startswith("menu.") and THANKS.search(turn.low):
        return "thank"
    # "Sí, gracias por la ayuda" to a summary is a yes, with thanks.
    if name == "thank" and turn.state.proposal is not None and AGREES.search(turn.low):
        return "affirm"
    # "Me escriben a las 11 de la noche" asks for no call at eleven.
    if name == "request_callback" and AT_NIGHT.search(turn.low):
        return "complain"
    # "Bueno, pago todo" is no greeting.
    if name == "greet" and PAYING.search(turn.low):
        return "pay_now"
    # "Lo pago el 17" is no news of a payment; "no pago hasta que me aclaren eso" is still about what they dispute.
    if name == "report_payment" and turn.entities("date") and WILL_PAY.search(turn.low) and not PAID.search(turn.low):
        return "promise_to_pay"
    # "Hace una semana lo garpé" is no promise.
    past = [e for e in turn.entities("date") if e.value < turn.today.isoformat()]
    told = bool(past) and len(past) == len(turn.entities("date")) and not WILL_PAY.search(turn.low)
    if name == "promise_to_pay" and told:
        return "report_payment"
    # "Tere no está, ¿quién la busca?"
    if name == "out_of_scope" and not turn.state.identified and MOVED.search(turn.low):
        return "wrong_person"
    if name == "out_of_scope" and not turn.state.identified and IS_OUT.search(turn.low):
        return "third_party"
    if name in PLANNED and NOT_UNTIL.search(turn.low):
        return "dispute_debt" if "dispute" in turn.state.noted else "deny"
    # What may follow is told to who asks it in so many words; told to anybody else it would be a threat.
    if name == "ask_consequences" and not WHAT_IF.search(turn.low):
        return "out_of_scope"
    # "¿Y no me cobran intereses?" denies nothing.
    if name == "dispute_debt" and ASKS_INTEREST.search(turn.low):
        return "ask_debt_detail"
    # "Pásame el CBU y te transfiero" wants a way now.
    if name == "ask_payment_methods" and WANTS_WAY.search(turn.low) and "?" not in turn.words:
        return "pay_now"
    # Who gave their own document and tells what a loss did to them is not the widow of the person sought.
    lost = name == "report_death" and turn.state.identified and RELATIVE.search(turn.low)
    if lost and OWN_LIFE.search(turn.low) and not THE_DEBTOR.search(turn.low):
        return "report_vulnerability"
    if name == "abuse" and "robot" in turn.reading.commands:
        return "ask_who"
    if name in PUT_OFF and THINKS.search(turn.low) and not TOO_MUCH.search(turn.low):
        dated = turn.entities("date") or turn.entities("time")
        return name if dated else "out_of_scope"
    # "Un momento, me llaman" asks for nobody.
    if name in ("request_human", "complain", "pay_now") and PAUSE.search(turn.low):
        return "out_of_scope"
    if name == "make_offer" and PAUSE.search(turn.low) and all(a_lone_one(e) for e in turn.entities("money")):
        return "out_of_scope"
    if name == "make_offer" and LENT.search(turn.low) and len(turn.entities("money")) == 1:
        return "ask_debt_detail"
    if name == "ask_due_date" and WILL_PAY.search(turn.low) and "?" not in turn.words:
        return "promise_to_pay"
    if name == "ask_balance" and turn.state.identified and LEAST.search(turn.low):
        return "request_discount"
    if name == "update_contact" and not turn.state.identified and PASSED_ON.search(turn.low):
        return "wrong_person"
    if name == "update_contact" and SEND_ME.search(turn.low):
        return "request_statement"
    if name == "ask_consequences" and DISCOUNT.search(turn.low):
        return "request_discount"
    if name in COUNTED and (BARE_COUNT.search(turn.low) or BARE_MONTHS.search(turn.low)):
        return "request_installments"
    if name in PLANNED and CANNOT.search(turn.low) and not turn.entities("money"):
        return "report_hardship"
    # "No les pago ni un sol" offers nothing.
    if name in ("make_offer", "promise_to_pay", "pay_now") and WILL_NOT.search(turn.low):
        return "deny"
    # A day that corrects a day is a promise's new day, unless they ask to be called.
    if name in ("request_callback", "update_contact") and _new_day(turn):
        return "promise_to_pay"
    if name == "out_of_scope" and not turn.state.identified and speaks_for_self(turn) and not turn.entities("document"):
        return "affirm"
    if not turn.state.identified and FORGOT.search(turn.low):
        return "out_of_scope"
    asks_why = ASKS_WHY.search(turn.low) and WHOSE_DOCUMENT.search(turn.low)
    if not turn.state.identified and (asks_why or REFUSES_DOCUMENT.search(turn.low)):
        return "out_of_scope"
    if name not in ("third_party", "wrong_person"):
        return name
    if name == "wrong_person" and US_UNKNOWN.search(turn.low) and not NOT_ME.search(turn.low):
        return "ask_debt_detail"
    if speaks_for_self(turn):
        return "affirm"
    if name == "wrong_person":
        return name if not turn.state.identified or NOT_ME.search(turn.low) else "out_of_scope"
    return name if not turn.state.identified or somebody_else(turn) else "out_of_scope"


def _new_day(turn: Turn) -> bool:
    corrects = turn.state.promise is not None and "correction" in turn.reading.commands
    return corrects and bool(turn.entities("date")) and not CALLS.search(turn.low)


def ears_of(turn: Turn, waiting: Step | None) -> list[Ear]:
    """What was heard, in order: what cannot wait, then questions on the side, the step's own answer, and the rest."""
    names = _names(turn)
    found = [e for name in names if (e := _ear(turn, waiting, name)) is not None]
    answer = _takes(turn, waiting, names) or _option(turn, waiting)
    if answer is None:
        return found
    if waiting is not None and "debt" in waiting.takes and answer.name == "answer":
        # "La tarjeta" is which one; "la tarjeta en tres" is what they want of it.
        if nothing_more(turn):
            return [answer]
        if some_named(turn) and any(e.name in WISHES for e in found):
            return found
    urgent = [e for e in found if e.name in FIRST]
    asides = [e for e in found if e.name not in FIRST | FILLERS and e.route.aside]
    return urgent or [*asides, answer]


def _ear(turn: Turn, waiting: Step | None, name: str) -> Ear | None:
    if waiting is not None and name in waiting.hears and holds(turn, waiting.hears[name].when, waiting.flow):
        return Ear(name, waiting.hears[name], True)
    route = turn.book.anywhere.get(name)
    deaf = route is None or (waiting is not None and waiting.narrow and not route.always)
    return None if deaf or route is None or not holds(turn, route.when, "") else Ear(name, route)


def _option(turn: Turn, waiting: Step | None) -> Ear | None:
    """An option of the waiting step that was written instead of pressed."""
    if waiting is None or not waiting.options or not turn.words:
        return None
    name = f"button:{chosen(turn, waiting)}"
    return Ear(name, waiting.hears[name], True) if name in waiting.hears else None


def _takes(turn: Turn, waiting: Step | None, names: list[str]) -> Ear | None:
    """The waiting step's own answer, where what it waits for was given."""
    if waiting is None or not waiting.answer:
        return None
    if names and names[0] in QUESTIONS and ASKS.search(turn.low) and "correction" not in turn.reading.commands:
        return None
    if names and names[0] in MOMENTS and CALLS.search(turn.low):
        return None
    if names and names[0] == "out_of_scope" and WONDERS.search(turn.low):
        return None
    kinds = {e.kind for e in turn.reading.entities if not a_lone_one(e)} | set(turn.reading.commands)
    if names and names[0] == "out_of_scope" and _elsewhere(turn, kinds):
        return None
    if "text" in waiting.takes and turn.words.strip():
        kinds.add("text")
    if "debt" in waiting.takes and speaks_of_debts(turn):
        kinds.add("debt")
    taken = bool(given(turn, waiting)) if waiting.slot else bool(kinds & set(waiting.takes))
    return Ear("answer", Route(waiting.answer, open=True), True) if taken else None


ELSEWHERE = 0.9  # a question that is so surely out of scope asks of something else, whatever day it names


def _elsewhere(turn: Turn, kinds: set[str]) -> bool:
    """ "¿Y va a llover mañana?" names a day and no payment."""
    asked = "?" in turn.words and not kinds & {"money", "installments", "percent", "frequency"}
    return asked and turn.reading.intents[0].confidence >= ELSEWHERE


# What people want done with a debt that they name.
WISHES = frozenset({"pay_now", "make_offer", "request_installments", "request_discount"})
# Each of these is all that is answered in its turn.
ALONE = frozenset(
    {
        "report_vulnerability", "report_death", "report_fraud", "report_insolvency", "opt_out", "wrong_person",
        "third_party", "command:crisis", "command:minor", "command:injection",
    }
)  # fmt: skip
# Wherever in a message these stand, they are all that is answered.
CARE = frozenset({"report_vulnerability", "command:crisis", "command:minor"})
# Heard inside a step that waits for an answer, these go before the answer: they are never an answer.
FIRST = ALONE | {
    "request_data_rights", "dispute_debt", "report_payment", "request_human", "complain", "report_hardship",
}  # fmt: skip
# What is asked is no answer, whatever it names.
QUESTIONS = frozenset(
    {"ask_due_date", "ask_balance", "ask_debt_detail", "ask_who", "ask_consequences", "ask_agreement"}
)
# A day and an hour that are for being called are no day to pay.
MOMENTS = frozenset({"request_callback"})
# Beside an answer to what was asked, these say nothing.
FILLERS = frozenset({"out_of_scope", "greet", "abuse", "ask_repeat"})
# After these nothing is negotiated in the same breath.
PAUSES = frozenset({"request_data_rights", "dispute_debt", "report_payment", "request_human"})
RECORDS = PAUSES | {"complain", "report_hardship", "request_callback"}


def beside_the_point(turn: Turn, ears: list[Ear]) -> bool:
    """Something else altogether: who we know is told so once; a stranger, or the second time, is helped on."""
    if not ears or ears[0].name != "out_of_scope" or ears[0].own:
        return False
    foreign = any(c in turn.reading.commands for c in FOREIGN)
    return foreign or turn.state.repairs > 0 or not turn.state.identified


def onward_of(ears: list[Ear]) -> list[Ear]:
    """At most two ways on, the weightier last, as it is what the conversation then waits on; an offer goes last."""
    ways = distinct([e for e in ears if not e.route.aside])
    records = [e for e in ways if e.name in RECORDS][:2]
    others = [e for e in ways if e.name not in RECORDS][:1]
    if not records:
        return others
    if others and not any(e.name in PAUSES for e in records):
        return [records[0], *others]
    return records[::-1]


def distinct(ears: list[Ear]) -> list[Ear]:
    return list({e.route.step: e for e in reversed(ears)}.values())[::-1]
