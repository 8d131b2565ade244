"""The KPIs' definitions, read from the docstrings that define them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from acuerdo.core import kpis


def modules() -> list[ModuleType]:
    """The rooms of the KPIs."""
    return [
        kpis,
        *(importlib.import_module(f"{kpis.__name__}.{one.name}") for one in pkgutil.iter_modules(kpis.__path__)),
    ]


def measures() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function that defines a measure."""
    for room in modules():
        for name, thing in vars(room).items():
            if inspect.isfunction(thing) and not name.startswith("_") and thing.__module__ == room.__name__:
                yield name, thing


def measures_page() -> list[str]:
    """A lead, and each measure with its definition."""
    lead = "Each figure has one definition, a fold over facts; the sums kept in the database are tested against it."
    return [lead, *(f"## `{name}`\n\n{inspect.getdoc(one) or ''}\n" for name, one in measures())]
