"""Writes the ugly files of this folder, as collections teams send them: `python -m tests.portfolio.ugly.make`."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

HERE = Path(__file__).parent
MADE = datetime(2026, 11, 20)  # noqa: DTZ001 - a workbook's dates have no zone
CO = "Obligación;Nombre;Documento;Celular;Correo;Producto;Saldo;Días de mora"
ANA = "A1;Ana Ejemplo;52345678;3005550100;ana@example.com;tarjeta;900000;22"
IVAN = "A2;Iván Prueba;79123456;3005550101;ivan@example.com;libranza;1.000.000;45"
HEAD = ("Obligación", "Nombre", "Documento", "Celular", "Producto", "Saldo", "Fecha vencimiento")
# Made-up people of each country: two documents, two phones.
PEOPLE: dict[str, tuple[Any, Any, Any, Any]] = {
    "co": (52345678, 79123456, 3005550100, 3005550101),
    "mx": ("FUMF940522MPLCDR05", "FUMF940522MPLCDR05", 5555550100, 5555550101),
    "cl": ("12345678-5", "11.111.111-1", 955550100, 955550101),
    "pe": (41223344, 41223345, 999555010, 999555011),
    "ar": (30123456, 30123457, 1155550100, 1155550101),
    "es": ("12345678Z", "X1234567L", 600555100, 600555101),
}


def rows(country: str) -> tuple[tuple[Any, ...], ...]:
    """Two accounts as a workbook's cells."""
    one, other, phone, mobile = PEOPLE[country]
    balance = 900000 if country == "cl" else 900000.5
    return (
        ("A1", "Ana Ejemplo", one, phone, "tarjeta", balance, date(2026, 11, 1)),
        ("A2", "Iván Prueba", other, mobile, "libranza", 1000000, date(2026, 10, 9)),
    )


TEXTS: dict[str, bytes] = {}


def text(name: str, *lines: str, encoding: str = "utf-8", end: str = "\n", last: str | None = None) -> None:
    """A text file of these lines."""
    TEXTS[name] = (end.join(lines) + (end if last is None else last)).encode(encoding)


