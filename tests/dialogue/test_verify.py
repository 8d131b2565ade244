"""A mistake in a flow is refused when it is loaded, with its file, line, flow and step."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from acuerdo.core.dialogue.schema import FlowError
from acuerdo.core.dialogue.verify import load
from acuerdo.service.resources import shipped_flows

FILES: Mapping[str, str] = shipped_flows().files


def line_of(file: str, start: str, after: str = "") -> int:
    """The line on which that text stands, the first after another."""
    lines = FILES[file].splitlines()
    first = next((n for n, line in enumerate(lines) if after in line), 0) if after else 0
    return next(n for n in range(first, len(lines)) if lines[n].startswith(start)) + 1


def faults(file: str, was: str, now: str) -> list[str]:
    """The mistakes of the shipped flows with one change."""
    assert was in FILES[file], was
    with pytest.raises(FlowError) as refused:
        load({**FILES, file: FILES[file].replace(was, now, 1)})
    return str(refused.value).splitlines()


def test_the_shipped_flows_are_sound() -> None:
    assert shipped_flows().start == "identidad.welcome"


def test_an_unreachable_step() -> None:
    lost = "\n  lost_step:\n    say: wait\n    go: back\n"
    found = faults("cierre.yaml", FILES["cierre.yaml"], FILES["cierre.yaml"].rstrip() + lost)
    line = len(FILES["cierre.yaml"].rstrip().splitlines()) + 1
    assert found == [
        f"cierre.yaml:{line}: flow cierre, step lost_step: "
        "unreachable step: nothing leads here; delete it or lead to it"
    ]


def test_a_missing_else() -> None:
    found = faults("cierre.yaml", "  goodbye:\n    ask: goodbye\n    again: none\n    else: repair\n",
                   "  goodbye:\n    ask: goodbye\n    again: none\n")  # fmt: skip
    assert len(found) == 1
    assert found[0].startswith(
        f"cierre.yaml:{line_of('cierre.yaml', '  goodbye:', 'steps:')}: flow cierre, step goodbye:"
    )
    assert "missing else" in found[0]


def test_an_outcome_without_a_way_on() -> None:
    found = faults("identidad.yaml", "then: {ok: thanks, wrong: wrong, locked: locked, nothing: stranger_1}",
                   "then: {ok: thanks, wrong: wrong, locked: locked}")  # fmt: skip
    assert any("step given: missing else: outcome nothing of check_identity leads nowhere" in one for one in found)


def test_an_unknown_variable() -> None:
    found = faults("cierre.yaml", "es: Gracias por escribir.", "es: Gracias, {first_nam}.")
    line = line_of("cierre.yaml", "  goodbye:")
    assert found == [
        f"cierre.yaml:{line}: flow cierre, step -: "
        "text goodbye names {first_nam}, which is unknown; did you mean first_name?"
    ]


def test_a_missing_text() -> None:
    found = faults("pago.yaml", "    ask: claim_ok\n", "    ask: claim_okk\n")
    assert any(
        "pago.yaml" in one and "text pago.claim_okk is missing; did you mean pago.claim_ok?" in one for one in found
    )


def test_no_way_to_a_person() -> None:
    found = faults("menu.yaml", "request_human: {go: persona.asked, open: true, always: true}",
                   "request_human: {go: menu.menu, open: true, always: true}")  # fmt: skip
    assert any("no way to a person" in one and "step" in one for one in found)


def test_no_way_to_a_person_from_a_narrow_step() -> None:
    found = faults("menu.yaml", "request_human: {go: persona.asked, open: true, always: true}",
                   "request_human: {go: persona.asked, open: true}")  # fmt: skip
    assert any("flow cuidado, step crisis: no way to a person" in one for one in found)


def test_no_way_to_opt_out() -> None:
    found = faults("menu.yaml", "opt_out: {go: cuidado.opt_out,", "goodbye_too: {go: cuidado.opt_out,")
    assert any("anywhere hears goodbye_too, which is no intent" in one for one in found)
    found = faults("menu.yaml", "opt_out: {go: cuidado.opt_out,", "opt_out: {go: cierre.goodbye,")
    assert any("no way to opt out" in one for one in found)


def test_a_typing_mistake_in_a_step() -> None:
    found = faults("negociacion.yaml", "    cards: plans\n", "    crads: plans\n")
    line = line_of("negociacion.yaml", "    cards: plans")
    assert found[0].startswith(f"negociacion.yaml:{line}: flow negociacion, step opening: unknown key 'crads'")


def test_a_typing_mistake_in_a_target_names_the_nearest_step() -> None:
    found = faults("pago.yaml", "negotiate: negociacion.negotiate", "negotiate: negociacion.negociate")
    assert "did you mean negociacion.negotiate?" in found[0]
    assert found[0].startswith(f"pago.yaml:{line_of('pago.yaml', '  pay:')}: flow pago, step pay:")


def test_a_mistake_in_what_is_heard_anywhere_has_its_line() -> None:
    found = faults("menu.yaml", "pay_now: pago.pay\n", "pay_now: pago.pai\n")
    assert found[0].startswith(
        f"menu.yaml:{line_of('menu.yaml', '  pay_now: pago.pay')}: flow menu, step -: anywhere pay_now"
    )


def test_not_yaml_at_all() -> None:
    found = faults("pago.yaml", "steps:\n", "steps: [\n")
    assert any(one.startswith("pago.yaml:") and "not YAML" in one for one in found)


def test_a_key_that_stands_twice() -> None:
    found = faults("pago.yaml", "  claim_text:\n", "  claim:\n    say: claim\n    go: back\n  claim_text:\n")
    assert any("steps.claim stands twice" in one for one in found)


def test_amounts_before_identity_are_refused_with_the_shortest_path() -> None:
    found = faults(
        "identidad.yaml", "not_scope: Con eso no puedo (ayudarle|ayudarte) por aquí.", "not_scope: Su saldo es de {total}."
    )
    told = next(one for one in found if "before identity" in one)
    assert "step not_scope" in told
    assert "speaks of amount, debt before identity:" in told
    assert told.endswith("> respuestas.not_scope > identidad.not_scope")


def test_a_word_of_debt_before_identity_is_refused_without_any_variable() -> None:
    found = faults("identidad.yaml", "Tengo información importante y privada para {for_whom}.", "Es sobre su deuda.")
    assert any(
        "step welcome" in one and "speaks of debt before identity: start > identidad.welcome" in one for one in found
    )


def test_a_question_that_opens_the_door_too_early_is_refused() -> None:
    found = faults(
        "menu.yaml", "ask_balance: {aside: respuestas.balance}", "ask_balance: {aside: respuestas.balance, open: true}"
    )
    assert any(
        "respuestas.balance speaks of" in one and "before identity: anywhere ask_balance >" in one for one in found
    )


def test_a_reading_to_choose_from_that_is_heard_nowhere() -> None:
    found = faults("respuestas.yaml", "    buttons: [ask_balance,", "    buttons: [deny, ask_balance,")
    assert any("step likely: button respuestas.deny has no title" in one for one in found)
    assert any("step likely: button deny of a likely step is no intent that is heard anywhere" in one for one in found)
