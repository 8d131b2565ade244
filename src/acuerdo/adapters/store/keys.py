"""Personal data under a key per person, so that forgetting someone is losing a key; and look-ups without reading it.

The master key lives outside the database. A person's data key is kept in the database wrapped by it; erasing that
wrapped key is what forgets the person, also in every backup whose keys are kept apart.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b, sha256
from hmac import digest as hmac_digest
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from acuerdo.core.words import AcuerdoError
from acuerdo.service.settings import Settings

NONCE = 12  # bytes, of chance: a data key seals far fewer than the 2**32 messages that this allows
MARK = b"\x01"  # the first byte of everything sealed: the way in which it was
KEY_ID = 4  # bytes that tell which master key wrapped a data key
CACHED = 10_000  # people whose keys are kept unwrapped in memory
SHREDDED_TEXT: Final = "[dato borrado]"


class WrongMasterKey(AcuerdoError):
    """The master key is not readable, not 32 bytes, or not the one that sealed these data; the text says which."""


class Tampered(AcuerdoError):
    """Sealed data were changed, cut, or moved to another place since they were sealed."""


class Shredded:
    """What is read in place of data whose key was erased; its text is always the same."""

    def __str__(self) -> str:
        return SHREDDED_TEXT

    def __repr__(self) -> str:
        return "SHREDDED"

    def __bool__(self) -> Literal[False]:
        return False


SHREDDED: Final = Shredded()


class PersonKey:
    """One person's data key, ready to use; it never shows itself."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, data: bytes, aad: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return MARK + nonce + self._cipher.encrypt(nonce, data, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        if sealed[:1] != MARK:
            raise Tampered("Sealed data do not begin as they should: they were cut, or were never sealed")
        try:
            return self._cipher.decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], aad)
        except (InvalidTag, ValueError):
            raise Tampered("Sealed data do not open with their key: they were changed, or belong elsewhere") from None


def seal(person: PersonKey, data: bytes, aad: bytes) -> bytes:
    """Encrypts data under a person's key (AES-256-GCM); `aad` says where they belong, and opening asks for the same."""
    return person.seal(data, aad)


def open_(person: PersonKey | None, sealed: bytes, aad: bytes) -> bytes | Shredded:
    """What was sealed, or SHREDDED where the person's key is gone; raises Tampered."""
    return SHREDDED if person is None else person.open(sealed, aad)


