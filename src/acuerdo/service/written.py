"""Text files that people write by hand, and what is said of one that cannot be read."""

from __future__ import annotations

from pathlib import Path

from acuerdo.core.words import AcuerdoError


class NotText(AcuerdoError):
    """A file that is not UTF-8, as an editor may save it; its text says which byte."""


def text_in(path: Path) -> str:
    """The text of a file in UTF-8, without the mark that some editors begin one with. Raises NotText, OSError."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotText(f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from None
