"""Cells to values: amounts, dates, counts and names as people and spreadsheets write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

from acuerdo.core.portfolio.columns import key
from acuerdo.core.words import CURRENCY_OF, DECIMALS, AcuerdoError, Country, Money, money


class Bad(ValueError):
    """A cell that cannot be used: a code for programs; the reason, and how to mend it, for a person (Spanish)."""

    def __init__(self, code: str, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.code, self.reason, self.mend = code, reason, mend


# The decimal mark that people of each country write (Unicode CLDR: es-CO, es-MX, es-CL, es-PE, es-AR, es-ES).
DECIMAL_MARK: dict[str, str] = {"CO": ",", "MX": ".", "CL": ",", "PE": ".", "AR": ",", "ES": ","}
SYMBOLS: dict[str, str] = {
    "US$": "USD", "U$S": "USD", "USD": "USD", "COP": "COP", "MXN": "MXN", "CLP": "CLP", "PEN": "PEN", "ARS": "ARS",
    "EUR": "EUR", "S/.": "PEN", "S/": "PEN", "€": "EUR",
}  # fmt: skip
CURRENCY_NAMES: dict[str, str] = {
    "peso colombiano": "COP", "pesos colombianos": "COP", "peso mexicano": "MXN", "pesos mexicanos": "MXN",
    "peso chileno": "CLP", "pesos chilenos": "CLP", "peso argentino": "ARS", "pesos argentinos": "ARS",
    "sol": "PEN", "soles": "PEN", "nuevos soles": "PEN", "euro": "EUR", "euros": "EUR",
    "dolar": "USD", "dolares": "USD",
}  # fmt: skip
COUNTRY_NAMES: dict[str, Country] = {
    "co": "CO", "col": "CO", "colombia": "CO", "mx": "MX", "mex": "MX", "mexico": "MX", "cl": "CL", "chl": "CL",
    "chile": "CL", "pe": "PE", "per": "PE", "peru": "PE", "ar": "AR", "arg": "AR", "argentina": "AR",
    "es": "ES", "esp": "ES", "espana": "ES",
}  # fmt: skip
MONTHS: dict[str, int] = {
    name: number
    for number, name in enumerate(
        ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"), start=1
    )
} | {"set": 9}  # fmt: skip

_PESOS = frozenset({"COP", "MXN", "CLP", "ARS"})
# A balance beyond this many minor units is a slip of the keyboard, and would not fit where it is kept.
MOST_MINOR = 10**15
_SCIENTIFIC = re.compile(r"^-?\d+([.,]\d+)?E\+?\d+$", re.IGNORECASE)
_DATE_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$"), "ymd"),
    (re.compile(r"^(\d{4})(\d{2})(\d{2})$"), "ymd"),
    (re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$"), "dmy"),
    (re.compile(r"^(\d{1,2})[-/ ]([a-z]{3})[a-z]*\.?[-/ ](\d{4})$"), "dby"),
)
_CLOCK = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)
_PARTICLES = frozenset({"de", "del", "la", "las", "los", "el", "y", "e", "i", "da", "do", "dos", "van", "von", "der"})


def tidy(text: str) -> str:
    """A cell composed (NFC), without invisible characters, with single spaces. Idempotent."""
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    if not composed.isprintable():
        composed = "".join(
            " " if c.isspace() else c for c in composed if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf")
        )
    return " ".join(composed.split())


def _currency_free(text: str, currency: str) -> str:
    """The amount without its currency sign; a sign of another currency is refused."""
    for symbol, meant in SYMBOLS.items():
        if symbol in text:
            if meant != currency:
                raise Bad(
                    "currency_mismatch",
                    f"el importe está en {meant} y la cuenta en {currency}",
                    "corrija la moneda o el importe; una cuenta tiene una sola moneda",
                )
            text = text.replace(symbol, "", 1)
            break
    return text.replace("$", "", 1)


def _signed(text: str) -> tuple[str, bool]:
    """Digits and marks, and whether it is below zero: `-5`, `5-` and `(5)` are."""
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1], True
    bare = text.strip("-−")
    return bare, bare != text


def _grouped(whole: str, mark: str) -> bool:
    return re.fullmatch(rf"\d{{1,3}}({re.escape(mark)}\d{{3}})+", whole) is not None


def _unclear(text: str) -> Bad:
    return Bad(
        "amount_unclear",
        f"«{text}» puede leerse de dos maneras",
        "escriba el importe sin separador de miles, o indique [formats] decimal en el archivo de mapeo",
    )


def _marks(text: str, decimal: str, told: bool) -> str:
    """`text` with its decimal mark as a point and no thousands marks; Bad when it can be read in two ways.

    Three digits after a lone mark are thousands where the country writes them so, unless the mapping `told` the mark.
    """
    if "'" in text:
        return _apostrophes(text)
    points, commas = text.count("."), text.count(",")
    if points and commas:
        return _both_marks(text, decimal, told)
    if not points and not commas:
        return text
    mark = "." if points else ","
    grouped = _grouped(text, mark) and not text.startswith("0")
    if points + commas > 1 or (told and mark != decimal):
        if not grouped or (told and mark == decimal):
            raise _unclear(text)
        return text.replace(mark, "")
    whole, _, part = text.partition(mark)
    if told or len(part) != 3 or (mark == decimal and not grouped):
        return f"{whole or '0'}.{part}"
    if mark != decimal and grouped:
        return whole + part
    raise _unclear(text)


def _apostrophes(text: str) -> str:
    """Colombia writes 1'250.000 for a million and a quarter; elsewhere 1'250.50 is a thousand and a little."""
    for mark in ".,":
        if _grouped(text.replace("'", mark), mark):
            return re.sub(r"\D", "", text)
    at = max(text.rfind("."), text.rfind(","))
    whole, part = (text[:at], text[at + 1 :]) if at > text.rfind("'") else (text, "")
    if not _grouped(re.sub("[.,]", "'", whole), "'") or len(part) == 3:
        raise _unclear(text)
    return re.sub("[.,']", "", whole) + "." + (part or "0")


def _both_marks(text: str, decimal: str, told: bool) -> str:
    """With points and commas the last one is the decimal mark, and the others group thousands."""
    last, other = (".", ",") if text.rfind(".") > text.rfind(",") else (",", ".")
    whole, _, part = text.rpartition(last)
    if not _grouped(whole, other) or (told and last != decimal):
        raise _unclear(text)
    return whole.replace(other, "") + "." + part


def amount(text: str, currency: str, country: str, decimal: str = "") -> Money:
    """An amount in major units as written in `country` (or with the decimal mark told); never below zero.

    Raises Bad: amount_bad, amount_unclear, amount_negative, too_many_decimals, currency_mismatch, amount_too_large.
    """
    bare, negative = _signed(_currency_free(text.upper(), currency).replace(" ", "").replace("’", "'"))
    if _SCIENTIFIC.match(bare):
        raise Bad(
            "spreadsheet_number",
            "la hoja de cálculo abrevió el número y se perdieron cifras",
            "dé a la columna formato de número sin decimales y vuelva a exportar",
        )
    if not re.fullmatch(r"\d*([.,']\d+)*", bare) or not bare:
        raise Bad("amount_bad", "no es un importe", "escriba solo el número, por ejemplo 1250000 o 1250,50")
    plain = _marks(bare, decimal or DECIMAL_MARK[country], told=bool(decimal))
    if negative and Decimal(plain) != 0:
        raise Bad(
            "amount_negative",
            "el importe es negativo",
            "un saldo a favor no se cobra: quite la fila, o escriba lo que la persona debe en positivo",
        )
    try:
        value = money(Decimal(plain), currency)
    except AcuerdoError as error:
        raise Bad(
            "too_many_decimals",
            f"tiene más decimales de los que admite {currency} ({DECIMALS[currency]})",
            f"redondee a {DECIMALS[currency]} decimales" if DECIMALS[currency] else "escríbalo sin decimales",
        ) from error
    if value.minor > MOST_MINOR:
        raise Bad("amount_too_large", "el importe es demasiado grande para ser cierto", "revise si sobran cifras")
    return value


def currency(text: str, country: str, accepted: tuple[str, ...] = ()) -> str:
    """The ISO 4217 code; Bad when it is unknown, or is neither the country's nor one that the mapping accepts."""
    home = CURRENCY_OF[country]
    named = key(text)
    if named in ("moneda nacional", "mn", "m n") or ((text == "$" or named in ("peso", "pesos")) and home in _PESOS):
        return home
    code = CURRENCY_NAMES.get(named) or SYMBOLS.get(text.upper()) or named.upper()
    if code not in DECIMALS:
        raise Bad(
            "currency_unknown", "no se conoce esa moneda", f"use el código ISO de tres letras, por ejemplo {home}"
        )
    if code != home and code not in accepted:
        raise Bad(
            "currency_mismatch",
            f"la moneda {code} no corresponde al país {country}, que usa {home}",
            f'corrija la moneda; si la cuenta es de verdad en {code}, añada [accepts] currencies = ["{code}"] al mapeo',
        )
    return code


