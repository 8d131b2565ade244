"""A document's words as an accessible PDF: PDF/UA-1, tagged, with its title and language, by one compiler a thread."""

from __future__ import annotations

import threading
from functools import lru_cache
from importlib import resources

import typst

STANDARD: typst.PDFStandard = "ua-1"
TEMPLATE = "documento.typ"


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


def draw(words: bytes) -> bytes:
    """The PDF of a document's words, as `core.documents.paper.as_json` writes them. About 10 ms of CPU.

    Raises typst.TypstError for words that the template cannot lay out.
    """
    drawn = _drawers.compiler.compile(
        input=_template(),
        format="pdf",
        sys_inputs={"told": words.decode()},
        pdf_standards=[STANDARD],
        timestamp=0,
    )
    assert isinstance(drawn, bytes)  # noqa: S101 - one PDF, as no other format was asked for
    return drawn
