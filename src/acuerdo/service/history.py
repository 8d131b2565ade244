"""All that happened to one person, in order: when, who, what in one line of Spanish, why, and by which rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.facts import Fact, Recorded, kind_of
from acuerdo.core.messages import Content
from acuerdo.core.negotiation.written import format_money
from acuerdo.core.words import AcuerdoError, Money, Reason
from acuerdo.service.contactability import Quality, Reach
from acuerdo.service.freshness import NAMES
from acuerdo.service.imports import STATES

LONGEST = 240  # characters of what somebody wrote that one line shows; --json has the same


class UnknownPerson(AcuerdoError):
    """Nobody is known by this reference."""


class SeveralPeople(AcuerdoError):
    """The reference is that of several people, of one creditor or of several."""


class Known(msgspec.Struct, frozen=True):
    """Whose history it is. `name` is a fixed token where the person was forgotten."""

    id: str
    creditor: str
    name: str
    country: str
    zone: str
    accounts: tuple[str, ...]


class Line(msgspec.Struct, frozen=True):
    """One thing that happened. `who` is bot, debtor, agent:LOGIN, operator or system; `rules` the ids of the rules that
    spoke, `rules_version` the packs they are of; `cause` the key of what led to it."""

    at: datetime
    who: str
    kind: str
    text: str
    why: tuple[str, ...]
    rules: tuple[str, ...]
    rules_version: str
    account: str | None
    conversation: str | None
    campaign: str | None
    cause: str | None
    id: str


class Reached(msgspec.Struct, frozen=True):
    """One address of a person on a channel: its last characters, how good it is, and what became of what was sent."""

    channel: str
    address: str
    quality: Quality
    reach: Reach


class History(msgspec.Struct, frozen=True):
    """A person's whole history, and how each of their addresses has fared."""

    person: Known
    lines: tuple[Line, ...]
    reached: tuple[Reached, ...] = ()


class Histories(Protocol):
    """The store of facts, as a history asks it."""

    async def find(self, reference: str, creditor: str | None) -> list[Known]:
        """The people whose id, account's external id, or document this is; of one creditor (its name) or of any."""
        ...

    async def facts(self, person: str) -> list[Recorded]: ...
    async def reached(self, person: str) -> list[Reached]: ...


async def history(histories: Histories, reference: str, creditor: str | None = None) -> History:
    """The history of the person with this id, account or document. Raises UnknownPerson, SeveralPeople."""
    found = await histories.find(reference.strip(), creditor)
    of = f" of creditor {creditor!r}" if creditor else ""
    if not found:
        raise UnknownPerson(f"nobody{of} has that id, account or document; look at it in the creditor's file")
    if len(found) > 1:
        choices = ", ".join(f"{known.id} ({known.creditor})" for known in found)
        raise SeveralPeople(f"that is {len(found)} people{of}; name one by id, or the creditor: {choices}")
    facts = await histories.facts(found[0].id)
    lines = tuple(line_of(r, found[0].country, found[0].zone) for r in facts)
    return History(found[0], lines, tuple(await histories.reached(found[0].id)))


def line_of(r: Recorded, country: str, zone: str) -> Line:
    """One fact as a line; moments are in `zone`, the person's."""
    words = Words(country, ZoneInfo(zone))
    return Line(
        at=r.at.astimezone(words.zone),
        who=r.who,
        kind=kind_of(r.fact),
        text=TEXTS[type(r.fact)](r.fact, words),
        why=_why(r.fact),
        rules=_rules(r.fact),
        rules_version=str(getattr(r.fact, "rules", "")),
        account=r.account,
        conversation=r.conversation,
        campaign=r.campaign,
        cause=r.cause,
        id=r.id,
    )


def _why(fact: Fact) -> tuple[str, ...]:
    why: object = getattr(fact, "why", ())
    given = why if isinstance(why, tuple) else (why,)
    return tuple((one.detail or one.code) if isinstance(one, Reason) else str(one) for one in given)


def _rules(fact: Fact) -> tuple[str, ...]:
    why: object = getattr(fact, "why", ())
    given = why if isinstance(why, tuple) else ()
    return tuple(dict.fromkeys(rule for one in given if isinstance(one, Reason) for rule in one.rules))


