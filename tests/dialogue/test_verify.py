"""What the check refuses: file, line, flow, step, what is wrong, what to write, and the shortest way there."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialogue.small import GOOD, SMALL

from acuerdo.core.dialogue.actions import ACTIONS
from acuerdo.core.dialogue.binding import GIVES, NEEDS
from acuerdo.core.dialogue.files import read_books
from acuerdo.core.dialogue.picture import draw
from acuerdo.core.dialogue.schema import FlowError
from acuerdo.core.dialogue.slots import VARIABLES
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.dialogue.verify import PLAIN_ENOUGH, load, reopen, sound, suited
from acuerdo.core.facts import TimerRang
from acuerdo.service.channels import Traits
from acuerdo.service.law import load_rules
from acuerdo.service.resources import shipped_flows
from acuerdo.testing.transcripts import Chat, scenario_of

FILES: Mapping[str, str] = shipped_flows().files
DAY = date(2026, 11, 23)

# The shortest way to the flow that things are tried in.
THERE = "start > base.hello > (identity:given) base.prove > (ok) base.wish > (else) prueba.start"


class Case(NamedTuple):
    """A flow with one fault, and all that the check says of it."""

    name: str
    flow: str
    said: str


CASES = (
    Case(
        "an unreachable step",
        """\
texts: {one: Uno., two: Dos.}
steps:
  start: {ask: one, else: repair}
  lost: {say: two, go: back}
""",
        "prueba.yaml:5: flow prueba, step lost: unreachable step: nothing leads here; delete it or lead to it",
    ),
    Case(
        "a dead end",
        """\
texts: {one: Uno., two: Dos.}
steps:
  start: {say: one, go: more}
  more: {say: two}
""",
        "prueba.yaml:5: flow prueba, step more: dead end: say where it goes on (go: step, or go: back); "
        f"reached by {THERE} > prueba.more",
    ),
    Case(
        "a missing else",
        "texts: {one: Uno.}\nsteps:\n  start: {ask: one}\n",
        "prueba.yaml:4: flow prueba, step start: missing else: say where an answer that is not understood leads "
        "(else: repair)",
    ),
    Case(
        "a branch without an else",
        "texts: {one: Uno.}\nsteps:\n  start:\n    branch: {identified: on}\n  on: {ask: one, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: missing else: say where it leads when no condition holds",
    ),
    Case(
        "an outcome that leads nowhere",
        "texts: {one: Uno.}\nsteps:\n  start: {do: tell_due, then: {done: on}}\n  on: {ask: one, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: missing else: outcome nothing of tell_due leads nowhere",
    ),
    Case(
        "a value that comes from no action of the turn",
        """\
texts: {one: Uno., two: "Son {amount}."}
steps:
  start: {ask: one, hears: {affirm: tell}, else: repair}
  tell: {say: two, go: back}
""",
        "prueba.yaml:5: flow prueba, step tell: text prueba.two: {amount} has no value here: it comes from negotiate, "
        "renew, pay_account, sign, pay, pay_all, pay_again, payment_news, payment_back, plan_dates, in the same turn; "
        f"reached by {THERE} > (affirm) prueba.tell",
    ),
    Case(
        "a value that is gone when the conversation comes back",
        """\
texts: {one: "¿Qué día? Hasta el {latest}."}
steps:
  start:
    do: need_other
    then: {done: ask}
    else: back
  ask: {ask: one, else: repair}
""",
        "prueba.yaml:8: flow prueba, step ask: text prueba.one: {latest} has no value on coming back here: "
        "write an again without it",
    ),
    Case(
        "a slot that may hold nothing",
        """\
slots: {children: number}
texts: {one: "¿Tiene hijos?", two: "¿Cuántos?", three: "Entonces son {children}."}
steps:
  start: {ask: one, hears: {affirm: many, deny: tell}, else: repair}
  many: {ask: two, into: children, answer: tell, else: repair}
  tell: {say: three, go: back}
