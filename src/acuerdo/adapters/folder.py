"""The drop folder: what lies in it, what of it is whole, and where each file goes once it was taken."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import msgspec

from acuerdo.core.words import AcuerdoError
from acuerdo.service.creditors import Creditor
from acuerdo.service.door import FEEDS, Feed

READ_ME, MAPPING = "LEEME.txt", "mapeo.toml"
TAKEN, DONE, BAD = ".tomados", "procesados", "errores"
UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".swp")  # names that say: still being written
WHOLE = (".listo", ".ok")  # companions that say: written to the end
LONGEST_NAME = 150  # bytes, so that there is room for what is added to it
LARGEST_MAPPING = 1 << 20  # bytes
MARK = "--"  # between a claim's token and the file's name

Signature = tuple[int, int, int]  # of a file: its number on the disk, its size in bytes, when it was written (ns)


class Slot(msgspec.Struct, frozen=True):
    """The folder of one feed of one creditor."""

    creditor: Creditor
    feed: Feed
    path: Path


class Candidate(msgspec.Struct, frozen=True):
    """A file that lies in a slot; `whole` when a companion says that it was written to the end."""

    slot: Slot
    path: Path
    signature: Signature
    whole: bool


class Claim(msgspec.Struct, frozen=True):
    """A file that was taken: out of reach of who writes, until it is archived. `token` is its own for good."""

    slot: Slot
    path: Path
    token: str
    name: str


class Odd(msgspec.Struct, frozen=True):
    """Something in the folder that is left where it is, and why."""

    path: Path
    why: str


def slug(name: str) -> str:
    """A creditor's name as a folder's: `banco-andino`."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:60] or "acreedor"


def slots(root: Path, creditors: Sequence[Creditor]) -> list[Slot]:
    """The folders of all feeds of all creditors, made and explained where they are not there. Raises AcuerdoError."""
    found: list[Slot] = []
    seen: set[str] = set()
    try:
        root.mkdir(parents=True, exist_ok=True)
        _explain(root, ROOT_TEXT)
        for one in sorted(creditors, key=lambda creditor: creditor.id):
            name = slug(one.name)
            name = f"{name}-{one.id[:6]}" if name in seen else name
            seen.add(name)
            found += (_slot(root, root / name / feed, one, feed) for feed in FEEDS)
    except OSError as why:
        raise AcuerdoError(f"{why.filename}: {why.strerror}; the watcher must be able to write there") from None
    return found


def _slot(root: Path, path: Path, creditor: Creditor, feed: Feed) -> Slot:
    path.mkdir(parents=True, exist_ok=True)
    if not path.resolve().is_relative_to(root.resolve()):
        raise AcuerdoError(f"{path} leads out of {root}: put a folder there, not a link")
    for below in (TAKEN, DONE, BAD):
        (path / below).mkdir(exist_ok=True)
    _explain(path, FEED_TEXT.format(what=WHAT[feed]))
    return Slot(creditor, feed, path)


def _explain(folder: Path, text: str) -> None:
    if not (folder / READ_ME).exists():
        (folder / READ_ME).write_text(text, "utf-8")


def lying(slot: Slot) -> tuple[list[Candidate], list[Odd]]:
    """The files that may be taken, the oldest first, and what else is there that should not be."""
    found: list[Candidate] = []
    odd: list[Odd] = []
    with os.scandir(slot.path) as entries:
        names = {entry.name: entry for entry in entries}
    for name, entry in names.items():
        if _ours(name) or name.lower().endswith(UNFINISHED):
            continue
        why = _unfit(entry)
        if why:
            odd.append(Odd(Path(entry.path), why))
            continue
        with suppress(FileNotFoundError):  # taken back in this moment
            found.append(Candidate(slot, Path(entry.path), signature(Path(entry.path)), _said_whole(name, names)))
    return sorted(found, key=lambda one: (one.signature[2], one.path.name)), odd


def _ours(name: str) -> bool:
    return name in (READ_ME, MAPPING, DONE, BAD) or name.startswith((".", "~$")) or name.lower().endswith(WHOLE)


