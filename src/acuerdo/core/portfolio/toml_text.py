"""TOML that people wrote: parsed with errors that name file and line."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from acuerdo.core.words import AcuerdoError

_TABLE = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]?\]\s*(#.*)?$")


class TomlError(AcuerdoError):
    """A file that a team edits cannot be used; the text (Spanish) says file, line, key and how to mend it."""


def parse(text: str, source: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises TomlError with the line of a slip in its writing."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+), column (\d+)", str(error))
        where = f"línea {found.group(1)}, columna {found.group(2)}" if found else "final del archivo"
        raise TomlError(f"{source}, {where}: el archivo TOML está mal escrito ({error})") from error


def line_of(text: str, table: str, key: str = "", nth: int = 0) -> int:
    """The line where a key (or a table, without key) is written; `nth` picks among repeated tables. 0: not found.

    A search in the text, for messages only: dotted keys count for their first part too.
    """
    seen, inside, header = -1, table == "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _TABLE.match(line):
            name = found.group(1).replace('"', "")
            if name == table:
                seen += 1
                header = number if seen == nth else header
            inside = seen == nth and (name == table or name.startswith(table + "."))
            if inside and key and name.rpartition(".")[2] == key:
                return number
        elif inside and key and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*[.=]""", line):
            return number
    return header


def at(source: str, line: int) -> str:
    """`mapeo.toml, línea 4`, or only the file when the line is unknown."""
    return f"{source}, línea {line}" if line else source
