"""A creditor's own codes as a tree: every outcome of ours leads to one leaf of it, or is left out on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

import msgspec

from acuerdo.core.portfolio import toml_text
from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.core.results.outcomes import OUTCOMES

LEAF = ("code", "outcomes")
OMIT = "omit"
BELOW = " > "
MEANT = "un resultado va a una sola hoja"


class Leaf(msgspec.Struct, frozen=True):
    """An end of the tree: the creditor's code, the names that lead to it, and the outcomes that it stands for."""

    path: tuple[str, ...]
    code: str
    outcomes: tuple[str, ...]

    @property
    def label(self) -> str:
        return BELOW.join(self.path)


class Typification(msgspec.Struct, frozen=True):
    """A whole tree, checked: `of` is each outcome's leaf; those in `omit` are not told."""

    leaves: tuple[Leaf, ...]
    omit: tuple[str, ...]
    of: Mapping[str, Leaf]


class _Place(msgspec.Struct, frozen=True):
    """Where in the file something is, so that each complaint says it."""

    text: str
    source: str
    path: tuple[str, ...] = ()

    def fail(self, message: str) -> NoReturn:
        *branch, key = self.path or ("",)
        line = toml_text.line_of(self.text, ".".join(branch), key) or toml_text.line_of(self.text, ".".join(self.path))
        where = toml_text.at(self.source, line)
        named = f"«{BELOW.join(self.path)}»: " if self.path else ""
        raise TomlError(f"{where}: {named}{message}")


def load_typification(text: str, source: str = "typification.toml") -> Typification:
    """A typification from its TOML text, checked whole.

    Raises TomlError (Spanish) with file and line: an outcome that is unknown, missing or led to twice, a code given
    twice, a leaf that nothing leads to.
    """
    raw = toml_text.parse(text, source)
    top = _Place(text, source)
    omit = _outcomes(raw.pop(OMIT, []), _Place(text, source, (OMIT,)))
    leaves = tuple(_leaves(raw, top))
    _codes_once(leaves, top)
    of = _placed(leaves, omit, top)
    _complete(of, omit, top)
    return Typification(leaves, omit, of)


def _leaves(raw: Mapping[str, Any], at: _Place) -> Iterator[Leaf]:
    for name, value in raw.items():
        place = _Place(at.text, at.source, (*at.path, name))
        if not isinstance(value, dict):
            place.fail('debe ser una rama (una tabla) o una hoja, como { code = "PP01", outcomes = ["promise"] }')
        if not value:
            place.fail("la rama no tiene hojas: póngale una o quítela")
        if any(key in value for key in LEAF) and not any(isinstance(one, dict) for one in value.values()):
            yield _leaf(value, place)
        else:
            yield from _leaves(value, place)


def _leaf(raw: Mapping[str, Any], at: _Place) -> Leaf:
    if unknown := [key for key in raw if key not in LEAF]:
        at.fail(f"una hoja solo lleva code y outcomes; sobra «{unknown[0]}»")
    code = raw.get("code")
    if not isinstance(code, str) or not code.strip():
        at.fail("falta code, o no es un texto entre comillas")
    outcomes = _outcomes(raw.get("outcomes", []), at)
    if not outcomes:
        at.fail("ningún resultado lleva a esta hoja: póngale outcomes o quítela")
    return Leaf(at.path, code.strip(), outcomes)


def _outcomes(raw: Any, at: _Place) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(one, str) for one in raw):
        at.fail('debe ser una lista de resultados, como ["promise"]')
    for one in raw:
        if one not in OUTCOMES:
            near = get_close_matches(one, OUTCOMES, n=1)
            hint = f"¿quiso decir «{near[0]}»?" if near else "véalos con acuerdo results typification --outcomes"
            at.fail(f"no se conoce el resultado «{one}»; {hint}")
    return tuple(raw)


def _codes_once(leaves: tuple[Leaf, ...], top: _Place) -> None:
    seen: dict[str, Leaf] = {}
    for leaf in leaves:
        before = seen.setdefault(leaf.code, leaf)
        if before is not leaf:
            _Place(top.text, top.source, leaf.path).fail(f"el código «{leaf.code}» ya es de «{before.label}»")


def _placed(leaves: tuple[Leaf, ...], omit: tuple[str, ...], top: _Place) -> dict[str, Leaf]:
    of: dict[str, Leaf] = {}
    for leaf in leaves:
        place = _Place(top.text, top.source, leaf.path)
        for outcome in leaf.outcomes:
            if outcome in omit:
                place.fail(f"«{outcome}» también está en omit: {MEANT}, o se omite")
            if outcome in of:
                place.fail(f"«{outcome}» ya lleva a «{of[outcome].label}»: {MEANT}")
            of[outcome] = leaf
    return of


def _complete(of: Mapping[str, Leaf], omit: tuple[str, ...], top: _Place) -> None:
    missing = [one for one in OUTCOMES if one not in of and one not in omit]
    if missing:
        named = ", ".join(f"{one} ({OUTCOMES[one]})" for one in missing)
        top.fail(f"hay resultados que no llevan a ninguna hoja: {named}. Póngalos en una, o en omit si no se informan")


def draw(tree: Typification) -> str:
    """The tree as text, each leaf with its code and what leads to it."""
    root: dict[str, Any] = {}
    for leaf in tree.leaves:
        branch = root
        for name in leaf.path[:-1]:
            branch = branch.setdefault(name, {})
        branch[leaf.path[-1]] = leaf
    lines = list(_drawn(root, ""))
    return "\n".join([*lines, *([f"(no se informan: {', '.join(tree.omit)})"] if tree.omit else [])])


def _drawn(branch: Mapping[str, Any], before: str) -> Iterator[str]:
    for nth, (name, inner) in enumerate(branch.items(), 1):
        last = nth == len(branch)
        mark, below = ("└─ ", "   ") if last else ("├─ ", "│  ")
        if isinstance(inner, Leaf):
            yield f"{before}{mark}{name} [{inner.code}] ← {', '.join(inner.outcomes)}"
        else:
            yield f"{before}{mark}{name}"
            yield from _drawn(inner, before + below)