""",
        "prueba.yaml:7: flow prueba, step tell: text prueba.three: {children} may hold nothing here: ask for it before "
        f"(into: children), or write when: children; reached by {THERE} > (deny) prueba.tell",
    ),
    Case(
        "a missing text",
        "texts: {welcome: Uno.}\nsteps:\n  start: {ask: welcme, else: repair}\n  more: {ask: welcome, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: text prueba.welcme is missing; did you mean prueba.welcome?",
    ),
    Case(
        "an unknown placeholder",
        'texts:\n  one: "Hola, {first_nam}."\nsteps:\n  start: {ask: one, else: repair}\n',
        "prueba.yaml:3: flow prueba, step start: text one names {first_nam}, which is unknown; "
        "did you mean first_name?",
    ),
    Case(
        "no way to a person",
        "texts: {one: Uno.}\nsteps:\n"
        "  start: {ask: one, hears: {request_human: {go: start, open: true}}, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: no way to a person: request_human has to lead to one within 1 of the "
        f"person's messages, here or under anywhere, open and always, without a when; reached by {THERE}",
    ),
    Case(
        "no way to opt out",
        "texts: {one: Uno.}\nsteps:\n  start: {ask: one, narrow: true, hears: {opt_out: back}, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: no way to opt out: opt_out has to lead to one within 1 of the "
        f"person's messages, here or under anywhere, open and always, without a when; reached by {THERE}",
    ),
    Case(
        "a figure of its own",
        'texts: {one: "Si paga hoy le damos 30 % de descuento."}\nsteps:\n  start: {ask: one, else: repair}\n',
        "prueba.yaml:2: flow prueba, step start: text one states '30 %' by itself, outside any authority: "
        f"write {{summary}} or {{amount}}; reached by {THERE}",
    ),
    Case(
        "a question for a secret",
        'texts: {one: "Escriba la clave de su tarjeta, por favor."}\nsteps:\n  start: {ask: one, else: repair}\n',
        "prueba.yaml:2: flow prueba, step start: text one asks for a secret of the bank's ('escriba la clave'): "
        f"leave it out; reached by {THERE}",
    ),
    Case(
        "a circle that waits for nobody",
        """\
texts: {one: Uno., two: Dos.}
steps:
  start: {say: one, go: more}
  more: {say: two, go: start}
""",
        "prueba.yaml:4: flow prueba, step start: goes round without waiting for anybody: prueba.start > prueba.more > "
        f"prueba.start; put an ask among them; reached by {THERE}",
    ),
    Case(
        "a circle that says nothing",
        """\
slots: {seen: [once, twice]}
steps:
  start: {set: {seen: once}, go: more}
  more: {branch: {seen = once: again}, else: back}
  again: {set: {seen: once}, go: more}
