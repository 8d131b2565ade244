"""A cell made clean, and the word for one that cannot be used."""

from __future__ import annotations

import unicodedata


class Bad(ValueError):
    """A cell that cannot be used: a code for programs; the reason, and how to mend it, for a person (Spanish)."""

    def __init__(self, code: str, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.code, self.reason, self.mend = code, reason, mend


def tidy(text: str) -> str:
    """A cell composed (NFC), without invisible characters, with single spaces. Idempotent."""
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    if not composed.isprintable():
        composed = "".join(
            " " if c.isspace() else c for c in composed if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf")
        )
    return " ".join(composed.split())
