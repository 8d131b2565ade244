"""What a country wants told about a debt is told once, after identity and before the debt is spoken of."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from acuerdo.adapters.store.server import Database
from acuerdo.cli import doctor
from acuerdo.core import facts as f
from acuerdo.core.compliance import Cleared, Record, Refused, judge, notices
from acuerdo.core.compliance.kinds import NOTICES
from acuerdo.core.dialogue.engine import begin
from acuerdo.core.dialogue.notices import to_tell
from acuerdo.core.dialogue.schema import HEADING
from acuerdo.core.dialogue.slots import topics_said
from acuerdo.core.dialogue.state import Line
from acuerdo.core.dialogue.verify import load
from acuerdo.core.dialogue.view import CreditorView, Notice
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import Country, CreditorId, PersonId
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.law import load_rules
from acuerdo.service.noticing import asked_by, asked_of, unfilled
from acuerdo.service.reaching import texts
from acuerdo.service.resources import shipped_flows
from acuerdo.testing.scenarios import play, read_scenarios, script, stage
from acuerdo.testing.transcripts import Chat, scenario_of

SCENARIOS = Path(__file__).parent.parent / "scenarios" / "mixed.jsonl"
DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 16, tzinfo=UTC)
DOCUMENT = {
    "CO": "52345678", "MX": "GOPA850101MDFMRN09", "CL": "123456785", "PE": "41223344", "AR": "30123456",
    "ES": "12345678Z",
}  # fmt: skip
BANK = CreditorView(
    "banco", "Banco Aurora", phone="601 555 0100", address="Calle Luna 1", legal_name="Banco Aurora S.A.",
    tax_id="900-1",
)  # fmt: skip
RECAUDA = msgspec.structs.replace(
    BANK, agency="Recauda", ownership="agency", agency_address="Calle Sol 2", agency_phone="55 5555 0000",
    responsible="Luz Vega, gerente", complaints="UNE, 800 111 2222", agency_powers="acordar pagos",
)  # fmt: skip
FULL = msgspec.structs.replace(RECAUDA, acquired_from="Banco Viejo", files="ASNEF")


def chat(country: str, creditor: CreditorView = BANK, subdivision: str = "", **changes: Any) -> Chat:
    """A conversation with somebody of that country, as its pack asks; `changes` are made to what is known of them."""
    one = Chat(scenario_of("pantalla", {"país": country, "documento": DOCUMENT[country]}))
    asked = asked_of(country, subdivision, creditor, DAY)
    view = msgspec.structs.replace(one.state.view, **{"creditor": creditor, "notices": asked, **changes})
    one.facts.clear()
    started = f.Started(one.book.digest, "web", msgspec.Raw(msgspec.json.encode(view)))
    one.state = begin("pantalla", started)
    one.happens(started)
    return one


def invitation(name: str, country: str) -> str:
    """A text that goes out before identity, as that country reads it."""
    return texts()[name].get(country, texts()[name]["es"])


def screen(lines: tuple[Line, ...]) -> Line | None:
    found = [line for line in lines if line.tells]
    assert len(found) <= 1
    return found[0] if found else None


def words(country: str, creditor: CreditorView = BANK, **changes: Any) -> str:
    """What the first screen says to somebody of that country, or nothing."""
    found = screen(chat(country, creditor, **changes).says(DOCUMENT[country]))
    return found.content.text if found else ""


class TestWhatEachCountryAsks:
    def test_mexico_hears_who_collects_where_for_whom_what_and_where_to_complain(self) -> None:
        said = words("MX", RECAUDA)
        for told in (
            "Recauda", "Calle Sol 2", "55 5555 0000", "Luz Vega", "Banco Aurora", "tarjeta de crédito", "$900,000",
            "calculado al 14 de abril de 2026", "UNE, 800 111 2222", "El pago se hace solo a Banco Aurora",
        ):  # fmt: skip
            assert told in said

    def test_in_mexico_whoever_attends_is_named(self) -> None:
        """MX-2: the agency's name and the agent's, be it the assistant or a person."""
        one = chat("MX", RECAUDA)
        told = screen(one.says(DOCUMENT["MX"]))
        assert told is not None
        assert "Le atiende: Recauda. Agente: su asistente automático." in told.content.text
        (taken,) = one.happens(f.TakenOver("luz", "Luz Vega"))
        assert taken.content.text == "Ahora le atiende Luz Vega, de Recauda."
        assert "Luz" not in "".join(line.content.text for line in one.happens(f.HandedBack("luz")))

    def test_in_mexico_a_person_who_writes_first_is_the_agent_of_the_first_screen(self) -> None:
        one = chat("MX", RECAUDA)
        accounts = one.state.view.accounts
        one.state = msgspec.structs.replace(one.state, identified=True)
        one.happens(f.TakenOver("luz", "Luz Vega"))
        told = screen(one.happens(f.AgentWrote("luz", "k", f"Su saldo es de ${accounts[0].balance.plain()}.")))
        assert told is not None
        assert "Agente: Luz Vega." in told.content.text

    def test_elsewhere_a_person_needs_no_name(self) -> None:
        (taken,) = chat("CO", RECAUDA).happens(f.TakenOver("luz", "Luz Vega"))
        assert taken.content.text == "Ahora le atiende una persona."

    def test_a_lender_that_collects_itself_gives_its_own_address_and_phone(self) -> None:
        said = words("MX", msgspec.structs.replace(BANK, responsible="Luz Vega"))
        assert "Calle Luna 1" in said
        assert "601 555 0100" in said

    def test_chile_hears_contract_due_date_amount_and_that_the_creditor_may_be_paid(self) -> None:
        said = words("CL")
        for told in ("Contrato: ", "Vencimiento: 25 de marzo de 2026", "$900.000", "pagar directamente a Banco Aurora"):
            assert told in said

    def test_spain_hears_that_a_person_may_be_had_and_where_bought_data_come_from(self) -> None:
        assert "hablar con una persona" in words("ES")
        assert "Banco Viejo" not in words("ES", msgspec.structs.replace(BANK, acquired_from="Banco Viejo"))
        bought = msgspec.structs.replace(BANK, ownership="assigned", acquired_from="Banco Viejo")
        assert "recibió sus datos de Banco Viejo" in words("ES", bought)

    @pytest.mark.parametrize("country", ["CO", "ES"])
    def test_credit_files_are_named_only_by_a_creditor_that_reports(self, country: str) -> None:
        assert "ASNEF" in words(country, msgspec.structs.replace(BANK, files="ASNEF"))
        assert "informarla" not in words(country)

    @pytest.mark.parametrize("country", ["CO", "PE", "AR"])
    def test_where_the_pack_asks_nothing_nothing_is_said(self, country: str) -> None:
        assert words(country) == ""

    def test_in_buenos_aires_the_agency_says_who_it_is_and_what_it_may_do(self) -> None:
        found = screen(chat("AR", RECAUDA, subdivision="C").says(DOCUMENT["AR"]))
        assert found is not None
        assert found.tells == ("agency",)
        assert "Calle Sol 2" in found.content.text
        assert "acordar pagos" in found.content.text

    @pytest.mark.parametrize("country", ["BR", "US"])
    def test_the_other_packs_have_their_words_too(self, country: str) -> None:
        asked = asked_by(load_rules(DAY).for_country(country))
        found = screen(chat("MX", FULL, notices=asked).says(DOCUMENT["MX"]))
        assert found is not None
        assert set(found.tells) == {one.topic for one in asked}


class TestOnceAndInOrder:
    @pytest.mark.parametrize("country", ["MX", "CL", "ES"])
    def test_it_comes_before_the_debt_and_never_again(self, country: str) -> None:
        one = chat(country)
        lines = one.says(DOCUMENT[country])
        first = next(n for n, line in enumerate(lines) if not line.tells and set(line.topics) - {"creditor"})
        assert [line for line in lines[:first] if line.tells]
        for text in ("¿cuánto debo?", "¿cuándo vence?", "quiero pagar en tres partes", "¿quién es?"):
            assert screen(one.says(text)) is None
        assert sum(isinstance(fact, f.NoticesTold) for _, fact in one.facts) == 1

    def test_a_wish_from_before_identity_is_answered_after_it(self) -> None:
        one = chat("MX")
        one.says("quiero pagar en 3 partes")
        lines = one.says(DOCUMENT["MX"])
        assert next(line for line in lines if set(line.topics) - {"creditor"}).tells

    def test_who_owes_nothing_is_told_nothing(self) -> None:
        one = chat("MX")
        paid = tuple(msgspec.structs.replace(a, balance=a.balance - a.balance) for a in one.state.view.accounts)
        assert words("MX", accounts=paid) == ""

    def test_it_goes_before_the_words_of_a_person_of_ours(self) -> None:
        one = chat("CL")
        one.state = msgspec.structs.replace(one.state, identified=True, owner="agent:luz")
        told, own = one.happens(f.AgentWrote("luz", "k1", "Su deuda se puede pagar en dos cuotas."))
        assert (told.tells, told.origin, own.text_id) == (
            ("contract", "amount", "due_date", "pay_creditor"),
            "agent",
            "agent",
        )

    def test_the_fact_names_the_rules_that_asked(self) -> None:
        one = chat("CL")
        one.says(DOCUMENT["CL"])
        (told,) = [fact for _, fact in one.facts if isinstance(fact, f.NoticesTold)]
        assert told.rules == ("CL-2-aviso", "CL-13")


class TestNothingIsMadeUp:
    def test_what_the_settings_lack_is_left_out_and_asked_for(self) -> None:
        bare = CreditorView("banco", "Banco Aurora", agency="Recauda", phone="601 555 0100", address="Calle Luna 1")
        said = words("MX", bare)
        assert "Domicilio" not in said
        assert "601 555 0100" not in said, "the creditor's phone is not its agency's"
        wanted = unfilled(Creditor("b", "Banco", Settings("Banco", agency="Recauda")), [("MX", "")], DAY)
        assert wanted == ("--agency-address", "--agency-phone", "--responsible", "--complaints")

    def test_full_settings_lack_nothing_and_a_country_that_asks_nothing_neither(self) -> None:
        full = Settings("Banco", address="Calle 1", phone="1", responsible="Luz", complaints="UNE")
        assert unfilled(Creditor("b", "Banco", full), [("MX", ""), ("CL", ""), ("PE", "")], DAY) == ()
        assert unfilled(Creditor("b", "Banco", Settings("Banco")), [("CO", ""), ("PE", ""), ("AR", "")], DAY) == ()

    def test_a_date_that_no_file_told_is_not_spoken_of(self) -> None:
        one = chat("CL")
        undated = tuple(msgspec.structs.replace(a, due_date=None) for a in one.state.view.accounts)
        assert "Vencimiento" not in words("CL", accounts=undated)


class TestTheGuard:
    def verdict(self, record: Record, **parts: Any) -> Any:
        made: dict[str, Any] = {
            "key": "k", "content": Content("Su saldo es de $900.000."), "channel": "web", "purpose": "reply",
            "creditor": CreditorId("b"), "person": PersonId("p"), "topics": ("amount", "debt"), "answers_at": NOON,
        }  # fmt: skip
        return judge(Say(**made | parts), record, load_rules(DAY), NOON)

    def test_a_reply_that_lacks_it_is_stopped_and_the_rule_named(self) -> None:
        record = Record("CL", ("America/Santiago",), identified=True, untold=("contract", "pay_creditor"))
        refused = self.verdict(record)
        assert isinstance(refused, Refused)
        assert [(one.code, one.rules) for one in refused.why] == [("notice_missing", ("CL-13", "CL-2-aviso"))]
        half = self.verdict(record, tells=("contract",))
        assert [one.rules for one in half.why] == [("CL-13",)]

    def test_what_tells_it_or_speaks_of_no_debt_goes_out(self) -> None:
        record = Record("CL", ("America/Santiago",), identified=True, untold=("contract",))
        assert isinstance(self.verdict(record, tells=("contract",)), Cleared)
        assert isinstance(self.verdict(record, topics=("creditor",)), Cleared)
        assert isinstance(self.verdict(record, purpose="receipt"), Cleared)

    @pytest.mark.parametrize("country", [*get_args(Country), "BR", "US", "EC"])
    def test_no_pack_forbids_the_words_of_a_notice(self, country: str) -> None:
        everything = tuple(Notice(topic, ("x",)) for topic in shipped_flows().notices if topic != HEADING)
        found = screen(chat("MX", FULL, notices=everything).says(DOCUMENT["MX"]))
        assert found is not None
        record = Record(country, ("America/Bogota",), identified=True)
        assert isinstance(self.verdict(record, content=found.content, tells=found.tells), Cleared)

    def test_flows_without_the_words_leave_it_to_the_guard(self) -> None:
        files = dict(shipped_flows().files)
        del files["aviso.yaml"]
        view = chat("CL").state.view
        assert to_tell(load(files), view) == tuple(one.topic for one in view.notices)


class TestTheWholeCorridor:
    @pytest.mark.parametrize("words", [True, False])
    async def test_told_once_or_else_a_person_takes_the_case(self, server: Database, words: bool) -> None:
        files = {name: body for name, body in shipped_flows().files.items() if words or name != "aviso.yaml"}
        raw = next(one for one in read_scenarios(SCENARIOS) if one["country"] == "CL")
        raw |= {"turns": [raw["debtor"]["document"]["value"], "¿cuánto debo?"]}
        async with stage(server.url) as on:
            house = msgspec.structs.replace(on.house, book=load(files))
            facts, _ = await play(msgspec.structs.replace(on, house=house), script(raw), 0)
        kinds = [f.kind_of(one.fact) for one in facts]
        assert kinds.count("notices_told") == words
        refused = [one.fact.why[0].code for one in facts if isinstance(one.fact, f.TextRefused)]
        cases = [one.fact.reason for one in facts if isinstance(one.fact, f.HandedOver)]
        assert set(refused) == (set() if words else {"notice_missing"})
        assert set(cases) == (set() if words else {"refused_reply"})
        said = [one.fact.text_id for one in facts if isinstance(one.fact, f.Said)]
        assert ("precleared" in said) is not words

    async def test_the_doctor_names_what_the_creditors_settings_lack(self, server: Database) -> None:
        raw = next(one for one in read_scenarios(SCENARIOS) if one["country"] == "MX")
        async with stage(server.url) as on:
            await play(on, script(raw | {"turns": ["hola"]}), 0)
            async with on.pool.acquire() as db:
                check = await doctor.first_screen(db)  # type: ignore[arg-type]  # a pooled connection is one all the same
        assert check.status == "warn"
        assert check.mend == 'acuerdo creditor add "Casa Ejemplo A" --address … --responsible … --complaints …'


class TestBeforeIdentity:
    @pytest.mark.parametrize("country", get_args(Country))
    def test_no_flow_says_anything_of_a_debt(self, country: str) -> None:
        one = chat(country, RECAUDA)
        for text in (
            "hola", "¿quién es?", "¿cuánto debo?", "quiero pagar en cuotas", "no sé", "0000", "¿por qué?", "hello",
            "quiero hablar con una persona", "soy su hermano", "pásele el mensaje",
        ):  # fmt: skip
            one.says(text)
        for fact in (fact for _, fact in one.facts if isinstance(fact, f.Said)):
            assert set(fact.topics) <= {"creditor"}
            # The end of a document is asked for with an example, whose digits are no amount.
            assert topics_said(re.sub(r"si termina en \w+", "", fact.content.text)) == ()

    @pytest.mark.parametrize("country", get_args(Country))
    @pytest.mark.parametrize("name", ["invitation", "renewal", "answer", "stopped"])
    def test_no_invitation_does(self, country: str, name: str) -> None:
        assert topics_said(invitation(name, country)) == ()

    @pytest.mark.parametrize("country", get_args(Country))
    def test_first_contact_says_who_writes_that_it_is_a_machine_and_how_to_stop(self, country: str) -> None:
        """The suggested footer of every pack: over the invitation and the welcome behind its link."""
        asked = {word for one in notices(load_rules(DAY).for_country(country), "first_contact") for word in one.tells}
        assert asked <= {"collector", "creditor", "ai", "opt_out", "human"}
        sms = invitation("invitation", country)
        assert "el asistente virtual de {who}" in sms
        assert "responda BAJA" in sms
        welcome = next(fact.content for _, fact in chat(country, RECAUDA).facts if isinstance(fact, f.Said))
        assert "asistente automático de Recauda, por encargo de Banco Aurora" in welcome.text
        assert ("inteligencia artificial" in welcome.text) == (country == "ES")  # ES-11
        assert "Hablar con una persona" in [button.title for button in welcome.buttons]


def test_every_notice_that_a_pack_asks_for_on_the_screen_has_its_text() -> None:
    rules = load_rules(DAY)
    asked = {
        one.topic for name in (*rules.packs, *get_args(Country)) for one in asked_by(rules.for_country(name.upper()))
    }
    assert asked | {"contract", "validation", "tax_id"} <= set(shipped_flows().notices) <= {HEADING, *NOTICES}
