"""What a kind of file holds: its canonical columns, and how a row of them becomes something we keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Generic, TypeVar

import msgspec

from acuerdo.core.portfolio.columns import COLUMNS, Column, key
from acuerdo.core.portfolio.records import Fault, Record, Terms, build

T = TypeVar("T")
Build = Callable[[int, Mapping[str, str], Terms], tuple[T | None, tuple[Fault, ...]]]


class Form(msgspec.Struct, Generic[T], frozen=True, dict=True):
    """One kind of file. `build` makes a row (its number, its cells by canonical column) into T, or says what is wrong.

    `identity` is what may not repeat in one file ("" where anything may), read from the column `identified_by`.
    `name` is Spanish, as errors say it: "cartera", "pagos".
    """

    name: str
    columns: tuple[Column, ...]
    build: Build[T]
    identity: Callable[[T], str]
    identified_by: str = ""

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Of each group one column must be there; a required column is a group of its own."""
        groups: dict[str, tuple[str, ...]] = {}
        for column in self.columns:
            if column.required == "yes":
                groups[column.name] = (column.name,)
        for column in self.columns:
            if column.required not in ("yes", "no"):
                groups[column.required] = (*groups.get(column.required, ()), column.name)
        return groups

    @cached_property
    def known(self) -> dict[str, str]:
        """Canonical column by the key of each header that is understood without a mapping."""
        return {
            **{key(synonym): column.name for column in self.columns for synonym in column.also},
            **{key(column.name): column.name for column in self.columns},
        }

    def canonical(self, header: str) -> str | None:
        """The canonical column that a header means without any mapping, or None."""
        return self.known.get(key(header))

    def suggestion(self, header: str) -> str | None:
        """The canonical column whose name or synonyms look most like a header, or None when nothing does."""
        close = get_close_matches(key(header), self.known, n=1, cutoff=0.72)
        return self.known[close[0]] if close else None


PORTFOLIO: Form[Record] = Form(
    "cartera", COLUMNS, build, lambda record: record.account.external_id, identified_by="external_id"
)
