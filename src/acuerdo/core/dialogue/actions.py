"""What a flow may do: a closed table of pure actions, each with the outcomes a flow has to handle."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.language.reading import Entity
from acuerdo.core.negotiation.written import format_date
from acuerdo.core.words import HandOverReason, HoldKind


class Action(msgspec.Struct, frozen=True):
    """An action: what it does, every outcome it can have, and the function that decides."""

    does: str
    outcomes: tuple[str, ...]
    run: Callable[[Turn], str]


def _compact(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", text).upper()


def identity_candidate(turn: Turn) -> tuple[str, bool] | None:
    """What was given as identity, compact, and whether it is a whole document; None when nothing was."""
    view = turn.state.view
    for entity in turn.entities("document"):
        return _compact(entity.value), True
    # A stray phone, amount or hour is no try: nothing but the document and the words around it may be there.
    left = re.findall(r"\w+", AROUND_IDENTITY.sub(" ", _without(turn, ("money", "date", "time", "email"))))
    given = _compact("".join(left))
    if not any(c.isdigit() for c in given) or any(len(t) > 1 and t.isalpha() for t in left):
        return None
    if len(given) == view.tail:
        return given, False
    return (given, True) if 5 <= len(given) <= 20 and sum(c.isdigit() for c in given) >= 4 else None


AROUND_IDENTITY = re.compile(
    r"\b(?:mi|mis|el|la|los|las|es|son|de|en|y|soy|yo|s[ií]|hola|buenas|buenos|d[ií]as|tardes|noches|ok|dale|listo|claro"
    r"|termina[dn]?o?|[uú]ltimos|[uú]ltimas|cuatro|4|d[ií]gitos|n[uú]meros?|n[uú]m|nro|caracteres|documento|c[eé]dula|dni"
    r"|nie|rut|run|curp|rfc|cuit|cuil|ruc|nit|ine|carnet|identidad|identificaci[oó]n|cc|ci|c\.c\.?|d\.n\.i\.?|aqu[ií]"
    r"|ah[ií]|est[aá]n?|te|le|lo|va|son|ser[ií]a|por favor|porfa|gracias|a|ver|con|terminaci[oó]n|señor|señorita)\b(?![.-]?\d)"
    r"|[,:;#¿?¡!()]",
    re.IGNORECASE,
)


def _without(turn: Turn, kinds: tuple[str, ...]) -> str:
    """The message with what was read as those kinds taken out, unless that is all there is."""
    text = turn.words
    named = [e for e in turn.reading.entities if e.kind in kinds and text[e.start : e.end] == e.text]
    if any(e.end - e.start >= len(text.strip()) for e in named):
        return text
    for entity in sorted(named, key=lambda e: -e.start):
        text = f"{text[: entity.start]} importe {text[entity.end :]}"
    return text


SELF = r"\bsoy (?:yo|(?:el|la) titular|{name})\b|\bmi (?:documento|c[eé]dula|dni|nie|rut|curp|rfc|carnet)\b|\b(?:habla|aqu[ií]) {name}\b"


def speaks_for_self(turn: Turn) -> bool:
    """After somebody else answered: whether whoever writes now says to be the person sought."""
    name = re.escape(turn.state.view.name.split()[0]) if turn.state.view.name.split() else "yo"
    return bool(re.search(SELF.format(name=name), turn.words, re.IGNORECASE))


SOMEBODY = re.compile(
    r"\b(?:soy|habla|contesta|le habla) (?:su|la|el|un|una)\b|\bno (?:est[aá]|se encuentra|vive|puede atender)\b|\bmi (?:espos|mam|pap)",
    re.IGNORECASE,
)


def somebody_else(turn: Turn) -> bool:
    """Whether the words say plainly that another person writes."""
    return bool(SOMEBODY.search(turn.words))


def a_lone_one(entity: Entity) -> bool:
    """A lone "un" or "una" is an article, no amount and no day."""
    return entity.kind in ("money", "date") and entity.text.strip().lower() in ("un", "una", "uno")


def third_party(turn: Turn) -> str:
    """Somebody else has the screen: whoever was identified before has to say again who they are."""
    turn.set(identified=False, method="", wish=None, proposal=None)
    return "done"


def check_identity(turn: Turn) -> str:
    """The document on file, whole or its asked last characters; anything else that looks like one is a failure."""
    state, view = turn.state, turn.state.view
    if state.identified:
        return "ok"
    failures = state.failures + view.link_failures
    if state.locked or failures >= view.link_limit or view.day_failures + state.failures >= view.day_limit:
        return "locked"
    given = identity_candidate(turn)
    if given is None:
        return "nothing"
    value, whole = given
    document = _compact(view.document)
    if value == (document if whole else document[-view.tail :]):
        method = "link_and_document" if whole else "link_and_document_tail"
        turn.set(identified=True, method=method, repairs=0)
        turn.note(f.Identified(method))  # type: ignore[arg-type]
        if whole:
            turn.note(f.DocumentGiven(value))
        return "ok"
    return _identity_failed(turn, failures + 1)


def _identity_failed(turn: Turn, failures: int) -> str:
    state, view = turn.state, turn.state.view
    left = max(0, view.link_limit - failures)
    turn.set(failures=state.failures + 1)
    turn.note(f.IdentityFailed(left))
    turn.args["left"] = left
    day = view.day_failures + turn.state.failures >= view.day_limit
    if left and not day:
        return "wrong"
    turn.set(locked=True)
    turn.note(f.IdentityLocked("day" if day else "link"))
    return "locked"


def opt_out(turn: Turn) -> str:
    """A stop word closes this channel and the address that invited; "no me escriban más" closes every channel."""
    channel = turn.state.channel if "stop_word" in turn.reading.commands else "*"
    told = any(mark.startswith("opt_out:") for mark in turn.state.noted)
    turn.set(silenced=True, wish=None)
    turn.once(f"opt_out:{channel}", f.OptedOut(channel, words=turn.words))
    return "again" if told else "done"


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
        turn.once(mark or f"hold:{hold}", f.HoldPlaced(hold, until))
        return "done"

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
    if turn.once("fraud", f.FraudCaseOpened(turn.words)):
        turn.note(f.HoldPlaced("fraud"))
    return "done"


def hardship(turn: Turn) -> str:
    """Records that the person cannot pay as things are, with what they said of the cause, and never asks for it."""
    turn.once("hardship", f.HardshipRecorded(turn.words))
    offers = any(turn.entities(kind) for kind in ("money", "installments"))
    return "offers" if offers and turn.state.identified else "done"


def complaint(turn: Turn) -> str:
    turn.note(f.ComplaintLogged(turn.words))
    return "done"


def data_rights(turn: Turn) -> str:
    turn.note(f.DataRightsRequested(turn.words))
    return "done"


def payment_claim(turn: Turn) -> str:
    return "done" if turn.once("claim", f.PaymentClaimed(turn.words)) else "again"


def statement(turn: Turn) -> str:
    """The statement goes to the address given, else to the one on file; without either, one is asked for."""
    given = turn.entities("email")
    email = given[0].value if given else turn.state.view.email
    if not email:
        return "no_email"
    turn.note(f.StatementRequested(email))
    turn.args["email"] = email if given else _masked(email)
    return "done"


def _masked(email: str) -> str:
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}"


def clearance(turn: Turn) -> str:
    turn.note(f.ClearanceRequested())
    return "done"


USUAL_HOUR = "10:00"


def callback(turn: Turn) -> str:
    """A contact at the day and hour the person chose; a day alone gets a usual hour, which is told and can be changed."""
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
    turn.timer("callback", due)
    turn.args["callback"] = f"{format_date(day, turn.state.view.country, True)} a las {hour}"
    return "done"


def update_contact(turn: Turn) -> str:
    """A new phone or e-mail that was read in the message; an address is kept as it was written."""
    for kind in ("email", "phone"):
        for entity in turn.entities(kind):
            turn.note(f.ContactUpdated(kind, entity.value))
            return "done"
    address = ADDRESS.search(turn.words)
    if address:
        turn.note(f.ContactUpdated("address", address[0].strip(" .,")))
        return "done"
    return "which"


ADDRESS = re.compile(
    r"\b(?:calle|cll|cra|kra|carrera|avenida|avda|av|jir[oó]n|jr|pasaje|psje|transversal|diagonal|camino|plaza|paseo|manzana"
    r"|mz|colonia)\b\.?.*\d.*",
    re.IGNORECASE,
)


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
    "opt_out": Action("closes the channel, or all of them, once", ("done", "again"), opt_out),
    "third_party": Action("asks again who is there: somebody else is", ("done",), third_party),
    "block_wrong_person": Action("this address is no longer used", ("done", "again"), _block("wrong_person", "wrong_person")),
    "block_deceased": Action("this address is no longer used: the person died", ("done", "again"), _block("deceased", "death")),
    "hold_insolvency": Action("collection pauses until a legal review", ("done",), _hold("insolvency", None)),
    "hold_hardship": Action("collection pauses while a person looks at the case", ("done",), _hold("hardship", 30)),
    "hold_wrong_number": Action("nothing more to this address", ("done",), _hold("wrong_person", None)),
    "protect": Action("flags a vulnerable person and pauses", ("crisis", "danger", "bereaved", "ill"), protect),
    "dispute": Action("records a dispute and pauses, once", ("done", "again"), dispute),
    "fraud": Action("opens an identity-theft case and pauses", ("done",), fraud),
    "hardship": Action("records hardship and its cause; an offer with it is heard", ("done", "offers"), hardship),
    "complaint": Action("records a complaint", ("done",), complaint),
    "data_rights": Action("records a request on personal data", ("done",), data_rights),
    "payment_claim": Action("records that it is said to be paid, once", ("done", "again"), payment_claim),
    "statement": Action("queues the statement", ("done", "no_email"), statement),
    "clearance": Action("asks for the clearance letter", ("done",), clearance),
    "callback": Action("records another moment", ("done", "when"), callback),
    "update_contact": Action("records a new phone, e-mail or address", ("done", "which"), update_contact),
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

ASKS_WHY = re.compile(r"\b(?:para qu[eé]|por qu[eé]|porqu[eé]|pa qu[eé]|con qu[eé] fin|es seguro|no le doy|no le voy a dar)\b", re.I)

# Said of what is on the table, it is a no.
TOO_MUCH = re.compile(
    r"\bmuch[oa]s?\b|\bmuy (?:car[oa]|alt[oa]|elevad[oa])|demasiad[oa]|no (?:me )?(?:alcanza|sirve|conviene|cuadra)"
    r"|no alcanzo|no llego|car[oa]\b|imposible|otra cosa|poco m[aá]s|algo m[aá]s (?:bajo|barato|c[oó]modo)|mejor oferta|menos",
    re.IGNORECASE,
)

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
    "asks_why": lambda t: bool(ASKS_WHY.search(t.words)),
    "too_much": lambda t: bool(TOO_MUCH.search(t.words)),
    "paused": lambda t: t.state.silenced or bool(PAUSING & set(t.state.noted)),
    "has_agreement": lambda t: bool(t.state.agreement),
}
