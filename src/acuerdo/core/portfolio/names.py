"""Normal forms of names, e-mails and addresses, and how alike two of them are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

Likeness = Literal["same", "similar", "different"]

# What stands between names and tells nobody from another.
PARTICLES = frozenset(("de", "del", "la", "las", "los", "el", "y", "e", "da", "do", "das", "dos", "di", "van", "von"))
TITLES = frozenset(("sr", "sra", "srta", "don", "dona", "dr", "dra", "lic", "ing"))
SHORT = {"ma": "maria", "mª": "maria", "fco": "francisco", "gpe": "guadalupe", "hdez": "hernandez", "glez": "gonzalez",
         "gzlez": "gonzalez", "mtz": "martinez", "mtnez": "martinez", "rguez": "rodriguez", "rdz": "rodriguez",
         "fdez": "fernandez", "lpz": "lopez", "pz": "perez", "sto": "santo", "sta": "santa"}  # fmt: skip
# One word for each kind of street, number and door.
PLACES = {
    "cra": "carrera", "kra": "carrera", "kr": "carrera", "cr": "carrera", "krr": "carrera", "cll": "calle",
    "cl": "calle", "c": "calle", "av": "avenida", "avda": "avenida", "ave": "avenida", "dg": "diagonal",
    "diag": "diagonal", "tv": "transversal", "tr": "transversal", "transv": "transversal", "mz": "manzana",
    "apto": "apartamento", "apt": "apartamento", "dpto": "apartamento", "depto": "apartamento",
    "departamento": "apartamento", "int": "interior", "ed": "edificio", "edif": "edificio", "urb": "urbanizacion",
    "pje": "pasaje", "psje": "pasaje", "blvd": "bulevar", "boulevard": "bulevar", "col": "colonia", "jr": "jiron",
    "no": "", "nro": "", "num": "", "numero": "", "n": "",
}  # fmt: skip
# Mail services where dots in the name are nobody's.
_DOTLESS = ("gmail.com", "googlemail.com")
_SHORTEST_TYPED = 4  # letters: shorter names that differ in one are other names (Ana, Ada)
_LEAST_SHARED = 2  # a first name, or its initial, and a surname
_LEAST_CUT = 3  # letters: names cut off in a narrow column still begin alike
_SOUNDS_LIKE = 0.75  # of 1: how much of two names must be the same where they are written by ear
# One spelling for what sounds alike, in the order in which they are tried.
_BY_EAR = tuple((re.compile(pattern), sound) for pattern, sound in (
    ("ch", "x"), ("ph", "f"), ("h", ""), ("qu", "k"), ("[cs](?=[eiy])|z", "s"), ("c", "k"), ("g(?=[eiy])|j|ll|y", "i"),
    ("[vw]", "b"), (r"(.)\1+", r"\1"),
))  # fmt: skip


def plain(text: str) -> str:
    """Small letters without accents; the ñ is an n."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def words(name: str, nicknames: Mapping[str, str]) -> tuple[str, ...]:
    """A name's words in their normal form, sorted: order, accents, particles, titles and pet names aside."""
    return tuple(sorted(nicknames.get(word, word) for piece in name.split() for word in _names_in(piece)))


@lru_cache(maxsize=65_536)
def _names_in(piece: str) -> tuple[str, ...]:
    """What a piece without blanks holds of a name; most pieces are in many names."""
    found = re.findall(r"[^\W\d_]+", plain(piece))
    return tuple(SHORT.get(word, word) for word in found if word not in PARTICLES and word not in TITLES)


def likeness(one: str, other: str, nicknames: Mapping[str, str]) -> Likeness:
    """How alike two names are: a missing second name, an initial or one wrong letter make them similar."""
    return _alike(*sorted((words(one, nicknames), words(other, nicknames)), key=lambda found: (len(found), found)))


@lru_cache(maxsize=4096)
def _alike(few: tuple[str, ...], many: tuple[str, ...]) -> Likeness:
    if few == many:
        return "same" if few else "different"
    left, whole = list(many), 0
    for word in sorted(few, key=len, reverse=True):  # initials last: they take what nobody else took
        found = next((other for other in left if other == word), None)
        found = found or next((other for other in left if _stands_for(word, other)), None)
        if found is None:
            return "different"
        left.remove(found)
        whole += min(len(word), len(found)) > 1
    return "similar" if whole and len(few) >= _LEAST_SHARED else "different"


def _stands_for(one: str, other: str) -> bool:
    """An initial for its name, or a name with one letter wrong."""
    if min(len(one), len(other)) == 1:
        return one[0] == other[0]
    return min(len(one), len(other)) >= _SHORTEST_TYPED and one_slip(one, other)


def one_slip(one: str, other: str) -> bool:
    """Whether two different texts are one slip of the fingers apart: a sign changed, added, lost, or two swapped."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[at:], other[at:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and len(a) > 1 and a[2:] == b[2:])


def shared(one: str, other: str, nicknames: Mapping[str, str]) -> int:
    """How much of the shorter name stands in the other, of 100: written by ear, cut off, and in whatever order.

    Far laxer than `likeness`: it is asked whether two names of one document may be one person's.
    """
    few, many = sorted((words(one, nicknames), words(other, nicknames)), key=len)
    return _share(few, many)


@lru_cache(maxsize=65_536)
def _share(few: tuple[str, ...], many: tuple[str, ...]) -> int:
    left = list(many)
    for word in sorted(few, key=len, reverse=True):
        if (found := next((other for other in left if _may_be(word, other)), None)) is not None:
            left.remove(found)
    return 100 * (len(many) - len(left)) // len(few) if few else 100


def _may_be(one: str, other: str) -> bool:
    if min(len(one), len(other)) == 1:
        return one[0] == other[0]
    a, b = _by_ear(one), _by_ear(other)
    if a == b or (min(len(one), len(other)) >= _LEAST_CUT and (one.startswith(other) or other.startswith(one))):
        return True
    return min(len(a), len(b)) >= _SHORTEST_TYPED and SequenceMatcher(None, a, b).ratio() >= _SOUNDS_LIKE


@lru_cache(maxsize=65_536)
def _by_ear(word: str) -> str:
    for pattern, sound in _BY_EAR:
        word = pattern.sub(sound, word)
    return word


def given(name: str, nicknames: Mapping[str, str]) -> str:
    """The name's first word in its normal form; empty where it has none."""
    found = (word for piece in name.split() for word in _names_in(piece))
    return next((nicknames.get(word, word) for word in found), "")


def email_form(address: str) -> str:
    """An address by which one mailbox is known: small letters, no label after +, Gmail's dots aside."""
    box, _, domain = address.strip().casefold().rpartition("@")
    box = box.partition("+")[0]
    return f"{box.replace('.', '') if domain in _DOTLESS else box}@{domain}"


def address_form(address: str) -> str:
    """An address with one word for each kind of street, accents and marks aside."""
    return " ".join(word for piece in address.split() for word in _places_in(piece))


@lru_cache(maxsize=65_536)
def _places_in(piece: str) -> tuple[str, ...]:
    found = re.findall(r"[^\W\d_]+|\d+", plain(piece))
    return tuple(filter(None, (PLACES.get(word, word) for word in found)))
