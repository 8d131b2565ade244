"""Each figure with its definition: what of the facts it counts, and whom it counts once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.words import Money


class Counted(msgspec.Struct, frozen=True):
    """That a fact counts: `subject` is what the measure counts once, `channel` the message's own where it has one,
    `part` what the measure is divided by."""

    subject: str
    n: int = 1
    amount: Money | None = None
    channel: str = ""
    part: str = ""


# What the agreements accepted so far come to, by agreement: the one thing a measure knows besides its fact.
Totals = Mapping[str, Money]
Count = Callable[[Recorded, Totals], Counted | None]


def _talk(r: Recorded) -> str:
    """The conversation, or outside of one the person: what most measures count once."""
    return r.conversation or r.person or r.id


def sent(r: Recorded, _: Totals) -> Counted | None:
    """Messages that a provider took, each once however often it is reported; by their own channel."""
    return Counted(r.fact.key, channel=r.fact.channel) if isinstance(r.fact, f.MessageSent) else None


def delivered(r: Recorded, _: Totals) -> Counted | None:
    """Messages whose provider says that they arrived, each once; a provider without receipts delivers none here."""
    return Counted(r.fact.key, channel=r.fact.channel) if isinstance(r.fact, f.MessageDelivered) else None


def read(r: Recorded, _: Totals) -> Counted | None:
    """Messages whose provider says that they were read, each once; many providers, and many people, do not say."""
    return Counted(r.fact.key, channel=r.fact.channel) if isinstance(r.fact, f.MessageRead) else None


def failed(r: Recorded, _: Totals) -> Counted | None:
    """Messages that did not arrive, each once: refused, bounced or too late; what came after all counts too."""
    return Counted(r.fact.key, channel=r.fact.channel) if isinstance(r.fact, f.MessageFailed) else None


def opened(r: Recorded, _: Totals) -> Counted | None:
    """Private links on whose page somebody made a human gesture, each once; previewers and scanners do not count."""
    return Counted(r.fact.token) if isinstance(r.fact, f.LinkOpened) else None


def conversations(r: Recorded, _: Totals) -> Counted | None:
    """Conversations in which the person wrote, or pressed a button, at least once."""
    return Counted(_talk(r)) if isinstance(r.fact, f.Heard) else None


def identified(r: Recorded, _: Totals) -> Counted | None:
    """Right-party contacts: conversations in which the person proved who they are."""
    return Counted(_talk(r)) if isinstance(r.fact, f.Identified) else None


def offers(r: Recorded, _: Totals) -> Counted | None:
    """Conversations in which at least one plan within authority was put before the person."""
    return Counted(_talk(r)) if isinstance(r.fact, f.OfferMade) else None


def agreements(r: Recorded, _: Totals) -> Counted | None:
    """Conversations in which at least one agreement was accepted; a newer one in an older's place is not another."""
    return Counted(_talk(r)) if isinstance(r.fact, f.AgreementAccepted) else None


def promises(r: Recorded, _: Totals) -> Counted | None:
    """Conversations in which the person gave a day to pay; a corrected promise is not another."""
    return Counted(_talk(r)) if isinstance(r.fact, f.PromiseMade) else None


def committed(r: Recorded, _: Totals) -> Counted | None:
    """Conversations with an agreement, a promise or a way to pay at once: who pays without agreeing is among them."""
    kinds = f.AgreementAccepted | f.PromiseMade | f.PaymentLinkSent
    return Counted(_talk(r)) if isinstance(r.fact, kinds) else None


def paid(r: Recorded, _: Totals) -> Counted | None:
    """Conversations whose person paid at least once, whatever the amount."""
    return Counted(_talk(r)) if isinstance(r.fact, f.PaymentReceived) else None


def handed_over(r: Recorded, _: Totals) -> Counted | None:
    """Conversations that were passed on, or offered, to a person at least once, for whatever reason."""
    return Counted(_talk(r)) if isinstance(r.fact, f.HandedOver) else None


def opted_out(r: Recorded, _: Totals) -> Counted | None:
    """People who asked for no more messages, on one channel or on all, each once per creditor."""
    return Counted(r.person or r.id) if isinstance(r.fact, f.OptedOut) else None


