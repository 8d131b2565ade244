"""Every bad input that a creditor's file may bring: a clear word about it, nothing lost, nothing half-imported."""

from datetime import date

import pytest

from acuerdo.core.portfolio.mapping import load_mapping
from acuerdo.core.portfolio.reading import Fault, FileError, Record, open_file, read_file

TODAY = date(2026, 11, 23)
HEADER = "Obligación;Nombre;Documento;Celular;Correo;Producto;Saldo;Días de mora"
ANA = "A1;Ana Ejemplo;52345678;3005550100;ana@example.com;tarjeta;900000;22"
IVAN = "A2;Iván Prueba;79123456;3005550101;ivan@example.com;libranza;1.000.000;45"


def csv_of(*rows: str, header: str = HEADER, end: str = "\n") -> bytes:
    return ("\n".join((header, *rows)) + end).encode()


def read(data: bytes, country: str = "CO", mapping: str = "") -> tuple[list[Record], list[Fault]]:
    found = list(read_file(data, load_mapping(mapping) if mapping else None, country, TODAY))
    return [one for one in found if isinstance(one, Record)], [one for one in found if isinstance(one, Fault)]


def only_fault(row: str, header: str = HEADER, **how: str) -> Fault:
    """The one fault of a bad row that stands between two good ones; the good ones went in."""
    records, faults = read(csv_of(ANA, row, IVAN, header=header), **how)
    assert [record.account.external_id for record in records] == ["A1", "A2"]
    (fault,) = faults
    assert fault.row == 3
    assert not fault.kept
    assert fault.reason
    assert fault.mend
    return fault


def good_file(records: list[Record], faults: list[Fault]) -> list[str]:
    assert faults == []
    return [record.person.name for record in records]


class TestWholeFile:
    @pytest.mark.parametrize("data", [b"", b"\n\n  \n", b"\xef\xbb\xbf\r\n", b";;;;\n;;;\n"])
    def test_an_empty_file(self, data: bytes) -> None:
        with pytest.raises(FileError, match="vacío"):
            read_file(data, None, "CO", TODAY)

    @pytest.mark.parametrize("end", ["", "\n", "\n\n;;;;;;;\n"])
    def test_a_header_alone(self, end: str) -> None:
        with pytest.raises(FileError, match="solo trae el encabezado"):
            read_file(csv_of(end=end), None, "CO", TODAY)

    @pytest.mark.parametrize("data", [b"PK\x03\x04" + b"\x00" * 50, b"\xd0\xcf\x11\xe0 old workbook"])
    def test_a_workbook_instead_of_a_csv(self, data: bytes) -> None:
        with pytest.raises(FileError, match="CSV UTF-8"):
            read_file(data, None, "CO", TODAY)

    def test_missing_columns_are_named_and_a_mapping_is_suggested(self) -> None:
        header = HEADER.replace("Documento", "Docmento cliente").replace("Saldo", "Vlr")
        with pytest.raises(FileError) as refused:
            read_file(csv_of(ANA, header=header), None, "CO", TODAY)
        said = str(refused.value)
        assert "document: Documento de identidad" in said
        assert "balance: Saldo total adeudado" in said
        assert '"Docmento cliente" = "document"' in said
        assert "[columns]" in said
        assert "[constants]" in said

    def test_two_columns_that_say_the_same(self) -> None:
        with pytest.raises(FileError, match=r"«Saldo» y «Deuda total» dicen lo mismo .*\)\. Están en G y I"):
            read_file(csv_of(ANA + ";5", header=HEADER + ";Deuda total"), None, "CO", TODAY)

    def test_a_country_that_is_not_served(self) -> None:
        with pytest.raises(FileError, match="No se atiende el país «BR»"):
            read_file(csv_of(ANA), None, "BR", TODAY)

    def test_unknown_columns_are_told_and_the_rows_go_in(self) -> None:
        records, (first, second) = read(csv_of(ANA + ";x;y", header=HEADER + ";Color favorito;Telefno"))
        assert len(records) == 1
        assert (first.column, first.code, first.kept) == ("Color favorito", "column_unknown", True)
        assert '"Telefno" = "phone"' in second.mend

    def test_a_header_that_may_be_several_columns_says_which_and_what_to_write(self) -> None:
        _, (fault,) = read(csv_of(ANA + ";retirada", header=HEADER + ";Estado"))
        assert (fault.column, fault.code, fault.kept) == ("Estado", "column_unknown", True)
        assert "si es «status» o «" in fault.mend
        assert '[columns] "Estado" = "status"' in fault.mend

    @pytest.mark.parametrize(("titles", "says"), [(1, "hay una fila de título"), (2, "hay 2 filas de título")])
    def test_titles_above_the_header_are_counted(self, titles: int, says: str) -> None:
        _, (fault,) = read(csv_of(HEADER, ANA, IVAN, header="\n".join(["Cartera;;;;;;;"] * titles)))
        assert says in fault.reason


