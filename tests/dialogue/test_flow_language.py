"""Each construct of the language of flows, written as an author would and talked through."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from tests.dialogue.small import SMALL

from acuerdo.core import facts as f
from acuerdo.core.dialogue.plainness import ease, syllables
from acuerdo.core.dialogue.state import Line
from acuerdo.core.dialogue.variants import wordings_for
from acuerdo.core.dialogue.verify import load
from acuerdo.testing.transcripts import Chat, scenario_of


def talk(flow: str, **heads: str) -> Chat:
    """A conversation with that flow, identified and at its first step."""
    chat = Chat(scenario_of("prueba", heads), load({"base.yaml": SMALL, "prueba.yaml": f"flow: prueba\n{flow}"}))
    chat.says("52345678")
    assert chat.state.identified
    return chat


def words(lines: tuple[Line, ...]) -> list[str]:
    return [line.content.text for line in lines]


def last(chat: Chat) -> Line:
    """What was said last."""
    said = [fact for _, fact in chat.facts if isinstance(fact, f.Said)][-1]
    return Line(said.key, said.text_id, said.content)


CHOICE = """\
slots: {{way: [shop, bank, app]}}
texts: {{which: "¿Dónde le queda mejor?", done: "Entonces, en {{way}}."}}
buttons:
  shop: {{es: Tienda, lines: [Abre de 8 a 20], picture: "https://ejemplo.test/tienda.png"}}
  bank: {{es: Banco, es-AR: Sucursal}}
  app: Aplicación
steps:
  start: {{choose: which, as: {look}, options: {{shop: told, bank: told, app: told}}, into: way, else: repair}}
  told: {{ask: done, again: none, else: repair}}
"""


@pytest.mark.parametrize("said", ["Banco", "en el banco, por favor", "2", "la 2", "la segunda"])
def test_a_choice_is_pressed_or_written(said: str) -> None:
    chat = talk(CHOICE.format(look="buttons"))
    assert [button.title for button in last(chat).content.buttons] == ["Tienda", "Banco", "Aplicación"]
    assert words(chat.says(said)) == ["Entonces, en Banco."]
    again = talk(CHOICE.format(look="buttons"))
    assert words(again.presses("bank")) == ["Entonces, en Banco."]


def test_a_choice_that_was_not_offered_is_none() -> None:
    chat = talk(CHOICE.format(look="buttons"))
    assert "Entonces" not in " ".join(words(chat.says("la 7")))
    assert chat.state.slots == {}


def test_a_list_says_so_and_a_carousel_has_cards_with_pictures() -> None:
    listed = last(talk(CHOICE.format(look="list"))).content
    assert listed.listed
    assert len(listed.buttons) == 3
    shown = last(talk(CHOICE.format(look="carousel"))).content
    assert shown.buttons == ()
    assert [(card.id.partition("@")[0], card.title, card.lines, card.picture) for card in shown.cards] == [
        ("shop", "Tienda", ("Abre de 8 a 20",), "https://ejemplo.test/tienda.png"),
        ("bank", "Banco", (), ""),
        ("app", "Aplicación", (), ""),
    ]
    chat = talk(CHOICE.format(look="carousel"))
    assert words(chat.presses("shop")) == ["Entonces, en Tienda."]


def test_a_country_has_its_own_word_on_a_button() -> None:
    titles = [b.title for b in last(talk(CHOICE.format(look="list"), país="AR")).content.buttons]
    assert titles == ["Tienda", "Sucursal", "Aplicación"]


INPUTS = {
    "money": ("300 mil", "$300.000"),
    "number": ("somos 4 en la casa", "4"),
    "date": ("el 20 de abril", "20 de abril de 2026"),
    "email": ("es ana@ejemplo.test", "ana@ejemplo.test"),
    "text": ("vivo lejos", "vivo lejos"),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_an_answer_goes_into_a_slot_of_its_type_and_is_said_as_people_write_it(kind: str) -> None:
    said, told = INPUTS[kind]
    chat = talk(
        f"slots: {{it: {kind}}}\ntexts: {{ask: Dígame., told: 'Anoté {{it}}.'}}\nsteps:\n"
        f"  start: {{ask: ask, input: {kind}, into: it, answer: told, else: repair}}\n"
        "  told: {ask: told, again: none, else: repair}\n"
    )
    assert last(chat).content.input is not None
    assert words(chat.says(said))[0].replace("\u00a0", " ") == f"Anoté {told}."


def test_what_is_no_answer_fills_no_slot() -> None:
    chat = talk(
        "slots: {it: number}\ntexts: {ask: Dígame., told: 'Anoté {it}.'}\nsteps:\n"
        "  start: {ask: ask, into: it, answer: told, else: repair}\n  told: {ask: told, again: none, else: repair}\n"
    )
    assert "Anoté" not in " ".join(words(chat.says("no sé bien")))
    assert chat.state.slots == {}


GUARDED = """\
slots: {sure: yes_no, children: number, kept: number}
texts: {sure: "¿Tiene hijos?", many: "¿Cuántos?", few: "Familia pequeña: {kept}.", large: "Familia grande.", alone: "Sin hijos."}
steps:
  start: {ask: sure, into: sure, answer: sorted, else: repair}
  sorted: {branch: {sure = no: none}, else: many}
  many: {ask: many, into: children, answer: keep, else: repair}
  keep: {set: {kept: "{children}", children: }, go: size}
  size: {branch: {kept > 3 and not children: large}, else: few}
  few: {ask: few, again: none, when: kept, skip: none, else: repair}
  large: {ask: large, again: none, else: repair}
  none: {say: alone, go: end}
  end: {end: true}
