"""What is shipped with the package and read once: flows, care lines, invitations, the language model."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

import msgspec

from acuerdo.core.dialogue.schema import Book
from acuerdo.core.dialogue.verify import load, reopen
from acuerdo.core.language import Model
from acuerdo.core.language import load as load_model
from acuerdo.core.words import AcuerdoError
from acuerdo.service.law import CRISIS, operator_table


class CareLine(msgspec.Struct, frozen=True):
    """Where to call in a crisis and in danger, in one country; `status` is confirmed, press or recalled."""

    crisis: str
    emergency: str
    status: str
    source: str = ""
    note: str = ""


class Confirmed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line that the operator called: `line` as it stands, and the emergency number where it is another."""

    line: str
    emergency: str = ""


def _folder(name: str, suffix: str) -> Mapping[str, str]:
    files = (resources.files("acuerdo") / name).iterdir()
    return {f.name: f.read_text("utf-8") for f in sorted(files, key=lambda f: f.name) if f.name.endswith(suffix)}


def shipped_files() -> Mapping[str, str]:
    """The files of the shipped flows, by name."""
    return _folder("flows", ".yaml")


@lru_cache(maxsize=1)
def shipped_flows() -> Book:
    """The shipped flows, checked. Raises FlowError."""
    return load(shipped_files())


@lru_cache(maxsize=1)
def care_lines() -> Mapping[str, CareLine]:
    """Crisis and emergency numbers by country, those that the operator confirmed in the law options with their word.

    Raises AcuerdoError for a confirmation that cannot be read.
    """
    raw = tomllib.loads((resources.files("acuerdo") / "policies" / "care.toml").read_text("utf-8"))
    return confirmed(msgspec.convert(raw, dict[str, CareLine]), operator_table().get(CRISIS, {}))


def confirmed(lines: Mapping[str, CareLine], said: object) -> Mapping[str, CareLine]:
    """The lines with the operator's confirmations, `[crisis.CO]` and `line = "106"`. Raises AcuerdoError."""
    try:
        told = msgspec.convert(said, dict[str, Confirmed])
    except msgspec.ValidationError as error:
        raise AcuerdoError(f'crisis lines: {error}; write [crisis.CO] and line = "106" in the law options') from error
    found = dict(lines)
    for country, one in told.items():
        if country not in lines:
            raise AcuerdoError(f"crisis lines: {country!r} is not one of {', '.join(sorted(lines))}")
        known = lines[country]
        found[country] = msgspec.structs.replace(
            known, crisis=one.line, emergency=one.emergency or known.emergency, status="confirmed"
        )
    return found


@lru_cache(maxsize=1)
def language_model() -> Model:
    """The shipped language model."""
    return load_model((resources.files("acuerdo") / "core" / "language" / "model.bin").read_bytes())


def flows_as_bytes(book: Book) -> bytes:
    """The book's files as one artefact."""
    return msgspec.json.encode(dict(book.files))


def flows_from_bytes(body: bytes) -> Book:
    """The book of an artefact: checked when it was published, and never again by what is asked of newer ones."""
    return reopen(msgspec.json.decode(body, type=dict[str, str]))
