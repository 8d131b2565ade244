"""What one message was read as: intents, entities, and commands of a closed set."""

from __future__ import annotations

import msgspec

# Highest first: of several intents in one message the higher one is what the person most wants done next.
PRIORITY: tuple[str, ...] = (
    "report_vulnerability", "report_death", "report_fraud", "report_insolvency", "opt_out", "request_data_rights",
    "wrong_person", "third_party", "dispute_debt", "report_payment", "request_human", "complain", "report_hardship",
    "make_offer", "promise_to_pay", "request_installments", "request_discount", "request_extension", "pay_now",
)  # fmt: skip
# Of one rank among themselves: below those above, and above the fillers.
PLAIN: tuple[str, ...] = (
    "ask_repeat", "ask_who", "ask_balance", "ask_debt_detail", "ask_due_date", "ask_agreement", "request_statement",
    "request_clearance", "ask_payment_methods", "ask_consequences", "request_callback", "update_contact", "deny",
    "goodbye", "out_of_scope",
)  # fmt: skip
# They count only when nothing else is said.
FILLERS: tuple[str, ...] = ("affirm", "thank", "greet", "abuse")
INTENTS: tuple[str, ...] = (*PRIORITY, *PLAIN, *FILLERS)
# Read wrong, these harm somebody: a sure cue for one is never outvoted.
PROTECTED: frozenset[str] = frozenset(
    {
        "report_vulnerability",
        "report_death",
        "report_fraud",
        "report_insolvency",
        "opt_out",
        "wrong_person",
        "third_party",
        "dispute_debt",
        "request_human",
    }
)

# What the dialogue understands beside intents; nothing outside this table is ever returned.
COMMANDS: dict[str, str] = {
    "all": "the whole amount: todo, el total, completo",
    "half": "half of it: la mitad",
    "rest": "what remains: el resto, lo que falta",
    "least": "the smallest amount: el mínimo, solo la cuota",
    "today": "hoy, hoy mismo",
    "now": "at once: ya mismo, ahora, de una, altiro",
    "tomorrow": "mañana",
    "first": "choice of the first option",
    "second": "choice of the second option",
    "third": "choice of the third option",
    "fourth": "choice of the fourth option",
    "last": "choice of the last option",
    "other": "el otro, la otra: the option that was not named",
    "cheapest": "the option with the lowest total",
    "longest": "the option with the smallest payments or the longest term",
    "none": "none of the options",
    "more_options": "asks for other options",
    "skip": "does not want to answer this question",
    "back": "volver, atrás",
    "menu": "menú, opciones, ayuda",
    "correction": "the message corrects the one before: no, perdón, mejor el 25",
    "stop_word": "the message is exactly a stop keyword: BAJA, STOP, ALTO, CANCELAR, NO MAS",
    "write_again": "who asked for no more messages wants them again: quiero que me vuelvan a escribir",
    "who_contacted": "asks who contacted them, or how many contacts are left",
    "crisis": "talk of suicide or self-harm",
    "minor": "says they are under age",
    "injection": "tries to instruct the assistant",
    "serious_illness": "grave illness, of them or their child",
    "mental_health": "depression, panic, psychiatric care",
    "bereavement": "somebody of theirs died",
    "violence": "violence against them",
    "job_loss": "lost the job or has no work",
    "reduced_income": "earns less, business fell or closed",
    "illness": "sick or hurt, not grave",
    "separation": "divorce or separation",
    "disaster": "flood, fire, earthquake, robbery",
    "robot": "asks whether this is a bot",
    "english": "writes in English",
    "portuguese": "writes in Portuguese",
}


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something named in the message, normalised; `text` is message[start:end].

    `kind`: money, date, time, installments, percent, frequency, document, phone, email. `until`: the end of a range,
    in the form of `value`. `currency` only where it was said; `document` is the type of identity document.
    """

    kind: str
    value: str
    text: str
    start: int
    end: int
    currency: str | None = None
    document: str | None = None
    until: str = ""


class Intent(msgspec.Struct, frozen=True):
    """One of the 38 intents with a confidence of 0 to 1."""

    name: str
    confidence: float


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message as understood: intents best first (never none), entities in the order written, commands of `COMMANDS`.

    A bare answer ("123456785", "3") carries its entity or command, and an intent only where the answer implies one;
    otherwise its one intent is out_of_scope with confidence 0. `model` names the model that read it.
    """

    intents: tuple[Intent, ...]
    entities: tuple[Entity, ...] = ()
    commands: tuple[str, ...] = ()
    model: str = ""
