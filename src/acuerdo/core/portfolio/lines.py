"""Lines of a file in bytes, and the letters they are written in."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

import charset_normalizer
import msgspec

from acuerdo.core.portfolio.records import FileError

# What Spanish, Portuguese and Catalan texts hold beside ASCII; anything else says that the encoding is another.
_PLAUSIBLE = frozenset("áéíóúüñÁÉÍÓÚÜÑàèìòùâêîôûãõçÀÈÌÒÇ¿¡ºª°·´’‘“”–—…€«»Nº\xa0¨¼½¾±×•¢£§®©²³µ\u00ad")
_LETTERS = frozenset("áéíóúüñÁÉÍÓÚÜÑ¿¡çÇàèòÀÈÒ€")
# The one-byte charsets of Windows, DOS and old Macs.
_CHARSETS = ("cp1252", "cp850", "mac_roman")
_MOST_SAMPLE = 20_000
# Two letters that were one: UTF-8 taken for a charset of Windows, and encoded again. No language of ours has them.
_TWICE = re.compile("[ÂÃ](?:[\u0080-\u00bf]|[ŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™])")
_TWICE_BYTES = re.compile(rb"\xc3[\x82\x83](?:\xc2|\xc5|\xc6|\xcb|\xe2)")
# So many bytes are looked at together: some thousands of rows.
CHUNK = 1 << 18
MOST_LINE = 4 << 20

EMPTY = "El archivo está vacío. Compruebe que la exportación terminó y vuelva a intentarlo."


class Buffer(Protocol):
    """Bytes, in memory or on the disk."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...

    def find(self, sub: bytes, start: int = ..., end: int = ..., /) -> int: ...

    def rfind(self, sub: bytes, start: int = ..., end: int = ..., /) -> int: ...


class Line(msgspec.Struct, frozen=True):
    """One physical line without its end; `end` is the offset of the next, `ended` whether an end was there."""

    text: bytes
    end: int
    ended: bool


def sha256(data: Buffer) -> str:
    """The digest of a file, in hex."""
    digest = hashlib.sha256()
    for at in range(0, len(data), CHUNK):
        digest.update(data[at : at + CHUNK])
    return digest.hexdigest()


def line_mark(data: Buffer) -> bytes:
    """What ends a line: LF (also after a CR), or CR where a file has no LF at all."""
    return b"\n" if data.find(b"\n") >= 0 else b"\r"


def lines(data: Buffer, offset: int, mark: bytes) -> Iterator[Line]:
    """Lines from an offset on. No copy of the whole is made."""
    size = len(data)
    while offset < size:
        found = line_end(data, offset, offset, mark)
        stop = size if found < 0 else found
        text = data[offset:stop]
        offset = stop + 1
        yield Line(text.rstrip(b"\r"), min(offset, size), found >= 0)


def chunks(data: Buffer, offset: int, mark: bytes) -> Iterator[bytes]:
    """All bytes from an offset on, some whole lines at a time."""
    while offset < len(data):
        stop = chunk_end(data, offset, mark) or len(data)
        yield data[offset:stop]
        offset = stop


def chunk_end(data: Buffer, offset: int, mark: bytes) -> int:
    """Where the last line that ends within a chunk's length ends (the first, if it is longer); 0 when none does."""
    last = data.rfind(mark, offset, offset + CHUNK)
    return 1 + (last if last >= 0 else line_end(data, offset, offset + CHUNK, mark))


def line_end(data: Buffer, start: int, offset: int, mark: bytes) -> int:
    """Where the line that begins at `start` ends, looked for from `offset` on; -1 when nothing ends it any more.

    Raises FileError when it is longer than any table's line, so that it is never loaded.
    """
    found = data.find(mark, offset, start + MOST_LINE)
    if found < 0 and len(data) - start > MOST_LINE:
        raise FileError(
            f"El archivo tiene una línea de más de {MOST_LINE >> 20} MB, así que no es una tabla de filas. Vuelva a"
            " exportarlo como CSV UTF-8, con una fila por línea."
        )
    return found


def recode(data: Buffer) -> tuple[Buffer, int]:
    """The file as text in an encoding of bytes, and where it starts: after a mark of UTF-8.

    UTF-16 (a spreadsheet's "Unicode text") becomes UTF-8. Raises FileError for an empty file, and for one that is
    not text.
    """
    start = data[:4096]
    if not any(data[at : at + CHUNK].strip() for at in range(0, len(data), CHUNK)):
        raise FileError(EMPTY)
    if charset := utf_16(start):
        return data[:].decode(charset, errors="replace").removeprefix("\ufeff").encode(), 0
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileError(
            "El archivo es un libro de Excel o un comprimido, no un CSV. Ábralo y guárdelo como «CSV UTF-8 (delimitado"
            " por comas)»."
        )
    if start.startswith(b"%PDF") or start.count(b"\x00") > 8:
        raise FileError("El archivo no es de texto. Expórtelo como CSV UTF-8.")
    return data, len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0


