"""A document before it is drawn: its words in order, as the template lays them on the page."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["statement", "clearance", "agreement", "receipt"]
PDF = "application/pdf"
# The paper that a country prints on.
SIZES: dict[str, str] = {
    "CO": "us-letter", "MX": "us-letter", "CL": "us-letter", "PE": "a4", "AR": "a4", "ES": "a4",
}  # fmt: skip


class Sheet(msgspec.Struct, frozen=True):
    """A table: its header, its rows and, where there is one, its sum; `widths` in shares of the line, `right` the
    columns of figures."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    right: tuple[int, ...] = ()
    sum: tuple[str, ...] = ()


class Section(msgspec.Struct, frozen=True):
    """A part under its own heading."""

    title: str
    text: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    table: Sheet | None = None
    after: tuple[str, ...] = ()


class From(msgspec.Struct, frozen=True):
    """Who writes, with the lines under the name."""

    name: str
    lines: tuple[str, ...] = ()


class Paper(msgspec.Struct, frozen=True):
    """All the words of a document. `folio` tells it apart; `country` chooses its Spanish, `paper` its size."""

    kind: Kind
    title: str
    name: str
    country: str
    paper: str
    folio: str
    from_: From = msgspec.field(name="from")
    about: tuple[tuple[str, str], ...] = ()
    intro: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    closing: tuple[str, ...] = ()


_encoder = msgspec.json.Encoder()
_papers: msgspec.json.Decoder[Paper] = msgspec.json.Decoder(Paper)


def as_json(paper: Paper) -> bytes:
    """The paper as the template reads it, and as it is kept."""
    return _encoder.encode(paper)


def from_json(raw: bytes) -> Paper:
    """The inverse of `as_json`."""
    return _papers.decode(raw)


def file_name(paper: Paper) -> str:
    """What the person's phone saves it as."""
    return f"{paper.name}.pdf"
