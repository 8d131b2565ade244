"""Lines of a file in bytes, and the letters they are written in."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import charset_normalizer
import msgspec

from acuerdo.core.portfolio.records import FileError

# What Spanish, Portuguese and Catalan texts hold beside ASCII; anything else says that the encoding is another.
_PLAUSIBLE = frozenset("áéíóúüñÁÉÍÓÚÜÑàèìòùâêîôûãõçÀÈÌÒÇ¿¡ºª°·´’‘“”–—…€«»Nº\xa0¨¼½¾±×•¢£§®©²³µ\u00ad")
_LETTERS = frozenset("áéíóúüñÁÉÍÓÚÜÑ¿¡çÇàèòÀÈÒ")
# The one-byte charsets of Windows, DOS and old Macs.
_CHARSETS = ("cp1252", "cp850", "mac_roman")
_MOST_SAMPLE = 20_000


class Line(msgspec.Struct, frozen=True):
    """One physical line without its end; `end` is the offset of the next, `ended` whether an end was there."""

    text: bytes
    end: int
    ended: bool


def lines(data: bytes, offset: int) -> Iterator[Line]:
    """Lines from an offset on, ended by LF, CRLF, or CR where a file has no LF at all. No copy of the whole is made."""
    mark = b"\n" if b"\n" in data else b"\r"
    size = len(data)
    while offset < size:
        found = data.find(mark, offset)
        stop = size if found < 0 else found
        text = data[offset:stop]
        offset = stop + 1
        yield Line(text[:-1] if text.endswith(b"\r") else text, min(offset, size), found >= 0)


def recode(data: bytes) -> bytes:
    """The file without its mark of UTF-8; UTF-16 (a spreadsheet's "Unicode text") becomes UTF-8.

    Raises FileError for an empty file, and for a workbook or other binary file.
    """
    if not data.strip():
        raise FileError("El archivo está vacío. Compruebe que la exportación terminó y vuelva a intentarlo.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace").encode()
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileError(
            "El archivo es un libro de Excel o un comprimido, no un CSV. Ábralo y guárdelo como «CSV UTF-8 (delimitado"
            " por comas)»."
        )
    if data.startswith(b"%PDF") or data[:4096].count(b"\x00") > 8:
        raise FileError("El archivo no es de texto. Expórtelo como CSV UTF-8.")
    return data.removeprefix(codecs.BOM_UTF8)


def sniff_encoding(data: bytes) -> str:
    """utf-8 when as many of the lines with accents are valid in it as are not; else the likeliest one-byte charset.

    So one broken sequence in the middle of a UTF-8 file is a fault of its row, not another encoding of the file.
    """
    valid = broken = 0
    sample = bytearray()
    for line in lines(data, 0):
        if line.text.isascii():
            continue
        if _is_utf8(line.text):
            valid += 1
        else:
            broken += 1
            if len(sample) < _MOST_SAMPLE:
                sample += line.text + b"\n"
    return "utf-8" if valid >= broken else _one_byte(bytes(sample))


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
