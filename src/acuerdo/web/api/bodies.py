"""What a request carries, brought to a file on disk: JSON rows, an uploaded file, or a bare body."""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import anyio.to_thread
import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from acuerdo.service.door import Feed, Terms
from acuerdo.web.api.problems import Problem

LARGEST = 512 << 20  # bytes of an uploaded file
LARGEST_JSON = 8 << 20  # bytes of rows as JSON: more come better as a file
MOST_COLUMNS = 200
JSON_NAME = "filas.json"
# How rows that came as JSON are read: no guessing.
JSON_TERMS = '[formats]\ndelimiter = ";"\nencoding = "utf-8"\ndecimal = "."\ndate = "yyyy-mm-dd"\n'

Cell = str | bool | None | list[str]


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows as JSON: each an object from canonical columns to texts, numbers or lists of texts."""

    rows: list[dict[str, Any]]
    country: str = ""


class Body(msgspec.Struct, frozen=True):
    """A body on disk: what it is called, how it is to be read, its size in bytes, and what tells it from another."""

    path: Path
    name: str
    terms: Terms
    size: int
    digest: bytes


# Numbers keep the digits that they were written with.
_rows = msgspec.json.Decoder(Rows, float_hook=str)


@asynccontextmanager
async def spooled(request: Request, feed: Feed) -> AsyncIterator[Body]:
    """The request's body in a file of ours, for as long as the block lasts. Raises Problem (400, 413, 415)."""
    with tempfile.TemporaryDirectory(prefix="acuerdo-") as folder:
        path = Path(folder) / "body"
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            name, terms = JSON_NAME, await _json(request, path)
        elif kind == "multipart/form-data":
            name, terms = await _form(request, path)
        elif kind == "application/x-www-form-urlencoded":
            raise Problem(415, "Envíe filas como application/json, o el archivo como multipart/form-data o tal cual.")
        else:
            name, terms = await _bare(request, path)
        size, digest = await anyio.to_thread.run_sync(_measured, path, feed, terms)
        if not size:
            raise Problem(400, "El envío está vacío.")
        yield Body(path, name, terms, size, digest)


async def _limited(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    told = request.headers.get("content-length", "")
    seen = int(told) if told.isdigit() else 0
    if seen <= most:
        seen = 0
        async for chunk in request.stream():
            seen += len(chunk)
            if seen > most:
                break
            yield chunk
    if seen > most:
        hint = "; como archivo caben más" if most == LARGEST_JSON else "; divídalo en varios"
        raise Problem(413, f"Caben {most >> 20} MB{hint}.")


async def _json(request: Request, path: Path) -> Terms:
    raw = b"".join([chunk async for chunk in _limited(request, LARGEST_JSON)])
    try:
        read = _rows.decode(raw)
    except msgspec.MsgspecError as why:
        raise Problem(
            400, f'Se espera {{"rows": [{{"columna": "valor"}}]}}; el JSON recibido no lo es ({_where(why)}).'
        ) from None
    await anyio.to_thread.run_sync(_write_csv, read.rows, path)
    return Terms(country=read.country or _asked(request, "country"), mapping=JSON_TERMS, mapping_name="JSON", before=1)


def _where(why: Exception) -> str:
    """The place that a decoder names, and not what it found there."""
    text = str(why)
    if "$" in text:
        return text[text.rfind("$") :].rstrip("`")
    return "no es un objeto" if text.startswith("Expected `object`") else "no es JSON válido"


def _write_csv(rows: Sequence[dict[str, Any]], path: Path) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not columns:
        raise Problem(400, "No hay filas, o están vacías.")
    if len(columns) > MOST_COLUMNS:
        raise Problem(400, f"Hay {len(columns)} columnas distintas; caben {MOST_COLUMNS}.")
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(columns)
    for n, row in enumerate(rows, start=1):
        writer.writerow([_cell(row.get(name), n, name) for name in columns])
    path.write_text(out.getvalue(), "utf-8", newline="")


def _cell(value: Any, n: int, name: str) -> str:
    """A value as a file would hold it; a list's values are joined as several of one column are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, str | int):
        return " ".join(str(value).split())
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return " | ".join(" ".join(str(one).split()) for one in value)
    raise Problem(400, f"Fila {n}, «{name[:40]}»: se espera un texto, un número o una lista de textos.")


async def _form(request: Request, path: Path) -> tuple[str, Terms]:
    parser = MultiPartParser(request.headers, _limited(request, LARGEST), max_files=1, max_fields=5)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError):
        raise Problem(400, "El formulario no se entiende; lleva un archivo en el campo «file».") from None
    try:
        return await _of_form(request, form, path)
    finally:
        await form.close()


async def _of_form(request: Request, form: FormData, path: Path) -> tuple[str, Terms]:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Problem(400, "Falta el archivo: va en el campo «file» del formulario.")
    await anyio.to_thread.run_sync(_copied, file.file, path)
    mapping = form.get("mapping", "")
    if not isinstance(mapping, str):
        raise Problem(400, "El campo «mapping» es el texto TOML de una correspondencia, no un archivo.")
    fields = {name: form.get(name) or _asked(request, name) for name in ("country", "sheet")}
    name = _name(file.filename or _asked(request, "filename"))
    return name, Terms(str(fields["country"]), mapping, "mapping" if mapping else "", str(fields["sheet"]))


async def _bare(request: Request, path: Path) -> tuple[str, Terms]:
    with path.open("wb") as out:
        async for chunk in _limited(request, LARGEST):
            out.write(chunk)
    terms = Terms(country=_asked(request, "country"), sheet=_asked(request, "sheet"))
    return _name(_asked(request, "filename")), terms


def _copied(source: BinaryIO, path: Path) -> None:
    source.seek(0)
    with path.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)


def _asked(request: Request, name: str) -> str:
    return request.query_params.get(name, "")


def _name(given: str) -> str:
    """A file's name without folders or signs that a screen would obey."""
    bare = os.path.basename(given.replace("\\", "/"))
    return "".join(c for c in bare if c.isprintable())[:120] or "archivo"


def _measured(path: Path, feed: str, terms: Terms) -> tuple[int, bytes]:
    digest, size = blake2b(b"\0".join((feed.encode(), msgspec.json.encode(terms), b"")), digest_size=16), 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.digest()
