"""Ways to reach a person, and the hour where they are: phones, e-mails, time zones."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec
import phonenumbers
from phonenumbers import PhoneMetadata, timezone

from acuerdo.core.portfolio.column import key
from acuerdo.core.portfolio.slips import Bad
from acuerdo.core.words import CAPITAL_ZONE

# Zones in use in each country (tz database); the first is the capital's.
ZONES: dict[str, tuple[str, ...]] = {
    "CO": ("America/Bogota",),
    "MX": (
        "America/Mexico_City", "America/Tijuana", "America/Hermosillo", "America/Mazatlan", "America/Cancun",
        "America/Chihuahua", "America/Ciudad_Juarez", "America/Ojinaga", "America/Matamoros", "America/Monterrey",
        "America/Merida", "America/Bahia_Banderas",
    ),
    "CL": ("America/Santiago", "America/Punta_Arenas", "America/Coyhaique", "Pacific/Easter"),
    "PE": ("America/Lima",),
    "AR": ("America/Argentina/Buenos_Aires",),
    "ES": ("Europe/Madrid", "Atlantic/Canary", "Africa/Ceuta"),
}  # fmt: skip
# Places whose hour is not the capital's (tz database, 2026a). All else in the country keeps the capital's hour.
PLACES: dict[str, dict[str, str]] = {
    "CO": {},
    "MX": {
        "baja california": "America/Tijuana", "tijuana": "America/Tijuana", "mexicali": "America/Tijuana",
        "ensenada": "America/Tijuana", "sonora": "America/Hermosillo", "hermosillo": "America/Hermosillo",
        "baja california sur": "America/Mazatlan", "sinaloa": "America/Mazatlan", "nayarit": "America/Mazatlan",
        "bahia de banderas": "America/Bahia_Banderas", "quintana roo": "America/Cancun", "cancun": "America/Cancun",
        "ciudad juarez": "America/Ciudad_Juarez", "juarez": "America/Ciudad_Juarez", "ojinaga": "America/Ojinaga",
        "matamoros": "America/Matamoros", "reynosa": "America/Matamoros", "nuevo laredo": "America/Matamoros",
    },
    "CL": {
        "magallanes": "America/Punta_Arenas", "magallanes y de la antartica chilena": "America/Punta_Arenas",
        "region de magallanes": "America/Punta_Arenas", "punta arenas": "America/Punta_Arenas",
        "aysen": "America/Coyhaique", "aisen": "America/Coyhaique", "ma": "America/Punta_Arenas",
        "ai": "America/Coyhaique",
        "region de aysen": "America/Coyhaique", "coyhaique": "America/Coyhaique",
        "aysen del general carlos ibanez del campo": "America/Coyhaique",
        "isla de pascua": "Pacific/Easter", "rapa nui": "Pacific/Easter", "hanga roa": "Pacific/Easter",
    },
    "PE": {},
    "AR": {},
    "ES": {
        "canarias": "Atlantic/Canary", "cn": "Atlantic/Canary", "islas canarias": "Atlantic/Canary",
        "las palmas": "Atlantic/Canary",
        "santa cruz de tenerife": "Atlantic/Canary", "tenerife": "Atlantic/Canary",
        "las palmas de gran canaria": "Atlantic/Canary", "ceuta": "Africa/Ceuta", "melilla": "Africa/Ceuta",
    },
}  # fmt: skip
# A Chilean mobile number says nothing of the place: Magallanes and Aysén keep another hour in winter. Easter Island
# (8,000 people, two hours behind) counts only when the address names it.
_MOBILE_ZONES: dict[str, tuple[str, ...]] = {"CL": ("America/Santiago", "America/Punta_Arenas")}
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}"
)
_MOST_EMAIL = 254  # RFC 5321, path length less its brackets


@lru_cache(maxsize=16)
def _splitter(marks: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(marks)}]")


def split_cell(text: str, marks: str) -> tuple[str, ...]:
    """The values of a cell that holds several."""
    splitter = _splitter(marks)
    if not splitter.search(text):
        return (bare,) if (bare := text.strip()) else ()
    return tuple(bare for part in splitter.split(text) if (bare := part.strip()))


class _Plan(msgspec.Struct, frozen=True):
    """A country's numbering plan, as phonenumbers has it: its code, its numbers, and what may stand before them."""

    code: str
    numbers: re.Pattern[str]
    before: re.Pattern[str] | None


