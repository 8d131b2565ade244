"""What makes a mail of ours believed: its DKIM signature (RFC 6376), and a way out of more of them (RFC 8058)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import dkim
import msgspec
from cryptography.fernet import Fernet, InvalidToken

from acuerdo.core.words import AcuerdoError

# What is signed: what a reader sees, and what would change where an answer goes.
SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"in-reply-to", b"references", b"mime-version",
    b"content-type", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip


class BadKey(AcuerdoError):
    """The key that signs mails cannot be used; the text says what is expected."""


class Signer(msgspec.Struct, frozen=True):
    """The key of a domain, and under which name (`selector`) its public half stands in the DNS."""

    selector: str
    key: bytes

    def signed(self, raw: bytes, domain: str) -> bytes:
        """The mail with its signature before it."""
        signature: bytes = dkim.sign(
            raw, self.selector.encode(), domain.encode(), self.key, include_headers=list(SIGNED),
            canonicalize=(b"relaxed", b"relaxed"),
        )  # fmt: skip
        return signature + raw


def signer_of(path: Path, selector: str) -> Signer:
    """The signer of a PEM file with an RSA key. Raises BadKey."""
    try:
        key = path.read_bytes()
        dkim.sign(b"From: a@b.example\r\n\r\nx\r\n", selector.encode(), b"b.example", key)
    except OSError as why:
        raise BadKey(f"ACUERDO_DKIM_KEY: {path} cannot be read ({type(why).__name__})") from None
    except (dkim.DKIMException, ValueError, UnicodeError):
        raise BadKey(
            f"ACUERDO_DKIM_KEY: {path} is no RSA private key in PEM (openssl genrsa -out dkim.pem 2048), or the "
            "selector is no DNS name"
        ) from None
    return Signer(selector, key)


class WaysOut:
    """Addresses under which one press ends the mails to one address, without saying whose it is."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._base = base_url
        self._seal = Fernet(urlsafe_b64encode(sha256(b"unsubscribe:" + secret.encode()).digest()))

    def url(self, ref: str, address: str) -> str:
        """The address to post to, for one mail."""
        return f"{self._base}/webhooks/channel/email?t={self._seal.encrypt(f'{ref} {address}'.encode()).decode()}"

    def opened(self, token: str) -> tuple[str, str] | None:
        """Which mail it was in and whose address it ends; None where it is not one of ours."""
        try:
            ref, _, address = self._seal.decrypt(token.encode()).decode().partition(" ")
        except (InvalidToken, UnicodeError):
            return None
        return ref, address