""",
        "prueba.yaml:5: flow prueba, step more: goes round without waiting for anybody: prueba.more > prueba.again > "
        f"prueba.more; put an ask among them; reached by {THERE} > prueba.more",
    ),
    Case(
        "a call that never returns",
        "texts: {one: Uno.}\nsteps:\n  start: {call: on, go: on}\n  on: {ask: one, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: calls prueba.on, which never returns: end it with go: return, "
        "or write go instead of call",
    ),
    Case(
        "a return to nobody",
        "texts: {one: Uno.}\nsteps:\n  start: {say: one, go: return}\n",
        "prueba.yaml:4: flow prueba, step start: dead end: returns, but nothing calls this flow; write go: back; "
        f"reached by {THERE}",
    ),
    Case(
        "a wait that goes nowhere",
        "steps:\n  start: {wait: 2h}\n",
        "prueba.yaml:3: flow prueba, step start: dead end: say where it goes on after the wait (go: step); "
        f"reached by {THERE}",
    ),
    Case(
        "nothing to choose from",
        "texts: {one: Uno.}\nsteps:\n  start: {choose: one, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: dead end: nothing to choose from; write options: {button: step}; "
        f"reached by {THERE}",
    ),
    Case(
        "a step that is passed over to nowhere",
        "texts: {one: Uno.}\nsteps:\n  start: {ask: one, when: over_60_days, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: dead end: say where it goes on while when does not hold (skip: step); "
        f"reached by {THERE}",
    ),
    Case(
        "a typing mistake in a key",
        "texts: {one: Uno.}\nsteps:\n  start: {ask: one, narow: true, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: unknown key 'narow'; did you mean narrow?",
    ),
    Case(
        "a typing mistake in a target",
        "texts: {one: Uno.}\nsteps:\n  start: {ask: one, hears: {affirm: strat}, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: hears affirm leads to prueba.strat, which does not exist; "
        "did you mean prueba.start?",
    ),
    Case(
        "a typing mistake in what is heard",
        "texts: {one: Uno.}\nsteps:\n  start: {ask: one, hears: {afirm: start}, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: hears afirm, which is no intent, button or command; "
        "did you mean affirm?",
    ),
    Case(
        "a typing mistake in a condition",
        "texts: {one: Uno.}\nsteps:\n  start: {branch: {over_60_dais: on}, else: on}\n  on: {ask: one, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: unknown condition over_60_dais; did you mean over_60_days?",
    ),
    Case(
        "a condition that cannot be read",
        'texts: {one: Uno.}\nsteps:\n  start: {branch: {"a or b": on}, else: on}\n  on: {ask: one, else: repair}\n',
        "prueba.yaml:4: flow prueba, step start: condition 'a or b' cannot be read; write one, not one, slot = value, "
        "joined by and",
    ),
    Case(
        "a typing mistake in a variant",
        "texts:\n  one: {es: Uno., es-CL/sof: Dos.}\nsteps:\n  start: {ask: one, else: repair}\n",
        "prueba.yaml:3: flow prueba, step -: text one has a variant 'es-CL/sof', which is unknown; "
        "did you mean es-CL/soft?",
    ),
    Case(
        "a text without Spanish for everybody",
        "texts:\n  one: {es-CL: Uno.}\nsteps:\n  start: {ask: one, else: repair}\n",
        "prueba.yaml:3: flow prueba, step -: text one has no wording in es",
    ),
    Case(
        "a slot of no known type",
        "slots: {age: numer}\ntexts: {one: Uno.}\nsteps:\n  start: {ask: one, else: repair}\n",
        "prueba.yaml:2: flow prueba, step -: slot age is of no known type; known: date, document, email, file, money, "
        "number, phone, text, yes_no, or a list of words",
    ),
    Case(
        "a value that a slot cannot hold",
        "slots: {way: [shop, bank]}\ntexts: {one: Uno.}\nsteps:\n  start: {set: {way: shpo}, go: on}\n"
        "  on: {ask: one, else: repair}\n",
        "prueba.yaml:5: flow prueba, step start: sets prueba.way to 'shpo', which is none of shop, bank",
    ),
    Case(
        "a form that does not fit",
        "texts: {one: Uno.}\nsteps:\n  start: {ask: one, buttons: yes, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: buttons is a list: [one, another]",
    ),
    Case(
        "two kinds in one step",
        "texts: {one: Uno.}\nsteps:\n  start: {ask: one, say: one, else: repair}\n",
        "prueba.yaml:4: flow prueba, step start: a step is exactly one of say, ask, choose, set, branch, call, do, "
        "wait, hand_over, end; this is say and ask",
    ),
    Case(
        "more than any list holds",
        "texts: {one: Uno.}\nbuttons: {"
        + ", ".join(f"b{n}: Uno" for n in range(11))
        + "}\nsteps:\n  start: {ask: one, buttons: ["
        + ", ".join(f"b{n}" for n in range(11))
        + "], else: repair}\n",
        "prueba.yaml:5: flow prueba, step start: 11 buttons; at most 10 fit a list",
    ),
)  # fmt: skip


def refused(files: Mapping[str, str]) -> list[str]:
    """All that the check says of these files."""
    with pytest.raises(FlowError) as error:
        load(files)
    return [str(one) for one in error.value.faults]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_fault_is_told_whole(case: Case) -> None:
    assert case.said in refused({"base.yaml": SMALL, "prueba.yaml": f"flow: prueba\n{case.flow}"})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_fault_is_told_once_and_little_else(case: Case) -> None:
    told = refused({"base.yaml": SMALL, "prueba.yaml": f"flow: prueba\n{case.flow}"})
    assert len(told) == len(set(told)) <= 3


def faults(file: str, was: str, now: str) -> list[str]:
    """The mistakes of the shipped flows with one change."""
    assert was in FILES[file], was
    return refused({**FILES, file: FILES[file].replace(was, now, 1)})


def test_the_shipped_flows_are_sound() -> None:
    assert shipped_flows().start == "identidad.welcome"


def test_the_shipped_flows_suit_the_law_and_whoever_reads_with_effort() -> None:
    assert [str(one) for one in suited(shipped_flows(), rules=load_rules(DAY))] == []


def test_checking_all_shipped_flows_takes_less_than_two_seconds() -> None:
    rules, taken = load_rules(DAY), list[float]()
    for _ in range(3):  # the best of three, as other tests may be at work
        begun = time.perf_counter()
        suited(load(FILES), (Traits("whatsapp", buttons=3, rows=10, cards=10),), rules)
        taken.append(time.perf_counter() - begun)
    assert min(taken) < 2


def test_amounts_before_identity_are_refused_with_the_shortest_path() -> None:
    found = faults("identidad.yaml", "  known: Gracias,", "  known: Su saldo es de {total}. Gracias,")
    told = next(one for one in found if "before identity" in one)
    assert "step known: identidad.known speaks of amount, debt before identity" in told
    assert told.endswith("; reached by start > identidad.welcome > (identity:known) identidad.known")


def test_a_word_of_debt_before_identity_is_refused_without_any_variable() -> None:
    files = {"base.yaml": SMALL.replace("Hola.", "Es sobre su deuda."), "prueba.yaml": GOOD}
    assert refused(files) == [
        "base.yaml:32: flow base, step hello: base.hello speaks of debt before identity; reached by start > base.hello"
    ]


def test_a_question_that_opens_the_door_too_early_is_refused() -> None:
    files = {"base.yaml": SMALL.replace("prueba.start\n", "{go: prueba.start, open: true}\n", 1), "prueba.yaml": OWING}
    assert refused(files) == [
        "prueba.yaml:4: flow prueba, step start: prueba.one speaks of amount, debt before identity; "
        "reached by start > base.hello > (ask_balance) prueba.start"
    ]


def test_a_person_two_messages_away_is_near_enough_only_where_that_is_asked() -> None:
    far = SMALL.replace("request_human: {go: person,", "request_human: {go: sure,").replace(
        "steps:\n", "steps:\n  sure: {ask: hello, hears: {affirm: {go: person, open: true}}, else: repair}\n"
    )
    files = {"base.yaml": far, "prueba.yaml": GOOD}
    assert any("no way to a person" in one for one in refused(files))
    assert load(files, within=2).start == "base.hello"


OWING = 'flow: prueba\ntexts: {one: "Debe {total}."}\nsteps:\n  start: {ask: one, else: repair}\n'


def test_the_small_book_holds() -> None:
    assert load({"base.yaml": SMALL, "prueba.yaml": GOOD}).start == "base.hello"


def with_buttons(count: int, more: str = "") -> str:
    names = [f"b{n}" for n in range(count)]
    titles, options = ", ".join(f"{n}: Uno" for n in names), ", ".join(f"{n}: start" for n in names)
    return f"flow: prueba\ntexts: {{one: Uno.}}\nbuttons: {{{titles}}}\nsteps:\n  start: {{choose: one, {more}options: {{{options}}}, else: repair}}\n"  # noqa: E501


def test_more_choices_than_a_channel_shows_are_refused_and_less_degrade() -> None:
    def told(count: int, traits: Traits, more: str = "") -> list[str]:
        book = load({"base.yaml": SMALL, "prueba.yaml": with_buttons(count, more)})
        return [str(one) for one in suited(book, (traits,))]

    messenger = Traits("mensajero", buttons=3, rows=4, cards=5)
    assert told(3, messenger) == told(4, messenger) == told(5, messenger, "as: carousel, ") == []
    assert told(5, messenger) == [
        "prueba.yaml:5: flow prueba, step start: 5 buttons, and mensajero shows 4: take some out, or ask in two steps; "
        f"reached by {THERE}"
    ]
    assert told(6, messenger, "as: carousel, ") != []
    # A channel of words alone numbers them.
    assert told(10, Traits("sms")) == []


def test_what_a_country_forbids_is_refused_there_and_where_it_counts() -> None:
    why = 'flow: prueba\ntexts:\n  one: {es: Dígame., es-CO: "¿Por qué no ha pagado?"}\nsteps:\n  start: {ask: one, else: repair}\n'  # noqa: E501
    told = [str(one) for one in suited(load({"base.yaml": SMALL, "prueba.yaml": why}), rules=load_rules(DAY))]
    assert told == [
        "prueba.yaml:3: flow prueba, step start: text one says '¿Por qué no ha pagado?', which CO-8 forbids in CO; "
        f"reached by {THERE}"
    ]


def test_a_text_that_is_hard_to_read_is_refused_with_its_index() -> None:
    hard = (
        'flow: prueba\ntexts: {one: "La regularización extrajudicial de obligaciones dinerarias presupone '
        'necesariamente la intervención fehaciente del departamento correspondiente."}\nsteps:\n'
        "  start: {ask: one, else: repair}\n"
    )
    book = load({"base.yaml": SMALL, "prueba.yaml": hard})
    told = [str(one) for one in suited(book)]
    assert len(told) == 1
    assert "text one (es) reads at -" in told[0]
    assert f"under {PLAIN_ENOUGH:.0f}: shorter words, shorter sentences; reached by {THERE}" in told[0]
    assert suited(book, plain=-200) == []


def test_no_way_to_a_person_from_a_narrow_step() -> None:
    found = faults("menu.yaml", "request_human: {go: persona.asked, open: true, always: true}",
                   "request_human: {go: persona.asked, open: true}")  # fmt: skip
    assert any("flow cuidado, step crisis: no way to a person" in one for one in found)


def test_a_mistake_in_what_is_heard_anywhere_has_its_line() -> None:
    found = faults("menu.yaml", "  make_offer: cuentas.wish\n", "  make_offer: cuentas.wich\n")
    line = FILES["menu.yaml"].splitlines().index("  make_offer: cuentas.wish") + 1
    assert found[0].startswith(f"menu.yaml:{line}: flow menu, step -: anywhere make_offer leads to")
    assert found[0].endswith("did you mean cuentas.wish?")


def test_a_reading_to_choose_from_that_is_heard_nowhere() -> None:
    found = faults("respuestas.yaml", "    buttons: [ask_balance,", "    buttons: [deny, ask_balance,")
    assert any("step likely: button respuestas.deny has no title" in one for one in found)
    assert any("step likely: button deny of a likely step is no intent that is heard anywhere" in one for one in found)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("steps: [\n", "not YAML"),
        ("", "a flow file is a table"),
        ("- one\n", "a flow file is a table"),
        ("flow: prueba\nflow: prueba\n", "flow stands twice"),
        ("flow: Mi flujo\n", "a flow file begins with its name"),
        ("flow: prueba\nsteps: [one]\n", "steps is a table"),
        ("flow: prueba\nsteps:\n  one: two\n", "a step is a table"),
        ("flow: prueba\nstepps: {}\n", "unknown key 'stepps'; did you mean steps?"),
        ("flow: prueba\nsteps: &a {one: *a}\n", "unknown key 'one'"),
        ("flow: prueba\ntexts: {One: Uno.}\n", "'One' is no name"),
        ("flow: \x00\n", "not YAML"),
        ("flow: prueba\nsteps:\n  one: {wait: soon, go: back}\n", "wait is a time: 30m, 2h or 1d"),
    ],
)  # fmt: skip
def test_what_is_no_flow_at_all(source: str, said: str) -> None:
    _, told = read_books({"base.yaml": SMALL, "prueba.yaml": source})
    assert any(said in str(one) and one.file == "prueba.yaml" for one in told), [str(one) for one in told]


def test_a_book_of_before_opens_whatever_is_asked_of_newer_ones() -> None:
    old = {name: body for name, body in FILES.items() if name != "cierre.yaml"}
    assert refused(old)
    assert reopen(old).start == "identidad.welcome"


def test_a_cut_or_garbled_file_is_refused_and_never_breaks_the_check() -> None:
    for name, body in FILES.items():
        for cut in range(0, len(body), max(1, len(body) // 3)):
            book, told = read_books({**FILES, name: body[:cut] + body[cut + 7 :]})
            assert told or sound(book) or book.start


JUNK = [
    None,
    True,
    0,
    3.5,
    "",
    "x",
    "back",
    "a.b.c",
    [],
    ["x"],
    [None],
    [[1]],
    {},
    {"x": "y"},
    {"go": None},
    "{x}",
    "1d",
]
WHOLE = """\
flow: prueba
slots: {way: [a, b], n: number}
texts: {one: {es: Hola, es-AR: [uno, dos], lines: [x]}, two: Dos}
buttons: {a: A, b: {es: B, picture: x, lines: [l]}}
steps:
  start: {choose: one, as: carousel, options: {a: sums, b: sums}, into: way, remind: {2h: two}, else: repair,
          hears: {affirm: {go: sums, when: way = a}}}
  sums: {set: {n: 3}, go: c}
  c: {branch: {n > 2: d}, else: d}
  d: {call: e, go: start, when: way, skip: back}
  e: {say: two, go: return}