@lru_cache(maxsize=32)
def _plan(country: str) -> _Plan:
    known = PhoneMetadata.metadata_for_region(country)
    if known is None:
        raise LookupError(country)
    numbers = "|".join(f"(?:{kind.national_number_pattern})" for kind in (known.mobile, known.fixed_line) if kind)
    before = known.national_prefix_for_parsing
    return _Plan(str(known.country_code), re.compile(numbers), re.compile(before) if before else None)


_BETWEEN_DIGITS = str.maketrans("", "", " -().")


def _plainly(text: str, country: str) -> str | None:
    """A number of the country that can be read in one way, without asking phonenumbers; None for any other.

    It says what phonenumbers says, thirty times faster: its own patterns decide.
    """
    if text.endswith(".0"):
        # What a spreadsheet leaves behind a number, and no digit of it.
        return None
    plan = _plan(country)
    digits = text if text.isdigit() else text.translate(_BETWEEN_DIGITS)
    if digits.startswith("+"):
        if not digits.startswith(plan.code, 1):
            return None
        digits = digits[1 + len(plan.code) :]
    elif not digits.isdigit():
        return None
    elif not plan.numbers.fullmatch(digits) and digits.startswith(plan.code):
        digits = digits[len(plan.code) :]
    # A prefix that is dialled before numbers, or Argentina's 15 inside them, is for phonenumbers to take off.
    if (plan.before and (found := plan.before.match(digits)) and found[0]) or not digits.isascii():
        return None
    return f"+{plan.code}{digits}" if plan.numbers.fullmatch(digits) else None


def phone(text: str, country: str) -> str:
    """A number in E.164, read as dialled in `country`; Mexico's old +52 1 and Argentina's 15 are modernised.

    Raises Bad: phone_bad. Idempotent.
    """
    return _plainly(text, country) or _parsed(text, country)


@lru_cache(maxsize=65_536)
def _parsed(text: str, country: str) -> str:
    dialled = re.sub(r"\.0$", "", text.strip())
    if country == "MX":
        dialled = re.sub(r"^(?:04[45]|01)(?=\d{10}$)", "", re.sub(r"[\s()-]", "", dialled))
        dialled = re.sub(r"^(\+?52)1(?=\d{10}$)", r"+52", dialled)
    try:
        parsed = phonenumbers.parse(dialled, country)
        if not phonenumbers.is_valid_number(parsed):
            # Files often hold the country's prefix without its plus sign.
            parsed = phonenumbers.parse("+" + re.sub(r"\D", "", dialled), None)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        raise Bad(
            "phone_bad",
            f"no es un teléfono válido en {country}",
            "escríbalo completo, con prefijo de país (+57, +52…) o como se marca en el país",
        )
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def email(text: str) -> str:
    """An address in small letters. Raises Bad: email_bad. Idempotent."""
    bare = text.strip().removeprefix("mailto:").strip("<>").lower()
    if len(bare) > _MOST_EMAIL or not _EMAIL.fullmatch(bare):
        raise Bad("email_bad", "no es un correo electrónico", "escríbalo como nombre@dominio.com")
    return bare