class TestCutFiles:
    def test_a_last_row_with_fewer_columns(self) -> None:
        records, (fault,) = read(csv_of(ANA, IVAN[:30], end=""))
        assert [record.account.external_id for record in records] == ["A1"]
        assert (fault.row, fault.code) == (3, "truncated")
        assert "se corta aquí" in fault.reason
        assert fault.cells[:2] == ("A2", "Iván Prueba")

    def test_a_last_row_cut_inside_quotes(self) -> None:
        records, (fault,) = read(csv_of(ANA, 'A2;"Iván Pru', end=""))
        assert len(records) == 1
        assert fault.code == "truncated"

    def test_a_whole_last_row_without_its_line_end_goes_in_with_a_warning(self) -> None:
        records, (fault,) = read(csv_of(ANA, IVAN, end=""))
        assert len(records) == 2
        assert (fault.code, fault.kept) == ("no_final_newline", True)

    def test_wherever_the_file_is_cut_each_row_is_either_whole_or_told(self) -> None:
        whole = csv_of(ANA, IVAN)
        after_header = whole.index(b"\n") + 2
        for cut in range(after_header, len(whole)):
            records, faults = read(whole[:cut])
            seen = {record.row for record in records} | {fault.row for fault in faults}
            assert seen == set(range(2, whole[:cut].count(b"\n") + 2 - whole[:cut].endswith(b"\n")))
            told = any(fault.code in ("truncated", "no_final_newline") for fault in faults)
            assert told is not whole[:cut].endswith(b"\n")


class TestLetters:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "cp850", "mac-roman"])
    def test_the_encoding_is_found(self, encoding: str) -> None:
        names = ("Iván Muñoz Peñalver", "Íñigo Ibáñez Güell", "José Ángel Núñez", "María Asunción Córdoba")
        rows = [f"A{n};{name};{52345670 + n};3005550100;;tarjeta;900000;22" for n, name in enumerate(names)]
        assert good_file(*read(csv_of(*rows).decode().encode(encoding))) == list(names)

    @pytest.mark.parametrize("broken", [b"Mu\xf1oz", b"Mu\xc3oz", b"\xff\xfe", b"Mu\xc3\xb1oz \xe2\x82"])
    def test_one_broken_encoding_in_the_middle_takes_only_its_row(self, broken: bytes) -> None:
        bad = b"A3;" + broken + b";79123457;3005550100;;tarjeta;900000;22"
        data = csv_of(ANA, "ROTA", IVAN).replace(b"ROTA", bad)
        records, (fault,) = read(data)
        assert [record.person.name for record in records] == ["Ana Ejemplo", "Iván Prueba"]
        assert (fault.row, fault.code) == (3, "encoding")
        assert "UTF-8" in fault.mend

    def test_a_letter_that_was_already_lost(self) -> None:
        assert only_fault(ANA.replace("A1", "A3").replace("Ana", "A\ufffda")).code == "encoding"