def country(text: str) -> Country:
    """The two-letter code of a country that is served."""
    found = COUNTRY_NAMES.get(key(text))
    if found is None:
        raise Bad("country_unknown", "no se atiende ese país", "use CO, MX, CL, PE, AR o ES")
    return found


def day(text: str, form: str = "") -> date:
    """A calendar day: ISO, dd/mm/yyyy, 23-mar-2026, with or without an hour; mm/dd/yyyy only when `form` says so.

    Raises Bad: date_bad (not a date), date_impossible (31/02/2026).
    """
    bare = _CLOCK.sub("", text.strip()).lower()
    for pattern, order in _DATE_FORMS:
        if found := pattern.match(bare):
            return _calendar(found.groups(), order, form)
    if re.fullmatch(r"\d{5}(\.0)?", bare):
        mend = "es un número de serie de la hoja de cálculo: dé a la columna formato de fecha y vuelva a exportar"
    elif re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}", bare):
        mend = "escriba el año con cuatro cifras: dd/mm/aaaa"
    else:
        mend = "escríbala como dd/mm/aaaa o aaaa-mm-dd"
    raise Bad("date_bad", "no es una fecha", mend)


def _calendar(parts: tuple[str, ...], order: str, form: str) -> date:
    first, second, third = parts
    if order == "dby":
        if second not in MONTHS:
            raise Bad("date_bad", f"no se conoce el mes «{second}»", "escríbala como dd/mm/aaaa")
        second = str(MONTHS[second])
    year, month, number = (first, second, third) if order == "ymd" else (third, second, first)
    if order == "dmy" and form == "mm/dd/yyyy":
        month, number = number, month
    try:
        found = date(int(year), int(month), int(number))
    except ValueError as error:
        swapped = order == "dmy" and form != "mm/dd/yyyy" and int(number) <= 12 < int(month) <= 31
        mend = (
            'parece escrita mes/día/año: indique [formats] date = "mm/dd/yyyy" en el mapeo'
            if swapped
            else "corrija el día o el mes"
        )
        raise Bad("date_impossible", "esa fecha no existe en el calendario", mend) from error
    if not 1900 <= found.year <= 2200:
        raise Bad("date_impossible", "el año no es creíble", "corrija el año")
    return found


