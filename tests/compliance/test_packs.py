"""Law packs are checked when they are loaded, and each fault names the pack, the rule and what to mend."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from acuerdo.core.compliance import (
    Cleared,
    NotYet,
    PackError,
    Record,
    compile_rules,
    describe,
    judge,
    load_pack,
    notices,
    retention_days,
)
from acuerdo.service.law import load_rules, shipped_packs

from .compliance_cases import cited, codes, local, person, say, tried

HEAD = 'title = "Prueba"\ncountry = "ZZ"\nversion = 2026-01-01\n'
LAW = 'layer = "law"\nsource = ["https://example.org/ley"]\nstatus = "press"\n'


def rule(body: str, name: str = "ZZ-1", kind: str = "window") -> str:
    return f'[[rules]]\nid = "{name}"\nlimits = "{kind}"\n{LAW}{body}\n'


def hours(days: str) -> str:
    return rule(f"hours = {{ {days} }}")


OPTION = '[[options]]\nname = "o"\nquestion = "¿?"\ndefault = 1\nchoices = [1, 2]\n'
WEEKDAYS = 'hours = { mon-fri = ["09:00-18:00"] }'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("title = ", "not TOML"),
        (HEAD + "colour = 1\n" + rule(WEEKDAYS), "colour"),
        (HEAD + rule(WEEKDAYS + "\nhourz = 1"), "hourz"),
        (HEAD + rule(WEEKDAYS, kind="windoww"), "'windoww' is not known"),
        (HEAD + hours('mon = ["25:00-26:00"]'), "impossible hour"),
        (HEAD + hours('mon = ["09:70-10:00"]'), "impossible hour"),
        (HEAD + hours('mon = ["nine-ten"]'), "not a span"),
        (HEAD + hours('mon = ["18:00-09:00"]'), "is empty"),
        (HEAD + hours('mon = ["09:00-09:10"]'), "shorter than the 15 minutes"),
        (HEAD + hours('lunes = ["09:00-10:00"]'), "not a day"),
        (HEAD + hours('fri-mon = ["09:00-10:00"]'), "not a day or a span of days"),
        (HEAD + hours('mon-fri = ["09:00-12:00"], wed = ["11:00-14:00"]'), "overlap on wed"),
        (HEAD + hours("mon = []"), "opens no hour"),
        (HEAD + rule(WEEKDAYS) + rule(WEEKDAYS), "used twice"),
        (HEAD + rule(WEEKDAYS).replace('source = ["https://example.org/ley"]\n', ""), "without a source"),
        (HEAD + rule(WEEKDAYS).replace("https://example.org/ley", "la ley"), "not a web address"),
        (HEAD + rule(WEEKDAYS).replace("law", "policy", 1), "policy without a note"),
        (HEAD + rule(WEEKDAYS).replace("press", "recalled"), "needs_counsel = true"),
        (HEAD + rule(WEEKDAYS).replace("press", "sure"), "sure"),
        (HEAD + rule(WEEKDAYS + "\neffective_from = 2026-02-01\neffective_to = 2026-01-01"), "never in force"),
        (HEAD + rule(WEEKDAYS + '\nwhen = { week2 = "x" }'), "does not declare"),
        (HEAD + rule('max = 1\nper = "day"', kind="cap"), "no window limits text, voice, visit"),
        (HEAD + rule(WEEKDAYS + '\nmodes = ["voice"]'), "no window limits text, visit"),
        (HEAD + rule(WEEKDAYS) + rule(WEEKDAYS + '\nreplaces = "ZZ-1"', "ZZ-2"), "overlaps ZZ-1"),
        (HEAD + rule(WEEKDAYS) + rule(WEEKDAYS + '\nreplaces = "ZZ-0"', "ZZ-2"), "which the pack does not hold"),
        (
            HEAD
            + rule(WEEKDAYS + "\neffective_to = 2026-03-01")
            + rule(WEEKDAYS + '\nreplaces = "ZZ-1"\neffective_from = 2026-04-01', "ZZ-2"),
            "there is a gap, from 2026-03-01 to 2026-04-01",
        ),
        (HEAD + OPTION + rule(WEEKDAYS), "no rule follows the choice 1"),
        (HEAD + OPTION.replace("default = 1", "default = 3") + rule(WEEKDAYS), "not one of its choices"),
        (HEAD + rule('municipal = { "/Lima" = ["13-40"] }', kind="holiday"), "'13-40' is not a day"),
        (HEAD + rule("calendar = false", kind="holiday"), "closes no day"),
        (HEAD + rule('tells = ["el clima"]\nmoment = "report"\nvalue = "x"', kind="notice"), "not a word of notices"),
        (HEAD + rule('says = ["stop"]\nfine = ["alto"]\nlacks = ["hola"]', kind="mandatory"), "should find"),
        (HEAD + rule("hours = 0", kind="session"), "hours must be 1"),
        (HEAD + rule("days = 0", kind="retention"), "days must be 1"),
        (HEAD + rule('refuses = ["vecina"]', kind="parties"), "vecina"),
        (HEAD + rule('value = "por canal"', kind="register"), "enforced = false"),
        (HEAD + rule('max = 0\nper = "day"', kind="cap"), "max must be 1"),
        (HEAD + rule("hours = 48\ndays = 2", kind="spacing"), "one of the two"),
        (HEAD + rule('stems = ["a"]\nsays = ["("]\ncatches = ["a"]', kind="wording"), "cannot be read"),
        (HEAD + rule('stems = ["por que"]\nsays = ["por que"]\ncatches = ["¿Por qué?"]', kind="wording"), "one"),
        (HEAD + rule('stems = ["cár"]\nsays = ["carcel"]\ncatches = ["cárcel"]', kind="wording"), "without accents"),
        (HEAD + rule('stems = ["a"]\nsays = ["b"]\ncatches = ["ab"]\nlets_pass = ["ba"]', kind="wording"), "let pass"),
    ],
)
def test_a_fault_names_the_pack_and_what_to_mend(text: str, complaint: str) -> None:
    with pytest.raises(PackError, match="law pack zz") as fault:
        load_pack(text, "zz")
    assert complaint in str(fault.value)


def test_a_fault_names_its_rule() -> None:
    with pytest.raises(PackError, match="ZZ-1"):
        load_pack(HEAD + hours('mon = ["25:00-26:00"]'), "zz")
    with pytest.raises(PackError, match="rule number 1"):
        load_pack(HEAD + '[[rules]]\nlimits = "window"\n', "zz")


def test_a_fault_names_its_line() -> None:
    with pytest.raises(PackError, match=r"zz\.toml:12\), ZZ-2"):
        load_pack(HEAD + hours('mon = ["09:00-12:00"]') + rule("max = 0\nper = 'day'", "ZZ-2", "cap"), "zz")


def test_before_a_law_began_its_country_is_judged_by_the_strict_default() -> None:
    rules = load_rules(date(2021, 11, 29))
    night = datetime(2021, 11, 29, 23, tzinfo=UTC).astimezone(ZoneInfo("America/New_York"))
    record = Record("US", ("America/New_York",))
    assert "strict_default" in codes(judge(say(channel="email"), record, rules, night))


def test_listed_rules_are_not_taken_for_enforced_ones() -> None:
    pack = shipped_packs()["co"]
    assert {"CO-5", "CO-3-canal", "CO-8"} <= {rule.id for rule in pack.enforced}
    assert {"CO-15", "CO-16"} <= {rule.id for rule in pack.listed}


def test_what_is_recalled_or_open_waits_for_counsel() -> None:
    for pack in shipped_packs().values():
        assert pack.needs_counsel
        for one in pack.rules:
            assert one.needs_counsel or one.status in ("verified_text", "press"), one.id


def packs_with(text: str) -> dict[str, object]:
    return {**shipped_packs(), "zz": load_pack(text, "zz")}


def compiled(text: str, at: date = date(2026, 11, 23), **options: object):  # type: ignore[no-untyped-def]
    return compile_rules(packs_with(text), at, options)  # type: ignore[arg-type]


SOMEONE = Record(country="ZZ", zones=("America/Bogota",))


def test_only_rules_in_force_judge_and_without_any_the_strict_default_does() -> None:
    text = HEAD + rule(WEEKDAYS + "\neffective_from = 2026-06-01\neffective_to = 2027-01-01")
    saturday = local("2026-11-28 10:00")
    assert cited(judge(say(), SOMEONE, compiled(text), saturday)) == {"ZZ-1"}
    for before_or_after in (date(2026, 5, 31), date(2027, 1, 1)):
        answer = judge(say(), SOMEONE, compiled(text, before_or_after), saturday)
        assert "strict_default" in codes(answer)
        assert cited(answer) == {"strict-horario", "COM-lugar"}


def test_windows_that_leave_no_hour_together_are_refused() -> None:
    text = HEAD + hours('mon = ["09:00-12:00"]') + rule('hours = { tue = ["09:00-12:00"] }', "ZZ-2")
    with pytest.raises(PackError, match="leave no hour open"):
        compiled(text)


def test_two_spans_a_day_leave_a_siesta() -> None:
    rules = compiled(HEAD + hours('mon-fri = ["09:00-13:00", "16:00-19:00"]'))
    answer = judge(say(), SOMEONE, rules, local("2026-11-25 14:00"))
    assert isinstance(answer, NotYet)
    assert answer.until == local("2026-11-25 16:00")


def test_municipal_days_are_holidays_in_their_town_alone() -> None:
    extra = '[rules.municipal]\n"MD/Madrid" = [2026-11-09]\n'
    text = (
        HEAD.replace("ZZ", "ES") + hours('mon-fri = ["09:00-21:00"]').replace("ZZ-1", "V") + rule(extra, "F", "holiday")
    )
    packs = {**shipped_packs(), "es": load_pack(text, "es")}
    rules = compile_rules(packs, date(2026, 11, 1), {})
    almudena = local("2026-11-09 10:00", "ES")
    assert codes(judge(say(), person("ES", subdivision="MD/Madrid"), rules, almudena)) == {"holiday"}
    assert isinstance(judge(say(), person("ES", subdivision="MD/Getafe"), rules, almudena), Cleared)


def test_quiet_days_follow_a_conversation_even_one_the_person_began() -> None:
    rules = compiled(
        HEAD + hours('mon-sun = ["00:00-24:00"]') + rule('days = 7\nmodes = ["voice"]', "Q", "quiet_after")
    )
    spoken = tried("2026-11-23 10:00", mode="voice", purpose="reply", reached=True)
    record = Record(country="ZZ", zones=("America/Bogota",), attempts=(spoken,))
    answer = judge(say(mode="voice"), record, rules, local("2026-11-25 10:00"))
    assert isinstance(answer, NotYet)
    assert (codes(answer), answer.until) == ({"quiet_days"}, local("2026-11-30 10:00"))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"colour": "red"}, "declared by no law pack"),
        ({"week": "lunar"}, "choose one of"),
        ({"xx.week": "calendar"}, "declared by no law pack"),
        ({"default_pack": "co"}, "strict or ultra"),
    ],
)
def test_an_unknown_option_is_refused(options: dict[str, object], complaint: str) -> None:
    with pytest.raises(PackError, match=complaint):
        load_rules(date(2026, 11, 23), options)


def test_without_the_strict_or_the_common_pack_nothing_is_compiled() -> None:
    for name in ("strict", "common"):
        packs = {key: pack for key, pack in shipped_packs().items() if key != name}
        with pytest.raises(PackError, match=f"{name} is missing"):
            compile_rules(packs, date(2026, 11, 23), {})


def test_what_a_country_wants_told_and_for_how_long_evidence_is_kept() -> None:
    rules = load_rules(date(2026, 11, 23))
    screen = {country: {word for one in notices(rules.for_country(country), "first_screen") for word in one.tells}
              for country in ("MX", "CL", "US", "CO")}  # fmt: skip
    assert {"collector", "creditor", "contract", "amount", "complaints", "pay_creditor"} <= screen["MX"]
    assert {"contract", "due_date", "amount"} <= screen["CL"]
    assert {"validation", "debt_collector"} <= screen["US"]
    assert screen["CO"] == set()
    assert all(one.needs_counsel for code in ("MX", "CL") for one in notices(rules.for_country(code), "first_screen"))
    assert "ai" in {word for one in notices(rules.for_country("ES"), "first_contact") for word in one.tells}
    assert retention_days(rules.for_country("CL")) == retention_days(rules.for_country("US")) == 1826
    kept = {
        rule.id: rule.days for pack in shipped_packs().values() for rule in pack.rules if rule.limits == "retention"
    }
    assert kept == {"COM-conservacion": 1826, "CL-4": 731, "US-12": 1096}


def test_the_version_names_contents_and_options() -> None:
    day = date(2026, 11, 23)
    assert load_rules(day) is load_rules(day)
    assert load_rules(day).version == load_rules(date(2026, 11, 24)).version
    assert load_rules(day).version != load_rules(day, {"week": "calendar"}).version


def test_each_pack_makes_a_page_a_lawyer_can_sign() -> None:
    for pack in shipped_packs().values():
        page = describe(pack)
        assert page.startswith(f"# {pack.title}\n")
        assert "Firma:" in page
        for one in pack.rules:
            assert f"### {one.id} (" in page
            assert all(url in page for url in one.source)
        for question in pack.questions:
            assert question in page
        for option in pack.options:
            assert option.question in page
        for option in pack.options:
            assert all(f"`{choice}`" in page or f"`{str(choice).lower()}`" in page for choice in option.choices)


@pytest.mark.parametrize(
    ("pack", "told"),
    [
        ("co", "de lunes a viernes, de 07:00 a 19:00; sábado, de 08:00 a 15:00. Los demás días, ninguno. En su lugar"),
        ("co", "Como máximo 1 contacto al día. Solo cuentan aquellos en que la persona participó."),
        ("co", "ningún otro canal durante la misma semana (según la opción «week»). Alcance: todos los medios."),
        ("co", "Salen sin someterse a máximo ni canal único: información pedida. Esos envíos sí cuentan"),
        ("co", "Prohibido contactar. Alcance: visitas."),
        ("co", "Solo si la opción `count_attempts` es `true`"),
        ("co", "`rolling` (siete días corridos), `calendar` (de lunes a domingo)"),
        ("co", "Vigencia: desde el 10/10/2023"),
        ("mx", "No se usan teléfonos, correos ni domicilios hallados por búsqueda ni del empleador."),
        ("mx", "Contacto permitido: de lunes a domingo, de 07:00 a 22:00. Alcance: llamadas y visitas."),
        ("es", "Madrid (MD): 15 de mayo, 9 de noviembre; Barcelona (CT): 50 días después del Domingo de Pascua"),
        ("es", "- Norma: no se vio; complétela quien revise"),
    ],
)  # fmt: skip
def test_a_lawyer_reads_sentences(pack: str, told: str) -> None:
    assert told in describe(shipped_packs()[pack])
