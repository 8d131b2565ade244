"""What a kind of file holds: its canonical columns, and how a row of them becomes something we keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Generic, TypeVar

import msgspec

from acuerdo.core.portfolio.building import build
from acuerdo.core.portfolio.columns import COLUMNS, Column, begun, lexicon, look_up, nearest
from acuerdo.core.portfolio.records import Fault, Record, Terms
from acuerdo.core.portfolio.row import MONEY

T = TypeVar("T")
Build = Callable[[int, Mapping[str, str], Terms], tuple[T | None, tuple[Fault, ...]]]


class Form(msgspec.Struct, Generic[T], frozen=True, dict=True):
    """One kind of file. `build` makes a row (its number, its cells by canonical column) into T, or says what is wrong.

    `identity` is what may not repeat in one file ("" where anything may), read from the column `identified_by`.
    `money` are the columns of amounts whose decimal mark is learned from the file's own rows.
    `name` is Spanish, as errors say it: "cartera", "pagos".
    """

    name: str
    columns: tuple[Column, ...]
    build: Build[T]
    identity: Callable[[T], str]
    identified_by: str = ""
    money: tuple[str, ...] = ()

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
        """Canonical column by each header that is understood without a mapping."""
        return lexicon(self.columns)

    @cached_property
    def several(self) -> frozenset[str]:
        """The columns that may come more than once."""
        return frozenset(column.name for column in self.columns if column.several)

    def canonical(self, header: str) -> str | None:
        """The canonical column that a header means without any mapping, or None."""
        return look_up(header, self.known, self.several)

    def suggestion(self, header: str) -> str | None:
        """The canonical column whose name or synonyms look most like a header, or None when nothing does."""
        return nearest(header, self.known)

    def begun(self, header: str) -> tuple[str, ...]:
        """The canonical columns of which a header is the first word, where it means none by itself."""
        return begun(header, self.known)


PORTFOLIO: Form[Record] = Form(
    "cartera", COLUMNS, build, lambda record: record.account.external_id, identified_by="external_id", money=MONEY
)