def count(text: str, most: int = 36_500) -> int:
    """A whole number from 0; a spreadsheet's `22.0` and `22,0` are 22."""
    found = re.fullmatch(r"(-?\d+)([.,]0+)?", text.replace(" ", ""))
    if not found:
        raise Bad("number_bad", "no es un número entero", "escriba solo cifras, por ejemplo 22")
    number = int(found.group(1))
    if number < 0:
        raise Bad("number_negative", "el número es negativo", "escriba 0 si la cuenta está al día")
    if number > most:
        raise Bad("number_too_large", f"es más de {most}", "revise si sobran cifras")
    return number


def person_name(text: str, business: bool) -> str:
    """A name as one would greet its owner: `EJEMPLO PÉREZ, ANA` is `Ana Ejemplo Pérez`. Idempotent.

    Names already in mixed case keep it, and so do those of businesses.
    """
    bare = tidy(text).strip(" ,;")
    if not any(c.isalpha() for c in bare):
        raise Bad("name_bad", "el nombre no tiene letras", "escriba el nombre de la persona o la razón social")
    if business:
        return bare
    if bare.count(",") == 1:
        surnames, given = (part.strip() for part in bare.split(","))
        bare = f"{given} {surnames}"
    return _cased(bare) if bare.isupper() or bare.islower() else bare


def _cased(name: str) -> str:
    words = name.lower().split()
    return " ".join(
        word if at and word in _PARTICLES else "-".join(part[:1].upper() + part[1:] for part in word.split("-"))
        for at, word in enumerate(words)
    )
