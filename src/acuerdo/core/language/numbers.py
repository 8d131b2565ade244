"""Numbers as Spanish speakers write them, in digits, in words and in both: "1.250.000", "20 mil", "millón y medio"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

UNITS: dict[str, int] = {
    "cero": 0, "un": 1, "uno": 1, "una": 1, "dos": 2, "doss": 2, "tres": 3, "trez": 3, "cuatro": 4, "cuatr": 4,
    "quatro": 4, "kuatro": 4, "cinco": 5, "sinco": 5, "cincoo": 5, "seis": 6, "ceis": 6, "seiz": 6, "siete": 7,
    "ciete": 7, "ocho": 8, "hocho": 8, "nueve": 9, "nuebe": 9, "diez": 10, "dies": 10, "once": 11, "onse": 11,
    "doce": 12, "dose": 12, "trece": 13, "trese": 13, "catorce": 14, "catorse": 14, "quince": 15, "quinse": 15,
    "kince": 15, "dieciseis": 16, "diesiseis": 16, "diecisiete": 17, "diesisiete": 17, "dieciocho": 18,
    "diesiocho": 18, "diecinueve": 19, "diesinueve": 19, "veinte": 20, "beinte": 20, "vente": 20, "veintiun": 21,
    "veintiuno": 21, "veintiuna": 21, "veintidos": 22, "veintitres": 23, "veinticuatro": 24, "veinticinco": 25,
    "veintisinco": 25, "veintiseis": 26, "veintisiete": 27, "veintiocho": 28, "veintinueve": 29,
}  # fmt: skip
TENS: dict[str, int] = {
    "treinta": 30, "trenta": 30, "treita": 30, "cuarenta": 40, "cuarentaa": 40, "quarenta": 40, "cincuenta": 50,
    "sincuenta": 50, "cinquenta": 50, "sesenta": 60, "secenta": 60, "setenta": 70, "cetenta": 70, "ochenta": 80,
    "noventa": 90, "nobenta": 90,
}  # fmt: skip
HUNDREDS: dict[str, int] = {
    "cien": 100, "sien": 100, "ciento": 100, "siento": 100, "doscientos": 200, "doscientas": 200, "dosientos": 200,
    "docientos": 200, "dosciento": 200, "trescientos": 300, "trescientas": 300, "tresientos": 300, "trecientos": 300,
    "cuatrocientos": 400, "cuatrocientas": 400, "cuatrosientos": 400, "quinientos": 500, "quinientas": 500,
    "kinientos": 500, "quiñentos": 500, "seiscientos": 600, "seiscientas": 600, "seicientos": 600, "seisientos": 600,
    "setecientos": 700, "setecientas": 700, "setesientos": 700, "ochocientos": 800, "ochocientas": 800,
    "ochosientos": 800, "novecientos": 900, "novecientas": 900, "novesientos": 900,
}  # fmt: skip
WORDS: dict[str, int] = UNITS | TENS | HUNDREDS
EVERYWHERE: dict[str, int] = {
    "mil": 1000, "miles": 1000, "mill": 1000, "k": 1000, "millon": 10**6, "millones": 10**6, "milion": 10**6,
    "miyon": 10**6, "millons": 10**6, "milloncito": 10**6, "palo": 10**6, "palos": 10**6, "palito": 10**6,
    "palitos": 10**6, "melon": 10**6, "melones": 10**6, "mm": 10**6, "m": 10**6, "mll": 10**6, "luca": 1000,
    "lucas": 1000, "luquitas": 1000, "lukas": 1000, "luka": 1000, "luquita": 1000,
}  # fmt: skip
# A luca is one sol in Peru; a gamba is a hundred and a quina five hundred where they are used.
SLANG: dict[str, dict[str, int]] = {
    "PE": {"luca": 1, "lucas": 1, "luquitas": 1, "lukas": 1, "luka": 1, "luquita": 1, "gamba": 100, "gambas": 100,
           "quina": 50, "quinas": 50},
    "AR": {"gamba": 100, "gambas": 100},
    "CL": {"gamba": 100, "gambas": 100, "quina": 500, "quinas": 500},
    "CO": {"barra": 1000, "barras": 1000},
}  # fmt: skip
SCALES: dict[str, dict[str, int]] = {
    country: EVERYWHERE | SLANG.get(country, {}) for country in ("CO", "MX", "CL", "PE", "AR", "ES")
}
_PLAIN_SCALE = {"mil", "mill", "miles", "millon", "millones", "milion", "miyon"}
HALVES = ("medio", "media")
_GLUED = {"k", "m", "mm"}  # these mean a scale only when they touch their number
_GROUPS = re.compile(r"\d{1,3}(?:[.,']\d{3})+")

Token = tuple[str, int, int]
_TOKEN = re.compile(r"\d+(?:[.,']\d+)*|us\$|u\$[sd]|[a-z]+|[$€%@/+#&*:-]|[^\s\w]")


class Quantity(NamedTuple):
    """A number read at a token: its value, the token after it, whether a scale (mil, lucas) was said, its form."""

    value: Decimal
    after: int
    scaled: bool
    digits: bool


def tokens(folded: str) -> list[Token]:
    """The words, numbers and signs of a folded text with their places."""
    return [(found[0], found.start(), found.end()) for found in _TOKEN.finditer(folded)]


def numeral(text: str) -> Decimal:
    """The value of a written number: groups of three after a mark are thousands, one or two digits are decimals.

    Raises ValueError for what is neither ("12.34.5").
    """
    if text.isdigit():
        return Decimal(text)
    if _GROUPS.fullmatch(text) and len(set(text) - set("0123456789")) == 1:
        return Decimal(re.sub(r"\D", "", text))
    cut = max(text.rfind("."), text.rfind(","), text.rfind("'"))
    whole, decimals = text[:cut], text[cut + 1 :]
    if not whole.isdigit() and not _GROUPS.fullmatch(whole):
        raise ValueError(f"{text} is not a number")
    whole = re.sub(r"\D", "", whole)
    if len(decimals) == 3:
        return Decimal(whole + decimals)
    if len(decimals) > 2:
        raise ValueError(f"{text} is not a number")
    return Decimal(f"{whole}.{decimals}")


def small(word: str) -> int | None:
    """A number under a thousand in one token, or None."""
    if word.isdigit():
        return int(word) if len(word) <= 3 else None
    return WORDS.get(word)


def _joins(current: Decimal, more: int) -> bool:
    if current >= 100:
        return current % 100 == 0 and more < 100
    return current >= 30 and current % 10 == 0 and more < 10


def _half_follows(stream: list[Token], place: int) -> bool:
    return place + 1 < len(stream) and stream[place][0] in ("y", "i", "con") and stream[place + 1][0] in (
        "medio", "media", "1/2", "medios",
    )  # fmt: skip


def _scale(stream: list[Token], place: int, country: str) -> int | None:
    word, start, _ = stream[place]
    if word in _GLUED and (place == 0 or stream[place - 1][2] != start):
        return None
    return SCALES[country].get(word)


def _bare_scale(stream: list[Token], place: int) -> bool:
    word = stream[place][0]
    return word in _PLAIN_SCALE or (word in SCALES["CO"] and _half_follows(stream, place + 1))


def _start_half(stream: list[Token], place: int, country: str) -> Quantity | None:
    if stream[place][0] not in HALVES or place + 1 >= len(stream):
        return None
    scale = _scale(stream, place + 1, country)
    return Quantity(Decimal(scale) / 2, place + 2, True, False) if scale and scale >= 100 else None


def quantity(stream: list[Token], place: int, country: str) -> Quantity | None:
    """The longest number that begins at token `place`, or None."""
    first = stream[place][0]
    if not (first in WORDS or first[0].isdigit() or first in SCALES[country] or first in HALVES):
        return None
    half = _start_half(stream, place, country)
    if half is not None:
        return half
    total, current = Decimal(0), None
    last, digits, begin = 10**12, stream[place][0][0].isdigit(), place
    while place < len(stream):
        word = stream[place][0]
        scale = _scale(stream, place, country)
        if word[0].isdigit():
            if current is not None or (total and len(word) > 3 and last < 10**6):
                break
            try:
                current = numeral(word)
            except ValueError:
                break
        elif word in WORDS:
            value = WORDS[word]
            if current is not None and (stream[place - 1][0][0].isdigit() or not _joins(current, value)):
                break
            current = Decimal(value) if current is None else current + value
        elif scale is not None and scale < last and (current is not None or _bare_scale(stream, place)):
            if current is None and total and last <= scale:
                break
            total += (current if current is not None else 1) * scale
            current, last = None, scale
            if _half_follows(stream, place + 1) and scale >= 100:
                total += Decimal(scale) / 2
                place += 3
                break
        elif word == "y" and _goes_on(stream, place, current):
            pass
        elif (
            current is not None
            and word == "y"
            and _half_follows(stream, place)
            and _scaled_after(stream, place, country)
        ):
            current += Decimal("0.5")
            place += 1
        else:
            break
        place += 1
    if place == begin or (current is None and last == 10**12):
        return None
    if current is not None:
        total += current * 1000 if last == 10**6 and 100 <= current < 1000 else current
    return Quantity(total, place, last < 10**12, digits)


def _goes_on(stream: list[Token], place: int, current: Decimal | None) -> bool:
    if current is None or place + 1 >= len(stream) or stream[place - 1][0].isdigit():
        return False
    return stream[place + 1][0] in UNITS and _joins(current, UNITS[stream[place + 1][0]])


def _scaled_after(stream: list[Token], place: int, country: str) -> bool:
    return place + 2 < len(stream) and _scale(stream, place + 2, country) is not None


def plain(value: Decimal) -> str:
    """A number in its shortest decimal form, cents in two places: 1500000, 2340.50."""
    if value == value.to_integral_value():
        return str(int(value))
    return f"{value:.2f}" if value.as_tuple().exponent >= -2 else f"{value.normalize():f}"  # type: ignore[operator]
