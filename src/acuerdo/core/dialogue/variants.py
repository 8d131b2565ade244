"""Which variant of a text a person gets: `es-AR/soft`, by their country and by the tone that suits them."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache

from acuerdo.core.dialogue.schema import COUNTRIES, TONES

BASE = "es"


def _key(country: str, tone: str) -> str:
    return BASE + (f"-{country}" if country else "") + (f"/{tone}" if tone else "")


KEYS = frozenset(_key(country, tone) for country in ("", *COUNTRIES) for tone in ("", *TONES))


@lru_cache(maxsize=64)
def _wanted(country: str, tone: str) -> tuple[str, ...]:
    found = (_key(c, t) for c in (country, "") for t in (tone, ""))
    return tuple(key for key in dict.fromkeys(found) if key in KEYS)


def wordings_for(variants: Mapping[str, tuple[str, ...]], country: str, tone: str) -> tuple[str, ...]:
    """The wordings for a person: their country before their tone, and `es` where nothing is nearer.

    A neutral tone has no mark: `es` is written in it.
    """
    if len(variants) == 1:
        return variants[BASE]
    return next(variants[key] for key in _wanted(country, tone) if key in variants)


def near_key(key: str) -> str:
    """What whoever wrote a wrong key may have meant."""
    close = get_close_matches(key.replace("_", "-"), sorted(KEYS), 1)
    return f"; did you mean {close[0]}?" if close else ""
