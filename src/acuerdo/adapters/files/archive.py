"""The compressed folder inside a workbook: opened only when its directory shows that it can be trusted."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from acuerdo.core.portfolio.records import FileError

# A full sheet (1,048,576 rows) of 40 columns is about 2 GB when inflated.
MOST_INFLATED = 3 << 30
MOST_PARTS = 5_000
# Rows that are much alike pack 40:1; emptiness made to harm packs 1000:1. Small parts may be anything.
MOST_RATIO = 150
_SMALL = 20 << 20
_PIECE = 1 << 16

DAMAGED = (
    "El libro de Excel está incompleto o dañado: puede que la copia o la descarga se cortara. Vuelva a exportarlo o a"
    " copiarlo; si Excel lo abre, guárdelo de nuevo como libro de Excel (.xlsx)."
)
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, KeyError)


def open_archive(file: IO[bytes]) -> zipfile.ZipFile:
    """The archive in a file. Raises FileError when it is cut or damaged, encrypted, or would inflate beyond reason.

    The directory's sizes bind: not a byte more than it says is ever inflated.
    """
    try:
        archive = zipfile.ZipFile(file)
    except BROKEN as error:
        raise FileError(DAMAGED) from error
    parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or total > MOST_INFLATED or any(_bomb(part) for part in parts):
        raise FileError(
            f"El libro de Excel ocuparía {total // 2**20} MB al abrirlo, mucho más de lo que cabe esperar de su tamaño:"
            " no se abre. Copie solo los datos a un libro nuevo, o expórtelo como CSV UTF-8."
        )
    if any(part.flag_bits & 1 for part in parts):
        raise FileError("El archivo comprimido tiene contraseña. Quítesela, o guárdelo sin ella, y vuelva a importar.")
    return archive


def _bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > _SMALL and part.file_size > MOST_RATIO * part.compress_size


def read_part(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A part of the archive, piece by piece. Raises FileError when it is not whole."""
    try:
        with archive.open(name) as part:
            while piece := part.read(_PIECE):
                yield piece
    except BROKEN as error:
        raise FileError(DAMAGED) from error