def texts() -> None:
    text(
        "co_banco_latin1.csv",
        "N° Obligación;Nombre Cliente;Cédula;Celular;Línea;Saldo Total;Fecha Vto.",
        "4500098;MUÑOZ PEÑA, JOSÉ ÁNGEL;52.345.678;300 555 0100;TC;$ 1.234.567;01/11/2026",
        "4500099;NÚÑEZ GÓMEZ, MARÍA;79.123.456;300 555 0101;Libre inversión;$ 2.000.000,50;15/10/2026",
        encoding="latin-1", end="\r\n",
    )  # fmt: skip
    text("co_banco_utf8_con_marca.csv", CO, ANA, IVAN, encoding="utf-8-sig", end="\r\n")
    text("co_sep.csv", "sep=;", CO, ANA, IVAN)
    text(
        "mx_tarjetas_cp1252.csv",
        "No. Crédito,Nombre del Cliente,CURP,Teléfono,Producto,Saldo,Días de atraso",
        'T-1,"PEÑA LÓPEZ, MARÍA",FUMF940522MPLCDR05,55 5555 0100,Tarjeta,"$1,250.50",22',
        'T-2,"IBÁÑEZ RUIZ, JOSÉ",FUMF940522MPLCDR05,55 5555 0101,Tarjeta,"12,000.00",35',
        encoding="cp1252", end="\r\n",
    )  # fmt: skip
    tabbed = ("Folio\tCliente\tCURP\tMóvil\tProducto\tSaldo\tDías mora",
              "F-1\tMaría Peña\tFUMF940522MPLCDR05\t5555550100\tPréstamo\t1250.50\t22")  # fmt: skip
    text("mx_texto_unicode.txt", *tabbed, encoding="utf-16", end="\r\n")
    text("mx_unicode_sin_marca.txt", *tabbed, encoding="utf-16-le", end="\r\n")
    text("mx_csv_llamado_xls.xls", *tabbed, encoding="cp1252", end="\r\n")
    text(
        "cl_retail_dos_cp850.csv",
        "Operación;Nombre;RUT;Fono;Producto;Deuda Total;Días Mora;Región",
        "90001;Muñoz Ñancupil, Íñigo;12.345.678-5;+56 9 5555 0100;Tarjeta tienda;$240.000;22;Magallanes",
        "90002;Sepúlveda Núñez, Ángela;11.111.111-1;9 5555 0101;Tarjeta tienda;$1.240.000;31;Valparaíso",
        encoding="cp850", end="\r\n", last="\r\n\x1a",
    )  # fmt: skip
    text(
        "cl_encabezado_de_dos_lineas.csv",
        "Número;Nombre;RUT;Fecha de;Días;Saldo;Producto;",
        "operación;cliente;;vencimiento;mora;total;;",
        "90001;Ana Muñoz;12.345.678-5;01/11/2026;22;240.000;Tarjeta;",
        "90002;Luis Soto;11.111.111-1;01/10/2026;53;140.000;Tarjeta;",
    )
    text(
        "pe_grupos_sobre_el_encabezado.csv",
        "DATOS DEL CLIENTE,,,,SALDOS,,",
        "N° Cuenta,Cliente,DNI,Celular,Capital,Saldo,Producto,Vencimiento",
        "C-1,Ana Quispe,41223344,999555010,2000.00,2300.00,Microcrédito,01/11/2026",
        "C-2,Luis Mamani,41223345,999555011,100.00,130.00,Microcrédito,01/09/2026",
    )
    text(
        "co_deudor_y_codeudor.csv",
        "CREDITO;;;;DEUDOR;;;CODEUDOR;;",
        "Obligación;Producto;Saldo;Días de mora;Nombre;Documento;Celular;Nombre;Documento;Celular",
        "A1;tarjeta;900000;22;Ana Ejemplo;52345678;3005550100;Luis Prueba;79123456;3005550101",
    )
    text(
        "pe_totales_al_final.csv",
        "Cuenta,Cliente,DNI,Celular,Saldo,Producto,Vencimiento",
        "C-1,Ana Quispe,41223344,999555010,2300.00,Microcrédito,01/11/2026",
        "C-2,Luis Mamani,41223345,999555011,130.00,Microcrédito,01/11/2026",
        ",,,,,,",
        "TOTAL GENERAL,,,,2430.00,,",
    )
    text(
        "pe_subtotales_por_zona.csv",
        "Zona,Cuenta,Cliente,DNI,Celular,Saldo,Producto,Vencimiento",
        "Norte,C-1,Ana Quispe,41223344,999555010,2300.00,Microcrédito,01/11/2026",
        "Subtotal Norte,,,,,2300.00,,",
        "Sur,C-2,Luis Mamani,41223345,999555011,130.00,Microcrédito,01/11/2026",
        "Subtotal:,,,,,130.00,,",
        "Total general: 2 cuentas,2,,,,2430.00,,",
    )
    text(
        "ar_mac_antiguo.csv",
        "Nro. Operación;Apellido y Nombre;DNI;Celular;Producto;Saldo;Días mora",
        "OP1;Peña, María José;30123456;11 5555 0100;Préstamo personal;$ 125.000,50;22",
        "OP2;Núñez, Ángel;30123457;11 5555 0101;Préstamo personal;$ 98.000,00;40",
        encoding="mac-roman", end="\r",
    )  # fmt: skip
    text(
        "ar_sumas_sin_nombre.csv",
        "Operación;Nombre;DNI;Celular;Producto;Saldo;Días mora",
        "OP1;María Peña;30123456;1155550100;Préstamo;125.000,50;22",
        "OP2;Ángel Núñez;30123457;1155550101;Préstamo;98.000,00;40",
        ";;;;;223.000,50;62",
        "Elaborado por: Cobranzas;;;;;;",
    )
    text(
        "es_telco_barras.txt",
        "Nº contrato|Titular|NIF|Móvil|Producto|Importe deuda|Fecha de vencimiento",
        "000123|Ana García Güell|12345678Z|+34 600 55 51 00|Fibra|45,90 €|01/11/2026",
        "000124|Íñigo Muñoz|X1234567L|600555101|Móvil|1.045,90 €|01/10/2026",
        encoding="cp1252", end="\r\n",
    )  # fmt: skip
    text(
        "es_saltos_de_linea_entre_comillas.csv",
        'Expediente;"Nombre o\nrazón social";NIF;Teléfono;Dirección;Producto;Saldo;Días impago',
        'E1;"Ana García";12345678Z;600555100;"C/ Mayor, 5\n2º izda.\n""Casa Ana""";Luz;120,50;22',
        'E2;"Luis Pérez";X1234567L;600555101;"Av. Sol; 3";Luz;60;30',
    )
    text("co_comilla_abierta.csv", CO, ANA, 'A3;"Comercial 14" Ltda;1;2;3;tienda;9;1', 'A4;"Abierta;1;2', IVAN)
    text(
        "co_todo_entre_comillas.csv",
        *(";".join(f'"{cell}"' for cell in line.split(";")) for line in (CO, ANA, IVAN)),
    )
    text(
        "co_titulos_y_blancos.csv",
        "BANCO ANDINO S.A.;;;;;;;",
        "Cartera asignada a cobranza;;;;;;;",
        "Fecha de corte:;20/11/2026;;;;;;",
        ";;;;;;;",
        CO,
        ";;;;;;;",
        ANA,
        "",
        IVAN,
    )
    text(
        "co_informe_con_paginas.csv",
        "Cartera asignada;;;;;;;",
        CO,
        ANA,
        "Página 1 de 2;;;;;;;",
        "\x0cCartera asignada;;;;;;;",
        CO,
        IVAN,
        "Página 2 de 2;;;;;;;",
        "Impreso el 20/11/2026 08:00;;;;;;Usuario: cobranza1;",
        "*** Fin del reporte ***;;;;;;;",
    )
    text("co_columnas_vacias_al_final.csv", CO + ";;;;", ANA + ";;;;", IVAN + ";;;;", IVAN.replace("A2", "A3") + ";")
    text("co_doble_fin_de_linea.csv", CO, ANA, IVAN, end="\r\r\n")
    text("co_ceros_binarios.csv", CO, ANA, IVAN.replace("Prueba", "Pru\x00eba"))
    text("co_acentos_dos_veces.csv", CO, ANA, "A2;IvÃ¡n NÃºÃ±ez;79123456;3005550101;;CrÃ©dito;1000000;45",
         "A3;MarÃ­a Ã\x81vila;79123457;3005550102;;libranza;1000000;45")  # fmt: skip
    text("co_cortado.csv", CO, ANA, IVAN[:30], last="")
    TEXTS["co_una_letra_rota.csv"] = f"{CO}\n{ANA}\n{IVAN}\n".encode().replace("Iván".encode(), b"Iv\xe1n")
    text(
        "co_fila_con_separador_de_mas.csv", CO, ANA,
        "A3;Prueba; Iván;79123456;3005550101;;libranza;1000000;45", "A4;corta",
    )  # fmt: skip
    text(
        "cl_formulas_en_el_texto.csv",
        "Operación;Nombre;RUT;Fono;Dirección;Producto;Deuda Total;Días Mora",
        '90001;Ana Soto;12.345.678-5;+56955550100;=HYPERLINK("http://x");tienda;240000;22',
        "90002;@Luis Soto;11.111.111-1;955550101;-2+3;tienda;-5;22",
    )
    text(
        "mx_dos_columnas_para_el_saldo.csv", "Folio,Cliente,CURP,Producto,Saldo,Deuda total,Días mora", "1,A,B,C,1,2,3"
    )
    text("pe_faltan_columnas.csv", "Cuenta,Cliente,Celular,Producto,Saldo", "C-1,Ana Quispe,999555010,Micro,2300")
    text("co_solo_encabezado.csv", CO)
    text("co_solo_separadores.csv", ";;;;", ";;;;")
    TEXTS["co_vacio.csv"] = b""
    text("co_diez_mil_columnas.csv", ";".join((CO, *(f"col{n}" for n in range(10_000)))), ANA)
    text("co_numeros_abreviados.csv", CO, "A1;Ana Ejemplo;5,23E+07;3005550100;;tarjeta;900000;22",
         "A2;Iván Prueba;79123456;3005550101;;tarjeta;1,25E+06;22")  # fmt: skip
    text("pe_repetidos.csv", "Cuenta,Cliente,DNI,Celular,Saldo,Producto,Vencimiento",
         "C-1,Ana Quispe,41223344,999555010,2300.00,Micro,01/11/2026",
         "C-1,Ana Quispe,41223344,999555010,2300.00,Micro,01/11/2026",
         "C-1,Ana Quispe,41223344,999555010,2500.00,Micro,01/11/2026")  # fmt: skip
    text("co_mapeo_con_columna_ausente.csv", CO, ANA)
    text("co_mapeo_sin_su_saldo.csv", CO.replace("Saldo", "Vlr"), ANA)
    text("co_sin_encabezado.csv", ANA, IVAN)
    text("co_fechas_de_serie.csv", CO.replace("Días de mora", "Fecha de vencimiento"), ANA.replace(";22", ";46327"))
    text(
        "es_coma_decimal_entre_comas.csv",
        "Expediente,Titular,NIF,Móvil,Producto,Importe,Vencimiento,,",
        'E1,"García, Ana",12345678Z,600555100,Luz,"1.045,90",01/11/2026,,',
        'E2,Luis,X1234567L,600555101,Luz,"60,5",1-9-26,,',
    )
    text(
        "ar_consulta_de_base_de_datos.txt",
        "operacion|nombre|dni|celular|producto|saldo|dias_mora",
        "OP1|María Peña|30123456|1155550100|Préstamo|125000.50|22",
        "(1 row affected)",
    )
    text("pe_datos.csv", '[{"cuenta": "C-1", "saldo": 2300}]')
    text(
        "ar_pagina_web.xls", "<html><head><meta charset='utf-8'></head><body><table><tr><td>Operación</td></tr></table>"
    )
    text("mx_xml_de_2003.xls", '<?xml version="1.0"?>',
         '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>')  # fmt: skip