class TestShape:
    @pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
    def test_the_delimiter_is_found(self, delimiter: str) -> None:
        data = csv_of(ANA, IVAN).replace(b";", delimiter.encode())
        quoted = data.replace(b"Ana Ejemplo", f'"Ejemplo{delimiter} Ana"'.encode())
        assert good_file(*read(data)) == ["Ana Ejemplo", "Iván Prueba"]
        assert len(read(quoted)[0]) == 2

    def test_text_of_several_lines_between_quotes(self) -> None:
        records, faults = read(csv_of(ANA.replace("Ana Ejemplo", '"Ana\n""La Nena""\nEjemplo"'), IVAN))
        assert good_file(records, faults) == ['Ana "La Nena" Ejemplo', "Iván Prueba"]

    def test_a_quote_left_open_takes_only_its_row(self) -> None:
        assert only_fault('A3;"Abierta;79123457;3005550100;;tarjeta;900000;22').code == "quote_open"

    def test_a_quote_left_open_before_rows_that_are_quoted(self) -> None:
        rows = ('A3;"Abierta;79123457;;;tarjeta;9;2', 'A4;"Cerrada";79123458;3005550100;;tarjeta;900000;22')
        records, (fault,) = read(csv_of(*rows))
        assert [record.account.external_id for record in records] == ["A4"]
        assert (fault.row, fault.code) == (2, "quote_open")

    def test_many_rows_after_a_quote_left_open(self) -> None:
        rows = [f"B{n};Ana Ejemplo;52345678;3005550100;;tarjeta;900000;22" for n in range(200)]
        records, (fault,) = read(csv_of('A3;"Abierta;1', *rows))
        assert len(records) == 200
        assert fault.row == 2

    def test_too_few_columns(self) -> None:
        assert only_fault("A3;Ana Ejemplo;52345678").code == "too_few_columns"

    def test_too_many_columns(self) -> None:
        fault = only_fault("A3;Ejemplo; Ana;52345678;3005550100;;tarjeta;900000;22")
        assert fault.code == "too_many_columns"
        assert "comillas" in fault.mend

    def test_blank_lines_and_old_line_ends_do_no_harm(self) -> None:
        data = csv_of(ANA, "", ";;;;;;;", IVAN)
        for end in (b"\n", b"\r\n", b"\r"):
            records, faults = read(data.replace(b"\n", end))
            assert faults == []
            assert [record.row for record in records] == [2, 5]

    def test_a_spreadsheets_line_about_its_delimiter_is_passed_over(self) -> None:
        assert len(read(b"sep=;\n" + csv_of(ANA))[0]) == 1


class TestRepeatedIds:
    def test_a_different_row_with_the_same_id_is_set_aside(self) -> None:
        fault = only_fault(ANA.replace("900000", "950000"))
        assert fault.code == "duplicate_id"
        assert "fila 2" in fault.reason

    def test_the_same_row_again_is_counted_once(self) -> None:
        records, (fault,) = read(csv_of(ANA, ANA))
        assert len(records) == 1
        assert (fault.code, fault.kept) == ("duplicate_same", True)

    def test_the_good_row_goes_in_when_the_first_one_was_bad(self) -> None:
        records, (fault,) = read(csv_of(ANA.replace("900000", "-1"), ANA))
        assert [record.row for record in records] == [3]
        assert fault.code == "credit_balance"


class TestMoney:
    @pytest.mark.parametrize(
        ("country", "written", "minor"),
        [
            ("CO", "900000", 90000000), ("CO", "1.250.000", 125000000), ("CO", "1.250.000,50", 125000050),
            ("CO", "$ 1.250", 125000), ("CO", "1250.5", 125050), ("CO", "1250,50", 125050),
            ("MX", "1,250.50", 125050),
            ("MX", "1,250", 125000), ("CL", "240.000", 240000), ("CL", "240000.00", 240000),
            ("ES", "1 250,00 €", 125000),
            ("PE", "S/ 2,300.00", 230000), ("PE", "S/. 2,300", 230000), ("CO", "$ 1.234.567,89", 123456789),
            ("CO", "1.5E6", 150000000), ("MX", "MXN 1,250.50", 125050), ("MX", "$1,250.50 M.N.", 125050),
            ("CL", "$ 240.000.-", 240000), ("ES", "1 250 000", 125000000), ("AR", "1250.1999999999998", 125020),
                ("CO", "1'250.000", 125000000),
            ("CO", "1'250.000,50", 125000050), ("MX", "1'250.50", 125050), ("CO", "0", 0), ("CO", "-0,00", 0),
        ],
    )  # fmt: skip
    def test_amounts_as_they_are_written_in_each_country(self, country: str, written: str, minor: int) -> None:
        document = {"CO": "52345678", "MX": "FUMF940522MPLCDR05", "CL": "12345678-5", "ES": "12345678Z"}.get(
            country, "41223344"
        )
        row = ANA.replace("52345678", document).replace("900000", f'"{written}"').replace("3005550100", "")
        (record,), _ = read(csv_of(row), country)
        assert record.account.balance.minor == minor

    @pytest.mark.parametrize(
        ("written", "code"),
        [
            ("-15000", "credit_balance"), ("(15000)", "credit_balance"), ("15000-", "credit_balance"),
            ("-$ 15.000", "credit_balance"), ("12 50", "amount_bad"), ("UF 12,5", "currency_mismatch"),
            ("1250.555", "amount_unclear"), ("1250.000", "amount_unclear"), ("1250,5555", "too_many_decimals"),
            ("1,250", "amount_unclear"), ("mucho", "amount_bad"), ("", "missing"), ("1,25E+06", "spreadsheet_number"),
            ("€ 500", "currency_mismatch"), ("99999999999999999", "amount_too_large"), ("1.25.000", "amount_unclear"),
        ],
    )  # fmt: skip
    def test_amounts_that_cannot_be_used(self, written: str, code: str) -> None:
        fault = only_fault(ANA.replace("A1", "A3").replace("900000", written))
        assert fault.code == code
        assert fault.column == "Saldo"

    def test_decimals_in_a_currency_without_them(self) -> None:
        _, (fault,) = read(csv_of(ANA.replace("52345678", "12345678-5").replace("900000", "1250.5")
                                  .replace("3005550100", "")), "CL")  # fmt: skip
        assert fault.code == "too_many_decimals"

    def test_the_mapping_decides_what_is_unclear(self) -> None:
        (record,), _ = read(csv_of(ANA.replace("900000", "1,250")), mapping='[formats]\ndecimal = "."')
        assert record.account.balance.minor == 125000

    @pytest.mark.parametrize(("currency", "code"), [("USD", "currency_mismatch"), ("MXN", "currency_mismatch"),
                                                    ("doblones", "currency_unknown")])  # fmt: skip
    def test_a_currency_that_does_not_match_the_country(self, currency: str, code: str) -> None:
        rows = [f"{row};{money}" for row, money in ((ANA, "COP"), (IVAN, currency))]
        records, (fault,) = read(csv_of(*rows, header=HEADER + ";Moneda"))
        assert [record.account.currency for record in records] == ["COP"]
        assert (fault.code, fault.column) == (code, "Moneda")

    def test_a_foreign_currency_goes_in_when_the_mapping_accepts_it(self) -> None:
        data = csv_of(ANA + ";USD", header=HEADER + ";Moneda")
        (record,), faults = read(data, mapping='[accepts]\ncurrencies = ["USD"]')
        assert faults == []
        assert record.account.balance.currency == "USD"


