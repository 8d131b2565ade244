"""Writes the sample files of this folder: `python -m docs.samples.make`. Everybody in them is made up."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
import xlsxwriter

from acuerdo.testing.synthetic import portfolio
from docs.samples import store

HERE = Path(__file__).parent
MADE = datetime(2026, 11, 23)  # noqa: DTZ001 - a workbook's dates have no zone
DAY = date(2026, 11, 23)  # the cut-off of them all
Row = Mapping[str, str]
Cell = str | int | float | date
Dress = Callable[[Row], Cell]


def people(seed: int, country: str, debts: int, keep: Callable[[Row], bool] = lambda row: True) -> list[Row]:
    """The first `debts` rows of a made-up portfolio of a country that are kept."""
    text = portfolio(seed, debts * 3, at=DAY, countries=(country,)).decode()
    return [row for row in csv.DictReader(io.StringIO(text), delimiter=";") if keep(row)][:debts]


def natural(row: Row) -> bool:
    """A person, no company."""
    return row["Tipo de cliente"] == "natural"


def marked(amount: str, thousands: str, decimal: str, places: int = 0) -> str:
    """An amount with a country's marks."""
    return f"{float(amount):,.{places}f}".translate(str.maketrans({",": thousands, ".": decimal}))


def chilean(number: str) -> str:
    """A Chilean mobile as people write it."""
    return f"+56 {number[0]} {number[1:5]} {number[5:]}" if number else ""


def surnames_first(name: str) -> str:
    """`Torres Rojas, Jessica`."""
    *given, first, second = name.split()
    return f"{first} {second}, {' '.join(given)}"


def due(row: Row) -> date:
    return date.fromisoformat(row["Fecha de vencimiento"])


def written(rows: Iterable[Row], columns: Mapping[str, Dress]) -> list[list[Cell]]:
    """A header and its rows, each cell by its column's way of writing."""
    return [list(columns), *([write(row) for write in columns.values()] for row in rows)]


def text(table: Sequence[Sequence[Cell]], delimiter: str, encoding: str) -> bytes:
    """A table as a CSV file."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(table)
    return out.getvalue().encode(encoding)


def workbook(sheets: Mapping[str, Sequence[Sequence[Cell]]], merged: Mapping[str, Sequence[str]]) -> bytes:
    """A workbook of these sheets; `merged` names the ranges of each that are one cell."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": MADE})
    days, bold = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"bold": True})
    for name, table in sheets.items():
        sheet = book.add_worksheet(name)
        for place in merged.get(name, ()):
            sheet.merge_range(place, "", bold)
        for at, line in enumerate(table):
            for column, cell in enumerate(line):
                if isinstance(cell, date):
                    sheet.write_datetime(at, column, cell, days)
                elif cell != "":
                    sheet.write(at, column, cell)
    book.close()
    return out.getvalue()


def parquet(table: Sequence[Sequence[Cell]], kinds: Sequence[str]) -> bytes:
    """A table as a Parquet file whose columns are of these kinds."""
    named = ", ".join(f'"{head}" {kind}' for head, kind in zip(table[0], kinds, strict=True))
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as db:
        path = Path(folder) / "table.parquet"
        db.execute(f"create table made ({named})")
        db.executemany(f"insert into made values ({', '.join('?' * len(kinds))})", [list(row) for row in table[1:]])
        db.execute(f"copy made to '{path}' (format parquet)")
        return path.read_bytes()


def bank() -> bytes:
    """Colombia: a bank's own export, with a mark of UTF-8, semicolons, `$ 1.234.567` and one amount in parts."""
    columns: dict[str, Dress] = {
        "N° Obligación": lambda row: row["Número de obligación"].replace("CO-", "4500"),
        "Línea de crédito": lambda row: {"telefonía": "libranza"}.get(row["Producto"], row["Producto"]),
        "Tipo Doc.": lambda row: row["Tipo de documento"],
        "Identificación": lambda row: row["Documento"],
        "Nombre / Razón Social": lambda row: row["Nombre completo"].upper(),
        "Celular": lambda row: row["Celular"],
        "E-mail": lambda row: row["Correo electrónico"],
        "Ciudad": lambda row: row["Ciudad"],
        "Depto.": lambda row: row["Departamento"],
        "Saldo Total": lambda row: f"$ {marked(row['Saldo'], '.', ',')}",
        "Capital": lambda row: f"$ {marked(row['Capital'], '.', ',')}",
        "Int. mora": lambda row: f"$ {marked(row['Intereses'], '.', ',')}",
        "Gastos": lambda row: f"$ {marked(row['Gastos'], '.', ',')}",
        "Fec. Vto.": lambda row: f"{due(row):%d/%m/%Y}",
        "Días mora": lambda row: row["Días de mora"],
        "Fecha corte": lambda row: f"{DAY:%d/%m/%Y}",
    }
    return text(written(people(11, "CO", 24), columns), ";", "utf-8-sig")


