"""What every carrier of SMS needs: the words in the short alphabet where they fit, and the sender of each country."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib import resources

from acuerdo.core.messages import Content
from acuerdo.core.segments import measure, tidied
from acuerdo.service.channels import as_text

LONGEST = 918  # characters: six parts of the short alphabet (3GPP TS 23.040)
DAYS_3 = 259_200  # seconds: carriers try no longer
COST = 40  # thousandths of a US dollar: about a part in the countries that we know
PREFIXES = {"57": "CO", "52": "MX", "56": "CL", "51": "PE", "54": "AR", "34": "ES", "1": "US"}
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_NAME = 11  # letters of a sender that is a name (3GPP TS 23.038, and each carrier's own page)
COUNTRIES: dict[str, str] = tomllib.loads((resources.files(__package__) / "_senders.toml").read_text("utf-8"))[
    "countries"
]


def body(content: Content, longest: int = LONGEST) -> str:
    """A content as one SMS: choices by number, and typographic marks as plain ones where that saves parts."""
    return tidied(as_text(content, longest))


def is_phone(address: str) -> bool:
    """Whether an address is a phone in the international form, as carriers want it."""
    return _PHONE.fullmatch(address) is not None


def country_of(phone: str) -> str:
    """The country of a number, "" where it is none of those that we know."""
    bare = phone.removeprefix("+")
    return next((country for prefix, country in PREFIXES.items() if bare.startswith(prefix)), "")


@lru_cache(maxsize=4096)
def sender_for(sender: str, fallback: str, country: str) -> str:
    """The sender of an SMS to a country: the creditor's where it is one there, else the installation's, else none ("").

    Both may name senders by country: `CO:890123,ES:Tienda,*:+15550001111`. A name that the country would replace is
    left out, and one that is too long is cut to what a sender may hold.
    """
    for told in (sender, fallback):
        found = _fitted(_by_country(told, country), country)
        if found:
            return found
    return ""


def _by_country(told: str, country: str) -> str:
    if ":" not in told:
        return told.strip()
    named = dict(part.strip().split(":", 1) for part in told.split(",") if ":" in part)
    return named.get(country, named.get("*", "")).strip()


def _fitted(sender: str, country: str) -> str:
    if not sender or is_phone(sender) or (sender.isdigit() and len(sender) <= 15) or re.fullmatch(r"MG\w{32}", sender):
        return sender
    if COUNTRIES.get(country) == "replaced":
        return ""
    bare = "".join(c for c in unicodedata.normalize("NFD", sender) if not unicodedata.combining(c))
    name = re.sub(r"[^A-Za-z0-9 ._&-]", "", bare)
    name = name if len(name) <= _NAME else name.replace(" ", "")
    name = name[:_NAME].strip(" .-_&")
    return name if any(letter.isalpha() for letter in name) else ""


def price(text: str, per_part: int) -> int:
    """What a text costs where each part costs `per_part`, in the same unit."""
    return measure(text).parts * per_part
