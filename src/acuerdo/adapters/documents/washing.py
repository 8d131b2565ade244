"""A file that somebody sent, made anew in a process of its own: nothing hidden in it stays, and none takes us down."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import PurePath

import msgspec

from acuerdo.adapters.documents.rewriting import Failure, Told
from acuerdo.service.channels import Media
from acuerdo.service.documents import NotTaken

SECONDS = 20.0  # of the machine, for one file
AT_ONCE = 2  # files that are looked at side by side
LONGEST_NAME = 80  # characters

# What is told of each reason, and what to do.
WORDS: dict[Failure, str] = {
    "unknown": "Ese archivo no es una foto ni un PDF. Puede tomarle una foto al comprobante y enviarla, o enviar el "
    "PDF que le dio su banco.",
    "heic": "Esa foto está en un formato (HEIC) que aquí no se puede abrir. Envíe una captura de pantalla, o cámbiela "
    "a JPG en los ajustes de la cámara: Formatos, «El más compatible».",
    "broken": "No pudimos abrir ese archivo: parece dañado o incompleto. Intente enviarlo otra vez, o tómele una foto.",
    "locked": "Ese PDF tiene contraseña y no podemos abrirlo. Envíe una captura de pantalla, o el PDF sin contraseña.",
    "long": "Ese PDF tiene demasiadas páginas. Envíe solo la página del comprobante, o una foto de ella.",
    "large": "Esa imagen es demasiado grande para abrirla con seguridad. Envíe una captura de pantalla, o una foto más "
    "pequeña.",
    "empty": "Ese archivo está vacío. Revise que se haya guardado bien e intente otra vez.",
}  # fmt: skip
ENDS = {"image/jpeg": ".jpg", "application/pdf": ".pdf"}

_told: msgspec.msgpack.Decoder[Told] = msgspec.msgpack.Decoder(Told)
_slots: asyncio.Semaphore | None = None


async def wash(data: bytes, name: str) -> Media:
    """The file as it is kept: a JPEG or a PDF, told by its content, whatever its name says. Raises NotTaken."""
    global _slots
    if _slots is None:
        _slots = asyncio.Semaphore(AT_ONCE)
    if not data:
        raise NotTaken(WORDS["empty"])
    async with _slots:
        told = await _rewritten(data)
    if told.failure:
        raise NotTaken(WORDS[told.failure])
    return Media("", told.mime, named(name, told.mime), told.data)


async def _rewritten(data: bytes) -> Told:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "acuerdo.adapters.documents.rewriting",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            answer, _ = await child.communicate(data)
        # A child that its limits stopped, or that the file brought down, is the file's doing.
        return _told.decode(answer) if child.returncode == 0 else Told(failure="broken")
    except (TimeoutError, msgspec.DecodeError):
        return Told(failure="broken")
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


def named(name: str, mime: str) -> str:
    """A name that is safe to save under: the person's own words, and the ending of what it is."""
    stem = re.sub(r"[^\w .()-]+", " ", PurePath(name.replace("\\", "/")).name.rpartition(".")[0] or name)
    return (" ".join(stem.split()).strip(". ")[:LONGEST_NAME].rstrip() or "comprobante") + ENDS[mime]
