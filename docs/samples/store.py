"""The files of the tutorial's store, Almacenes La Ceiba: two workbooks of its portfolio, and what comes beside them."""

from __future__ import annotations

from datetime import date

Table = list[list[str | int | float | date]]

GROUPS: list[str | int | float | date] = [
    "Obligación", "", "", "", "Cliente", "", "", "", "", "", "Deuda", "", "", "Fiador", "", "", "Referencia", "",
]  # fmt: skip
HEAD: list[str | int | float | date] = [
    "Pagaré", "Línea", "Sit.", "Fec. corte", "Titular", "Cédula", "Cel. 1", "Cel. 2", "Correo", "Depto.",
    "Sdo. a hoy", "Vence", "Altura", "Nombre", "Cédula", "Celular", "Nombre", "Tel.",
]  # fmt: skip
# Where cells are merged: the title, and each group above its columns.
MERGED = {"Asignación": ("A1:R1", "A4:D4", "E4:J4", "K4:M4", "N4:P4", "Q4:R4")}
NOBODY = ["", "", "", "", ""]
PEDRO = ["Pedro Peña Díaz", "80.111.222", "315 555 0199", "", ""]
ROSA = ["", "", "", "Rosa Restrepo", "317 555 0198"]
BOUGHT = date(2026, 11, 2)
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)  # of which the two workbooks tell

ANA = ["ROJAS GARCÍA, ANA MARÍA", "52.345.678", "300 555 0101", "", "ana@example.com", "Cundinamarca"]
LUIS = ["Luis Fernando Mora", "79.123.456", "310 555 0102", "310 555 0112", "", "Antioquia"]
MARTA = ["Marta Lucía Peña", "41.987.654", "320 555 0103", "", "marta@example.com", "Valle del Cauca"]
JORGE = ["Jorge Ruiz", "80.456.789", "315 555 0104", "", "", "Bogotá"]
GLORIA = ["Gloria Ospina Zapata", "43.210.987", "301 555 0106", "", "", "Antioquia"]
GLORIA_AGAIN = ["Gloria Ospina Zapata", "43.210.978", "301 555 0106", "", "", "Antioquia"]
QUINTERO = ["Comercial Quintero S.A.S.", "900123456-8", "301 555 0107", "", "pagos@example.com", "Atlántico"]
CAMILO = ["Camilo Restrepo", "1.020.304.050", "317 555 0108", "", "", "Santander"]
NATALIA = ["Natalia Cárdenas", "1.032.456.789", "300 555 0109", "", "natalia@example.com", "Bogotá"]
OSCAR = ["Óscar Hernández", "79.888.777", "310 555 0110", "", "", "Huila"]


def first() -> dict[str, Table]:
    """Monday's workbook: a cover, and the accounts under a title and two lines of header, with a total below."""
    cover: Table = [
        ["Almacenes La Ceiba: asignación de noviembre"],
        ["Preparó", "Crédito y cartera"],
        ["Sede", "Clientes"],
        ["Bogotá", 3],
        ["Medellín", 4],
    ]
    rows: Table = [
        ["CB-2001", "MUEBLES", "vigente", MONDAY, *ANA, "$ 1.234.567", BOUGHT, 21, *NOBODY],
        ["CB-2002", "ELECTRO", "vigente", MONDAY, *LUIS, "$ 250.000", date(2026, 11, 15), 8, *NOBODY],
        ["CB-2003", "MUEBLES", "vigente", MONDAY, *LUIS, 780000, date(2026, 10, 14), 40, *NOBODY],
        ["CB-2004", "MUEBLES", "vigente", MONDAY, *MARTA, "$ 3.400.000", date(2026, 10, 7), 47, *PEDRO],
        ["CB-2005", "ELECTRO", "vigente", MONDAY, *JORGE, "$ 1.150.000", date(2026, 9, 9), 75, *NOBODY],
        ["CB-2006", "ELECTRO", "vigente", MONDAY, *GLORIA, "$ 640.000", date(2026, 11, 8), 15, *NOBODY],
        ["CB-2007", "MUEBLES", "vigente", MONDAY, *GLORIA_AGAIN, "$ 1.980.000", date(2026, 10, 19), 35, *NOBODY],
        ["CB-2008", "ELECTRO", "vigente", MONDAY, *QUINTERO, "$ 12.600.000", date(2026, 10, 24), 30, *NOBODY],
        ["CB-2009", "ELECTRO", "vigente", MONDAY, *CAMILO, "$ 415.000", date(2026, 11, 13), 10, *ROSA],
        ["CB-2010", "MUEBLES", "vigente", MONDAY, *NATALIA, "por confirmar", date(2026, 11, 3), 20, *NOBODY],
        ["CB-2004", "MUEBLES", "vigente", MONDAY, *MARTA, "$ 3.400.000", date(2026, 10, 7), 47, *PEDRO],
        ["CB-2011", "ELECTRO", "vigente", MONDAY, *OSCAR, "$ 98.500", date(2026, 11, 18), 5, *NOBODY],
    ]
    total = ["", "", "", "", "TOTAL CARTERA", "", "", "", "", "", "$ 22.548.067"]
    return {"Resumen": cover, "Asignación": [*_above("23/11/2026"), *rows, list(total)]}