def _unfit(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "es un enlace; ponga el archivo mismo"
    if entry.is_dir(follow_symlinks=False):
        return "es una carpeta; ponga los archivos sueltos"
    if not entry.is_file(follow_symlinks=False):
        return "no es un archivo"
    if not os.access(entry.path, os.R_OK):
        return "no hay permiso para leerlo"
    return ""


def _said_whole(name: str, names: dict[str, os.DirEntry[str]]) -> bool:
    stem = Path(name).stem
    return any(f"{one}{end}" in names for one in (name, stem) for end in WHOLE)


def signature(path: Path) -> Signature:
    """What changes when a file is written to."""
    found = path.lstat()
    return found.st_ino, found.st_size, found.st_mtime_ns


class Patience:
    """Which files have not changed for long enough, by our own measure: their own dates may be anything."""

    def __init__(self, settle: float) -> None:
        self._settle = settle
        self._since: dict[Path, tuple[Signature, float]] = {}

    def whole(self, one: Candidate, now: float) -> bool:
        """Whether a file is complete at `now` (seconds of a clock that only goes forward)."""
        if one.whole or self._settle <= 0:
            return True
        seen = self._since.get(one.path)
        if seen is None or seen[0] != one.signature:
            self._since[one.path] = one.signature, now
            return False
        return now - seen[1] >= self._settle

    def forget(self, there: set[Path]) -> None:
        """Keeps only what still lies there."""
        self._since = {path: seen for path, seen in self._since.items() if path in there}


def claim(one: Candidate, token: str) -> Claim | None:
    """Takes a file out of the writers' reach, at once; None where it went away, or became something else."""
    name = shown(one.path.name)
    taken = one.slot.path / TAKEN / f"{token}{MARK}{name}"
    for said in {one.path.name, one.path.stem}:  # first, so that none is left to speak for a later file
        for end in WHOLE:
            (one.path.parent / f"{said}{end}").unlink(missing_ok=True)
    try:
        one.path.rename(taken)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(taken.lstat().st_mode):
        taken.rename(one.path)
        return None
    return Claim(one.slot, taken, token, name)


def claimed(slot: Slot) -> list[Claim]:
    """Files that were taken and not archived, as after a crash; the oldest first."""
    found = [path for path in (slot.path / TAKEN).iterdir() if MARK in path.name and path.is_file()]
    parts = ((path, *path.name.partition(MARK)) for path in sorted(found, key=lambda path: path.lstat().st_mtime_ns))
    return [Claim(slot, path, token, name) for path, token, _, name in parts]


def shown(name: str) -> str:
    """A name that can be written and read: of one that is not UTF-8, its letters as Windows wrote them."""
    raw = os.fsencode(name)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    text = "".join(c if c.isprintable() else "_" for c in text)
    stem, suffix = os.path.splitext(text)
    while len((stem + suffix).encode()) > LONGEST_NAME and stem:
        stem = stem[:-1]
    return (stem + suffix)[:LONGEST_NAME] or "archivo"


def mapping(slot: Slot) -> str:
    """The text of a slot's own mapping; "" where there is none. Raises AcuerdoError."""
    path = slot.path / MAPPING
    try:
        if path.stat().st_size > LARGEST_MAPPING:
            raise AcuerdoError(f"{MAPPING} tiene más de un megabyte; no es una correspondencia de columnas.")
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as why:
        raise AcuerdoError(f"{MAPPING} no se puede leer ({type(why).__name__}); guárdelo como UTF-8.") from None


def archive(one: Claim, day: date, beside: dict[str, bytes], *, bad: bool = False) -> Path:
    """Puts a claimed file where it stays, what is told of it beside it (by suffix): the file last, so that a crash
    leaves it claimed and never half told. Returns where it is."""
    folder = one.slot.path / BAD if bad else one.slot.path / DONE / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    final = next(path for path in _free(folder, one.name) if not path.exists())
    for suffix, body in beside.items():
        half = folder / f".{one.token}{suffix}"
        half.write_bytes(body)
        half.replace(final.with_name(f"{final.name}{suffix}"))
    one.path.rename(final)
    return final


def _free(folder: Path, name: str) -> Iterator[Path]:
    yield folder / name
    stem, suffix = os.path.splitext(name)
    n = 2
    while True:
        yield folder / f"{stem}-{n}{suffix}"
        n += 1


WHAT: dict[Feed, str] = {
    "portfolio": "la cartera: personas y obligaciones con su saldo",
    "payments": "los pagos recibidos por el acreedor, y sus reversos",
    "contacts": "los contactos hechos por marcadores, agencias y personas",
    "optouts": "las bajas: quién pidió que no le escriban o llamen",
    "consents": "los consentimientos, con su prueba",
    "registers": "los registros: no llamar, judicializados, fallecidos",
    "contactdata": "teléfonos, correos y direcciones nuevos",
}
ROOT_TEXT = """\
Carpeta de entrega de Acuerdo
=============================

Cada acreedor tiene su carpeta, y dentro de ella una por cada clase de datos:

  portfolio    cartera                 registers    registros (no llamar, judicializados, fallecidos)
  payments     pagos                   consents     consentimientos
  contacts     contactos hechos        contactdata  datos de contacto nuevos
  optouts      bajas

Deje el archivo (CSV, XLSX o Parquet) en la carpeta que le corresponde. Se toma solo cuando está completo: cuando
deja de crecer durante unos segundos, o en cuanto aparece a su lado un archivo vacío con el mismo nombre y .listo al
final. Mientras se escribe puede llamarse .part o .tmp.

  procesados/AAAA-MM-DD   lo ya tomado, con su informe (.informe.txt) y las filas apartadas (.apartadas.csv)
  errores                 lo que no se pudo leer, con lo que pasó y cómo corregirlo (.error.txt)

Corrija las filas apartadas en ese mismo CSV y déjelo otra vez en la carpeta. Entregar dos veces lo mismo no cambia
nada.
"""
FEED_TEXT = """\
Aquí va {what}.

Un archivo mapeo.toml en esta carpeta dice cómo se llaman sus columnas, cuando los nombres no se entienden solos.
Los nombres que se entienden, y qué va en cada columna, están en la página /api/v1/docs de la instalación.
"""
