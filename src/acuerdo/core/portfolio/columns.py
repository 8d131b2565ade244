"""The canonical form of a portfolio file: one table, from which reader and documentation are made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

import msgspec

from acuerdo.core.portfolio.column import Column, core, key
from acuerdo.core.portfolio.columns_account import COURSE, DEBT
from acuerdo.core.portfolio.columns_parties import PARTIES
from acuerdo.core.portfolio.columns_person import ALLOWED, PERSON, PLACE, REACH, REGISTERS

__all__ = [
    "BY_NAME", "COLUMNS", "GROUPS", "KNOWN", "PRINT", "SET_ASIDE_COLUMNS", "Column", "canonical", "key", "lexicon",
    "look_up", "nearest", "suggestion",
]  # fmt: skip

# Subjects, in the order in which people read them.
SUBJECTS: dict[str, tuple[Column, ...]] = {
    "La deuda": DEBT,
    "Su historia y sus cuotas": COURSE,
    "La persona": PERSON,
    "Dónde vive": PLACE,
    "Cómo se le contacta": REACH,
    "Lo que autorizó": ALLOWED,
    "Registros": REGISTERS,
    "Otras personas": PARTIES,
}
COLUMNS: tuple[Column, ...] = tuple(
    msgspec.structs.replace(column, subject=subject) for subject, columns in SUBJECTS.items() for column in columns
)
BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}
# At least one column of each group must be there; a lone required column is its own group.
GROUPS: dict[str, tuple[str, ...]] = {
    **{column.name: (column.name,) for column in COLUMNS if column.required == "yes"},
    **{group: tuple(column.name for column in COLUMNS if column.required == group) for group in ("name", "due")},
}
# What set_aside adds to a row: a mended file is imported again without having to take them out. A row that repeats
# another has a print of itself, by which it is known again where nobody changed it.
PRINT = "huella"
SET_ASIDE_COLUMNS: tuple[str, ...] = ("fila", "columna", "valor", "motivo", "como_corregir", PRINT)
# A header longer than this is a sentence, and looks like no column.
_MOST_HEADER = 60


def lexicon(columns: Iterable[Column]) -> dict[str, str]:
    """Canonical column by every spelling of a header that is understood without a mapping.

    Exact keys win over those without idle words, and a column's own name over another's synonym.
    """
    columns = tuple(columns)
    said = {key(synonym): column.name for column in columns for synonym in column.also}
    said |= {key(column.name): column.name for column in columns}
    bare: dict[str, str] = {}
    for header, name in said.items():
        bare.setdefault(core(header), name)
    return bare | said


def look_up(header: str, known: dict[str, str], several: frozenset[str] = frozenset()) -> str | None:
    """The canonical column that a header means, or None; `celular 3` is one more of a column that may come often."""
    if found := known.get(key(header)) or known.get(core(header)):
        return found
    found = known.get(core(re.sub(r"(?<=[a-z]) ?\d{1,2}$", "", key(header))))
    return found if found in several else None


def nearest(header: str, known: dict[str, str]) -> str | None:
    """The canonical column whose name or synonyms look most like a header, or None when nothing does."""
    bare = key(header)
    # Slips are seldom in the first letter; looking at all words would be felt in a file of thousands of columns.
    words = [word for word in known if word[:1] == bare[:1]] if len(bare) <= _MOST_HEADER else []
    close = get_close_matches(bare, words, n=1, cutoff=0.72)
    return known[close[0]] if close else None


def begun(header: str, known: dict[str, str]) -> tuple[str, ...]:
    """The canonical columns of which a header is the first word: `estado` may be that of a debt, or of a country."""
    bare = key(header)
    return tuple(dict.fromkeys(name for word, name in known.items() if bare and word.startswith(f"{bare} ")))


KNOWN: dict[str, str] = lexicon(COLUMNS)
SEVERAL: frozenset[str] = frozenset(column.name for column in COLUMNS if column.several)


@lru_cache(maxsize=4096)
def canonical(header: str) -> str | None:
    """The canonical column of a portfolio that a header means without any mapping, or None."""
    return look_up(header, KNOWN, SEVERAL)


@lru_cache(maxsize=4096)
def suggestion(header: str) -> str | None:
    """The canonical column of a portfolio that a header looks like, or None when it looks like nothing."""
    return nearest(header, KNOWN)