def newer() -> dict[str, Table]:
    """Tuesday's workbook of the same accounts: balances moved, one was taken back, one is new."""
    rows: Table = [
        ["CB-2001", "MUEBLES", "vigente", TUESDAY, *ANA, "$ 1.234.567", BOUGHT, 22, *NOBODY],
        ["CB-2002", "ELECTRO", "vigente", TUESDAY, *LUIS, "$ 250.000", date(2026, 11, 15), 9, *NOBODY],
        ["CB-2003", "MUEBLES", "vigente", TUESDAY, *LUIS, 780000, date(2026, 10, 14), 41, *NOBODY],
        ["CB-2004", "MUEBLES", "vigente", TUESDAY, *MARTA, "$ 3.100.000", date(2026, 10, 7), 48, *PEDRO],
        ["CB-2005", "ELECTRO", "retirada", TUESDAY, *JORGE, "$ 1.150.000", date(2026, 9, 9), 76, *NOBODY],
        ["CB-2006", "ELECTRO", "vigente", TUESDAY, *GLORIA, "$ 640.000", date(2026, 11, 8), 16, *NOBODY],
        ["CB-2007", "MUEBLES", "vigente", TUESDAY, *GLORIA_AGAIN, "$ 1.980.000", date(2026, 10, 19), 36, *NOBODY],
        ["CB-2008", "ELECTRO", "vigente", TUESDAY, *QUINTERO, "$ 12.600.000", date(2026, 10, 24), 31, *NOBODY],
        ["CB-2009", "ELECTRO", "vigente", TUESDAY, *CAMILO, "$ 415.000", date(2026, 11, 13), 11, *ROSA],
        ["CB-2010", "MUEBLES", "vigente", TUESDAY, *NATALIA, "$ 870.000", date(2026, 11, 3), 21, *NOBODY],
        ["CB-2011", "ELECTRO", "pagada", TUESDAY, *OSCAR, 0, date(2026, 11, 18), 0, *NOBODY],
        ["CB-2012", "ELECTRO", "vigente", TUESDAY, "Diana Muñoz", "1.018.222.333", "301 555 0113", "", "", "Bogotá",
         "$ 530.000", date(2026, 11, 20), 4, *NOBODY],
    ]  # fmt: skip
    return {"Asignación": [*_above("24/11/2026"), *rows]}


def _above(day: str) -> Table:
    return [["ALMACENES LA CEIBA S.A.S."], [f"Fecha de corte: {day}"], [], GROUPS, HEAD]


FEEDS: dict[str, Table] = {
    "pagos.csv": [
        ["Fecha pago", "Pagaré", "Valor", "Recibo", "Movimiento"],
        ["25/11/2026", "CB-2001", "$ 200.000", "R-9001", "abono"],
        ["25/11/2026", "CB-2003", "$ 780.000", "R-9002", "abono"],
        ["25/11/2026", "CB-2009", "$ 100.000", "R-9003", "abono"],
        ["25/11/2026", "CB-2009", "$ 100.000", "R-9003", "reverso"],
        ["25/11/2026", "CB-2099", "$ 55.000", "R-9004", "abono"],
    ],
    "marcador.csv": [
        ["Fecha", "Hora", "Cuenta", "Número marcado", "Resultado", "Agente", "Fecha promesa", "Monto promesa"],
        ["25/11/2026", "09:12", "CB-2002", "310 555 0102", "no contestó", "marcador 3", "", ""],
        ["25/11/2026", "09:40", "CB-2006", "301 555 0106", "promesa de pago", "Marta R.", "28/11/2026", "$ 320.000"],
        ["25/11/2026", "10:05", "CB-2008", "301 555 0107", "buzón", "marcador 3", "", ""],
        ["25/11/2026", "11:30", "CB-2009", "317 555 0108", "número equivocado", "Marta R.", "", ""],
    ],
    "bajas.csv": [
        ["Fecha", "Cédula", "Canal"],
        ["25/11/2026", "79.123.456", "SMS"],
    ],
    "registros.csv": [
        ["Registro", "Identificación", "Novedad", "Fecha"],
        ["insolvencia", "41.987.654", "alta", "25/11/2026"],
    ],
    "autorizaciones.csv": [
        ["Cédula", "Canal", "Autoriza", "Fecha", "Soporte"],
        ["52.345.678", "WhatsApp", "sí", "02/11/2026", "pagaré CB-2001, cláusula 9"],
        ["1.032.456.789", "correo", "no", "24/11/2026", "llamada 77123"],
    ],
    "datos.csv": [
        ["Cédula", "Celular", "Correo", "Calidad", "Fecha"],
        ["52.345.678", "", "ana.rojas@example.com", "verificado", "25/11/2026"],
        ["1.020.304.050", "317 555 0118", "", "bueno", "25/11/2026"],
    ],
}  # fmt: skip
