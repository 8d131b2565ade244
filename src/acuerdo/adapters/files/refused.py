"""Files that are no table we read, and what people can do about each."""

from __future__ import annotations

import re

from acuerdo.core.portfolio.lines import Buffer, utf_16

_OLE = b"\xd0\xcf\x11\xe0"
_START = 4096
# By how a file starts; texts end with how to mend it.
_BEGINNINGS: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"%PDF",), "Es un PDF. Pida la tabla como libro de Excel (.xlsx) o como CSV UTF-8: de un PDF no se lee."),
    ((b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ"),
     "Es un archivo comprimido. Descomprímalo e importe el archivo que lleva dentro."),
    ((b"PK\x05\x06", b"PK\x07\x08"), "Es un archivo comprimido vacío o partido. Vuelva a exportar la hoja."),
    ((b"{\\rtf",), "Es un documento de texto con formato (RTF). Pase la tabla a un libro de Excel (.xlsx)."),
    ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*"),
     "Es una imagen. Pida la tabla como libro de Excel (.xlsx) o como CSV UTF-8: de una imagen no se lee."),
    ((b"SQLite format 3", b"\x00\x01\x00\x00Standard"),
     "Es una base de datos. Exporte la tabla como CSV UTF-8 o como libro de Excel (.xlsx)."),
)  # fmt: skip
_WEB = re.compile(rb"<(!doctype html|html|table|head|body|meta|style)\b", re.IGNORECASE)
_OLD_XML = b"urn:schemas-microsoft-com:office:spreadsheet"


def refusal(data: Buffer) -> str:
    """Why a file is not read and how to mend it (Spanish); empty when it may be delimited text."""
    start = data[:_START].removeprefix(b"\xef\xbb\xbf").lstrip()
    for signs, why in _BEGINNINGS:
        if start.startswith(signs):
            return why
    if start.startswith(_OLE):
        return _old_workbook(data)
    return _markup(start) or ("" if utf_16(data[:_START]) else _no_text(data[:_START]))


def _old_workbook(data: Buffer) -> str:
    if data.find("EncryptedPackage".encode("utf-16-le")) >= 0:
        return (
            "El libro de Excel está cifrado con contraseña. Ábralo y quítela (Archivo > Información > Proteger libro >"
            " Cifrar con contraseña), guárdelo y vuelva a importar."
        )
    if data.find("WordDocument".encode("utf-16-le")) >= 0:
        return "Es un documento antiguo de Word. Pase la tabla a un libro de Excel (.xlsx) y vuelva a importar."
    return "Es un libro antiguo de Excel (.xls). Ábralo y guárdelo como libro de Excel (.xlsx) o como CSV UTF-8."


def _markup(start: bytes) -> str:
    if not start.startswith(b"<"):
        return "Es un archivo JSON. Exporte la tabla como CSV UTF-8 o Excel (.xlsx)." if _is_json(start) else ""
    if _OLD_XML in start:
        return "Es una hoja XML de 2003, aunque se llame .xls. Ábrala en Excel y guárdela como libro (.xlsx)."
    if _WEB.search(start):
        return (
            "Es una página web guardada con nombre de Excel (.xls), como las que descargan algunos sistemas. Ábrala en"
            " Excel y guárdela como libro de Excel (.xlsx)."
        )
    return "Es un archivo XML. Exporte la tabla como CSV UTF-8 o como libro de Excel (.xlsx)."


def _is_json(start: bytes) -> bool:
    return re.match(rb'(\[\s*)?\{\s*"', start) is not None


def _no_text(start: bytes) -> str:
    """A few zeros may be in a text by mistake, and spoil their rows; many are of another kind of file."""
    if start.count(0) > 8:
        return "El archivo no es de texto ni una hoja que se conozca. Expórtelo como CSV UTF-8 o Excel (.xlsx)."
    return ""
