"""Amounts of money as people of each country, spreadsheets and programs write them."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

from acuerdo.core.portfolio.column import key
from acuerdo.core.portfolio.slips import Bad
from acuerdo.core.words import CURRENCY_OF, DECIMALS, UNITS_OF, Money

# The decimal mark that people of each country write (Unicode CLDR: es-CO, es-MX, es-CL, es-PE, es-AR, es-ES).
DECIMAL_MARK: dict[str, str] = {"CO": ",", "MX": ".", "CL": ",", "PE": ".", "AR": ",", "ES": ","}
_PESOS = frozenset({"COP", "MXN", "CLP", "ARS"})
# What stands beside a figure, without points and spaces; `$` and pesos are of the country.
SIGNS: dict[str, str] = {
    "US$": "USD", "U$S": "USD", "U$": "USD", "USD$": "USD", "USD": "USD", "DOLARES": "USD", "COP": "COP", "COP$": "COP",
    "COL$": "COP", "MXN": "MXN", "MXN$": "MXN", "MX$": "MXN", "CLP": "CLP", "CLP$": "CLP", "CL$": "CLP", "PEN": "PEN",
    "S/": "PEN", "SOLES": "PEN", "ARS": "ARS", "ARS$": "ARS", "AR$": "ARS", "EUR": "EUR", "€": "EUR", "EUROS": "EUR",
    "UF": "CLF", "CLF": "CLF", "UTM": "UTM",
}  # fmt: skip
_OWN_SIGNS = frozenset({"$", "MN", "$MN", "PESOS", "$PESOS"})
CURRENCY_NAMES: dict[str, str] = {
    "peso colombiano": "COP", "pesos colombianos": "COP", "peso mexicano": "MXN", "pesos mexicanos": "MXN",
    "mxp": "MXN",
    "peso chileno": "CLP", "pesos chilenos": "CLP", "peso argentino": "ARS", "pesos argentinos": "ARS",
    "sol": "PEN", "soles": "PEN", "nuevos soles": "PEN", "nuevo sol": "PEN", "euro": "EUR", "euros": "EUR",
    "dolar": "USD", "dolares": "USD", "dolar americano": "USD", "dolares americanos": "USD", "us": "USD", "dol": "USD",
    "uf": "CLF", "u f": "CLF", "unidad de fomento": "CLF", "unidades de fomento": "CLF", "utm": "UTM", "u t m": "UTM",
    "unidad tributaria mensual": "UTM", "unidades tributarias mensuales": "UTM",
    # ISO 4217 numbers, as core systems write them.
    "170": "COP", "484": "MXN", "152": "CLP", "604": "PEN", "032": "ARS", "32": "ARS", "978": "EUR", "840": "USD",
    "990": "CLF",
}  # fmt: skip
# A balance beyond this many minor units is a slip of the keyboard, and would not fit where it is kept.
MOST_MINOR = 10**15
# So many decimals are no amount that anybody wrote, but what binary fractions leave behind.
_FRACTION_NOISE = 8
_PLAIN = re.compile(r"(\d{1,13})(?:\.(\d{1,2}))?")
_SHORTENED = re.compile(r"-?\d+([.,]\d+)?E\+?\d+", re.IGNORECASE)
_EXACT = re.compile(r"\d+(\.\d+)?E\d+", re.IGNORECASE)
_FIGURE = re.compile(r"\d*([.,']\d+)*")
_SPACED = re.compile(r"\d{1,3}(?: \d{3})+(?:[.,]\d+)?|[^ ]*")
_APART = re.compile(r"[\d.,' ()+−-]")


def accepted(country: str, more: tuple[str, ...] = ()) -> frozenset[str]:
    """The currencies in which debts of a country may stand: its own, its units of account, and what is accepted."""
    return frozenset((CURRENCY_OF[country], *UNITS_OF.get(country, ()), *more))


def currency(text: str, country: str, more: tuple[str, ...] = ()) -> str:
    """The ISO 4217 code (and UTM); Bad when it is unknown, or one in which no debt of the country stands."""
    home, named, sign = CURRENCY_OF[country], key(text), _sign(text)
    if named in ("moneda nacional", "mn", "m n", "nacional") or (
        (text == "$" or named in ("peso", "pesos")) and home in _PESOS
    ):
        return home
    code = CURRENCY_NAMES.get(named) or SIGNS.get(sign) or named.upper()
    if code not in DECIMALS:
        raise Bad(
            "currency_unknown", "no se conoce esa moneda", f"use el código ISO de tres letras, por ejemplo {home}"
        )
    if code not in accepted(country, more):
        raise Bad(
            "currency_mismatch",
            f"la moneda {code} no corresponde al país {country}, que usa {home}",
            f'corrija la moneda; si la cuenta es de verdad en {code}, añada [accepts] currencies = ["{code}"] al mapeo',
        )
    return code


def _sign(text: str) -> str:
    """What stands beside the figures: `US$`, `UF`, `S/`."""
    return _APART.sub("", text.upper().replace("Ó", "O"))


def stated_in(text: str, country: str) -> str:
    """The currency that an amount's own sign names; empty when it has none, or the country's own."""
    if text[:1].isdigit() and text[-1:].isdigit():
        return ""
    sign = _sign(text)
    if sign == "$":
        return "" if CURRENCY_OF[country] in _PESOS else "USD"
    return "" if sign in _OWN_SIGNS else SIGNS.get(sign, "")


def _same_currency(sign: str, currency: str, country: str) -> None:
    """Raises Bad when the sign beside an amount is of another currency, or is none."""
    if not sign or sign == "E":
        return
    home = CURRENCY_OF[country]
    if sign == "$":
        meant = {"USD", home} if home in _PESOS else {"USD"}
    elif sign in _OWN_SIGNS:
        meant = {home}
    else:
        meant = {SIGNS[sign]} if sign in SIGNS else set()
    if not meant:
        raise Bad("amount_bad", "no es un importe", "escriba solo el número, por ejemplo 1250000 o 1250,50")
    if currency not in meant:
        named = " o ".join(sorted(meant))
        raise Bad(
            "currency_mismatch",
            f"el importe está en {named} y la cuenta en {currency}",
            "corrija la moneda o el importe; una cuenta tiene una sola moneda",
        )


def _signed(text: str) -> tuple[str, bool]:
    """Digits and marks, and whether it is below zero: `-5`, `5-` and `(5)` are; `5.-` is only how cheques end."""
    bare = re.sub(r"(?<=\d)[.,][-−=]+$", "", text.strip())
    if bare.startswith("(") and bare.endswith(")"):
        return bare[1:-1].strip(), True
    plain = bare.strip("-− ")
    return plain.removeprefix("+"), plain != bare


def _grouped(whole: str, mark: str) -> bool:
    return re.fullmatch(rf"\d{{1,3}}({re.escape(mark)}\d{{3}})+", whole) is not None


def _unclear(text: str) -> Bad:
    return Bad(
        "amount_unclear",
        f"«{text}» puede leerse de dos maneras",
        "escriba el importe sin separador de miles, o indique [formats] decimal en el archivo de mapeo",
    )


def _marks(text: str, decimal: str, told: bool, places: int) -> str:
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
    # Of a UF three decimals are usual, of a peso nobody's.
    fine = places >= len(part) and (mark == decimal or not grouped)
    if told or fine or len(part) != 3 or (mark == decimal and not grouped):
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


def _figures(text: str) -> str:
    """The digits and marks alone, spaces and ticks that group thousands taken for what they are."""
    bare = re.sub(r"[’´`‘]", "'", text.upper()).replace("S/.", "S/").replace("M.N.", "MN")
    return re.sub(r"[^\d.,' ()+−-]", "", bare).strip()


def amount(text: str, currency: str, country: str, decimal: str = "", mark: str = "") -> Money:
    """An amount in major units, never below zero.

    `decimal` is the mark that the mapping tells, and holds strictly; `mark` the one that the file's other rows show,
    and stands for the country's own where an amount could be read in two ways.
    Raises Bad: amount_bad, amount_unclear, amount_negative, too_many_decimals, currency_mismatch, amount_too_large.
    """
    if text.isdigit() and text.isascii():
        return _within(int(text) * 10 ** DECIMALS[currency], currency)
    plain = _PLAIN.fullmatch(text) if decimal != "," else None
    if plain and len(plain[2] or "") <= DECIMALS[currency]:
        places = DECIMALS[currency]
        return _within(int(plain[1]) * 10**places + (int(plain[2].ljust(places, "0")) if plain[2] else 0), currency)
    _same_currency(_sign(text.replace(".", "")), currency, country)
    exact, negative = _exactly(text, decimal, mark or DECIMAL_MARK[country], DECIMALS[currency])
    if negative and exact != 0:
        raise Bad("amount_negative", "el importe es negativo", "escriba en positivo lo que la persona debe")
    return _within(_minor(exact, currency), currency)


def _exactly(text: str, decimal: str, mark: str, places: int) -> tuple[Decimal, bool]:
    """The figure, and whether it is below zero."""
    if _EXACT.fullmatch(text):
        return Decimal(text), False
    if _SHORTENED.fullmatch(text):
        raise Bad(
            "spreadsheet_number",
            "la hoja de cálculo abrevió el número y se perdieron cifras",
            "dé a la columna formato de número sin decimales y vuelva a exportar",
        )
    bare, negative = _signed(_figures(text))
    joined = bare.replace(" ", "")
    if not joined or not _FIGURE.fullmatch(joined) or not _SPACED.fullmatch(bare):
        raise Bad("amount_bad", "no es un importe", "escriba solo el número, por ejemplo 1250000 o 1250,50")
    return Decimal(_marks(joined, decimal or mark, bool(decimal), places)), negative


def _minor(exact: Decimal, currency: str) -> int:
    places = DECIMALS[currency]
    scaled = exact.scaleb(places)
    whole = scaled.to_integral_value(ROUND_HALF_EVEN)
    if scaled != whole and -int(exact.as_tuple().exponent) < _FRACTION_NOISE:
        raise Bad(
            "too_many_decimals",
            f"tiene más decimales de los que admite {currency} ({places})",
            f"redondee a {places} decimales" if places else "escríbalo sin decimales",
        )
    return int(whole)


def _within(minor: int, currency: str) -> Money:
    if minor > MOST_MINOR:
        raise Bad("amount_too_large", "el importe es demasiado grande para ser cierto", "revise si sobran cifras")
    return Money(minor, currency)


def mark_shown(text: str) -> str:
    """The decimal mark that an amount proves: `,` or `.`; `?` when it can be read in two ways; empty for neither."""
    bare = re.sub(r"[^\d.,]", "", text).strip(".,")
    points, commas = bare.count("."), bare.count(",")
    if not points and not commas:
        return ""
    if points and commas:
        return "." if bare.rfind(".") > bare.rfind(",") else ","
    mark, other = (".", ",") if points else (",", ".")
    if points + commas > 1:
        return other if _grouped(bare, mark) else ""
    if _grouped(bare, mark) and not bare.startswith("0"):
        return "?"
    return mark
