"""A creditor's own columns, values and formats, brought to the canonical form by a TOML file."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import groupby
from typing import Any

import msgspec

from acuerdo.core.portfolio import toml_text
from acuerdo.core.portfolio.columns import COLUMNS, Column, key
from acuerdo.core.portfolio.forms import PORTFOLIO, Form
from acuerdo.core.portfolio.records import FileError
from acuerdo.core.portfolio.set_aside import added_to
from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.core.words import DECIMALS

DATE_FORMS = ("dd/mm/yyyy", "yyyy-mm-dd", "mm/dd/yyyy")
DELIMITERS = {";": ";", ",": ",", "|": "|", "tab": "\t", "\t": "\t"}
_TABLES = ("columns", "values", "formats", "constants", "accepts", "ignore")
_FORMATS = ("date", "decimal", "delimiter", "encoding")
_MOST_SHOWN = 60


class Mapping(msgspec.Struct, frozen=True):
    """What a mapping file says: headers (by their key) to canonical columns, values by column, constants, formats.

    `spelled` are the headers as the file writes them, by their key.
    """

    columns: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    constants: dict[str, str] = {}
    date_form: str = ""
    decimal: str = ""
    delimiter: str = ""
    encoding: str = ""
    currencies: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    source: str = ""
    spelled: dict[str, str] = {}


class Layout(msgspec.Struct, frozen=True):
    """Where each canonical column is in the file, and the headers that nobody asked for.

    `beside` are headers that say what another says, which is read: each with the index of that one.
    """

    positions: dict[str, tuple[int, ...]]
    unknown: tuple[str, ...]
    beside: tuple[tuple[str, int], ...] = ()


class _File(msgspec.Struct, frozen=True):
    """A mapping file while it is read: its text and name, to say where a slip is."""

    text: str
    source: str
    form: Form[Any]

    def fail(self, message: str, table: str, name: str = "") -> TomlError:
        where = toml_text.at(self.source, toml_text.line_of(self.text, table, name))
        return TomlError(f"{where}: [{table}]{f' {name}' if name else ''}: {message}")

    def strings(self, table: str, raw: Any) -> dict[str, str]:
        """A table whose values are all texts."""
        if not isinstance(raw, dict):
            raise self.fail("debe ser una tabla de clave = valor", table)
        for name, value in raw.items():
            if not isinstance(value, str | int) or isinstance(value, bool):
                raise self.fail("el valor debe ser un texto entre comillas", table, name)
        return {name: str(value) for name, value in raw.items()}

    def column(self, name: str, table: str, at: str) -> str:
        """A canonical column, or a complaint with the nearest one."""
        known = self.form.by_name
        if name in known:
            return name
        near = get_close_matches(name, known, n=1) or ([found] if (found := self.form.suggestion(name)) else [])
        hint = f"; ¿quiso decir «{near[0]}»?" if near else f"; las hay: {', '.join(known)}"
        raise self.fail(f"«{name}» no es una columna canónica{hint}", table, at)

    def choice(self, formats: dict[str, str], name: str, allowed: Sequence[str]) -> str:
        value = formats.get(name, "")
        if value and value not in allowed:
            raise self.fail(f"«{value}» no vale; use uno de: {', '.join(allowed)}", "formats", name)
        return value


def load_mapping(text: str, source: str = "mapeo.toml", form: Form[Any] = PORTFOLIO) -> Mapping:
    """A mapping to a form's columns from its TOML text. Raises TomlError naming file, line, table and key."""
    file, raw = _File(text, source, form), toml_text.parse(text, source)
    for table in raw:
        if table not in _TABLES:
            near = get_close_matches(table, _TABLES, n=1)
            hint = f"; ¿quiso decir [{near[0]}]?" if near else f"; las hay: {', '.join(_TABLES)}"
            raise file.fail(f"no se conoce esta tabla{hint}", table)
    formats = file.strings("formats", raw.get("formats", {}))
    for name in formats:
        if name not in _FORMATS:
            raise file.fail(f"no se conoce esta clave; las hay: {', '.join(_FORMATS)}", "formats", name)
    constants = file.strings("constants", raw.get("constants", {}))
    for name in constants:
        file.column(name, "constants", name)
    ignore = raw.get("ignore", {})
    return Mapping(
        columns=_columns(file, raw.get("columns", {})),
        values=_values(file, raw.get("values", {})),
        constants=constants,
        date_form=file.choice(formats, "date", DATE_FORMS),
        decimal=file.choice(formats, "decimal", (",", ".")),
        delimiter=DELIMITERS.get(file.choice(formats, "delimiter", tuple(DELIMITERS)), ""),
        encoding=file.choice(formats, "encoding", ("utf-8", "cp1252", "latin-1", "cp850", "mac-roman")),
        currencies=_listed(file, raw.get("accepts", {}), "accepts", "currencies", tuple(DECIMALS)),
        ignored=tuple(key(header) for header in _listed(file, ignore, "ignore", "columns", None)),
        source=source,
        spelled={key(header): header for header in raw.get("columns", {})},
    )