"""  # noqa: E501


def test_slots_are_set_copied_forgotten_and_guard_the_way() -> None:
    few = talk(GUARDED)
    few.says("sí")
    assert words(few.says("2")) == ["Familia pequeña: 2."]
    assert few.state.slots == {"prueba.sure": "yes", "prueba.kept": "2"}
    many = talk(GUARDED)
    many.says("sí")
    assert words(many.says("5")) == ["Familia grande."]
    none = talk(GUARDED)
    assert words(none.says("no")) == ["Sin hijos."]
    assert none.state.closed


CALLED = """\
slots: {name: text}
texts: {first: Vamos por partes., last: "Listo, {name}."}
steps:
  start: {say: first, go: asks}
  asks: {call: otra.start, go: last}
  last: {ask: last, again: none, when: name, skip: back, else: repair}
"""
OTHER = """\
flow: otra
texts: {sure: "¿Seguimos?"}
steps:
  start: {ask: sure, hears: {affirm: done, ask_who: {aside: about}}, else: repair}
  about: {say: sure, go: back}
  done: {set: {prueba.name: amiga}, go: return}
"""


def test_a_flow_that_is_called_comes_back_to_who_called_it() -> None:
    book = load({"base.yaml": SMALL, "otra.yaml": OTHER, "prueba.yaml": f"flow: prueba\n{CALLED}"})
    chat = Chat(scenario_of("prueba", {}), book)
    assert words(chat.says("52345678")) == ["Vamos por partes.", "¿Seguimos?"]
    assert chat.state.calls == ("prueba.last",)
    chat.says("¿quién es?")
    assert words(chat.says("sí")) == ["Listo, amiga."]
    assert chat.state.calls == ()


REMINDED = """\
texts: {ask: "¿Qué día le queda bien?", soon: Aquí sigo., later: Cuando quiera seguimos.}
steps:
  start: {ask: ask, again: ask, remind: {2h: soon, 1d: later}, hears: {affirm: patient}, else: repair}
  patient: {wait: 30m, go: start}
