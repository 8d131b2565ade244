"""What WhatsApp's error codes mean for a message; the table is `errors.toml`."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any, Literal

Meaning = Literal["unknown", "again", "slow", "refused"]


def _load() -> dict[int, tuple[Meaning, str]]:
    raw = tomllib.loads((resources.files(__package__) / "errors.toml").read_text("utf-8"))
    kinds: tuple[Meaning, ...] = ("unknown", "again", "slow", "refused")
    return {int(code): (kind, name) for kind in kinds for code, name in raw[kind].items()}


CODES = _load()


def named(code: Any, title: str = "") -> str:
    """A code with what it means here, else with the platform's own title; both cut to what a log can hold."""
    known = CODES.get(code) if isinstance(code, int) else None
    return f"{code if isinstance(code, int | str) else '?'}: {known[1] if known else title}"[:200]
