"""Cells to values: countries, counts, words for yes and no, and names as people and spreadsheets write them."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from acuerdo.core.portfolio.amounts import DECIMAL_MARK, accepted, amount, currency
from acuerdo.core.portfolio.column import key
from acuerdo.core.portfolio.days import MONTHS, day
from acuerdo.core.portfolio.slips import Bad, tidy
from acuerdo.core.words import Country

__all__ = [
    "COUNTRY_NAMES", "DECIMAL_MARK", "MONTHS", "Bad", "accepted", "amount", "count", "country", "currency", "day",
    "flag",
    "person_name", "tidy",
]  # fmt: skip

COUNTRY_NAMES: dict[str, Country] = {
    "co": "CO", "col": "CO", "colombia": "CO", "mx": "MX", "mex": "MX", "mexico": "MX", "cl": "CL", "chl": "CL",
    "chile": "CL", "pe": "PE", "per": "PE", "peru": "PE", "ar": "AR", "arg": "AR", "argentina": "AR",
    "es": "ES", "esp": "ES", "espana": "ES",
}  # fmt: skip
_PARTICLES = frozenset({"de", "del", "la", "las", "los", "el", "y", "e", "i", "da", "do", "dos", "van", "von", "der"})
_YES = frozenset(
    {"si", "s", "yes", "y", "true", "verdadero", "1", "x", "sim", "ok", "autoriza", "acepta", "autorizado"}
)
_NO = frozenset({"no", "n", "false", "falso", "0", "nao", "ninguno", "no autoriza", "no acepta", "na", "n a", ""})


def country(text: str) -> Country:
    """The two-letter code of a country that is served."""
    found = COUNTRY_NAMES.get(key(text))
    if found is None:
        raise Bad("country_unknown", "no se atiende ese país", "use CO, MX, CL, PE, AR o ES")
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


def flag(text: str, form: str = "") -> bool | date:
    """Yes, no, or the day since which it is so. Raises Bad: flag_bad, date_impossible."""
    word = key(text)
    if word in _YES or word in _NO:
        return word in _YES
    try:
        return day(text, form)
    except Bad as bad:
        if bad.code == "date_impossible":
            raise
        raise Bad("flag_bad", "no es sí, no ni una fecha", "escriba sí, no, o la fecha desde la que es así") from bad


def person_name(text: str, business: bool) -> str:
    """A name as one would greet its owner: `EJEMPLO PÉREZ, ANA` is `Ana Ejemplo Pérez`. Idempotent.

    Names already in mixed case keep it, and so do those of businesses.
    """
    bare = tidy(text).strip(" ,;")
    if not bare.isupper() and not any(c.isalpha() for c in bare):
        raise Bad("name_bad", "el nombre no tiene letras", "escriba el nombre de la persona o la razón social")
    if business:
        return bare
    if bare.count(",") == 1:
        surnames, given = (part.strip() for part in bare.split(","))
        bare = f"{given} {surnames}"
    return _cased(bare) if bare.isupper() or bare.islower() else bare


def _cased(name: str) -> str:
    first, *others = name.lower().split()
    return " ".join((_capital(first), *(word if word in _PARTICLES else _capital(word) for word in others)))


@lru_cache(maxsize=16_384)
def _capital(word: str) -> str:
    # A letter that two capitals would stand for (ß) stays as it is: a name once normal stays.
    heads = ((part[:1].title(), part) for part in word.split("-"))
    return "-".join(head + part[1:] if len(head) == 1 else part for head, part in heads)
