"""A document's words as an accessible PDF: PDF/UA-1, tagged, with its title and language, by one compiler a thread."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from importlib import resources
from typing import Any

import msgspec
import typst

STANDARD: typst.PDFStandard = "ua-1"
TEMPLATE = "documento.typ"
# What the font has no shape for: a document with a gap in it would not be accessible, and is refused by the standard.
UNSHOWN = re.compile(r"[^\n -~\xa0-\u024f\u2010-\u2026\u2030-\u2037\u2039-\u203e\u20ac\u2116\u2122\u2212]")
INSTEAD = "·"


class _Drawers(threading.local):
    """A compiler is no two threads' at once; what it read once it keeps."""

    def __init__(self) -> None:
        self.compiler = typst.Compiler(font_paths=_fonts(), ignore_system_fonts=True)


@lru_cache(maxsize=1)
def _template() -> bytes:
    return (resources.files("acuerdo") / "templates" / TEMPLATE).read_bytes()


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    # Only the library's own: a document looks the same on every machine.
    return typst.Fonts(include_system_fonts=False)


_drawers = _Drawers()


def shown(told: Any) -> Any:
    """The words, in whatever they stand, in signs that can be drawn; a loose accent is put on its letter first."""
    if isinstance(told, str):
        return UNSHOWN.sub(INSTEAD, unicodedata.normalize("NFC", told))
    if isinstance(told, list):
        return [shown(one) for one in told]
    return {name: shown(one) for name, one in told.items()} if isinstance(told, dict) else told


def draw(words: bytes) -> bytes:
    """The PDF of a document's words, as `core.documents.paper.as_json` writes them. About 15 ms of CPU.

    Signs that no Latin alphabet has stand as a point. Raises typst.TypstError where the template has a mistake.
    """
    told = msgspec.json.encode(shown(msgspec.json.decode(words)))
    drawn = _drawers.compiler.compile(
        input=_template(),
        format="pdf",
        sys_inputs={"told": told.decode()},
        pdf_standards=[STANDARD],
        timestamp=0,
    )
    assert isinstance(drawn, bytes)  # noqa: S101 - one PDF, as no other format was asked for
    return drawn
