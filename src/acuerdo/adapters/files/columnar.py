"""Parquet as a grid of raw rows, by DuckDB: some thousand rows at a time, typed values as their plain texts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from acuerdo.adapters.files.cells import plain_number
from acuerdo.core.portfolio.grid import MOST_COLUMNS, Grid, RawRow
from acuerdo.core.portfolio.mapping import letter
from acuerdo.core.portfolio.records import FileError

_ROWS = 5_000
_NESTED = ("LIST", "STRUCT", "MAP", "UNION", "ARRAY", "BLOB", "INTERVAL", "BIT", "[")
_SETTINGS: dict[str, Any] = {
    "threads": 1, "memory_limit": "256MB", "autoinstall_known_extensions": False, "autoload_known_extensions": False,
}  # fmt: skip


def parquet_grid(path: Path, digest: str, decimal: str = "") -> Grid:
    """A Parquet file; `decimal` is the mark that its numbers are to be written with.

    Raises FileError when it is damaged, or has columns that hold more than one value.
    """
    with _opened(path) as source:
        columns = [(name, str(kind)) for name, kind, *_ in _run(source, "describe select * from source")]
        (count,) = _run(source, "select count(*) from source")[0]
    nested = [
        f"«{name}» (columna {letter(at)}, {kind})"
        for at, (name, kind) in enumerate(columns)
        if any(kind.startswith(one) or kind.endswith("[]") for one in _NESTED)
    ]
    if nested:
        raise FileError(
            f"El archivo Parquet tiene columnas que guardan varios valores en uno: {', '.join(nested)}. Expórtelas como"
            " texto o número, una columna por valor, o quítelas."
        )
    if len(columns) > MOST_COLUMNS:
        raise FileError(
            f"El archivo Parquet tiene {len(columns)} columnas; se leen {MOST_COLUMNS} como mucho. Exporte solo las que"
            " se usan."
        )
    header = RawRow(1, tuple(name for name, _ in columns))
    texts = [_text_of(kind, decimal or ".") for _, kind in columns]

    def body(head: RawRow, width: int) -> Iterator[RawRow]:
        with _opened(path) as source:
            result = source.execute("select * from source")
            number = head.number
            while rows := _fetched(result):
                for row in rows:
                    number += 1
                    yield RawRow(
                        number, tuple("" if v is None else text(v) for text, v in zip(texts, row, strict=True))
                    )

    return Grid(kind="parquet", head=(header,), body=body, digest=digest, lines=count)


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that sees the file as `source`, under a plain name: in DuckDB's own, some signs are wildcards."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(":memory:", config=_SETTINGS) as source:
        link = Path(folder) / "source.parquet"
        link.symlink_to(path.resolve())
        _run(source, f"create view source as select * from read_parquet('{link}')")  # noqa: S608 - our own name
        yield source


def _run(source: duckdb.DuckDBPyConnection, statement: str) -> list[Any]:
    try:
        return source.execute(statement).fetchall()
    except duckdb.Error as error:
        raise _damaged() from error


def _fetched(result: duckdb.DuckDBPyConnection) -> list[Any]:
    try:
        return result.fetchmany(_ROWS)
    except duckdb.Error as error:
        raise _damaged() from error


def _damaged() -> FileError:
    return FileError(
        "El archivo Parquet está incompleto o dañado: puede que la copia se cortara. Vuelva a exportarlo o a copiarlo."
    )


def _text_of(kind: str, mark: str) -> Callable[[Any], str]:
    """How a value of a column's type is written."""
    if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
        return lambda value: _number(str(value), mark)
    if kind == "BOOLEAN":
        return lambda value: "sí" if value else "no"
    if kind.startswith("TIMESTAMP"):
        return _moment
    return str


def _number(text: str, mark: str) -> str:
    bare = text.rstrip("0").rstrip(".") if "." in text and "e" not in text.lower() else text
    return bare if bare.lstrip("-").isdigit() else plain_number(bare, mark)


def _moment(value: datetime) -> str:
    return value.isoformat(" ").removesuffix(" 00:00:00")