"""


def test_a_silence_is_reminded_at_each_of_its_times_and_not_after_an_answer() -> None:
    chat = talk(REMINDED)
    since = len(chat.facts)
    chat.waits(timedelta(days=3))
    said = [(at, fact) for at, fact in chat.facts[since:] if isinstance(fact, f.Said)]
    assert [fact.content.text for _, fact in said] == ["Aquí sigo.", "Cuando quiera seguimos."]
    assert said[1][0] - said[0][0] == timedelta(hours=22)
    assert all(fact.purpose == "collection" for _, fact in said)  # the guard judges it as what we begin
    moved = talk(REMINDED)
    moved.says("52345678")
    person = moved.says("quiero hablar con una persona")
    assert words(person) == ["Ya le paso con una persona."]
    since = len(moved.facts)
    moved.waits(timedelta(days=3))
    assert [fact for _, fact in moved.facts[since:] if isinstance(fact, f.Said)] == []


def test_a_wait_goes_on_by_itself() -> None:
    chat = talk(REMINDED)
    chat.says("sí")
    assert chat.state.at == "prueba.patient"
    chat.waits(timedelta(minutes=29))
    assert chat.state.at == "prueba.patient"
    chat.waits(timedelta(minutes=2))
    assert chat.state.at == "prueba.start"


def test_each_step_has_its_own_words_for_each_misunderstanding() -> None:
    flow = (
        'texts: {ask: "¿Qué día?", one: "Un día, por favor.", two: "Por ejemplo, el viernes.", sorry: Disculpe.}\n'
        "steps:\n  start: {ask: ask, again: [ask, one, two], else: repair}\n  sorry: {say: sorry, go: back}\n"
    )
    book = SMALL
    for n in (1, 2):
        book = book.replace(
            f'"repair:{n}": {{go: hello, open: true}}', f'"repair:{n}": {{go: prueba.sorry, open: true}}'
        )
    chat = Chat(scenario_of("prueba", {}), load({"base.yaml": book, "prueba.yaml": f"flow: prueba\n{flow}"}))
    chat.says("52345678")
    assert words(chat.says("asdf qwer"))[-1] == "Un día, por favor."
    assert words(chat.says("zxcv poiu"))[-1] == "Por ejemplo, el viernes."


def test_a_guarded_route_is_not_heard_and_its_button_is_not_shown() -> None:
    flow = (
        "texts: {ask: Dígame., yes: Claro.}\nbuttons: {later: Después, now: Ahora}\nsteps:\n"
        "  start: {ask: ask, buttons: [later, now], hears: {'button:later': {go: yes, when: days_past_due <= 30}, "
        "'button:now': yes}, else: back}\n  yes: {ask: yes, again: none, else: repair}\n"
    )
    early, late = talk(flow, mora="20"), talk(flow, mora="45")
    assert [b.id.partition("@")[0] for b in last(early).content.buttons] == ["later", "now"]
    assert [b.id.partition("@")[0] for b in last(late).content.buttons] == ["now"]
    assert words(early.presses("later")) == ["Claro."]
    assert words(late.presses("later")) != ["Claro."]


@pytest.mark.parametrize(
    ("country", "tone", "said"),
    [
        ("CO", "", "base"), ("CO", "soft", "soft"), ("AR", "", "AR"), ("AR", "soft", "AR soft"), ("AR", "firm", "AR"),
        ("MX", "firm", "firm"), ("CL", "loud", "base"),
    ],
)  # fmt: skip
def test_a_text_is_said_in_the_country_and_the_tone_that_suit(country: str, tone: str, said: str) -> None:
    variants = {
        "es": ("base",), "es/soft": ("soft",), "es/firm": ("firm",), "es-AR": ("AR",), "es-AR/soft": ("AR soft",),
    }  # fmt: skip
    assert wordings_for(variants, country, tone) == (said,)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("sol", 1), ("deuda", 2), ("día", 2), ("ahora", 3), ("guitarra", 3), ("pingüino", 3), ("murciélago", 4),
        ("aéreo", 4), ("poeta", 3), ("hoy", 1), ("ley", 1), ("mayo", 2), ("queso", 2), ("país", 2), ("búho", 2),
        ("averiguáis", 4), ("dieciséis", 3), ("leer", 2), ("cooperar", 4), ("y", 1), ("Uruguay", 3), ("ciudad", 2),
    ],
)  # fmt: skip
def test_syllables_are_counted_as_spanish_has_them(word: str, count: int) -> None:
    assert syllables(word) == count


def test_the_reading_index_is_the_published_one() -> None:
    # 10 words, 15 syllables, 2 sentences: 206.84 - 60 x 1.5 - 1.02 x 5.
    text = "El sol sale por el monte. Ana canta y baila."
    assert ease(text) == pytest.approx(206.84 - 60 * 1.5 - 1.02 * 5)
    assert ease("Gracias por escribir.") is None
    assert ease("Le debe {total} a {creditor} y hoy lo puede pagar.") == ease(
        "Le debe dato a dato y hoy lo puede pagar."
    )


def test_the_small_flow_of_the_how_to_is_a_flow() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "flows.md").read_text("utf-8")
    flow = next(
        block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if block.startswith("flow: horario")
    )
    calling = "flow: prueba\nsteps:\n  start: {call: horario.start, go: back}\n"
    chat = Chat(scenario_of("how-to", {}), load({"base.yaml": SMALL, "horario.yaml": flow, "prueba.yaml": calling}))
    assert words(chat.says("52345678")) == ["¿Cuándo le queda mejor?"]
    assert words(chat.says("por la tarde")) == ["¿Qué día?"]
    assert words(chat.says("el 20 de abril"))[0].endswith("anotado para el 20 de abril de 2026.")