def book(fill: Callable[[Any, dict[str, Any]], None], **options: Any) -> bytes:
    """A workbook that `fill` fills, the same bytes each time."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "dd/mm/yyyy", **options}) as made:
        made.set_properties({"created": MADE})
        forms = {
            "money": made.add_format({"num_format": "#,##0.00"}), "merge": made.add_format({"align": "center"}),
            "date": made.add_format({"num_format": "dd/mm/yyyy"}),
        }  # fmt: skip
        fill(made, forms)
    return out.getvalue()


def table(sheet: Any, rows: tuple[tuple[Any, ...], ...], at: tuple[int, int] = (0, 0), head: Any = HEAD) -> None:
    """A header and its rows, from a cell on."""
    for down, row in enumerate((head, *rows)):
        for right, value in enumerate(row):
            sheet.write(at[0] + down, at[1] + right, value)


def una_hoja(made: Any, forms: dict[str, Any]) -> None:
    table(made.add_worksheet("Cartera"), rows("cl"))


def varias_hojas(made: Any, forms: dict[str, Any]) -> None:
    made.add_worksheet("Instrucciones").write(0, 0, "Complete la hoja Cartera y devuélvala antes del viernes")
    table(made.add_worksheet("Cartera"), rows("co"))
    resumen = made.add_worksheet("Resumen")
    table(resumen, (("tarjeta", 2),), head=("Producto", "Casos"))


def hojas_del_mismo_encabezado(made: Any, forms: dict[str, Any]) -> None:
    table(made.add_worksheet("Norte"), rows("cl")[:1])
    table(made.add_worksheet("Sur"), rows("cl")[1:])


def hojas_de_meses(made: Any, forms: dict[str, Any]) -> None:
    table(made.add_worksheet("Octubre 2026"), rows("mx"))
    table(made.add_worksheet("Noviembre 2026"), rows("mx"))


def combinadas(made: Any, forms: dict[str, Any]) -> None:
    sheet = made.add_worksheet("Cartera")
    table(
        sheet, (*rows("pe")[:1], ("A2", "", "", "", "libranza", 1000000, date(2026, 10, 9)), ("A3", *rows("pe")[1][1:]))
    )
    for column in (1, 2, 3):
        sheet.merge_range(1, column, 2, column, rows("pe")[0][column], forms["merge"])


def formulas(made: Any, forms: dict[str, Any]) -> None:
    sheet = made.add_worksheet("Cartera")
    table(sheet, rows("ar"))
    sheet.write_formula("F2", "=800000+100000.5", forms["money"], 900000.5)
    sheet.write_formula("B2", '=CONCATENATE("Ana"," Ejemplo")', None, "Ana Ejemplo")
    sheet.write(3, 0, "TOTAL")
    sheet.write_formula("F4", "=SUM(F2:F3)", forms["money"], 1900000.5)


def numeros_y_fechas(made: Any, forms: dict[str, Any]) -> None:
    sheet = made.add_worksheet("Cartera")
    table(sheet, rows("es"), head=(*HEAD, "Intereses"))
    sheet.write_number("A2", 4500098.0)
    sheet.write_number("F2", 0.1 + 0.2 + 900000, forms["money"])
    sheet.write_number("F3", 1e21 / 1e15)
    sheet.write_number("H2", 350.12548, forms["money"])
    sheet.write_datetime("G3", datetime.combine(date(2026, 10, 9), time(14, 30)), forms["date"])


def ids_largos(made: Any, forms: dict[str, Any]) -> None:
    sheet = made.add_worksheet("Cartera")
    table(sheet, rows("co"))
    sheet.write_number("A2", 4111111111111111234)
    sheet.write_string("A3", "4111111111111111234")


def errores(made: Any, forms: dict[str, Any]) -> None:
    sheet = made.add_worksheet("Cartera")
    table(sheet, rows("mx"))
    sheet.write_formula("D2", "=VLOOKUP(A2,X1:X9,1,0)", None, "#N/A")
    sheet.write_formula("F3", "=Z9+#REF!", None, "#REF!")


def ocultas(made: Any, forms: dict[str, Any]) -> None:
    old = made.add_worksheet("Base anterior")
    table(old, rows("mx"))
    sheet = made.add_worksheet("Cartera")
    table(sheet, rows("mx"))
    sheet.set_row(2, None, None, {"hidden": True})
    sheet.activate()
    sheet.set_first_sheet()
    old.hide()


def grupos(made: Any, forms: dict[str, Any]) -> None:
    sheet = made.add_worksheet("Hoja1")
    sheet.merge_range("A1:G1", "CARTERA EN MORA - NOVIEMBRE", forms["merge"])
    sheet.merge_range("A3:A4", "Obligación", forms["merge"])
    sheet.merge_range("B3:D3", "DATOS DEL CLIENTE", forms["merge"])
    sheet.merge_range("E3:G3", "DEUDA", forms["merge"])
    for column, name in enumerate(("", *HEAD[1:])):
        if name:
            sheet.write(3, column, name)
    for down, row in enumerate(rows("pe")):
        sheet.write_row(4 + down, 0, row)


def desplazada(made: Any, forms: dict[str, Any]) -> None:
    sheet = made.add_worksheet("Hoja1")
    table(sheet, rows("co"), at=(4, 2))
    sheet.write("C2", "Relación de deudores")
    sheet.write("M6", "llamar primero a esta")
    sheet.write("XFD900", " ")


def sin_datos(made: Any, forms: dict[str, Any]) -> None:
    made.add_worksheet("Hoja1")


def solo_encabezado(made: Any, forms: dict[str, Any]) -> None:
    table(made.add_worksheet("Hoja1"), ())


def archive(*parts: tuple[str, bytes]) -> bytes:
    """A compressed folder, the same bytes each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in parts:
            made.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 0, 0, 0)), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def by_hand(rows: str, prefix: str = "") -> bytes:
    """A workbook as programs write them that know the format by hearsay: no styles, no shared texts."""
    p = prefix and f"{prefix}:"
    space = f'xmlns{prefix and ":" + prefix}="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    near = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    return archive(
        ("xl/workbook.xml", f'<{p}workbook {space} {near}><{p}sheets><{p}sheet name="Datos" sheetId="1" r:id="rId1"/>'
                            f"</{p}sheets></{p}workbook>".encode()),
        ("xl/_rels/workbook.xml.rels", b'<Relationships><Relationship Id="rId1" Target="/xl/worksheets/s.xml"/>'
                                       b"</Relationships>"),
        ("xl/worksheets/s.xml", f"<{p}worksheet {space}><{p}sheetData>{rows}</{p}sheetData></{p}worksheet>".encode()),
    )  # fmt: skip