def _columns(file: _File, raw: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for header, name in file.strings("columns", raw).items():
        if key(header) in found:
            raise file.fail("esta columna está dos veces", "columns", header)
        found[key(header)] = file.column(name, "columns", header)
    return found


def _values(file: _File, raw: Any) -> dict[str, dict[str, str]]:
    if not isinstance(raw, dict):
        raise file.fail("debe contener una tabla por columna, por ejemplo [values.product]", "values")
    return {
        file.column(column, "values", column): {key(k): v for k, v in file.strings(f"values.{column}", table).items()}
        for column, table in raw.items()
    }


def _listed(file: _File, raw: Any, table: str, name: str, allowed: tuple[str, ...] | None) -> tuple[str, ...]:
    if not isinstance(raw, dict) or set(raw) - {name}:
        raise file.fail(f"esta tabla solo tiene la clave {name}", table)
    listed = raw.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise file.fail("debe ser una lista de textos", table, name)
    for one in listed:
        if allowed is not None and one not in allowed:
            raise file.fail(f"«{one}» no se conoce; las hay: {', '.join(allowed)}", table, name)
    return tuple(listed)


def lay_out(header: Sequence[str], mapping: Mapping, form: Form[Any] = PORTFOLIO) -> Layout:
    """Which canonical column each header is: by the mapping, else by its own name or a usual Spanish one.

    Raises FileError when a required column is missing, or two headers claim the same one.
    """
    skipped = set(mapping.ignored) | {key(header[index]) for index in added_to(header)}
    positions: dict[str, list[int]] = {}
    unknown: list[str] = []
    for index, name in enumerate(header):
        bare = key(name)
        if not bare or bare in skipped:
            continue
        column = mapping.columns.get(bare) or form.canonical(name)
        if column is None:
            unknown.append(name)
        else:
            positions.setdefault(column, []).append(index)
    chosen = {column: tuple(_only(form.by_name[column], at, header, mapping)) for column, at in positions.items()}
    _complete(positions, header, unknown, mapping, form)
    beside = (
        (header[index], chosen[column][0]) for column, at in positions.items() for index in at
        if index not in chosen[column]
    )  # fmt: skip
    return Layout(chosen, tuple(unknown), tuple(beside))


def _only(column: Column, indexes: list[int], header: Sequence[str], mapping: Mapping) -> list[int]:
    """The headers that give one column: those of the mapping over guesses, and one alone unless several may."""
    told = [index for index in indexes if key(header[index]) in mapping.columns]
    exact = [index for index in indexes if key(header[index]) == key(column.name)]
    chosen = told or (indexes if column.several else exact or indexes)
    if len(chosen) > 1 and not column.several:
        names = " y ".join(f"«{header[index]}»" for index in chosen)
        letters = " y ".join(letter(index) for index in chosen)
        alike = len({key(header[index]) for index in chosen}) == 1
        raise FileError(
            f"Las columnas {names} dicen lo mismo ({column.name}: {column.meaning.rstrip('.')}). Están en {letters}. "
            + "".join(f"El mapeo nombra columnas que no están: {one}. " for one in [_absent(header, mapping)] if one)
            + (
                "Cambie el nombre de la que no valga en el archivo, o quítela."
                if alike
                else f'Indique cuál vale en el archivo de mapeo, en [columns]: "{header[chosen[0]]}" = "{column.name}"'
            ),
            f"Los campos {names} dicen lo mismo ({column.name}: {column.meaning.rstrip('.')}). Envíe uno solo.",
        )
    return chosen


def _absent(headers: Sequence[str], mapping: Mapping) -> str:
    """The headers that the mapping names and the file does not bring, each with what it was to be."""
    here = {key(one) for one in headers}
    absent = ((mapping.spelled.get(at, at), name) for at, name in mapping.columns.items() if at not in here)
    return ", ".join(f"«{header}» ({name})" for header, name in absent)


def letter(index: int) -> str:
    """A column's letters in a spreadsheet, by its index from 0: A, Z, AA."""
    letters = ""
    while index >= 0:
        letters, index = chr(ord("A") + index % 26) + letters, index // 26 - 1
    return letters


def _complete(
    positions: dict[str, list[int]], header: Sequence[str], unknown: list[str], mapping: Mapping, form: Form[Any]
) -> None:
    missing = [
        names
        for names in form.groups.values()
        if not any(name in positions or name in mapping.constants for name in names)
    ]
    if not missing:
        return
    lines = [f"  - {' o '.join(names)}: {form.by_name[names[0]].meaning}" for names in missing]
    hints = _hints([name for names in missing for name in names], unknown, form)
    absent = _absent(header, mapping)
    raise FileError(
        "\n".join(
            [
                f"Al archivo le faltan columnas obligatorias ({len(missing)}):",
                *lines,
                f"Columnas que trae: {_shown(header)}",
                *([f"El mapeo nombra columnas que no están: {absent}"] if absent else []),
                "Indique en el archivo de mapeo (--mapping) qué columna es cada una:",
                "  [columns]",
                *hints,
                "O, si una vale lo mismo para todas las filas:",
                "  [constants]",
                f'  {missing[0][0]} = "valor"',
            ]
        ),
        "\n".join(
            [
                f"A las filas les faltan campos obligatorios ({len(missing)}):",
                *lines,
                f"Campos que traen: {_shown(header)}",
                "Añádalos a cada fila con esos nombres; los de cada envío están en /api/v1/docs.",
            ]
        ),
    )


def _shown(header: Sequence[str]) -> str:
    """The headers a person can take in at a glance."""
    shown = ", ".join(one or "(vacía)" for one in header[:_MOST_SHOWN])
    return f"{shown} y {len(header) - _MOST_SHOWN} más" if len(header) > _MOST_SHOWN else shown


def _hints(wanted: list[str], unknown: list[str], form: Form[Any]) -> list[str]:
    """Lines of a mapping that would complete the file, from the headers that nobody asked for."""
    by_words = {key(word): name for name in wanted for word in (name, *form.by_name[name].also)}
    hints = []
    for name in wanted:
        close = [
            header
            for header in unknown
            if (near := get_close_matches(key(header), by_words, n=1, cutoff=0.6)) and by_words[near[0]] == name
        ]
        hints.append(f'  "{close[0] if close else "su columna"}" = "{name}"')
    return hints


def column_table() -> str:
    """The canonical columns as Markdown tables, one for each subject, for the documentation."""
    required = {"yes": "sí", "no": "", "name": "una de: name, given_names", "due": "una de: due_date, days_past_due"}
    lines: list[str] = []
    for subject, columns in groupby(COLUMNS, key=lambda column: column.subject):
        lines += [
            "",
            f"## {subject}",
            "",
            "| columna | significado | obligatoria | ejemplos |",
            "| --- | --- | --- | --- |",
        ]
        lines += (
            f"| `{column.name}` | {column.meaning} | {required[column.required]} | {', '.join(column.examples)} |"
            for column in columns
        )
    return "\n".join(lines).strip()