def utf_16(start: bytes) -> str:
    """The kind of UTF-16 of a file's first bytes, by its mark or by every other byte being zero; else empty."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    half = len(start) // 2
    if half >= 8 and start[1::2].count(0) > half * 0.8 and start[::2].count(0) < half * 0.1:
        return "utf-16-le"
    if half >= 8 and start[::2].count(0) > half * 0.8 and start[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    return ""


def survey(data: Buffer, offset: int, mark: bytes) -> tuple[str, int]:
    """A file's encoding, and how many lines it has.

    utf-8 when as many of the lines with accents are valid in it as are not; else the likeliest one-byte charset. So
    one broken sequence in the middle of a UTF-8 file is a fault of its row, not another encoding of the file.
    """
    valid = broken = count = 0
    sample = bytearray()
    for chunk in chunks(data, offset, mark):
        count += chunk.count(mark)
        if chunk.isascii():
            continue
        accented = [line for line in chunk.split(mark) if not line.isascii()]
        bad = [] if _is_utf8(chunk) else [line for line in accented if not _is_utf8(line)]
        valid, broken = valid + len(accented) - len(bad), broken + len(bad)
        if len(sample) < _MOST_SAMPLE:
            sample += b"\n".join(bad)[:_MOST_SAMPLE] + b"\n"
    return "utf-8" if valid >= broken else _one_byte(bytes(sample)), count


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _one_byte(sample: bytes) -> str:
    """The charset that shows most Spanish letters, cp1252 (which holds latin-1's) first; else charset-normalizer's."""
    worth = {charset: _spanish(sample.decode(charset, errors="replace")) for charset in _CHARSETS}
    best = max(worth, key=lambda charset: worth[charset])
    if worth[best] > 0:
        return best
    found = charset_normalizer.from_bytes(sample, cp_isolation=list(_CHARSETS)).best()
    return found.encoding if found else "cp1252"


def _spanish(shown: str) -> int:
    """How many more of the letters beyond ASCII are Spanish ones than are not."""
    return sum(1 if c in _LETTERS else -1 for c in shown if not c.isascii() and c not in "\xa0°ºª")


def decode(text: bytes, encoding: str) -> tuple[str, bool]:
    """A line's text, and whether every byte made sense; where it did not, the text shows what can be shown."""
    if text.isascii():
        return text.decode("ascii"), True
    try:
        shown = text.decode(encoding)
    except UnicodeDecodeError:
        return text.decode("latin-1" if encoding == "utf-8" and not _some_utf8(text) else encoding, "replace"), False
    # Bytes that are letters nowhere near Spanish: another encoding, pasted into one row.
    return shown, encoding == "utf-8" or all(c.isascii() or c in _PLAUSIBLE for c in shown)


def _some_utf8(text: bytes) -> bool:
    return any(not c.isascii() and c != "\ufffd" for c in text.decode("utf-8", "replace"))


def has_twice(text: bytes) -> bool:
    """Whether UTF-8 holds letters that were encoded twice: `MuÃ±oz`."""
    return _TWICE_BYTES.search(text) is not None


def once(text: str) -> str:
    """Letters that were encoded twice as they were: `MuÃ±oz` is `Muñoz`."""
    return _TWICE.sub(_paired, text) if "Ã" in text or "Â" in text else text


def _paired(found: re.Match[str]) -> str:
    for charset in ("cp1252", "latin-1"):
        try:
            return found.group().encode(charset).decode()
        except UnicodeError:
            continue
    return found.group()


def decode_sound(chunk: bytes, encoding: str) -> str | None:
    """The text of many lines in one go; None when some byte makes no sense, or a letter was spoilt already."""
    if b"\x00" in chunk:
        return None
    if chunk.isascii():
        return chunk.decode("ascii")
    if encoding != "utf-8":
        return None if chunk.translate(None, _sound_bytes(encoding)) else chunk.decode(encoding)
    try:
        text = chunk.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\ufffd" in text or has_twice(chunk) else text


@lru_cache
def _sound_bytes(encoding: str) -> bytes:
    """The bytes that are plausible letters in a one-byte charset."""
    shown = {byte: bytes([byte]).decode(encoding, "replace") for byte in range(256)}
    return bytes(byte for byte, c in shown.items() if c.isascii() or c in _PLAUSIBLE)
