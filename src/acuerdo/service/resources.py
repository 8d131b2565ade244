"""What is shipped with the package and read once: flows, care lines, invitations, the language model."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

import msgspec

from acuerdo.core.dialogue.schema import Book
from acuerdo.core.dialogue.verify import load
from acuerdo.core.language import Model
from acuerdo.core.language import load as load_model


class CareLine(msgspec.Struct, frozen=True):
    """Where to call in a crisis and in danger, in one country."""

    crisis: str
    emergency: str
    status: str


def _folder(name: str, suffix: str) -> Mapping[str, str]:
    files = (resources.files("acuerdo") / name).iterdir()
    return {f.name: f.read_text("utf-8") for f in sorted(files, key=lambda f: f.name) if f.name.endswith(suffix)}


@lru_cache(maxsize=1)
def shipped_flows() -> Book:
    """The shipped flows, checked. Raises FlowError."""
    return load(_folder("flows", ".yaml"))


@lru_cache(maxsize=1)
def care_lines() -> Mapping[str, CareLine]:
    """Crisis and emergency numbers by country."""
    raw = tomllib.loads((resources.files("acuerdo") / "policies" / "care.toml").read_text("utf-8"))
    return msgspec.convert(raw, dict[str, CareLine])


@lru_cache(maxsize=1)
def language_model() -> Model:
    """The shipped language model."""
    return load_model((resources.files("acuerdo") / "core" / "language" / "model.bin").read_bytes())


def flows_as_bytes(book: Book) -> bytes:
    """The book's files as one artefact."""
    return msgspec.json.encode(dict(book.files))


def flows_from_bytes(body: bytes) -> Book:
    """The book of an artefact, checked again. Raises FlowError."""
    return load(msgspec.json.decode(body, type=dict[str, str]))