class TestDays:
    HEADER = HEADER.replace("Días de mora", "Vencimiento;Días de mora")

    def dated(self, due: str, days: str = "", external: str = "A3") -> str:
        return f"{external};Ana Ejemplo;52345678;3005550100;;tarjeta;900000;{due};{days}"

    @pytest.mark.parametrize("due", [
        "2026-11-01", "46327", "46327.0", "46327.75", "1 de noviembre de 2026", "01-nov-26", "nov 1, 2026",
        "1 de novembro de 2026", "domingo, 1 de noviembre de 2026", "01/11/2026", "1-11-2026", "01.11.2026", "20261101",
        "01-nov-2026", "2026-11-01 00:00:00", "2026-11-01T00:00:00Z", "01/11/2026 12:00 a. m.",
    ])  # fmt: skip
    def test_dates_as_they_are_written(self, due: str) -> None:
        (record,), faults = read(csv_of(self.dated(due), header=self.HEADER))
        assert faults == []
        assert record.account.due_date == date(2026, 11, 1)
        assert record.account.days_past_due == 22

    @pytest.mark.parametrize(
        ("due", "days", "code"),
        [
            ("31/02/2026", "", "date_impossible"), ("2026-13-01", "", "date_impossible"),
            ("11/23/2026", "", "date_impossible"),
            ("00/00/0000", "", "date_impossible"), ("99999", "", "date_bad"), ("01/11/26", "", "date_bad"),
            ("ayer", "", "date_bad"),
            ("", "", "missing"), ("", "-3", "number_negative"), ("", "22 días", "number_bad"),
            ("", "99999", "number_too_large"),
        ],
    )  # fmt: skip
    def test_impossible_days(self, due: str, days: str, code: str) -> None:
        records, (fault,) = read(csv_of(self.dated(due, days), header=self.HEADER))
        assert records == []
        assert fault.code == code

    def test_american_dates_are_read_when_the_mapping_says_so(self) -> None:
        fault = read(csv_of(self.dated("11/23/2026"), header=self.HEADER))[1][0]
        assert "mm/dd/yyyy" in fault.mend
        (record,), _ = read(
            csv_of(self.dated("11/01/2026"), header=self.HEADER), mapping='[formats]\ndate = "mm/dd/yyyy"'
        )
        assert record.account.days_past_due == 22

    @pytest.mark.parametrize(("due", "stated", "days"), [("01/08/2026", "0", 114), ("15/12/2026", "22", 0),
                                                         ("01/11/2026", "200", 22)])  # fmt: skip
    def test_the_due_date_holds_against_the_days_past_due_and_it_is_told(
        self, due: str, stated: str, days: int
    ) -> None:
        (record,), (fault,) = read(csv_of(self.dated(due, stated), header=self.HEADER))
        assert record.account.days_past_due == days
        assert (fault.code, fault.column, fault.kept) == ("days_disagree", "Días de mora", True)

    def test_a_cut_of_some_days_ago_is_no_contradiction(self) -> None:
        (record,), faults = read(csv_of(self.dated("2026-09-20", "58"), header=self.HEADER))
        assert record.account.days_past_due == 64
        assert faults == []

    def test_days_past_due_keep_counting_after_the_cut_off(self) -> None:
        (record,), _ = read(csv_of(ANA + ";2026-11-13", header=HEADER + ";Fecha de corte"))
        assert record.account.days_past_due_on(TODAY) == 32