class Words:
    """Money, days and people's words as the person's country writes them."""

    def __init__(self, country: str, zone: ZoneInfo) -> None:
        self._country, self.zone = country, zone

    def money(self, amount: Money) -> str:
        return format_money(amount, self._country)

    def day(self, day: date) -> str:
        return f"{day:%d/%m/%Y}"

    def moment(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%d/%m/%Y %H:%M}"

    def parts(self, parts: tuple[tuple[date, Money], ...]) -> str:
        return ", ".join(f"{self.money(amount)} el {self.day(day)}" for day, amount in parts)


def quoted(text: str) -> str:
    """What somebody wrote, on one line and not too long."""
    line = " ".join(text.split())
    return f"«{line if len(line) <= LONGEST else line[: LONGEST - 1] + '…'}»"


def _with(text: str, words: str) -> str:
    return f"{text}: {quoted(words)}" if words else text


def _content(content: Content) -> str:
    choices = [button.title for button in content.buttons] + [card.title for card in content.cards]
    return quoted(content.text) + (f" [{' | '.join(choices)}]" if choices else "")


ORIGINS = {"bot": "El asistente", "agent": "El equipo", "system": "El sistema"}
STAGES = {"planning": "al planear", "sending": "al enviar"}
REASONS = {
    "asked": "pidió hablar con una persona", "over_60_days": "más de 60 días de mora",
    "below_floor": "ofrece menos de lo que se puede aceptar", "identity_failed": "no pudo confirmar su identidad",
    "vulnerability": "situación de vulnerabilidad", "death": "fallecimiento", "fraud": "dice que es un fraude",
    "insolvency": "insolvencia", "hardship": "dificultad económica", "dispute": "no reconoce la deuda",
    "complaint": "queja", "minor": "menor de edad", "repair_failed": "el asistente no logró entender",
    "refused_reply": "una respuesta no pudo salir",
}  # fmt: skip
HOLDS = {
    "dispute": "desacuerdo con la deuda", "hardship": "dificultad económica", "vulnerability": "vulnerabilidad",
    "suicide_risk": "riesgo para su vida", "bereavement": "duelo", "death": "fallecimiento",
    "insolvency": "insolvencia", "legal_representation": "representación legal", "fraud": "posible fraude",
    "wrong_person": "no es la persona", "minor": "menor de edad", "adviser": "la atiende un asesor",
    "opt_out": "no quiere mensajes", "recalled": "el acreedor la retiró", "stop_all": "alto general",
}  # fmt: skip
METHODS = {
    "link_and_document": "con el enlace y el documento completo",
    "link_and_document_tail": "con el enlace y el final del documento",
}
PAPERS = {
    "statement": "su estado de cuenta",
    "clearance": "su constancia de no deber nada",
    "agreement": "la copia de su acuerdo",
}
CODES_TRIED = {
    "right": "Escribió el código: el correo es suyo",
    "wrong": "El código que escribió no era",
    "expired": "El código que escribió ya había vencido",
    "spent": "El código ya no sirve: se intentó demasiadas veces",
}


def _heard(x: f.Heard, w: Words) -> str:
    return f"La persona eligió {quoted(x.text or x.button)}" if x.button else f"La persona escribió {quoted(x.text)}"


def _offer(x: f.OfferMade, w: Words) -> str:
    totals = ", ".join(w.money(total) for total in x.totals)
    return f"Se le propusieron {len(x.plans)} opciones ({totals})" if x.totals else "Se le hizo una propuesta"


def _accepted(x: f.AgreementAccepted, w: Words) -> str:
    return f"Aceptó un acuerdo por {w.money(x.total)} (debía {w.money(x.balance)}): {w.parts(x.parts)}"


def _promise(x: f.PromiseMade, w: Words) -> str:
    amount = f" {w.money(x.amount)}" if x.amount else ""
    return f"{'Cambió su promesa: pagará' if x.corrects else 'Prometió pagar'}{amount} el {w.day(x.due)}"


def _arrived(x: f.PaymentArrived, w: Words) -> str:
    end = "; con esto el acuerdo queda cumplido" if x.completed else f"; le quedan {w.money(x.remaining)}"
    return f"La conversación supo del pago de {w.money(x.amount)}{end}"


