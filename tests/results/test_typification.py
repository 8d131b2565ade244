"""A typification gives each outcome of ours one place, or none on purpose; a slip is told with its line."""

from __future__ import annotations

import pytest

from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.core.results.outcomes import OUTCOMES
from acuerdo.core.results.typification import draw, load_typification
from acuerdo.service.exporting import shipped_typification

SHIPPED = shipped_typification()
PROMISE = '"Promesa hecha" = { code = "PP01", outcomes = ["promise"] }\n'


def line_of(part: str) -> int:
    return next(n for n, line in enumerate(SHIPPED.splitlines(), 1) if part in line)


def test_the_shipped_one_gives_every_outcome_a_place() -> None:
    tree = load_typification(SHIPPED)
    assert set(tree.of) | set(tree.omit) == set(OUTCOMES)
    assert tree.of["promise"].code == "PP01"
    assert tree.of["promise"].label == "CONTACTO DIRECTO > Promesa de pago > Promesa hecha"
    assert tree.of["delivered"].path == ("NO CONTACTO", "Mensaje entregado")


def test_it_is_drawn_as_a_tree() -> None:
    drawn = draw(load_typification(SHIPPED)).splitlines()
    assert drawn[0] == "├─ CONTACTO DIRECTO"
    assert "│  │  ├─ Promesa hecha [PP01] ← promise" in drawn
    assert drawn[-1] == "(no se informan: unknown, taken_over, handed_back)"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('["promise"]', '["promises"]', "«promises»; ¿quiso decir «promise»?"),
        ('["promise"]', '["promise", "opened"]', "«opened» ya lleva a «CONTACTO DIRECTO > Promesa de pago"),
        ('["promise"]', '["promise", "unknown"]', "«unknown» también está en omit"),
        ('["promise"]', "[]", "ningún resultado lleva a esta hoja"),
        ('code = "PP01", ', "", "falta code"),
        ('code = "PP01"', 'code = "PP02"', "el código «PP02» ya es de"),
        ('code = "PP01"', 'codigo = "PP01"', "sobra «codigo»"),
        ('{ code = "PP01", outcomes = ["promise"] }', '"PP01"', "debe ser una rama"),
        ("{ code =", "{ code ", "el archivo TOML está mal escrito"),
    ],
)
def test_a_slip_is_told_with_its_place(before: str, after: str, says: str) -> None:
    assert PROMISE in SHIPPED
    text = SHIPPED.replace(PROMISE, PROMISE.replace(before, after, 1))
    with pytest.raises(TomlError) as told:
        load_typification(text, "banco.toml")
    assert says in str(told.value)
    assert str(told.value).startswith("banco.toml, línea ")


def test_the_line_of_a_slip_is_the_leafs_own() -> None:
    text = SHIPPED.replace(PROMISE, PROMISE.replace("promise", "nada"))
    with pytest.raises(TomlError, match=f"^b.toml, línea {line_of('PP01')}: "):
        load_typification(text, "b.toml")


def test_an_outcome_that_leads_nowhere_is_named() -> None:
    with pytest.raises(TomlError, match=r"no llevan a ninguna hoja: promise \(promesa de pago\)"):
        load_typification(SHIPPED.replace(PROMISE, ""))


def test_a_branch_without_leaves_is_told() -> None:
    with pytest.raises(TomlError, match="«VACÍA»: la rama no tiene hojas"):
        load_typification(SHIPPED + '\n["VACÍA"]\n')
