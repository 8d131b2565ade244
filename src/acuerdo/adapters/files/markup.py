"""XML read as it comes: pieces go in, what the handlers gathered comes out; no document types, so no entities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from xml.parsers import expat

from acuerdo.adapters.files.archive import DAMAGED
from acuerdo.core.portfolio.records import FileError

Start = Callable[[str, dict[str, str]], None]


def parse(
    pieces: Iterable[bytes], start: Start, end: Callable[[str], None] | None, text: Callable[[str], None] | None
) -> Iterator[None]:
    """Feeds the handlers, and pauses after each piece so that what they gathered can be taken away.

    Raises FileError when the markup is cut or broken, or brings definitions of its own.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        for piece in pieces:
            parser.Parse(piece)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise FileError(DAMAGED) from error
    yield


def _refuse(*_: object) -> None:
    raise FileError(DAMAGED)


def elements(pieces: Iterable[bytes]) -> list[tuple[str, dict[str, str]]]:
    """All elements of a small part, by local name, with their attributes by local name too."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append((local(name), {local(key): value for key, value in attributes.items()}))

    for _ in parse(pieces, start, None, None):
        pass
    return found


def local(name: str) -> str:
    """A name without its namespace's prefix."""
    return name.rpartition(":")[2]