def _opted_out(x: f.OptedOut, w: Words) -> str:
    where = "por ningún canal" if x.channel == "*" else f"por {x.channel}"
    return _with(f"Pidió no recibir más mensajes {where}", x.words)


def _held(x: f.HoldPlaced, w: Words) -> str:
    until = f" hasta {w.moment(x.until)}" if x.until else f" y se revisa {w.moment(x.review)}" if x.review else ""
    return _with(f"Se detuvo el contacto{until}: {HOLDS.get(x.hold, x.hold)}", x.why)


def _handed_over(x: f.HandedOver, w: Words) -> str:
    return _with(f"Pasó a una persona: {REASONS.get(x.reason, x.reason)}", x.summary)


def _refused(x: f.ContactRefused, w: Words) -> str:
    return f"No se le contactó por {x.channel} ({STAGES[x.stage]})"


def _delayed(x: f.ContactDelayed, w: Words) -> str:
    return f"El contacto por {x.channel} se aplazó hasta {w.moment(x.until)} ({STAGES[x.stage]})"


def _imported(x: f.AccountImported, w: Words) -> str:
    return f"Entró la cuenta {x.external_id} ({x.product}): {w.money(x.balance)}, {x.days_past_due} días de mora"


def _updated(x: f.AccountUpdated, w: Words) -> str:
    moved = f"pasó de {w.money(x.was)} a {w.money(x.balance)}" if x.was != x.balance else f"sigue en {w.money(x.was)}"
    state = "" if x.status == "open" else f", y está {STATES.get(x.status, x.status)}"
    return f"Un archivo más nuevo actualizó la cuenta: {moved}, {x.days_past_due} días de mora{state}"


# A person's particulars, as people call them.
PARTICULARS: dict[str, str] = {
    "name": "el nombre", "document_kind": "el tipo de documento", "document": "el documento", "phones": "los teléfonos",
    "emails": "los correos", "address": "la dirección", "city": "la ciudad", "born": "la fecha de nacimiento",
    "documents": "los otros documentos", "subdivision": "el departamento o región",
    "customer_type": "el tipo de cliente", "customer_since": "desde cuándo es cliente", "language": "el idioma",
    "preferred_channel": "el canal preferido", "preferred_hours": "las horas preferidas", "zones": "la zona horaria",
}  # fmt: skip


def _person_changed(x: f.PersonChanged, w: Words) -> str:
    return f"Un archivo más nuevo cambió sus datos: {', '.join(PARTICULARS.get(name, name) for name in x.fields)}"


def _proposed(x: f.AgreementProposed, w: Words) -> str:
    return f"Se le mostró el resumen de un acuerdo por {w.money(x.total)}: {w.parts(x.parts)}"


def _below(x: f.OfferBelowFloor, w: Words) -> str:
    return f"Ofreció {w.money(x.offered) if x.offered else 'una suma'}, menos de lo que se puede aceptar"


def _campaign(x: f.CampaignPlanned, w: Words) -> str:
    return f"Se planeó una campaña para {x.segment}: {x.included} dentro, {x.left_out} fuera"


def _portfolio(x: f.PortfolioImported, w: Words) -> str:
    return (
        f"Entró la cartera {x.file}: {x.added} nuevas, {x.updated} con cambios, {x.unchanged} iguales, "
        f"{x.set_aside} apartadas"
    )


CHANNELS = {
    "voice": "por teléfono", "visit": "con una visita", "sms": "por SMS", "whatsapp": "por WhatsApp",
    "email": "por correo", "letter": "por carta", "*": "por cualquier canal",
}  # fmt: skip
REGISTERS = {
    "do_not_call": "de no llamar", "judicialised": "de procesos judiciales", "deceased": "de fallecidos",
    "insolvency": "de insolvencia",
}  # fmt: skip


def _feed(x: f.FeedImported, w: Words) -> str:
    return (
        f"Entró el archivo {x.file} ({NAMES.get(x.feed, x.feed)}): {x.taken} filas tomadas, {x.unchanged} iguales, "
        f"{x.unmatched} sin cuenta todavía, {x.set_aside} apartadas"
    )


def _contact(x: f.ContactImported, w: Words) -> str:
    how = CHANNELS.get(x.channel, f"por {x.channel}")
    who = "La persona contactó" if x.inbound else "Otro equipo intentó contactar"
    return f"{who} {how} el {w.moment(x.on)}; {'se habló con ella' if x.reached else 'no se habló con ella'}"