def store_card() -> bytes:
    """Chile: a store's card as a workbook, with titles above and a total below, true numbers and true days."""
    rows = people(22, "CL", 20, natural)
    columns: dict[str, Dress] = {
        "Tarjeta": lambda row: row["Número de obligación"].replace("-", ""),
        "RUT": lambda row: f"{int(row['Documento'][:-2]):,}".replace(",", ".") + row["Documento"][-2:],
        "Nombre": lambda row: row["Nombre completo"],
        "Fono": lambda row: (
            f"+56 {row['Celular'][0]} {row['Celular'][1:5]} {row['Celular'][5:]}" if row["Celular"] else ""
        ),
        "Mail": lambda row: row["Correo electrónico"],
        "Comuna": lambda row: row["Ciudad"],
        "Región": lambda row: row["Departamento"],
        "Deuda": lambda row: int(row["Saldo"]),
        "Mínimo": lambda row: int(row["Pago mínimo"]),
        "Vencimiento": due,
        "Cliente desde": lambda row: date.fromisoformat(row["Cliente desde"]),
    }
    head, *body = written(rows, columns)
    total: list[Cell] = ["TOTAL", *[""] * 6, sum(int(row["Saldo"]) for row in rows)]
    table = [["Tarjeta La Alameda: clientes en mora"], [f"Fecha de corte: {DAY:%d/%m/%Y}"], [], head, *body, total]
    return workbook({"Mora": table}, {"Mora": ["A1:K1"]})


def utility() -> bytes:
    """Argentina: bills of light and water from an old system, in Latin-1, with a supply's number and decimal commas."""
    columns: dict[str, Dress] = {
        "NIS": lambda row: row["Número de obligación"].replace("AR-", "77"),
        "Titular del suministro": lambda row: row["Nombre completo"],
        "Doc. Nro.": lambda row: row["Documento"],
        "Servicio": lambda row: "ELE" if int(row["Documento"][-3:].replace("-", "0")) % 2 else "AGU",
        "Teléfono": lambda row: row["Celular"],
        "Correo": lambda row: row["Correo electrónico"],
        "Localidad": lambda row: row["Ciudad"],
        "Provincia": lambda row: row["Departamento"],
        "Importe adeudado": lambda row: marked(row["Saldo"], ".", ",", 2),
        "1er. venc. impago": lambda row: f"{due(row):%d/%m/%Y}",
        "Facturas": lambda row: str(1 + int(row["Días de mora"]) // 30),
    }
    return text(written(people(33, "AR", 22), columns), ";", "latin-1")


def telco() -> bytes:
    """Mexico: lines and handsets from a warehouse, as Parquet, with decimals and days of their own kinds."""
    columns: dict[str, Dress] = {
        "account_id": lambda row: row["Número de obligación"],
        "curp_rfc": lambda row: row["Documento"],
        "customer_name": lambda row: row["Nombre completo"],
        "msisdn": lambda row: f"52{row['Celular']}" if row["Celular"] else "",
        "email": lambda row: row["Correo electrónico"],
        "state": lambda row: row["Departamento"],
        "plan": lambda row: "equipo financiado" if float(row["Saldo"]) > 8000 else "plan móvil",
        "open_balance": lambda row: float(row["Saldo"]),
        "due_date": due,
        "days_past_due": lambda row: int(row["Días de mora"]),
        "cutoff": lambda row: DAY,
    }
    kinds = ["varchar"] * 7 + ["decimal(12, 2)", "date", "integer", "date"]
    return parquet(written(people(44, "MX", 26), columns), kinds)


def microlender() -> bytes:
    """Peru: small loans paid by the week, with the officer's own columns and a guarantor, commas between cells."""
    rows = people(55, "PE", 18, natural)
    others = {row["Número de obligación"]: other for row, other in zip(rows, rows[1:] + rows[:1], strict=True)}
    columns: dict[str, Dress] = {
        "Nº crédito": lambda row: row["Número de obligación"].replace("PE-", "MC"),
        "Asesor": lambda row: "Zona norte" if int(row["Documento"]) % 2 else "Zona sur",
        "Apellidos y nombres": lambda row: (
            " ".join(row["Nombre completo"].split()[-2:]) + ", " + " ".join(row["Nombre completo"].split()[:-2])
        ),
        "DNI": lambda row: row["Documento"],
        "Celular": lambda row: row["Celular"],
        "Distrito": lambda row: row["Ciudad"],
        "Región": lambda row: row["Departamento"],
        "Deuda S/": lambda row: marked(row["Saldo"], ",", ".", 2),
        "Cuota": lambda row: marked(row["Pago mínimo"], "", ".", 2),
        "Cuotas vencidas": lambda row: str(max(1, int(row["Días de mora"]) // 7)),
        "Atraso (días)": lambda row: row["Días de mora"],
        "Aval": lambda row: others[row["Número de obligación"]]["Nombre completo"],
        "DNI aval": lambda row: others[row["Número de obligación"]]["Documento"],
    }
    return text(written(rows, columns), ",", "utf-8")


FILES: dict[str, Callable[[], bytes]] = {
    "banco.csv": bank,
    "tarjeta.xlsx": store_card,
    "servicios.csv": utility,
    "telefonia.parquet": telco,
    "microcredito.csv": microlender,
    "cartera-noviembre.xlsx": lambda: workbook(store.first(), store.MERGED),
    "cartera-24-nov.xlsx": lambda: workbook(store.newer(), store.MERGED),
    **{name: (lambda table=table: text(table, ";", "utf-8")) for name, table in store.FEEDS.items()},  # type: ignore[misc] # bound at once
}


def main() -> None:
    """Writes every sample."""
    for name, make in FILES.items():
        (HERE / name).write_bytes(make())


if __name__ == "__main__":
    main()