class TestPeople:
    def test_a_bad_phone_or_email_does_not_keep_a_person_out(self) -> None:
        (record,), faults = read(csv_of(ANA.replace("3005550100", "12|3005550100").replace("ana@example.com", "ana@")))
        assert record.person.phones == ("+573005550100",)
        assert [(fault.code, fault.value, fault.kept) for fault in faults] == [
            ("phone_bad", "12", True),
            ("email_bad", "ana@", True),
        ]

    def test_a_person_nobody_can_reach_goes_in_with_a_warning(self) -> None:
        (record,), (fault,) = read(csv_of(ANA.replace("3005550100", "").replace("ana@example.com", "")))
        assert record.person.phones == ()
        assert (fault.code, fault.kept) == ("no_contact", True)

    @pytest.mark.parametrize(("document", "code"), [("123", "document_bad"), ("ABC", "document_bad"),
                                                    ("", "missing"), ("5,23E+07", "spreadsheet_number")])  # fmt: skip
    def test_documents_that_cannot_be_used(self, document: str, code: str) -> None:
        assert only_fault(ANA.replace("A1", "A3").replace("52345678", document)).code == code

    def test_a_kind_of_document_that_nobody_knows_is_told_in_its_own_column(self) -> None:
        _, (fault,) = read(csv_of(ANA + ";XYZ", header=HEADER + ";Tipo doc"))
        assert (fault.column, fault.value, fault.code) == ("Tipo doc", "XYZ", "document_type_unknown")

    @pytest.mark.parametrize("dash", ["-", " $ -   ", "–", "COP -"])
    def test_the_dash_of_accounting_formats_is_an_amount_that_is_not_told(self, dash: str) -> None:
        (record,), faults = read(csv_of(f"{ANA};{dash}", header=HEADER + ";Intereses"))
        assert (record.account.interest, faults) == (None, [])

    def test_a_balance_that_is_a_dash_is_no_balance(self) -> None:
        assert only_fault(ANA.replace("A1", "A3").replace("900000", "-")).code == "amount_bad"

    @pytest.mark.parametrize("word", ["Retiro de cartera", "RETIRADA", "retirado de cartera"])
    def test_a_debt_taken_back_by_its_usual_words(self, word: str) -> None:
        (record,), _ = read(csv_of(f"{ANA};{word}", header=HEADER + ";Estado obligación"))
        assert record.account.status == "withdrawn"

    def test_a_state_that_nobody_knows_is_told_with_the_few_there_are(self) -> None:
        _, (fault,) = read(csv_of(ANA + ";en el limbo", header=HEADER + ";Estado obligación"))
        assert fault.mend == "use uno de: vigente, pagada, castigada, judicial, retirada"

    def test_all_that_is_wrong_with_a_row_is_told_at_once(self) -> None:
        _, faults = read(csv_of("A3;123;1;12;x;;-5;mañana"))
        assert {fault.column for fault in faults} >= {
            "Nombre",
            "Documento",
            "Celular",
            "Producto",
            "Saldo",
            "Días de mora",
        }


def test_the_sniffed_form_is_told() -> None:
    opened = open_file(csv_of(ANA).decode().replace(";", ",").encode("cp1252"), None, "CO", TODAY)
    assert (opened.encoding, opened.delimiter, opened.header[0]) == ("cp1252", ",", "Obligación")


def test_a_large_file_is_read_as_it_comes() -> None:
    """The first record is there before the rest is looked at, whatever stands at the end."""
    outcomes = read_file(csv_of(ANA, *(["basura"] * 50_000)), None, "CO", TODAY)
    first = next(outcomes)
    assert isinstance(first, Record)
