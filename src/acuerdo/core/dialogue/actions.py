"""What a flow may do: a closed table of pure actions, each with the outcomes a flow has to handle."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.dialogue.identity import check_identity, third_party
from acuerdo.core.dialogue.phrases import (
    ADDRESS,
    ASKS_FIRST,
    ASKS_NEXT,
    ASKS_WHY,
    DATA_RIGHTS,
    FORGOT,
    HARSH,
    NOT_ME,
    RECEIPT,
    SENDS,
    THINKS,
    TOO_MUCH,
    WANTS_SENT,
)
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.negotiation.written import format_date
from acuerdo.core.words import HandOverReason, HoldKind


class Action(msgspec.Struct, frozen=True):
    """An action: what it does, every outcome it can have, and the function that decides."""

    does: str
    outcomes: tuple[str, ...]
    run: Callable[[Turn], str]


def opt_out(turn: Turn) -> str:
    """A stop word closes this channel and the address that invited; "no me escriban más" closes every channel."""
    channel = turn.state.channel if "stop_word" in turn.reading.commands else "*"
    told = any(mark.startswith("opt_out:") for mark in turn.state.noted)
    turn.set(silenced=True, wish=None)
    turn.once(f"opt_out:{channel}", f.OptedOut(channel, words=turn.words))
    if told:
        return "again"
    if not turn.state.identified and NOT_ME.search(turn.low):
        # "No soy él, bórrenme": the address is not theirs whom we seek.
        turn.once("block:wrong_person", f.ContactBlocked("wrong_person"), f.HoldPlaced("wrong_person"))
    if DATA_RIGHTS.search(turn.low):
        turn.once("data_rights", f.DataRightsRequested(turn.shown))
        return "data"
    # A complaint beside the wish to be left alone is heard too.
    if not HARSH.search(turn.low):
        return "done"
    turn.note(f.ComplaintLogged(turn.words))
    return "complaint"


def write_again(turn: Turn) -> str:
    """The person, who has proved who they are, opens again what they closed; nobody else can."""
    turn.set(silenced=False, noted=tuple(mark for mark in turn.state.noted if not mark.startswith("opt_out:")))
    turn.note(f.OptOutUndone(turn.words))
    return "done"


def _block(why: str, hold: HoldKind) -> Callable[[Turn], str]:
    def run(turn: Turn) -> str:
        if not turn.once(f"block:{why}", f.ContactBlocked(why)):  # type: ignore[arg-type]
            return "again"
        turn.note(f.HoldPlaced(hold))
        return "done"

    return run


def _hold(hold: HoldKind, days: int | None, *, mark: str = "") -> Callable[[Turn], str]:
    def run(turn: Turn) -> str:
        until = turn.at + timedelta(days=days) if days else None
        return "done" if turn.once(mark or f"hold:{hold}", f.HoldPlaced(hold, until)) else "again"

    return run


CARE_DAYS: Mapping[str, tuple[HoldKind, int]] = {
    # House policy, after the default spans of the contact rules (facts table, section 12).
    "crisis": ("suicide_risk", 60),
    "bereavement": ("bereavement", 30),
}


def protect(turn: Turn) -> str:
    """Flags a vulnerable person, pauses collection for them, and names a crisis line where it may be needed.

    From here nothing is asked of them, and what was on the table is put away.
    """
    turn.set(silenced=True, wish=None, proposal=None)
    commands = turn.reading.commands
    about = next((c for c in CARE_DAYS if c in commands), "vulnerability")
    hold, days = CARE_DAYS.get(about, ("vulnerability", 30))
    if turn.once(f"protect:{hold}", f.VulnerabilityProtected(", ".join(commands) or about)):
        turn.note(f.HoldPlaced(hold, turn.at + timedelta(days=days)))
    if "crisis" in commands or "mental_health" in commands:
        turn.note(f.CrisisHelpGiven(turn.state.view.crisis_line))
        return "crisis"
    if "violence" in commands:
        turn.note(f.CrisisHelpGiven(turn.state.view.emergency))
        return "danger"
    return "bereaved" if "bereavement" in commands else "ill"


def dispute(turn: Turn) -> str:
    """Records that the debt or its amount is denied; collection pauses until it is answered."""
    if not turn.once("dispute", f.DisputeOpened(turn.words)):
        return "again"
    turn.note(f.HoldPlaced("dispute"))
    return "done"


def fraud(turn: Turn) -> str:
    """Opens an identity-theft case; collection pauses."""
    if not turn.once("fraud", f.FraudCaseOpened(turn.words)):
        return "again"
    turn.note(f.HoldPlaced("fraud"))
    return "done"


def hardship(turn: Turn) -> str:
    """Records that the person cannot pay as things are, with what they said of the cause, and never asks for it."""
    turn.once("hardship", f.HardshipRecorded(turn.words))
    offers = any(turn.entities(kind) for kind in ("money", "installments"))
    return "offers" if offers and turn.state.identified else "done"


def complaint(turn: Turn) -> str:
    turn.note(f.ComplaintLogged(turn.words))
    return "done" if turn.once("complaint") else "again"


def data_rights(turn: Turn) -> str:
    turn.note(f.DataRightsRequested(turn.shown))
    return "done" if turn.once("data_rights") else "again"


USUAL_HOUR = "10:00"


def callback(turn: Turn) -> str:
    """A contact at the day and hour the person chose; a day alone gets a usual hour, told and open to change."""
    days, hours = turn.entities("date"), turn.entities("time")
    if not hours and not days:
        return "when"
    zone = ZoneInfo(turn.state.view.zone)
    hour = hours[-1].value if hours else USUAL_HOUR
    held = turn.state.callback
    day = date.fromisoformat(days[-1].value) if days else held or turn.today
    due = datetime.combine(day, time.fromisoformat(hour), zone)
    if due <= turn.at and not days and not held:
        day, due = day + timedelta(days=1), due + timedelta(days=1)
    if due <= turn.at:
        return "when"
    turn.set(callback=day)
    turn.note(f.CallbackScheduled(day, hour))
    turn.args["callback"] = _told_moment(turn, due)
    lawful_hours = turn.state.view.hours
    lawful = lawful_hours.next(due) if lawful_hours is not None else due
    turn.timer("callback", lawful or due)
    if lawful is None or lawful == due:
        return "done"
    turn.args["lawful"] = _told_moment(turn, lawful)
    return "outside"


def _told_moment(turn: Turn, at: datetime) -> str:
    return f"{format_date(at.date(), turn.state.view.country, True)} a las {at:%H:%M}"


def update_contact(turn: Turn) -> str:
    """A new phone or e-mail that was read in the message; an address is kept as it was written."""
    for kind in ("email", "phone"):
        for entity in turn.entities(kind):
            turn.note(f.ContactUpdated(kind, entity.value))
            if kind == "email":
                turn.set(email=entity.value)
            # A statement asked for a moment ago was meant for this address.
            if kind == "email" and "statement" in turn.state.noted:
                return "resend"
            return "done"
    address = ADDRESS.search(turn.low)
    if address:
        turn.note(f.ContactUpdated("address", address[0].strip(" .,")))
        return "done"
    return "which"


def rating(turn: Turn) -> str:
    """A score of 1 to 5, from the button or as it was written."""
    button = turn.heard.button if turn.heard else ""
    said = button.partition(":")[2] if button.startswith("rating:") else ""
    match = re.fullmatch(r"\s*([1-5])\s*(?:/\s*5|estrellas?)?\s*[.!]*\s*", said or turn.words)
    if not match:
        return "none"
    turn.note(f.SatisfactionGiven(int(match[1])))
    return "done"


def comment(turn: Turn) -> str:
    if turn.words.strip():
        turn.note(f.CommentGiven(turn.words))
    return "done"


def asked_rating(turn: Turn) -> str:
    """Whether the satisfaction question was put before; it is put once."""
    if turn.state.asked_rating:
        return "again"
    turn.set(asked_rating=True)
    return "first"


def _answered(topic: str) -> Callable[[Turn], str]:
    def run(turn: Turn) -> str:
        turn.note(f.QuestionAnswered(topic))
        return "done"

    return run


def tell_balance(turn: Turn) -> str:
    if not turn.state.view.owed:
        return "nothing"
    turn.note(f.BalanceTold(turn.state.view.total))
    return "several" if len(turn.state.view.owed) > 1 else "one"


def tell_due(turn: Turn) -> str:
    if not turn.state.view.owed:
        return "nothing"
    turn.note(f.DueDateTold(turn.state.view.days_past_due))
    return "done"


def minor(turn: Turn) -> str:
    if turn.once("minor"):
        turn.note(f.HoldPlaced("minor"))
    return "done"


def silence(turn: Turn) -> str:
    """From here nothing more is asked: the person has asked for peace, or care comes first."""
    turn.set(silenced=True)
    return "done"


ACTIONS: dict[str, Action] = {
    "check_identity": Action(
        "compares what was given with the document on file", ("ok", "wrong", "locked", "nothing"), check_identity
    ),
    "opt_out": Action("closes the channel, or all of them, once", ("done", "again", "complaint", "data"), opt_out),
    "write_again": Action("opens again what the person had closed", ("done",), write_again),
    "third_party": Action("asks again who is there: somebody else is", ("done",), third_party),
    "block_wrong_person": Action(
        "this address is no longer used", ("done", "again"), _block("wrong_person", "wrong_person")
    ),
    "block_deceased": Action(
        "this address is no longer used: the person died", ("done", "again"), _block("deceased", "death")
    ),
    "hold_insolvency": Action("collection pauses until a legal review", ("done", "again"), _hold("insolvency", None)),
    "protect": Action("flags a vulnerable person and pauses", ("crisis", "danger", "bereaved", "ill"), protect),
    "dispute": Action("records a dispute and pauses, once", ("done", "again"), dispute),
    "fraud": Action("opens an identity-theft case and pauses", ("done", "again"), fraud),
    "hardship": Action("records hardship and its cause; an offer with it is heard", ("done", "offers"), hardship),
    "complaint": Action("records a complaint", ("done", "again"), complaint),
    "data_rights": Action("records a request on personal data", ("done", "again"), data_rights),
    "callback": Action(
        "records another moment, and tells the nearest lawful one", ("done", "outside", "when"), callback
    ),
    "update_contact": Action("records a new phone, e-mail or address", ("done", "which", "resend"), update_contact),
    "rating": Action("records a score", ("done", "none"), rating),
    "comment": Action("records a comment", ("done",), comment),
    "asked_rating": Action("puts the satisfaction question once", ("first", "again"), asked_rating),
    "answered_consequences": Action("notes the answered question", ("done",), _answered("consequences")),
    "answered_methods": Action("notes the answered question", ("done",), _answered("payment_methods")),
    "answered_detail": Action("notes the answered question", ("done",), _answered("debt_detail")),
    "answered_who": Action("notes the answered question", ("done",), _answered("who")),
    "tell_balance": Action("notes that the balance was told", ("one", "several", "nothing"), tell_balance),
    "tell_due": Action("notes that the dates were told", ("done", "nothing"), tell_due),
    "minor": Action("stops: a minor is writing", ("done",), minor),
    "silence": Action("asks nothing more", ("done",), silence),
}

PRIORITY: Mapping[HandOverReason, int] = {
    "vulnerability": 100, "fraud": 90, "minor": 90, "death": 85, "insolvency": 80, "complaint": 75, "dispute": 70,
    "refused_reply": 65, "asked": 60, "hardship": 55, "identity_failed": 50, "over_60_days": 45, "below_floor": 40,
    "repair_failed": 35,
}  # fmt: skip

# After these the person is not invited to pay; who asks to, may.
PAUSING = frozenset({"dispute", "fraud", "claim", "hardship", "hold:insolvency", "hold:hardship"})

CONDITIONS: dict[str, Callable[[Turn], bool]] = {
    "identified": lambda t: t.state.identified,
    "over_60_days": lambda t: t.state.view.days_past_due > 60,
    "for_person": lambda t: t.state.view.for_person,
    "owes_nothing": lambda t: not t.state.view.owed,
    "agreement_in_force": lambda t: t.state.view.agreement is not None and bool(t.state.view.agreement.left),
    "has_wish": lambda t: t.state.wish is not None,
    "has_proposal": lambda t: t.state.proposal is not None,
    "has_offers": lambda t: bool(t.state.position and t.state.position.offered),
    "silenced": lambda t: t.state.silenced,
    "locked": lambda t: t.state.locked,
    "is_correction": lambda t: "correction" in t.reading.commands,
    "minor": lambda t: "minor" in t.reading.commands,
    "crisis": lambda t: "crisis" in t.reading.commands,
    "asks_next": lambda t: bool(ASKS_NEXT.search(t.low)),
    "offers_receipt": lambda t: bool(RECEIPT.search(t.low) or SENDS.search(t.low)),
    "has_receipt": lambda t: bool(RECEIPT.search(t.low)),
    "asks_first": lambda t: bool(ASKS_FIRST.search(t.low)),
    "forgot": lambda t: bool(FORGOT.search(t.low)),
    "wants_sent": lambda t: bool(WANTS_SENT.search(t.low)),
    "asks_why": lambda t: bool(ASKS_WHY.search(t.low)),
    "thinks": lambda t: bool(THINKS.search(t.low)),
    "too_much": lambda t: bool(TOO_MUCH.search(t.low)),
    "paused": lambda t: t.state.silenced or bool(PAUSING & set(t.state.noted)),
    "seen_elsewhere": lambda t: isinstance(t.event, f.PaymentArrived) and t.event.seen,
    "has_agreement": lambda t: bool(t.state.agreement),
}