def inline(cells: tuple[Any, ...], p: str = "") -> str:
    """A row of texts and numbers without their places."""
    said = (
        f'<{p}c t="inlineStr"><{p}is><{p}t>{cell}</{p}t></{p}is></{p}c>' if isinstance(cell, str)
        else f"<{p}c><{p}v>{cell}</{p}v></{p}c>" for cell in cells
    )  # fmt: skip
    return f"<{p}row>{''.join(said)}</{p}row>"


def uncalculated() -> bytes:
    balances = ("<c><f>F9*2</f></c>", "<c><f>F9*2</f><v></v></c>")
    head = (*HEAD[:6], "Días mora")
    row = inline((*rows("ar")[0][:5], "@", 22))
    bad = (row.replace('<c t="inlineStr"><is><t>@</t></is></c>', balance) for balance in balances)
    good = inline(("A3", *rows("ar")[1][1:6], 45))
    return by_hand(inline(head) + "".join(bad) + good)


def compound(word: str) -> bytes:
    """The start of an old Office file that names its streams."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + word.encode("utf-16-le") + bytes(480)


def parquet(select: str) -> bytes:
    path = HERE / "made.parquet"
    duckdb.execute(f"copy ({select}) to '{path}' (format parquet, compression zstd)")
    body = path.read_bytes()
    path.unlink()
    return body


def binaries() -> dict[str, bytes]:
    good = book(varias_hojas)
    told = (
        "select 'A1' as \"Obligación\", 'Ana Ejemplo' as nombre, 52345678::bigint as documento,"
        " 3005550100::bigint as celular, 'tarjeta' as producto, 900000.50::decimal(18,3) as saldo,"
        " 0.1::double + 0.2 as intereses, date '2026-11-01' as \"Fecha vencimiento\","
        " timestamp '2026-11-20 00:00:00' as \"fecha de corte\""
        " union all select 'A2', 'Iván Prueba', 79123456, 3005550101, 'libranza', 1000000, null, date '2026-10-09',"
        " timestamp '2026-11-20 00:00:00'"
    )
    nested = "select 'A1' as obligacion, ['300'] as telefonos, {'calle': 'x'} as direccion"
    whole = parquet(told)
    return {
        "co_varias_hojas.xlsx": good,
        "cl_norte_y_sur.xlsx": book(hojas_del_mismo_encabezado),
        "mx_hojas_de_meses.xlsx": book(hojas_de_meses),
        "pe_celdas_combinadas.xlsx": book(combinadas),
        "ar_formulas_y_total.xlsx": book(formulas),
        "ar_formulas_sin_calcular.xlsx": uncalculated(),
        "es_numeros_y_fechas.xlsx": book(numeros_y_fechas),
        "co_numeros_largos.xlsx": book(ids_largos),
        "mx_celdas_con_error.xlsx": book(errores),
        "mx_hoja_y_filas_ocultas.xlsx": book(ocultas),
        "cl_calendario_de_1904.xlsx": book(una_hoja, date_1904=True),
        "pe_grupos_combinados.xlsx": book(grupos),
        "co_tabla_desplazada.xlsx": book(desplazada),
        "es_hecho_a_mano.xlsx": by_hand(
            inline((*HEAD[:6], "Días mora"), "x:") + inline((*rows("es")[0][:6], 22), "x:")
            + inline((*rows("es")[1][:6], 45), "x:"), "x",
        ),
        "co_libro_vacio.xlsx": book(sin_datos),
        "co_solo_encabezado.xlsx": book(solo_encabezado),
        "co_libro_cortado.xlsx": good[: len(good) * 2 // 3],
        "co_hoja_rota.xlsx": by_hand(inline(HEAD) + "<row><c><v>1</v></c"),
        "co_con_entidades.xlsx": archive(
            ("xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>'),
            ("xl/_rels/workbook.xml.rels", b"<Relationships/>"),
        ),
        "co_bomba.xlsx": archive(("xl/workbook.xml", b"<workbook/>"), ("xl/worksheets/s.xml", bytes(40 << 20))),
        "co_cifrado.xlsx": compound("EncryptedPackage"),
        "pe_libro_antiguo.xls": compound("Workbook"),
        "ar_binario.xlsb": archive(("xl/workbook.bin", b"\x00")),
        "es_libreoffice.ods": archive(("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")),
        "mx_comprimido.zip": archive(("cartera/noviembre.csv", b"a;b")),
        "cl_informe.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
        "co_tipos.parquet": whole,
        "co_anidado.parquet": parquet(nested),
        "co_cortado.parquet": whole[: len(whole) // 2],
    }  # fmt: skip


def main() -> None:
    """Writes all files anew."""
    texts()
    for name, body in {**TEXTS, **binaries()}.items():
        (HERE / name).write_bytes(body)


if __name__ == "__main__":
    main()