@lru_cache(maxsize=65_536)
def phone_zones(number: str, country: str) -> tuple[str, ...]:
    """The zones in which an E.164 number of `country` may be; empty when it says nothing (a foreign number)."""
    parsed = phonenumbers.parse(number)
    if phonenumbers.region_code_for_number(parsed) != country:
        return ()
    mobile = phonenumbers.number_type(parsed) in (
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    )
    if mobile and country in _MOBILE_ZONES:
        return _MOBILE_ZONES[country]
    named = (
        zone.replace("America/Buenos_Aires", "America/Argentina/Buenos_Aires")
        for zone in timezone.time_zones_for_number(parsed)
    )
    return tuple(sorted(zone for zone in named if zone in ZONES[country]))


@lru_cache(maxsize=16_384)
def place_zone(country: str, city: str, region: str) -> str | None:
    """The zone of an address: its city's if it has its own hour, else its region's; None when neither is given."""
    places = PLACES[country]
    for place in (city, region):
        if found := places.get(key(place)):
            return found
    # A city alone does not prove the capital's hour: many names are in more than one region.
    return CAPITAL_ZONE[country] if region and not _spans_zones(country, key(region)) else None


def _spans_zones(country: str, region: str) -> bool:
    """Regions with more than one hour inside, where the city would have to tell."""
    return country == "MX" and region in ("chihuahua", "tamaulipas")


def zones(country: str, stated: str, city: str, region: str, phones: tuple[str, ...]) -> tuple[str, ...]:
    """The zones where a person may be: stated, else of the address, else of the first phone that tells, else the
    country's only one.

    With several, a contact must be lawful in all of them; with none, in all of the country's.
    """
    if stated:
        return (stated,)
    if len(ZONES[country]) == 1:
        return ZONES[country]
    if found := place_zone(country, city, region):
        return (found,)
    of_phones = (phone_zones(number, country) for number in phones)
    return next(filter(None, of_phones), ())


def zone(text: str, country: str) -> str:
    """A stated zone, which must be one of the country's. Raises Bad: zone_bad."""
    for known in ZONES[country]:
        if text.strip().casefold() in (known.casefold(), known.rpartition("/")[2].casefold()):
            return known
    raise Bad("zone_bad", f"no es una zona horaria de {country}", f"use una de: {', '.join(ZONES[country])}")


# When people say that they prefer to be reached, in hours of the day.
_PARTS_OF_DAY: dict[str, str] = {
    "manana": "08:00-12:00", "manha": "08:00-12:00", "morning": "08:00-12:00", "mediodia": "12:00-14:00",
    "tarde": "12:00-18:00", "afternoon": "12:00-18:00", "noche": "18:00-21:00", "noite": "18:00-21:00",
    "evening": "18:00-21:00", "cualquiera": "", "cualquier hora": "", "todo el dia": "", "any": "", "indistinto": "",
}  # fmt: skip
_HOUR = r"(\d{1,2})(?: ?[:.h] ?(\d{2}))? ?(am|a m|pm|p m|hs|hrs|h|horas)?"
_HOURS = re.compile(rf"(?:de |entre |desde )?(?:las? )?{_HOUR} ?(?:-|–|a|y|e|to|hasta|ate) ?(?:las? )?{_HOUR}")


def hours(text: str) -> str:
    """Preferred hours as `09:00-12:00`: `de 9 a 12`, `9am - 1pm`, `tarde`. Raises Bad: hours_bad. Idempotent."""
    if (named := _PARTS_OF_DAY.get(re.sub("^(?:en |por |pela |de |a )?(?:la )?", "", key(text)))) is not None:
        return named
    found = _HOURS.fullmatch(text.lower().replace(".m", "m").replace("m.", "m").strip())
    if found:
        start, end = _minute(*found.group(1, 2, 3)), _minute(*found.group(4, 5, 6))
        if start < end <= 24 * 60:
            return f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"
    raise Bad("hours_bad", "no es un horario", "escríbalo como 09:00-12:00")


def _minute(hour: str, minute: str | None, half: str | None) -> int:
    number = int(hour)
    if half and half[0] in "ap":
        number = number % 12 + (12 if half[0] == "p" else 0)
    return number * 60 + int(minute or 0)
