"""Who is treated how, and why: segments, the last day of the bot, work lists."""

import time
from datetime import date
from importlib.resources import files

import msgspec
import pytest

from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.portfolio.segments import Segments, assign, load_segments
from acuerdo.core.portfolio.standing import Standing, rank, score
from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.core.words import CURRENCY_OF, Money, money

SHIPPED = load_segments((files("acuerdo") / "policies/segments.toml").read_text(), "segments.toml")
ANA = Standing(
    balance=money(900_000, "COP"), customer_type="natural", product="tarjeta de crédito", dpd=22, country="CO",
    currency="COP", tenure_days=400, debt_age_days=300, late_payments_12m=2,
)  # fmt: skip


def where(segments: Segments = SHIPPED, **changes: object) -> str:
    return assign(msgspec.structs.replace(ANA, **changes), segments).segment.name


LAST = """
[[segments]]
name = "rest"
title = "Resto"
strategy = { flow = "f", handler = "person", invite = false, stage = "late" }
"""


def file_of(when: str, strategy: str = 'channels = ["sms"], handler = "bot", invite = true', rest: str = "") -> str:
    return f"""
[[segments]]
name = "one"
title = "Uno"
when = {{ {when} }}
strategy = {{ flow = "f", stage = "early", {strategy} }}
{rest}
{LAST}"""


class TestShipped:
    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({}, "early"), ({"dpd": 0}, "current"), ({"dpd": -10}, "current"), ({"dpd": 30}, "early"),
            ({"dpd": 31}, "mid"),
            ({"dpd": 60}, "mid"), ({"dpd": 61}, "late"), ({"dpd": 181}, "very-late"),
            ({"tenure_days": 800, "late_payments_12m": 0}, "early-loyal"), ({"tenure_days": None}, "early"),
            ({"balance": money(200_000, "COP")}, "early-small"), ({"dpd": 45, "promises_broken": 1}, "mid-broken"),
            ({"dpd": 45, "balance": money(9_000_000, "COP")}, "mid-high"),
            ({"dpd": 90, "balance": money(9_000_000, "COP")}, "late-high"), ({"customer_type": "business"}, "business"),
            ({"customer_type": "business", "dpd": 61}, "business-late"), ({"dpd": 90, "debt_age_days": 2000}, "old"),
            ({"product": "crédito hipotecario"}, "mortgage"),
        ],
    )  # fmt: skip
    def test_where_an_account_goes(self, changes: dict[str, object], name: str) -> None:
        assert where(**changes) == name

    def test_the_same_amount_means_different_things_in_different_countries(self) -> None:
        assert where(dpd=45, balance=money(9000, "EUR"), country="ES", currency="EUR") == "mid-high"
        assert where(dpd=45, balance=money(9000, "MXN"), country="MX", currency="MXN") == "mid"

    def test_an_account_says_why_with_its_own_values(self) -> None:
        broken = msgspec.structs.replace(ANA, dpd=45, promises_broken=2)
        assert assign(broken, SHIPPED).why == ("lleva 45 días de mora (hasta 60)", "incumplió 2 promesas (1 o más)")
        rich = msgspec.structs.replace(ANA, dpd=45, balance=money(9_500_000, "COP"))
        assert assign(rich, SHIPPED).why[1] == "debe 9.500.000 COP (8.000.000 COP o más)"
        mexican = msgspec.structs.replace(ANA, dpd=45, balance=money("50000.50", "MXN"), country="MX", currency="MXN")
        assert assign(mexican, SHIPPED).why[1] == "debe 50,000.50 MXN (40,000 MXN o más)"

    def test_from_day_61_only_a_person_negotiates(self) -> None:
        for dpd in (61, 62, 90, 180, 181, 400, 9999):
            for kind in ("natural", "business"):
                segment = assign(msgspec.structs.replace(ANA, dpd=dpd, customer_type=kind), SHIPPED).segment
                assert segment.handler == "person"

    def test_up_to_day_60_the_bot_may(self) -> None:
        assert assign(msgspec.structs.replace(ANA, dpd=60), SHIPPED).segment.handler == "bot"

    def test_every_segment_gives_an_authority_that_negotiation_takes(self) -> None:
        for segment in SHIPPED.all:
            for currency in CURRENCY_OF.values():
                authority = Authority(**segment.authority(currency))
                assert authority.id == segment.name
                assert authority.min_installment is None or authority.min_installment.currency == currency

    def seconds(self, accounts: list[Standing]) -> float:
        """CPU time, so that a busy machine does not count."""
        started = time.process_time()
        for account in accounts:
            assign(account, SHIPPED)
        return time.process_time() - started

    def test_a_hundred_thousand_accounts_are_assigned_in_time(self) -> None:
        accounts = [
            msgspec.structs.replace(
                ANA, dpd=n % 120, balance=Money(n * 9000, "COP"), tenure_days=n % 3000, promises_broken=n % 3
            )
            for n in range(10_000)
        ]  # fmt: skip
        each = min(self.seconds(accounts) for _ in range(3)) / len(accounts)
        print(f"assign: {each * 1e6:.1f} us each, 100,000 in {each * 1e5:.2f} s")  # noqa: T201 # the figure is wanted in the log
        assert each < 25e-6


