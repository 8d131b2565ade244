"""How a creditor's recurring files are read: mappings remembered with the header that they are for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

import msgspec

from acuerdo.core.portfolio.columns import key
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.grid import Grid
from acuerdo.core.portfolio.header import find_head
from acuerdo.core.portfolio.mapping import Mapping, load_mapping
from acuerdo.core.portfolio.set_aside import added_to
from acuerdo.core.words import AcuerdoError


class Profile(msgspec.Struct, frozen=True):
    """A remembered mapping: the feed that it is for, its name, its TOML, when it was last given, and the digest of the
    header that it reads (empty until it is kept)."""

    feed: str
    name: str
    mapping: str
    at: datetime
    header_digest: str = ""


class Profiles(Protocol):
    """Where mappings are remembered. `of` gives a feed's, the latest first; `forget` says whether there was one."""

    async def keep(self, creditor: str, profile: Profile) -> None: ...
    async def of(self, creditor: str, feed: str) -> Sequence[Profile]: ...
    async def all(self, creditor: str) -> list[Profile]: ...
    async def forget(self, creditor: str, feed: str, name: str) -> bool: ...


def header_digest(header: Sequence[str]) -> str:
    """What tells one header from another: its columns in their order, without accents, capitals or signs.

    What is added to rows that were set aside is none of a header: the mended file is read as the one it came of.
    """
    added = added_to(header)
    names = [key(name) for at, name in enumerate(header) if at not in added]
    return sha256("\x1f".join(names).encode()).hexdigest()


async def mapping_for(
    store: Profiles, creditor: str, feed: str, grids: Sequence[Grid], form: Form[Any]
) -> tuple[str, Mapping] | None:
    """The remembered mapping whose header a file has, with its profile's name; None where it has none of them."""
    return known_again(await store.of(creditor, feed), grids, form)


def known_again(profiles: Sequence[Profile], grids: Sequence[Grid], form: Form[Any]) -> tuple[str, Mapping] | None:
    """The same among profiles at hand."""
    for one in profiles if grids else ():
        try:
            mapping = load_mapping(one.mapping, f"perfil {one.name}", form)
            head = find_head(grids[0], form, mapping)
        except AcuerdoError:
            continue
        if header_digest(head.header) == one.header_digest:
            return one.name, mapping
    return None


async def remember(
    store: Profiles, creditor: str, profile: Profile, grids: Sequence[Grid], form: Form[Any]
) -> None:  # fmt: skip
    """Remembers a mapping with the header of the file that it read, in the place of one so named."""
    mapping = load_mapping(profile.mapping, profile.name, form)
    head = find_head(grids[0], form, mapping)
    await store.keep(creditor, msgspec.structs.replace(profile, header_digest=header_digest(head.header)))
