"""What our facts come to for a creditor: one table, which the fold in this room and the store's statement both read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.facts import Fact

Kind = Literal[
    "attempts", "promises", "agreements", "payments", "contact_data", "opt_outs", "disputes", "holds", "hand_overs",
    "requests",
]  # fmt: skip

# Spanish, as the command line and the errors about a file name them.
KINDS: dict[Kind, str] = {
    "attempts": "gestiones y su resultado",
    "promises": "promesas de pago",
    "agreements": "acuerdos",
    "payments": "pagos",
    "contact_data": "datos de contacto nuevos",
    "opt_outs": "bajas",
    "disputes": "objeciones y reclamos",
    "holds": "suspensiones de contacto",
    "hand_overs": "casos pasados a una persona",
    "requests": "solicitudes",
}
Path = tuple[str, ...]  # keys, and places in a list, that lead to a value in a fact's JSON


class Rule(msgspec.Struct, frozen=True):
    """What one kind of fact comes to.

    `variants` gives another outcome by the value of the fact's `field`, as JSON says it. The paths lead to what names
    the thing for whoever asks about it, a Money, a date; `when` and `agent` to those of what the fact only tells of.
    `channel` is that of a fact which names none. What came of a promise or an agreement (`follows`) is of whoever's
    it is, whosever file showed it.
    """

    fact: type[Fact]
    kind: Kind
    outcome: str
    reference: Path = ()
    amount: Path = ()
    due: Path = ()
    field: str = ""
    variants: Mapping[str, str] = {}
    when: Path = ()
    agent: Path = ()
    channel: str = ""
    follows: bool = False


_PROTECTED = ("vulnerability", "suicide_risk", "bereavement")
_HOLDS = (
    "dispute", "hardship", "death", "insolvency", "legal_representation", "fraud", "wrong_person", "minor", "adviser",
    "opt_out", "recalled", "stop_all",
)  # fmt: skip
_HAND_OVERS = (
    "asked", "over_60_days", "below_floor", "identity_failed", "death", "fraud", "insolvency", "hardship", "dispute",
    "complaint", "minor", "repair_failed", "refused_reply",
)  # fmt: skip
# As policies/contact_results.toml names them.
_CALLS = (
    "answered", "promise", "refusal", "already_paid", "callback", "third_party", "no_answer", "busy", "voicemail",
    "hung_up", "wrong_number", "bad_number", "not_placed", "sent", "delivered", "replied", "visited", "deceased",
)  # fmt: skip

RULES: tuple[Rule, ...] = (
    Rule(f.MessageSent, "attempts", "sent", ("key",)),
    Rule(f.MessageDelivered, "attempts", "delivered", ("key",)),
    Rule(f.MessageFailed, "attempts", "failed", ("key",)),
    Rule(f.MessageUnknown, "attempts", "unknown", ("key",)),
    Rule(f.MessageReceived, "attempts", "answered", ("key",)),
    Rule(f.LinkOpened, "attempts", "opened"),
    Rule(f.Identified, "attempts", "identified"),
    Rule(f.IdentityFailed, "attempts", "identity_failed"),
    Rule(f.IdentityLocked, "attempts", "identity_locked"),
    Rule(f.ConversationEnded, "attempts", "talked"),
    Rule(
        f.ContactImported, "attempts", "imported_attempt", field="reached", variants={"true": "imported_reached"},
        when=("on",), agent=("agent",),
    ),
    Rule(
        f.CallLogged, "attempts", "call", ("key",), field="result", channel="voice",
        variants={one: f"call_{one}" for one in _CALLS},
    ),
    Rule(f.PromiseMade, "promises", "promise", ("promise",), ("amount",), ("due",)),
    Rule(f.PromiseKept, "promises", "promise_kept", ("promise",), follows=True),
    Rule(f.PromiseBroken, "promises", "promise_broken", ("promise",), (), ("due",), follows=True),
    Rule(f.PromiseReopened, "promises", "promise_reopened", ("promise",), follows=True),
    Rule(f.OfferBelowFloor, "agreements", "offer_below_floor", (), ("offered",)),
    Rule(f.AgreementAccepted, "agreements", "agreement", ("agreement",), ("total",), ("parts", "0", "0")),
    Rule(f.AgreementSuperseded, "agreements", "agreement_replaced", ("agreement",), follows=True),
    Rule(f.AgreementCompleted, "agreements", "agreement_kept", ("agreement",), follows=True),
    Rule(f.AgreementBroken, "agreements", "agreement_broken", ("agreement",), (), ("due",), follows=True),
    Rule(f.AgreementReopened, "agreements", "agreement_reopened", ("agreement",), follows=True),
    Rule(f.PaymentLinkSent, "payments", "payment_link", ("payment",), ("amount",)),
    Rule(f.PaymentReceived, "payments", "payment", ("payment",), ("amount",)),
    Rule(f.PaymentRefused, "payments", "payment_refused", ("payment",)),
    Rule(f.PaymentReported, "payments", "payment_reported", ("payment",), ("amount",), ("paid_on",)),
    Rule(f.PaymentReversed, "payments", "payment_reversed", ("payment",), ("amount",), when=("on",)),
    Rule(
        f.ContactUpdated, "contact_data", "new_contact", field="field",
        variants={"phone": "new_phone", "email": "new_email", "address": "new_address"},
    ),
    Rule(f.ContactBlocked, "contact_data", "wrong_person", field="why", variants={"deceased": "deceased"}),
    Rule(f.ContactPointBad, "contact_data", "bad_contact"),
    Rule(f.OptedOut, "opt_outs", "opt_out"),
    Rule(f.OptOutUndone, "opt_outs", "opt_out_undone", channel="*"),
    Rule(f.DisputeOpened, "disputes", "dispute"),
    Rule(f.FraudCaseOpened, "disputes", "fraud"),
    Rule(f.PaymentClaimed, "disputes", "payment_claimed"),
    Rule(f.ComplaintLogged, "disputes", "complaint"),
    # What may speak of somebody's health or grief leaves the house as one word.
    Rule(
        f.HoldPlaced, "holds", "hold", field="hold",
        variants={one: f"hold_{one}" for one in _HOLDS} | dict.fromkeys(_PROTECTED, "hold_protected"),
    ),
    Rule(f.HoldLifted, "holds", "hold_lifted"),
    Rule(
        f.HandedOver, "hand_overs", "hand_over", field="reason",
        variants={one: f"hand_over_{one}" for one in _HAND_OVERS} | {"vulnerability": "hand_over_protected"},
    ),
    Rule(f.TakenOver, "hand_overs", "taken_over"),
    Rule(f.HandedBack, "hand_overs", "handed_back"),
    Rule(f.CaseClosed, "hand_overs", "case_closed", ("case",)),
    Rule(f.CallbackScheduled, "requests", "callback", (), (), ("day",)),
    Rule(f.StatementRequested, "requests", "statement"),
    Rule(f.ClearanceRequested, "requests", "clearance"),
    Rule(f.DataRightsRequested, "requests", "data_rights"),
    Rule(f.HardshipRecorded, "requests", "hardship"),
)  # fmt: skip
BY_FACT: dict[type[Fact], Rule] = {rule.fact: rule for rule in RULES}

# Every outcome of ours, in Spanish: a typification gives each of them a place.
OUTCOMES: dict[str, str] = {
    "sent": "mensaje enviado",
    "delivered": "mensaje entregado",
    "failed": "mensaje no entregado",
    "unknown": "envío sin confirmar",
    "answered": "respondió al mensaje",
    "opened": "abrió el enlace",
    "identified": "titular identificado",
    "identity_failed": "no confirmó su identidad",
    "identity_locked": "identificación bloqueada por intentos",
    "talked": "conversación terminada",
    "imported_attempt": "gestión de otro sistema, sin contacto",
    "imported_reached": "gestión de otro sistema, con contacto",
    "call": "llamada de una persona",
    "call_answered": "llamada: se habló con la persona",
    "call_promise": "llamada: prometió pagar",
    "call_refusal": "llamada: no quiere o no puede pagar",
    "call_already_paid": "llamada: dice que ya pagó",
    "call_callback": "llamada: pide hablar en otro momento",
    "call_third_party": "llamada: contestó otra persona",
    "call_no_answer": "llamada: nadie contestó",
    "call_busy": "llamada: línea ocupada",
    "call_voicemail": "llamada: buzón de voz",
    "call_hung_up": "llamada: colgaron",
    "call_wrong_number": "llamada: el número es de otra persona",
    "call_bad_number": "llamada: el número no existe",
    "call_not_placed": "llamada que no llegó a salir",
    "call_sent": "mensaje de una persona nuestra: salió",
    "call_delivered": "mensaje de una persona nuestra: llegó",
    "call_replied": "mensaje de una persona nuestra: respondieron",
    "call_visited": "visita con la persona",
    "call_deceased": "llamada: dijeron que la persona falleció",
    "promise": "promesa de pago",
    "promise_kept": "promesa cumplida",
    "promise_broken": "promesa incumplida",
    "promise_reopened": "promesa vigente otra vez",
    "offer_below_floor": "ofrece menos de lo autorizado",
    "agreement": "acuerdo de pago",
    "agreement_replaced": "acuerdo reemplazado por otro",
    "agreement_kept": "acuerdo cumplido",
    "agreement_broken": "acuerdo incumplido",
    "agreement_reopened": "acuerdo vigente otra vez",
    "payment_link": "recibió medio de pago",
    "payment": "pago recibido",
    "payment_refused": "pago rechazado por la pasarela",
    "payment_reported": "pago informado en un archivo",
    "payment_reversed": "pago deshecho, por la pasarela o en un archivo",
    "new_contact": "dato de contacto nuevo",
    "new_phone": "teléfono nuevo",
    "new_email": "correo nuevo",
    "new_address": "dirección nueva",
    "bad_contact": "teléfono o correo que no sirve",
    "wrong_person": "no es la persona",
    "deceased": "titular fallecido",
    "opt_out": "pide no recibir más mensajes",
    "opt_out_undone": "quiere volver a recibir mensajes",
    "dispute": "no reconoce la deuda o su monto",
    "fraud": "reporta suplantación",
    "payment_claimed": "dice que ya pagó",
    "complaint": "queja",
    "hold": "contacto suspendido",
    "hold_lifted": "fin de una suspensión de contacto",
    "hold_protected": "contacto suspendido por cuidado de la persona",
    "hold_dispute": "contacto suspendido por objeción",
    "hold_hardship": "contacto suspendido por dificultad económica",
    "hold_death": "contacto suspendido por fallecimiento",
    "hold_insolvency": "contacto suspendido por insolvencia",
    "hold_legal_representation": "contacto suspendido: tiene apoderado",
    "hold_fraud": "contacto suspendido por suplantación",
    "hold_wrong_person": "contacto suspendido: no es la persona",
    "hold_minor": "contacto suspendido: menor de edad",
    "hold_adviser": "contacto suspendido: la atiende un asesor externo",
    "hold_opt_out": "contacto suspendido por baja",
    "hold_recalled": "contacto suspendido: cartera retirada",
    "hold_stop_all": "contacto suspendido: todo detenido",
    "hand_over": "pasa a una persona",
    "hand_over_protected": "pasa a una persona por cuidado",
    "hand_over_asked": "pide hablar con una persona",
    "hand_over_over_60_days": "pasa a una persona por días de mora",
    "hand_over_below_floor": "pasa a una persona: oferta por revisar",
    "hand_over_identity_failed": "pasa a una persona: identidad sin confirmar",
    "hand_over_death": "pasa a una persona por fallecimiento",
    "hand_over_fraud": "pasa a una persona por suplantación",
    "hand_over_insolvency": "pasa a una persona por insolvencia",
    "hand_over_hardship": "pasa a una persona: no puede pagar",
    "hand_over_dispute": "pasa a una persona por objeción",
    "hand_over_complaint": "pasa a una persona por queja",
    "hand_over_minor": "pasa a una persona: menor de edad",
    "hand_over_repair_failed": "pasa a una persona: no se le entendió",
    "hand_over_refused_reply": "pasa a una persona: respuesta por revisar",
    "taken_over": "la atiende una persona",
    "handed_back": "vuelve al asistente",
    "case_closed": "caso cerrado por una persona",
    "callback": "pide que la contacten en otro momento",
    "statement": "pide estado de cuenta",
    "clearance": "pide paz y salvo",
    "data_rights": "ejerce derechos sobre sus datos",
    "hardship": "dificultad económica",
}
