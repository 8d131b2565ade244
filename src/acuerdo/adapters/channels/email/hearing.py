"""What a mail tells: somebody's words and files, that one of ours came back, or a wish for no more."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from email.utils import getaddresses, parseaddr
from hashlib import sha256
from html import unescape
from itertools import count
from typing import Any

from acuerdo.core.compliance.wording import plain
from acuerdo.service.channels import Event, Inbound, Media, Odd, Receipt, ReceiptStatus, Unreadable

LONGEST = 20_000  # characters of one mail's words
LONGEST_PAGE = 1_000_000  # characters of a mail that is written as a page
LONGEST_HEADER = 8_000  # characters: what is longer is cut, as the library goes over long ones again and again
MOST_PARTS = 1000  # of one mail
MOST_FILES = 5
NO_MORE = "BAJA"  # what a wish for no more is read as, however it came
# What a server says of a mail that it could not deliver (RFC 3463): the address is bad for good, or only this mail
# failed. The first that fits counts.
BAD_ADDRESS = ("5.1.", "5.0.0", "5.4.4", "5.4.1", "5.2.1")
OUR_ID = re.compile(r"<?([^\s<>@]{1,500}@[^\s<>]{1,500})>?")
STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
# Where an answer ends and what it answers begins, as mail programs write it in Spanish, Portuguese and English.
QUOTED = re.compile(
    r"^(?:>|-{2,} ?(?:mensaje original|original message|mensagem original|forwarded)"
    r"|_{8,}$"
    r"|(?:el|on|em|le) .{4,120}(?:escribio|wrote|escreveu|a ecrit) ?:$"
    r"|(?:de|from): .+@)"
)
OPENS_QUOTE = re.compile(r"^(?:el|on|em) .{4,}$")
SIGNED = ("--", "-- ", "enviado desde mi", "sent from my", "enviado do meu", "obtener outlook", "get outlook")
DAEMONS = ("mailer-daemon", "postmaster")
# One tag, or where a comment begins. No part of it reaches over a "<", so that each letter is looked at a few times.
TAG = re.compile(r"""<!--|<(?=[a-zA-Z/!?])/?([a-zA-Z]*)(?:(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>|[^<>]*+>)""")
QUOTES = ("gmail_quote", "divRplyFwdMsg")  # what a tag names within which a mail program puts what it quotes
HIDING, BREAKS = ("script", "style", "head"), ("br", "p", "div", "tr", "li")
AUTOMATIC = ("auto-submitted", "x-autoreply", "x-autorespond")


class Short(EmailPolicy):
    """As the library reads mails, but for headers that are longer than any that a mail program writes."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        """The header, cut. Raises what the library raises."""
        whole: str = super().header_fetch_parse(name, value[:LONGEST_HEADER])
        return whole


SHORT = Short()


def _opened(raw: bytes) -> EmailMessage:
    """The mail in its parts. Raises ValueError where they are too many."""
    number = count(1)

    def part(policy: Any) -> Any:
        if next(number) > MOST_PARTS:
            raise ValueError("a mail of too many parts")
        return EmailMessage(policy=policy)

    mail = message_from_bytes(raw, policy=SHORT.clone(message_factory=part))
    if not isinstance(mail, EmailMessage) or not mail.keys():
        raise Unreadable("email: this is no mail")
    return mail


def parse(raw: bytes) -> list[Event]:
    """The one event of a mail. Raises Unreadable where it is no mail."""
    try:
        mail = _opened(raw)
        return [_event(mail, _name(mail, raw))]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as why:  # what broken headers come to
        raise Unreadable(f"email: a header cannot be read ({type(why).__name__})") from None


def _name(mail: EmailMessage, raw: bytes) -> str:
    """Its own id, by which it is known again; one without any is known by its bytes."""
    return str(mail.get("Message-ID", "")).strip().strip("<>") or sha256(raw).hexdigest()


def _event(mail: EmailMessage, name: str) -> Event:
    kind = str(mail.get_param("report-type", "")).lower()
    if kind == "feedback-report":
        return _complained(mail, name)
    if kind == "delivery-status":
        return _reported(mail, name)
    sender = parseaddr(str(mail.get("From", "")))
    address = sender[1].strip().lower()
    if address.partition("@")[0] in DAEMONS:
        return _told_by_daemon(mail, name)
    if _automatic(mail):
        return Odd(name, "an automatic answer, which nobody wrote")
    if "@" not in address:
        return Odd(name, "it does not say who wrote it")
    text, files = words_of(mail), files_of(mail)
    subject = str(mail.get("Subject", "")).strip()
    if not text and not files:
        text = subject
    return Inbound(name, address, text[:LONGEST], media=files, answers=_answers(mail), name=sender[0].strip()[:120])


def _automatic(mail: EmailMessage) -> bool:
    """Whether a machine wrote it (RFC 3834): machines must not talk to each other for ever."""
    if str(mail.get("Auto-Submitted", "no")).strip().lower() not in ("no", ""):
        return True
    if str(mail.get("Precedence", "")).strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    return any(name in mail for name in AUTOMATIC[1:]) or "List-Id" in mail


def _answers(mail: EmailMessage) -> str:
    """The id of the mail that it answers."""
    for header in ("In-Reply-To", "References"):
        if found := OUR_ID.findall(str(mail.get(header, ""))):
            return str(found[-1])
    return ""


def _reported(mail: EmailMessage, name: str) -> Event:
    """A report of the kind that servers write for programs (RFC 3464)."""
    action, status, why = "", "", ""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in part.iter_parts() if part.is_multipart() else ():
                action = str(block.get("Action", action)).strip().lower()
                status = str(block.get("Status", status)).strip()
                why = str(block.get("Diagnostic-Code", why)).strip()
    return _receipt(name, _original(mail), action, status, why)


def _receipt(name: str, id_: str, action: str, status: str, why: str) -> Event:
    if not id_:
        return Odd(name, "a report of a mail that it does not name")
    if action in ("delivered", "relayed", "expanded"):
        return Receipt(id_, "delivered")
    if action != "failed":
        return Odd(name, f"a report that decides nothing: {action or 'no action'}")
    # Words of servers may repeat the address: only the status is kept.
    code = next(iter(STATUS.findall(f"{status} {why}")), "5.0.0")
    told: ReceiptStatus = "bounced" if code.startswith(BAD_ADDRESS) else "failed"
    return Receipt(id_, told, error=code)


def _original(mail: EmailMessage) -> str:
    """The id of the mail of ours that a report is about."""
    for part in mail.walk():
        if part is mail:
            continue
        if part.get_content_type() == "text/rfc822-headers":
            heads = message_from_bytes(_bytes(part), policy=SHORT)
            if found := OUR_ID.search(str(heads.get("Message-ID", ""))):
                return found[1]
        elif part.get("Message-ID") and (found := OUR_ID.search(str(part["Message-ID"]))):
            return found[1]
    return _answers(mail)


def _told_by_daemon(mail: EmailMessage, name: str) -> Event:
    """An old server's report, in words: its status and our mail's id are looked for in them."""
    words = "\n".join(_bytes(part).decode("utf-8", "replace") for part in mail.walk() if not part.is_multipart())
    head = re.search(r"(?im)^message-id:\s*<?([^\s<>@]+@[^\s<>]+)>?", words)
    id_ = _original(mail) or (head[1] if head else "")
    status = next(iter(STATUS.findall(words)), "")
    return _receipt(name, id_, "failed" if status[:1] == "5" or re.search(r"\b55\d\b", words) else "", status, "")


def _complained(mail: EmailMessage, name: str) -> Event:
    """Somebody told their provider that ours is unwanted (RFC 5965): they want no more."""
    for part in mail.walk():
        if part.get_content_type() == "message/feedback-report":
            told = message_from_bytes(_inside(part), policy=SHORT)
            address = parseaddr(str(told.get("Original-Rcpt-To", "")))[1].lower()
            if "@" in address:
                return Inbound(name, address, NO_MORE, answers=_original(mail))
    for part in mail.walk():
        if part is not mail and part.get("To") and (found := getaddresses([str(part["To"])])):
            return Inbound(name, found[0][1].lower(), NO_MORE, answers=_original(mail))
    return Odd(name, "a complaint that does not say whose")


def _inside(part: EmailMessage) -> bytes:
    """The bytes of a part; one that the library took for a mail is written out again."""
    if part.is_multipart():
        return b"\n".join(one.as_bytes() for one in part.iter_parts())
    return _bytes(part)


def _bytes(part: MIMEPart) -> bytes:
    body = part.get_payload(decode=True)
    return body if isinstance(body, bytes) else b""


def words_of(mail: EmailMessage) -> str:
    """What its writer wrote: without what it quotes, and without a signature."""
    body = mail.get_body(("plain", "html"))
    if body is None:
        return ""
    told = _bytes(body).decode(_charset(body), "replace")
    return own_words(text_of(told) if body.get_content_type() == "text/html" else told)


def _charset(part: MIMEPart) -> str:
    """Its charset, or one that reads anything where nobody knows the named one."""
    named = part.get_content_charset() or "utf-8"
    try:
        "".encode(named)
    except LookupError:
        return "latin-1"
    return named


def own_words(text: str) -> str:
    """The lines before the first that is quoted or signs."""
    lines = text.replace("\r\n", "\n").split("\n")
    kept: list[str] = []
    for n, line in enumerate(lines):
        low = plain(line).strip()
        # "El lun, 23 nov 2026 a las 10:00, Crédito Sol <...>" may go on in the next line.
        both = f"{low} {plain(lines[n + 1]).strip()}" if n + 1 < len(lines) and OPENS_QUOTE.match(low) else low
        if QUOTED.match(low) or (QUOTED.match(both) and both.endswith(":")):
            break
        if line.rstrip() == "--" or low.startswith(SIGNED[2:]):
            break
        kept.append(line.rstrip())
    return "\n".join(kept).strip()


def text_of(page: str) -> str:
    """The words of a mail that is written as a page, until the quoted part begins.

    It goes once over the page, however that is written: the library's own reader goes over a hostile one for hours.
    """
    found, hidden, at = list[str](), 0, 0
    for tag in TAG.finditer(page[:LONGEST_PAGE]):
        if tag.start() < at:  # within a comment
            continue
        if not hidden:
            found.append(page[at : tag.start()])
        at = tag.end()
        if tag[0] == "<!--":
            at = page.find("-->", at) + 3
            if at < 3:
                at = LONGEST_PAGE  # a comment without an end goes to the end
        elif (name := tag[1].lower()) == "blockquote" or any(mark in tag[0] for mark in QUOTES):
            at = LONGEST_PAGE
        elif name in HIDING:
            hidden = max(0, hidden + (-1 if tag[0].startswith("</") else 1))
        elif name in BREAKS and not hidden and not tag[0].startswith("</"):
            found.append("\n")
        if at >= LONGEST_PAGE:
            break
    found.append("" if hidden else page[at:LONGEST_PAGE])
    return re.sub(r"\n{3,}", "\n\n", unescape("".join(found)).replace("\xa0", " "))


def files_of(mail: EmailMessage) -> tuple[Media, ...]:
    """The files that came with it; what they are is looked at by who takes them."""
    found = []
    for part in mail.iter_attachments():
        if isinstance(part, EmailMessage) and not part.is_multipart() and (data := _bytes(part)):
            found.append(Media(mime=part.get_content_type(), name=(part.get_filename() or "")[:120], data=data))
    return tuple(found[:MOST_FILES])
