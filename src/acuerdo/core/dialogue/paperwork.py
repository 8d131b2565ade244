"""Documents in a conversation: the statement, the letter that nothing is owed, receipts, addresses proved by code."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.dialogue.actions import ACTIONS, Action
from acuerdo.core.dialogue.slots import CLEARANCE
from acuerdo.core.dialogue.state import Coded
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.messages import File
from acuerdo.core.words import derive

Papers = Literal["statement", "clearance", "agreement"]
MOST_CODES = 3  # codes that one conversation may ask for
CLAIM_DAYS = 7  # by when whoever says that they paid is answered, where the country sets no day


def make(turn: Turn, papers: Papers, of: str = "") -> str:
    """The document, once for what is known now, attached to the next message; its id."""
    owed = ",".join(f"{a.id}={a.balance.minor}" for a in turn.state.view.accounts)
    document = derive(turn.state.id, "document", papers, of, turn.today.isoformat(), owed)
    turn.once(f"document:{document}", f.DocumentMade(document, papers, of))
    turn.args["files"] = (File(document, f"{_file(turn, papers)}.pdf"),)
    return document


def _file(turn: Turn, papers: Papers) -> str:
    if papers == "clearance":
        return CLEARANCE[turn.state.view.country].file
    return {"statement": "estado-de-cuenta", "agreement": "acuerdo-de-pago"}[papers]


def statement(turn: Turn) -> str:
    """The statement, here at once; by e-mail to the address on file or proved, and to another one after a code."""
    given = turn.entities("email")
    email = given[0].value if given else turn.state.email or turn.state.view.email
    document = make(turn, "statement")
    turn.set(noted=(*turn.state.noted, "statement"))
    if turn.state.view.no_mail:
        turn.note(f.StatementRequested(email))
        return "chat"
    if not email:
        return "no_email"
    turn.note(f.StatementRequested(email))
    return _mail(turn, document, email, shown=bool(given))


def _mail(turn: Turn, document: str, email: str, *, shown: bool) -> str:
    turn.args["email"] = email if shown else masked(email)
    if email in (turn.state.view.email, turn.state.proved_email):
        turn.note(f.DocumentMailed(document, email))
        return "done"
    return send_code(turn, email, document)


def masked(email: str) -> str:
    """An address on file as a screen may show it."""
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}"


def send_code(turn: Turn, email: str, document: str = "") -> str:
    """A code to an address that nobody knows; `document` goes there once it came back. Three, and no more."""
    held = turn.state.code
    sent = held.sent + 1 if held else 1
    if sent > MOST_CODES:
        return "too_many"
    code = derive(turn.state.id, "code", str(sent))
    turn.set(code=Coded(code, email, document or (held.document if held else ""), sent=sent))
    turn.note(f.CodeWanted(code, email))
    turn.args["email"] = email
    return "code"


def code_again(turn: Turn) -> str:
    """Another code to the same address."""
    held = turn.state.code
    return send_code(turn, held.email, held.document) if held and held.email else "nothing"


def check_code(turn: Turn) -> str:
    """What the figures were worth, as the store judged them; a right code proves the address and sends what waits."""
    held = turn.state.code
    if held is None or not held.result:
        return "nothing"
    turn.set(code=msgspec.structs.replace(held, result=""))
    if held.result != "right":
        return held.result
    turn.set(proved_email=held.email, email=held.email, code=msgspec.structs.replace(held, email="", result=""))
    turn.note(f.ContactUpdated("email", held.email))
    turn.args["email"] = held.email
    if held.document:
        turn.note(f.DocumentMailed(held.document, held.email))
    return "sent" if held.document else "right"


def mail_failed(turn: Turn) -> str:
    """What did not leave, a code or a document; the document can be had here, and hangs on what is said."""
    event = turn.event
    assert isinstance(event, f.MailFailed)  # noqa: S101 - the engine routes only this event here
    held = turn.state.code
    document = event.document or (held.document if held else "")
    if document:
        turn.args["files"] = (File(document, "documento.pdf"),)
    if not event.code:
        return "document"
    return "later" if event.why == "hour" else "code"


def clearance(turn: Turn) -> str:
    """The letter at once where nothing is owed; where something is, or is not known here, a person looks at it."""
    view = turn.state.view
    if view.owed or not view.cleared:
        turn.note(f.ClearanceRequested())
        return "owed" if view.owed else "asked"
    document = make(turn, "clearance")
    turn.note(f.ClearanceRequested(document))
    if view.no_mail or not (turn.state.proved_email or view.email):
        return "ready"
    email = turn.state.proved_email or view.email
    turn.note(f.DocumentMailed(document, email))
    turn.args["email"] = masked(email)
    return "mailed"


def copy_of(turn: Turn, agreement: str) -> None:
    """The copy of what was just agreed, with the next message; and by e-mail where there is an address."""
    document = make(turn, "agreement", agreement)
    email = turn.state.proved_email or turn.state.view.email
    if email and not turn.state.view.no_mail:
        turn.note(f.DocumentMailed(document, email))


def answer_day(turn: Turn) -> date:
    """By when whoever says that they paid is answered."""
    told = turn.state.view.answer_by
    return told.dispute if told else turn.today + timedelta(days=CLAIM_DAYS)


def payment_claim(turn: Turn) -> str:
    """Records that it is said to be paid, once, with the day by which it is answered."""
    day = answer_day(turn)
    turn.args["day"] = day
    return "done" if turn.once("claim", f.PaymentClaimed(turn.shown, day)) else "again"


def receipt(turn: Turn) -> str:
    """A file came: with it the case is opened, where none was."""
    return payment_claim(turn)


ACTIONS.update(
    {
        "payment_claim": Action("records that it is said to be paid, once", ("done", "again"), payment_claim),
        "statement": Action(
            "makes the statement, and sends it where it may", ("done", "chat", "code", "too_many", "no_email"),
            statement,
        ),
        "clearance": Action("makes the clearance letter where nothing is owed", ("ready", "mailed", "owed", "asked"),
                            clearance),
        "code_again": Action("sends another code", ("code", "too_many", "nothing"), code_again),
        "check_code": Action(
            "hears what the figures typed were worth", ("right", "sent", "wrong", "expired", "spent", "nothing"),
            check_code,
        ),
        "mail_failed": Action("hears that an e-mail did not leave", ("code", "later", "document"), mail_failed),
        "receipt": Action("takes a file that was sent into the case of what is said to be paid", ("done", "again"),
                          receipt),
    }
)  # fmt: skip