CLOSINGS = {
    "recalled": "El acreedor retiró la cuenta: ya no se le cobra aquí",
    "missing": "La cuenta dejó de venir en la cartera y se cerró",
}  # fmt: skip


def _matched(x: f.PaymentMatched, w: Words) -> str:
    if x.missing is None:
        return "El saldo del archivo más nuevo ya descuenta su pago"
    return f"El acreedor ya registró su pago; el saldo de su archivo debería ser {w.money(x.missing)} menor"


def _undone(x: f.ImportUndone, w: Words) -> str:
    return f"Se deshizo la entrada de {x.file}: salieron {x.removed} filas y {x.restored} volvieron a como estaban"


def _exported(x: f.ResultsExported, w: Words) -> str:
    return f"Se escribió para el acreedor el archivo de resultados {x.file}, n.º {x.batch}, con {x.lines} líneas"


# One line for every kind of fact: a test fails where one is missing.
TEXTS: dict[type[Fact], Callable[[Any, Words], str]] = {
    f.CreditorAdded: lambda x, w: f"Se dio de alta al acreedor {x.name} ({x.legal_name})",
    f.PortfolioImported: _portfolio,
    f.FeedImported: _feed,
    f.ImportUndone: _undone,
    f.PersonSeen: lambda x, w: _with("La persona llegó en un archivo del acreedor", x.name),
    f.PersonChanged: _person_changed,
    f.PeopleMerged: lambda x, w: _with("Dos fichas se unieron: son la misma persona", x.why),
    f.PeopleUnmerged: lambda x, w: _with("La unión de dos fichas se deshizo", x.why),
    f.PeopleKeptApart: lambda x, w: _with("Dos fichas parecidas se dejaron aparte", x.why),
    f.AccountImported: _imported,
    f.AccountUpdated: _updated,
    f.AccountClosed: lambda x, w: CLOSINGS[x.why],
    f.PaymentMatched: _matched,
    f.Segmented: lambda x, w: f"La cuenta quedó en el segmento {x.segment}",
    f.CampaignPlanned: _campaign,
    f.CampaignApproved: lambda x, w: f"Se aprobó la campaña, con {x.entries} contactos",
    f.ContactRefused: _refused,
    f.ContactDelayed: _delayed,
    f.ContactReserved: lambda x, w: f"Se reservó un contacto por {x.channel}, a más tardar {w.moment(x.deadline)}",
    f.MessageSent: lambda x, w: f"El mensaje salió por {x.channel}",
    f.MessageDelivered: lambda x, w: f"El mensaje llegó por {x.channel}",
    f.MessageRead: lambda x, w: f"El mensaje por {x.channel} fue leído",
    f.MessageFailed: lambda x, w: f"El mensaje por {x.channel} no salió: {x.error}",
    f.MessageUnknown: lambda x, w: f"No se sabe si el mensaje por {x.channel} salió; no se repite",
    f.MessageDropped: lambda x, w: f"El mensaje por {x.channel} no se envió",
    f.MessageReceived: lambda x, w: f"La persona escribió por {x.channel} {quoted(x.text)}",
    f.LinkIssued: lambda x, w: f"Se creó su enlace privado, válido hasta {w.moment(x.expires)}",
    f.LinkOpened: lambda x, w: "Abrió su enlace privado",
    f.LinkRevoked: lambda x, w: "Su enlace privado dejó de valer",
    f.LinkRenewed: lambda x, w: "Pidió un enlace nuevo; va a la dirección registrada",
    f.OptedOut: _opted_out,
    f.OptOutUndone: lambda x, w: _with("Pidió que se le vuelva a escribir", x.words),
    f.ContactImported: _contact,
    f.ConsentGiven: lambda x, w: f"Consintió que se le escriba {CHANNELS.get(x.channel, x.channel)}",
    f.ConsentWithdrawn: lambda x, w: f"Retiró su consentimiento {CHANNELS.get(x.channel, x.channel)}",
    f.RegisterEntered: lambda x, w: f"Entró en un registro {REGISTERS.get(x.register, x.register)}",
    f.RegisterLeft: lambda x, w: f"Salió de un registro {REGISTERS.get(x.register, x.register)}",
    f.OutboundStopped: lambda x, w: "Se detuvieron todos los envíos",
    f.OutboundResumed: lambda x, w: "Se reanudaron los envíos",
    f.Started: lambda x, w: f"Empezó la conversación ({x.channel})",
    f.ChannelChosen: lambda x, w: f"Prefiere que se le escriba {CHANNELS.get(x.channel, f'por {x.channel}')}",
    f.WentOn: lambda x, w: f"La conversación siguió {CHANNELS.get(x.channel, f'por {x.channel}')}",
    f.Refreshed: lambda x, w: "La conversación se puso al día con los datos de la persona",
    f.Heard: _heard,
    f.FlowsMoved: lambda x, w: "La conversación pasó a una versión nueva de los flujos",
    f.TimerRang: lambda x, w: f"Venció un plazo de la conversación ({x.timer})",
    f.PaymentArrived: _arrived,
    f.PaymentDeclined: lambda x, w: "La conversación supo que el pago no pasó",
    f.PaymentTakenBack: lambda x, w: f"La conversación supo que se devolvieron {w.money(x.amount)}",
    f.TakenOver: lambda x, w: f"{x.agent} tomó la conversación; el asistente calla",
    f.HandedBack: lambda x, w: f"{x.agent} devolvió la conversación al asistente",
    f.CallLogged: lambda x, w: _with(f"{x.agent} le llamó ({x.result})", x.note),
    f.AgentWrote: lambda x, w: f"{x.agent} escribió {quoted(x.text)}",
    f.RefusalUpheld: lambda x, w: _with(f"{x.agent} revisó lo que el asistente no aceptó, y lo confirmó", x.reason),
    f.AgentOffered: lambda x, w: _with(
        f"{x.agent} propuso un plan{' fuera de la autoridad' if x.outside else ''}", x.reason
    ),
    f.Said: lambda x, w: f"{ORIGINS[x.origin]} dijo {_content(x.content)}",
    f.TextRefused: lambda x, w: f"No salió un texto ({x.text_id})",
    f.Identified: lambda x, w: f"Confirmó su identidad {METHODS[x.method]}",
    f.IdentityFailed: lambda x, w: f"Lo que dio no coincide con su documento; quedan {x.left} intentos",
    f.IdentityLocked: lambda x, w: f"Demasiados intentos: se bloqueó {'el enlace' if x.scope == 'link' else 'el día'}",
    f.DocumentGiven: lambda x, w: f"Escribió su documento completo: {masked(x.value)}",
    f.BalanceTold: lambda x, w: f"Se le dijo el saldo: {w.money(x.total)}",
    f.NoticesTold: lambda x, w: f"Se le dijo lo que pide la ley al empezar ({', '.join(x.rules)})",
    f.DueDateTold: lambda x, w: f"Se le dijeron las fechas: {x.days_past_due} días de mora",
    f.QuestionAnswered: lambda x, w: f"Se respondió su pregunta ({x.topic})",
    f.NegotiationResumed: lambda x, w: "La negociación siguió donde estaba",
    f.OfferMade: _offer,
    f.OfferBelowFloor: _below,
    f.AgreementProposed: _proposed,
    f.AgreementAccepted: _accepted,
    f.AgreementSuperseded: lambda x, w: "Un acuerdo nuevo tomó el lugar del anterior",
    f.AgreementCompleted: lambda x, w: "Cumplió el acuerdo: todo está pagado",
    f.AgreementReopened: lambda x, w: "El acuerdo sigue en marcha",
    f.AgreementBroken: lambda x, w: f"No pagó la cuota del {w.day(x.due)}: el acuerdo quedó incumplido",
    f.AgreementRescheduled: lambda x, w: _with("El acuerdo cambió de fechas", x.why),
    f.AgreementCancelled: lambda x, w: _with("El acuerdo se canceló", x.why),
    f.PromiseMade: _promise,
    f.PromiseKept: lambda x, w: "Cumplió su promesa de pago",
    f.PromiseBroken: lambda x, w: f"No cumplió su promesa de pagar el {w.day(x.due)}",
    f.PromiseReopened: lambda x, w: "Su promesa de pago vuelve a estar pendiente",
    f.PaymentLinkSent: lambda x, w: f"Se le dio un enlace para pagar {w.money(x.amount)}",
    f.PaymentClaimed: lambda x, w: _with("Dice que ya pagó", x.words),
    f.StatementRequested: lambda x, w: _with("Pidió el estado de cuenta", x.email),
    f.ClearanceRequested: lambda x, w: "Pidió un paz y salvo",
    f.DocumentMade: lambda x, w: f"Se hizo {PAPERS.get(x.papers, 'un documento')} para descargar",
    f.DocumentMailed: lambda x, w: _with("El documento va a su correo", x.email),
    f.CodeWanted: lambda x, w: _with("Pidió un código para confirmar un correo", x.email),
    f.CodeTried: lambda x, w: CODES_TRIED[x.result],
    f.MailFailed: lambda x, w: f"No salió {'el código' if x.code else 'el documento'} por correo ({x.why})",
    f.FileReceived: lambda x, w: _with("Envió un archivo", x.name),
    f.CallbackScheduled: lambda x, w: f"Prefiere que se le contacte el {w.day(x.day)} a las {x.hour}",
    f.DisputeOpened: lambda x, w: _with("No está de acuerdo con la deuda; el cobro se detiene", x.words),
    f.CaseDetailed: lambda x, w: _with("Agregó a su caso", x.words),
    f.FraudCaseOpened: lambda x, w: _with("Dice que usaron su identidad; el cobro se detiene", x.words),
    f.ContactBlocked: lambda x, w: "Esta dirección ya no se usa para esta persona",
    f.ComplaintLogged: lambda x, w: _with("Presentó una queja", x.about),
    f.HardshipRecorded: lambda x, w: _with("No puede pagar por ahora", x.cause),
    f.VulnerabilityProtected: lambda x, w: _with("Se protegió el caso por vulnerabilidad", x.about),
    f.CrisisHelpGiven: lambda x, w: f"Se le dio una línea de ayuda: {x.line}",
    f.ContactUpdated: lambda x, w: f"Dio un dato de contacto nuevo ({x.field}): {quoted(x.value)}",
    f.DataRightsRequested: lambda x, w: _with("Ejerció sus derechos sobre sus datos", x.words),
    f.HandedOver: _handed_over,
    f.HoldPlaced: _held,
    f.HoldLifted: lambda x, w: _with(f"Se levantó la pausa de contacto: {HOLDS.get(x.hold, x.hold)}", x.why),
    f.ContactPointBad: lambda x, w: "Un dato de contacto resultó no ser suyo y ya no se usa",
    f.SlotBooked: lambda x, w: f"Una persona le escribe el {w.moment(x.slot)}: quedó reservado",
    f.SilenceNoticed: lambda x, w: "Dejó abierta nuestra pregunta; se le puede recordar una vez más",
    f.SatisfactionGiven: lambda x, w: f"Calificó la atención: {x.score} de 5",
    f.CommentGiven: lambda x, w: f"Comentó {quoted(x.comment)}",
    f.ConversationEnded: lambda x, w: "Terminó la conversación",
    f.PaymentRequested: lambda x, w: f"Abrió la página de pago de {x.gateway} por {w.money(x.amount)}",
    f.PaidTooMuch: lambda x, w: f"Pagó {w.money(x.amount)} de más: hay que devolverlos o abonarlos donde diga",
    f.PaymentReceived: lambda x, w: f"Se recibió su pago de {w.money(x.amount)}",
    f.PaymentReported: lambda x, w: f"El acreedor informó un pago de {w.money(x.amount)} del {w.day(x.paid_on)}",
    f.PaymentReversed: lambda x, w: f"Se deshizo un pago de {w.money(x.amount)}",
    f.PaymentRestored: lambda x, w: f"Volvieron a contar {w.money(x.amount)} que se habían devuelto",
    f.PaymentRefused: lambda x, w: "La pasarela no aprobó el pago",
    f.ResultsExported: _exported,
    f.CaseClosed: lambda x, w: f"Se cerró el caso: {x.outcome}",
    f.ClockMoved: lambda x, w: f"El reloj de la demostración pasó a {w.moment(x.to)}",
}


def masked(document: str) -> str:
    """A document as people may see it: its last four characters; what was forgotten stays a token."""
    return document if document.startswith("[") else "•" * max(0, len(document) - 4) + document[-4:]