def amount_agreed(r: Recorded, totals: Totals) -> Counted | None:
    """The totals of agreements accepted, on the day of the "sí"; what a newer one replaces is taken off on its day."""
    match r.fact:
        case f.AgreementAccepted(agreement=name, total=total):
            return Counted(name, amount=total)
        case f.AgreementSuperseded(agreement=name) if name in totals:
            was = totals[name]
            return Counted(f"replaced:{name}", -1, Money(-was.minor, was.currency))
        case _:
            return None


def amount_paid(r: Recorded, _: Totals) -> Counted | None:
    """Money that gateways' signed notices say arrived, each payment once, what is held as a credit included."""
    return Counted(r.fact.payment, amount=r.fact.amount) if isinstance(r.fact, f.PaymentReceived) else None


def satisfaction(r: Recorded, _: Totals) -> Counted | None:
    """Answers to the satisfaction question by score, 1 to 5; the first of each conversation."""
    return Counted(_talk(r), part=str(r.fact.score)) if isinstance(r.fact, f.SatisfactionGiven) else None


class Stage(msgspec.Struct, frozen=True):
    """A step of the funnel: its name, what people call it, the facts that show that somebody came so far."""

    key: str
    label: str
    shown_by: tuple[type[f.Fact], ...]
    meaning: str


# From the message to the money. A step counts people, once each, who came at least so far: who opened has the message,
# whatever the receipts say, so that each step is a part of the one before it.
STAGES: tuple[Stage, ...] = (
    Stage("sent", "Personas contactadas", (f.MessageSent,), "to whom a message was sent"),
    Stage("delivered", "Recibieron el mensaje", (f.MessageDelivered,), "to whom one is known to have arrived"),
    Stage("opened", "Abrieron el enlace", (f.LinkOpened,), "who opened their private page"),
    Stage("conversations", "Conversaron", (f.Heard,), "who wrote, or pressed a button, at least once"),
    Stage("identified", "Se identificaron", (f.Identified,), "who proved who they are (right-party contacts)"),
    Stage("committed", "Acuerdo, promesa o pago", (f.AgreementAccepted, f.PromiseMade, f.PaymentLinkSent),
          "who agreed, promised, or asked for a way to pay"),
    Stage("paid", "Pagaron", (f.PaymentReceived,), "who paid, whatever the amount"),
)  # fmt: skip
FUNNEL: tuple[str, ...] = tuple(stage.key for stage in STAGES)


def people(stage: str) -> str:
    """The name of the measure that counts a step's people."""
    return f"people_{stage}"


def _people(place: int) -> Count:
    shown_by = tuple(kind for stage in STAGES[place:] for kind in stage.shown_by)

    def count(r: Recorded, _: Totals) -> Counted | None:
        channel = r.fact.channel if isinstance(r.fact, f.MessageSent | f.MessageDelivered) else ""
        return Counted(r.person or _talk(r), channel=channel) if isinstance(r.fact, shown_by) else None

    count.__doc__ = f"People of a creditor's {STAGES[place].meaning}, or who came further, each once; for the funnel."
    return count


class Measure(msgspec.Struct, frozen=True):
    """A figure: its name, what people call it, and what it counts."""

    key: str
    label: str
    count: Count


MEASURES: tuple[Measure, ...] = (
    Measure("sent", "Mensajes enviados", sent),
    Measure("delivered", "Mensajes entregados", delivered),
    Measure("read", "Mensajes leídos", read),
    Measure("failed", "Mensajes que no llegaron", failed),
    Measure("opened", "Enlaces abiertos", opened),
    Measure("conversations", "Conversaciones", conversations),
    Measure("identified", "Personas identificadas", identified),
    Measure("offers", "Con propuesta", offers),
    Measure("agreements", "Con acuerdo", agreements),
    Measure("promises", "Con promesa de pago", promises),
    Measure("committed", "Con acuerdo, promesa o pago", committed),
    Measure("paid", "Con pago", paid),
    Measure("handed_over", "Pasadas a una persona", handed_over),
    Measure("opted_out", "Pidieron no recibir más", opted_out),
    Measure("amount_agreed", "Valor acordado", amount_agreed),
    Measure("amount_paid", "Valor pagado", amount_paid),
    Measure("satisfaction", "Satisfacción", satisfaction),
    *(Measure(people(stage.key), stage.label, _people(place)) for place, stage in enumerate(STAGES)),
)
LABELS: dict[str, str] = {m.key: m.label for m in MEASURES}
