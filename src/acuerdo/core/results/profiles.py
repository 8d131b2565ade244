"""A creditor's profile of a file of results: its format, its columns in order, what goes in, as TOML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal, NoReturn, get_args

import msgspec

from acuerdo.core.portfolio import toml_text
from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.core.results.columns import FIELDS, PERSONAL, Column, Form
from acuerdo.core.results.outcomes import KINDS, OUTCOMES, Kind

Format = Literal["csv", "xlsx", "parquet"]
DATE_FORMS = ("dd/mm/yyyy", "dd-mm-yyyy", "yyyy-mm-dd", "mm/dd/yyyy", "yyyymmdd")
DELIMITERS = {";": ";", ",": ",", "|": "|", "tab": "\t"}
ENCODINGS = ("utf-8", "utf-8-bom", "cp1252", "latin-1")
ALL_KINDS: tuple[Kind, ...] = tuple(KINDS)
# The feeds that may bring what a file would tell as a result.
FEEDS = ("portfolio", "payments", "contacts", "optouts", "registers", "contactdata")
_KEYS = ("name", "format", "kinds", "echo", "formats", "columns", "codes")
_SHIPPED = (
    "line", "kind", "external_id", "when", "channel", "code", "label", "outcome", "amount", "currency", "due_date",
    "agent", "reference", "accounts",
)  # fmt: skip


class Dress(msgspec.Struct, frozen=True):
    """How a CSV is written. `header` is whether its first line names the columns.

    `marked` is whether a text that a spreadsheet could take for a formula gets an apostrophe before it.
    """

    delimiter: str = ";"
    decimal: str = "."
    date: str = "yyyy-mm-dd"
    encoding: str = "utf-8"
    header: bool = True
    marked: bool = True


class Fixed(msgspec.Struct, frozen=True):
    """A column with the same text in every line."""

    fixed: str


class Profile(msgspec.Struct, frozen=True):
    """What a creditor wants: `columns` are header and field, in order; `codes` go before those of its typification.

    `echo` are the feeds whose tellings it gets back; without them a file holds what came of our own work alone.
    """

    name: str
    columns: tuple[tuple[str, str | Fixed], ...]
    format: Format = "csv"
    kinds: tuple[Kind, ...] = ALL_KINDS
    dress: Dress = Dress()
    codes: Mapping[str, str] = {}
    echo: tuple[str, ...] = ()

    @property
    def headers(self) -> tuple[Column, ...]:
        """The columns as a writer wants them."""
        return tuple(Column(header, form_of(field)) for header, field in self.columns)

    @property
    def personal(self) -> frozenset[str]:
        """What has to be opened from where it is sealed."""
        return frozenset(field for _, field in self.columns if field in PERSONAL)


DEFAULT = Profile("estandar", tuple((name, name) for name in _SHIPPED))


def form_of(field: str | Fixed) -> Form:
    """What the cells of a column are."""
    return "text" if isinstance(field, Fixed) else FIELDS[field].form


class _File(msgspec.Struct, frozen=True):
    """A profile while it is read: its text and name, to say where a slip is."""

    text: str
    source: str

    def fail(self, message: str, table: str, key: str = "") -> NoReturn:
        line = toml_text.line_of(self.text, table, key)
        named = " ".join(part for part in (f"[{table}]" if table else "", key) if part)
        raise TomlError(f"{toml_text.at(self.source, line)}: {named}: {message}")

    def known(self, name: str, allowed: Sequence[str], what: str, table: str, key: str = "") -> None:
        if name not in allowed:
            near = get_close_matches(name, allowed, n=1)
            hint = f"¿quiso decir «{near[0]}»?" if near else f"use: {', '.join(allowed)}"
            self.fail(f"no se conoce {what} «{name}»; {hint}", table, key or name)

    def table(self, raw: Mapping[str, Any], name: str) -> dict[str, Any]:
        found = raw.get(name, {})
        if not isinstance(found, dict):
            self.fail("debe ser una tabla de clave = valor", name)
        return found


def load_profile(text: str, source: str = "perfil.toml") -> Profile:
    """A profile from its TOML text. Raises TomlError (Spanish) naming file, line, table and key."""
    file, raw = _File(text, source), toml_text.parse(text, source)
    for key in raw:
        file.known(key, _KEYS, "la clave", "", key)
    name, form = raw.get("name"), raw.get("format", "csv")
    if not isinstance(name, str) or not name.replace("-", "").replace("_", "").isalnum():
        file.fail("falta, o no es un nombre de letras, cifras y guiones", "", "name")
    file.known(str(form), get_args(Format), "el formato", "", "format")
    columns = _columns(file, raw)
    return Profile(
        name=name, format=form, kinds=kinds_of(raw.get("kinds", list(ALL_KINDS)), file), columns=columns,
        dress=_dress(file, raw), codes=_codes(file, raw), echo=_echo(file, raw, columns),
    )  # fmt: skip


def _echo(file: _File, raw: Mapping[str, Any], columns: tuple[tuple[str, str | Fixed], ...]) -> tuple[str, ...]:
    named = raw.get("echo", False)
    if isinstance(named, bool):
        named = list(FEEDS) if named else []
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        file.fail(f"escriba true, false o una lista de: {', '.join(FEEDS)}", "", "echo")
    for one in named:
        file.known(one, FEEDS, "el archivo", "", "echo")
    if named and "origin" not in [field for _, field in columns]:
        file.fail('ponga una columna con el campo "origin", que distinga lo que trajo un archivo', "", "echo")
    return tuple(one for one in FEEDS if one in named)


def kinds_of(named: Any, file: _File | None = None) -> tuple[Kind, ...]:
    """Kinds of lines from their names, in the usual order. Raises TomlError naming those there are."""
    at = file or _File("", "--kinds")
    if not isinstance(named, list) or not named or not all(isinstance(one, str) for one in named):
        at.fail(f"debe ser una lista de: {', '.join(KINDS)}", "", "kinds")
    for one in named:
        at.known(one, ALL_KINDS, "la clase de línea", "", "kinds")
    return tuple(kind for kind in ALL_KINDS if kind in named)


def _columns(file: _File, raw: Mapping[str, Any]) -> tuple[tuple[str, str | Fixed], ...]:
    found: list[tuple[str, str | Fixed]] = []
    for header, field in file.table(raw, "columns").items():
        if isinstance(field, dict) and set(field) == {"fixed"} and isinstance(field["fixed"], str):
            found.append((header, Fixed(field["fixed"])))
        elif isinstance(field, str):
            file.known(field, tuple(FIELDS), "el campo", "columns", header)
            found.append((header, field))
        else:
            file.fail('escriba un campo, como "external_id", o { fixed = "texto" }', "columns", header)
    if not found:
        file.fail('no hay columnas: escriba [columns] y debajo "ENCABEZADO" = "campo", en su orden', "columns")
    return tuple(found)


def _dress(file: _File, raw: Mapping[str, Any]) -> Dress:
    given = file.table(raw, "formats")
    allowed: dict[str, Sequence[str]] = {
        "delimiter": tuple(DELIMITERS), "decimal": (".", ","), "date": DATE_FORMS, "encoding": ENCODINGS,
    }  # fmt: skip
    for key, value in given.items():
        file.known(key, (*allowed, "header"), "la clave", "formats", key)
        if key == "header":
            if not isinstance(value, bool):
                file.fail("escriba true o false", "formats", key)
        else:
            file.known(str(value), allowed[key], "el valor", "formats", key)
    dress = Dress(**given)
    if dress.delimiter == dress.decimal == ",":
        file.fail("la coma no puede ser a la vez delimitador y decimal", "formats", "decimal")
    return msgspec.structs.replace(dress, delimiter=DELIMITERS[dress.delimiter])


def _codes(file: _File, raw: Mapping[str, Any]) -> dict[str, str]:
    given = file.table(raw, "codes")
    for outcome, code in given.items():
        file.known(outcome, tuple(OUTCOMES), "el resultado", "codes", outcome)
        if not isinstance(code, str):
            file.fail("el código debe ser un texto entre comillas", "codes", outcome)
    return given