class TestLoading:
    def test_a_bot_beyond_day_60_is_refused(self) -> None:
        for when in ("dpd = { max = 61 }", "dpd = { min = 10 }", 'product = ["tienda"]'):
            with pytest.raises(
                TomlError, match=r"s.toml, línea 2: segmento «one», clave handler: alcanza cuentas de más de 60"
            ):
                load_segments(file_of(when), "s.toml")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (file_of("dpb = { max = 60 }"), "segmento «one», clave dpb: no se conoce este criterio"),
            (file_of("dpd = { most = 60 }"), "clave dpd: escriba { min"),
            (file_of("dpd = { min = 50, max = 20 }"), r"min \(50\) es mayor que max \(20\)"),
            (file_of('dpd = { max = "60" }'), "clave dpd: los límites son números enteros"),
            (file_of('dpd = { max = 60 }, customer_type = ["natual"]'), "«natual» no vale"),
            (file_of('dpd = { max = 60 }, balance = { min = "huge" }'), r"no hay \[amounts.huge\]"),
            (file_of("dpd = { max = 60 }, balance = { min = { COP = 5 } }"), "falta el importe en MXN, CLP"),
            (file_of("dpd = { max = 60 }", 'handler = "robot", invite = true'), "clave handler: «robot» no vale"),
            (file_of("dpd = { max = 60 }", 'handler = "bot", invite = true'), "invita pero no dice por qué canales"),
            (file_of("dpd = { max = 60 }", 'handler = "bot", chanels = [], invite = false'), "¿quiso decir «channels»"),
            (file_of("dpd = { max = 60 }", rest="authority = { max_discount_pct = 100 }"), "clave max_discount_pct"),
            (file_of("dpd = { max = 60 }", rest="authority = { max_discount_pct = nan }"), "clave max_discount_pct"),
            (
                file_of("dpd = { max = 60 }", rest="authority = { max_instalments = 3 }"),
                "¿quiso decir «max_installments»",
            ),
            (file_of("", 'handler = "person", invite = false'), "los siguientes nunca se alcanzan"),
            (file_of("dpd = { max = 60 }").replace(LAST, ""), "el último segmento no debe tener condiciones"),
            (file_of("dpd = { max = 60 }").replace('"rest"', '"one"'), "ya hay otro segmento con este nombre"),
            ("[[segments]\n", "s.toml, línea 1, columna 11: el archivo TOML está mal escrito"),
            ("", r"no hay ningún \[\[segments\]\]"),
            ("[scores]\n" + LAST, "¿quiso decir «score»"),
        ],
    )
    def test_a_slip_is_named_with_file_segment_and_key(self, text: str, said: str) -> None:
        with pytest.raises(TomlError, match=said) as refused:
            load_segments(text, "s.toml")
        assert str(refused.value).startswith("s.toml")

    def test_the_line_is_that_of_the_slip(self) -> None:
        text = file_of("dpd = { max = 60 }", rest="[segments.authority]\nmax_installments = 3\nmin_down_pct = 200")
        with pytest.raises(TomlError, match=f"línea {text[: text.index('min_down')].count(chr(10)) + 1}:"):
            load_segments(text, "s.toml")

    def test_an_unknown_segment_is_answered_with_the_nearest(self) -> None:
        assert SHIPPED.named("early").title == "De 1 a 30 días"
        with pytest.raises(TomlError, match="¿quiso decir «early»"):
            SHIPPED.named("earli")


class TestRanking:
    def test_more_money_fresher_arrears_and_better_manners_come_first(self) -> None:
        better = {
            "amount": msgspec.structs.replace(ANA, balance=money(2_000_000, "COP")),
            "days": msgspec.structs.replace(ANA, dpd=5),
            "behaviour": msgspec.structs.replace(ANA, late_payments_12m=0),
        }
        for account in better.values():
            assert score(account, SHIPPED.scoring) > score(ANA, SHIPPED.scoring)
        assert score(msgspec.structs.replace(ANA, promises_broken=1), SHIPPED.scoring) < score(ANA, SHIPPED.scoring)

    def test_a_work_list_is_always_the_same_and_says_why(self) -> None:
        accounts = [("b", ANA), ("a", ANA), ("c", msgspec.structs.replace(ANA, dpd=1))]
        ranked = rank(accounts, SHIPPED.scoring)
        assert [one.account for one in ranked] == ["c", "a", "b"]
        assert rank(reversed(accounts), SHIPPED.scoring) == ranked
        assert "debe 900000 COP" in ranked[1].why[0]

    def test_scores_stay_in_their_scale(self) -> None:
        for balance in (0, 1, 10**14):
            for dpd in (0, 10_000):
                found = score(msgspec.structs.replace(ANA, balance=Money(balance, "COP"), dpd=dpd), SHIPPED.scoring)
                assert 0 <= found <= 1000


def test_a_standing_is_of_a_day() -> None:
    from acuerdo.core.portfolio.reading import Record, read_file
    from acuerdo.core.portfolio.standing import standing

    data = (
        b"obligacion,nombre,documento,producto,saldo,dias mora,fecha apertura,cliente desde\n"
        b"A1,Ana Ejemplo,52345678,tarjeta,900000,55,2026-01-01,2020-01-01\n"
    )
    record = next(read_file(data, None, "CO", date(2026, 11, 23)))
    assert isinstance(record, Record)
    today = standing(record.person, record.account, date(2026, 11, 23))
    later = standing(record.person, record.account, date(2026, 11, 29))
    assert (today.dpd, later.dpd) == (55, 61)
    assert assign(today, SHIPPED).segment.handler == "bot"
    assert assign(later, SHIPPED).segment.handler == "person"
    assert today.debt_age_days == 326