class Keyring:
    """The master keys and what derives from them. The first wraps, all unwrap, the last makes the indexes.

    So a master key is changed by putting a new one in front; the old stays, as indexes are not made anew.
    """

    def __init__(self, masters: Sequence[bytes]) -> None:
        if not masters or any(len(master) != 32 for master in masters):
            raise WrongMasterKey("A master key is 32 bytes: make one with `openssl rand -base64 32`")
        self._wrapping = {_derived(master, "id")[:KEY_ID]: AESGCM(_derived(master, "wrap")) for master in masters}
        self._first = _derived(masters[0], "id")[:KEY_ID]
        self._index = _derived(masters[-1], "index")
        self._token = _derived(masters[-1], "token")
        self._session = _derived(masters[-1], "session")
        self.inbox = PersonKey(_derived(masters[-1], "inbox"))  # for what came in and is nobody's yet
        self._people: OrderedDict[tuple[bytes, str], PersonKey] = OrderedDict()

    @classmethod
    def of(cls, settings: Settings) -> Keyring:
        """The installation's keyring; makes the file master.key where no key is set. Raises WrongMasterKey."""
        if settings.master_key is not None:
            return cls(
                [_decoded(text, "ACUERDO_MASTER_KEY") for text in _parts(settings.master_key.get_secret_value())]
            )
        path = settings.data_dir / "master.key"
        return cls([_decoded(text, str(path)) for text in _parts(read_or_make(path))])

    def new_key(self, person_id: str) -> bytes:
        """A fresh data key for a person, wrapped: what the database keeps."""
        return self.fresh(person_id)[0]

    def fresh(self, person_id: str) -> tuple[bytes, PersonKey]:
        """The same, with the key ready to use: for whoever seals at once, and by the million."""
        nonce, key = os.urandom(NONCE), os.urandom(32)
        sealed = self._wrapping[self._first].encrypt(nonce, key, person_id.encode())
        return MARK + self._first + nonce + sealed, PersonKey(key)

    def person(self, wrapped: bytes | None, person_id: str) -> PersonKey | None:
        """A person's data key out of its wrapping, or None where it was erased; raises WrongMasterKey, Tampered."""
        if wrapped is None:
            return None
        key = self._people.get((wrapped, person_id))
        if key is None:
            key = self._people[wrapped, person_id] = PersonKey(self._unwrapped(wrapped, person_id))
            if len(self._people) > CACHED:
                self._people.popitem(last=False)
        else:
            self._people.move_to_end((wrapped, person_id))
        return key

    def rewrapped(self, wrapped: bytes, person_id: str) -> bytes:
        """The same data key under the first master key: for the change of master keys."""
        if wrapped[1 : 1 + KEY_ID] == self._first:
            return wrapped
        nonce = os.urandom(NONCE)
        key = self._unwrapped(wrapped, person_id)
        return MARK + self._first + nonce + self._wrapping[self._first].encrypt(nonce, key, person_id.encode())

    def forget(self, person_id: str) -> None:
        """Drops a person's key from memory; call it when the wrapped key is erased."""
        for known in [pair for pair in self._people if pair[1] == person_id]:
            del self._people[known]

    def _unwrapped(self, wrapped: bytes, person_id: str) -> bytes:
        mark, which, rest = wrapped[:1], wrapped[1 : 1 + KEY_ID], wrapped[1 + KEY_ID :]
        if mark != MARK or which not in self._wrapping:
            raise WrongMasterKey(
                f"These data were sealed under another master key (its mark is {which.hex()}; at hand: "
                f"{', '.join(known.hex() for known in self._wrapping)}). Put that key back in ACUERDO_MASTER_KEY or in "
                "the data folder's master.key; without it they cannot be read."
            )
        try:
            return self._wrapping[which].decrypt(rest[:NONCE], rest[NONCE:], person_id.encode())
        except (InvalidTag, ValueError):
            raise Tampered("A person's wrapped key was changed, or is another person's") from None

    def blind(self, kind: str, value: str) -> bytes:
        """A keyed digest (16 bytes) by which a value can be looked up and not read; letter case and spacing aside.

        What spellings are equal beyond that (dots in a document, a phone's prefix) is for the caller to settle.
        """
        return blake2b(f"{kind}\0{_plain(value)}".encode(), key=self._index, digest_size=16).digest()

    def address_hash(self, channel: str, address: str) -> str:
        """The blind index of an address on a channel, in hexadecimal."""
        return self.blind(f"address:{channel}", address).hex()

    def token_hash(self, token: str) -> bytes:
        """The keyed digest (32 bytes) under which a link's token is kept: who reads the database cannot open links."""
        return blake2b(token.encode(), key=self._token, digest_size=32).digest()

    @property
    def session_secret(self) -> str:
        """What signs sessions when the settings name no secret."""
        return self._session.hex()


def _derived(master: bytes, purpose: str) -> bytes:
    """A key for one purpose: HKDF-SHA256 (RFC 5869) of one block, with a salt of zeros."""
    extracted = hmac_digest(bytes(32), master, sha256)
    return hmac_digest(extracted, f"acuerdo/{purpose}/1".encode() + b"\x01", sha256)


def _plain(value: str) -> str:
    if value.isascii():  # the usual case, by the million
        return " ".join(value.lower().split())
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def _parts(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.replace("\n", ",").split(",")) if part]


def _decoded(text: str, where: str) -> bytes:
    with suppress(binascii.Error, ValueError):
        key = base64.b64decode(text, altchars=b"-_" if set("-_") & set(text) else None, validate=True)
        if len(key) == 32:
            return key
    raise WrongMasterKey(f"{where} does not hold 32 bytes in base64. Make a key with `openssl rand -base64 32`")


def read_or_make(path: Path) -> str:
    """The text of the master key's file, made (readable by its owner alone) if there is none; raises WrongMasterKey.

    Processes that make it at once end with the same key: it appears whole, and only the first one stays.
    """
    if not path.exists():
        _make(path)
    if (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        raise WrongMasterKey(f"{path} may be read by others (mode {mode:o}): chmod 600 {path}")
    try:
        return path.read_text()
    except OSError as why:
        raise WrongMasterKey(f"{path} cannot be read ({why.strerror}): run as the user who owns it") from None


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, base64.b64encode(os.urandom(32)) + b"\n")
        os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(half, path)
    finally:
        os.close(descriptor)
        half.unlink()
