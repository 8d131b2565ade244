"""Words of a text in any language, for models that know nothing of collections."""

from __future__ import annotations

import re
import unicodedata

from acuerdo.core.language.spelling import MOST

_TOKEN = re.compile(r"[^\W_]+|[?!$€£%]|[\U0001f300-\U0001faff\u2600-\u27bf]")
_APOSTROPHES = re.compile("['\u2018\u2019\u00b4`]")


def tokens(text: str) -> list[str]:
    """The words in small letters without accents; an apostrophe joins. Only the first 2,000 characters count."""
    bare = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text[:MOST]).lower())
    return _TOKEN.findall("".join(sign for sign in bare if not unicodedata.combining(sign)))
