"""How many parts an SMS has and what it costs: the short alphabet (3GPP TS 23.038) and UCS-2, exactly as split."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Alphabet: TypeAlias = Literal["gsm7", "ucs2"]

# 3GPP TS 23.038, 6.2.1: position is code; \x1b, the escape, stands for itself and is never text.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# 6.2.1.1: what follows an escape, so that each counts two.
EXTENSION = {"\f": 10, "^": 20, "{": 40, "}": 41, "\\": 47, "[": 60, "~": 61, "]": 62, "|": 64, "€": 101}
ESCAPE = 0x1B
_CODES: dict[str, bytes] = {
    **{letter: bytes([code]) for code, letter in enumerate(BASIC) if letter != "\x1b"},
    **{letter: bytes([ESCAPE, code]) for letter, code in EXTENSION.items()},
}
_SEPTETS = str.maketrans({letter: "." * len(code) for letter, code in _CODES.items()})
_BASIC, _SHORT = frozenset(_CODES) - frozenset(EXTENSION), frozenset(_CODES)
# Units of one message alone, and of each part of a longer one, whose first six bytes say which part it is.
ALONE: dict[Alphabet, int] = {"gsm7": 160, "ucs2": 70}
PART: dict[Alphabet, int] = {"gsm7": 153, "ucs2": 67}
MOST = 255  # parts: the header counts them in one byte
# Marks that say the same in the short alphabet. Letters are never touched: an accent is part of a word.
_MARKS = str.maketrans(
    {
        "“": '"', "”": '"', "«": '"', "»": '"', "„": '"', "‘": "'", "’": "'", "´": "'", "`": "'", "–": "-", "—": "-",
        "·": "-", "•": "-", "…": "...", "\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\u200b": "",
        "\ufeff": "", "\t": " ", "º": ".", "ª": "."
    }
)  # fmt: skip


class Measure(msgspec.Struct, frozen=True):
    """An SMS as it is billed: its alphabet, its units in it (septets, or pairs of bytes), and its parts."""

    alphabet: Alphabet
    units: int
    parts: int


def tidied(text: str) -> str:
    """The text with typographic marks as plain ones, where that makes it fit the short alphabet; else as it is."""
    plain = text.translate(_MARKS)
    return plain if alphabet_of(plain) == "gsm7" else text


def alphabet_of(text: str) -> Alphabet:
    """The alphabet that a text needs."""
    return "gsm7" if _SHORT.issuperset(text) else "ucs2"


def measure(text: str) -> Measure:
    """How a text is billed. An empty one is one part."""
    alphabet = alphabet_of(text)
    units = _units(text, alphabet)
    if units <= ALONE[alphabet]:
        return Measure(alphabet, units, 1)
    plain = _BASIC.issuperset(text) if alphabet == "gsm7" else units == len(text)
    if plain:  # every letter is one unit, so nothing falls between two parts
        return Measure(alphabet, units, -(-units // PART[alphabet]))
    return Measure(alphabet, units, len(split(text)))


def split(text: str) -> list[str]:
    """The parts of a text as they are sent: no escaped letter and no surrogate pair falls between two of them."""
    alphabet = alphabet_of(text)
    if _units(text, alphabet) <= ALONE[alphabet]:
        return [text]
    parts, start, used, most = list[str](), 0, 0, PART[alphabet]
    for at, letter in enumerate(text):
        size = _units(letter, alphabet)
        if used + size > most:
            parts.append(text[start:at])
            start, used = at, 0
        used += size
    return [*parts, text[start:]]


def encoded(text: str) -> bytes:
    """The text in the short alphabet, one byte a septet. Raises UnicodeError where it does not fit."""
    try:
        return b"".join([_CODES[letter] for letter in text])
    except KeyError as odd:
        raise UnicodeError(f"{odd.args[0]!r} is not in the short alphabet of SMS") from None


def decoded(raw: bytes) -> str:
    """What `encoded` wrote. An unknown code after an escape is read as the basic letter, as the standard wants it."""
    letters, escaped = list[str](), False
    for code in raw:
        if code == ESCAPE and not escaped:
            escaped = True
            continue
        letters.append(_EXTENDED.get(code, BASIC[code & 0x7F]) if escaped else BASIC[code & 0x7F])
        escaped = False
    return "".join(letters).replace("\x1b", " ")


_EXTENDED = {code: letter for letter, code in EXTENSION.items()}


def _units(text: str, alphabet: Alphabet) -> int:
    if alphabet == "ucs2":
        return len(text.encode("utf-16-be", "surrogatepass")) // 2
    return len(text) if _BASIC.issuperset(text) else len(text.translate(_SEPTETS))