"""


def places(data: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place in a file, as the keys that lead there."""
    keys = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [(*path, key) for key, _ in keys] + [one for key, value in keys for one in places(value, (*path, key))]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_stands_anywhere_in_a_flow_never_breaks_the_check(data: st.DataObject) -> None:
    flow = yaml.safe_load(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(places(flow)))
        inside = flow
        for key in way:
            inside = inside[key]
        inside[last] = copy.deepcopy(data.draw(st.sampled_from(JUNK)))
    book, told = read_books({"base.yaml": SMALL, "prueba.yaml": yaml.safe_dump(flow, allow_unicode=True)})
    told = told or sound(book)
    assert all(str(one) for one in told) if told else suited(book) == [] and draw(book, "prueba")


def test_every_variable_of_the_turn_is_known_to_need_one() -> None:
    """A variable that fails on a turn without values stands among those that the check follows."""
    chat = Chat(scenario_of("bare", {}))
    turn = Turn(chat.book, chat.state, TimerRang("", ""), chat.at)
    assert {name for name in VARIABLES if fails(name, turn)} == set(NEEDS)


def fails(name: str, turn: Turn) -> bool:
    try:
        VARIABLES[name].words(turn)
    except KeyError:
        return True
    return False


def test_what_actions_give_is_named_by_outcomes_that_they_have() -> None:
    for action, outcomes in GIVES.items():
        assert set(outcomes) <= {"*", *ACTIONS[action].outcomes}, action
