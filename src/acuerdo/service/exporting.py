"""Results go back to a creditor as files: each line in exactly one of them, whatever dies on the way.

A file is first begun in the store (which lines, under which name), then written, then marked with its digest. What was
begun and not marked is written again, the same under the same name, before anything newer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import Literal, Protocol

import msgspec

from acuerdo.core.results.columns import Cell, Column
from acuerdo.core.results.outcomes import Kind
from acuerdo.core.results.profiles import DEFAULT, Dress, Fixed, Format, Profile, load_profile
from acuerdo.core.results.typification import Typification, load_typification
from acuerdo.core.words import AcuerdoError
from acuerdo.service.creditors import Creditor

Setting = Literal["profile", "typification"]
TREE = "typification"  # the one name of a creditor's typification
Tick = Callable[[int, int], None]


class Busy(AcuerdoError):
    """Another export of this creditor's profile is running; wait for it to end."""


class Unknown(AcuerdoError):
    """There is no such profile, or no such file of results."""


class Wanted(msgspec.Struct, frozen=True):
    """What a file is to hold. Unless it `moves`, the next file does not go on from it. Days are local and included."""

    profile: str
    format: Format
    kinds: tuple[Kind, ...]
    outcomes: tuple[str, ...]
    echo: tuple[str, ...] = ()
    moves: bool = True
    since: date | None = None
    until: date | None = None
    profile_body: bytes = b""
    tree_body: bytes = b""


class Batch(msgspec.Struct, frozen=True):
    """A file that was begun: lines of `kinds`, each beyond its number in `beyond`, up to `upto`.

    `digest` (SHA-256, hexadecimal) and `lines` are None until it is written; `profile_body` and `tree_body` are what it
    was made by.
    """

    creditor: str
    profile: str
    n: int
    moves: bool
    kinds: tuple[Kind, ...]
    beyond: tuple[int, ...]
    upto: int
    since: date | None
    until: date | None
    format: Format
    file: str
    began_at: datetime
    lines: int | None
    digest: str | None
    written_at: datetime | None
    profile_body: bytes = b""
    tree_body: bytes = b""


class Sheet(msgspec.Struct, frozen=True):
    """What a file says of its lines: its columns by field, each outcome's code and label, whose it is and its number.

    Outcomes without a code are not told, and of what feeds brought only those in `echo` is.
    """

    columns: tuple[str | Fixed, ...]
    codes: Mapping[str, str]
    labels: Mapping[str, str]
    creditor: str
    n: int
    echo: tuple[str, ...] = ()
    personal: frozenset[str] = frozenset()


class Batches(Protocol):
    """The files that were begun. `begin` asks `name` for the file of a number; None: there are no lines for it."""

    async def pending(self, creditor: str, profile: str) -> Batch | None: ...
    async def begin(self, creditor: str, wanted: Wanted, name: Callable[[int], str], at: datetime) -> Batch | None: ...
    async def find(self, creditor: str, profile: str, n: int) -> Batch | None: ...
    async def all(self, creditor: str) -> list[Batch]: ...
    async def written(self, batch: Batch, lines: int, digest: str, at: datetime) -> None: ...


class Lines(Protocol):
    """Lines of results. Inside `alone` nobody else exports by that profile; raises Busy.

    `read` gives a file's cells, by column, some lines at a time. `copy` gives them as CSV, in whole lines of UTF-8 that
    end in a line feed, and then how many there were; it is many times quicker, and opens nothing that is sealed.
    """

    def alone(self, creditor: str, profile: str) -> AbstractAsyncContextManager[None]: ...
    async def gather(self, creditor: str) -> int: ...
    def read(self, batch: Batch, sheet: Sheet) -> AsyncIterator[list[Sequence[Cell]]]: ...
    async def copy(self, batch: Batch, sheet: Sheet, dress: Dress, put: Callable[[bytes], None]) -> int: ...


class Shelf(Protocol):
    """A creditor's own profiles and typification, as the texts that it gave."""

    async def keep(self, creditor: str, kind: Setting, name: str, text: str, at: datetime) -> None: ...
    async def text(self, creditor: str, kind: Setting, name: str) -> str | None: ...
    async def names(self, creditor: str, kind: Setting) -> list[str]: ...


class Target(Protocol):
    """A file under way: not at its name until it is whole. `finish` gives its digest; `discard` leaves nothing.

    Where it has a `dress`, `put` takes lines of CSV in it, as `Lines.copy` gives them.
    """

    @property
    def dress(self) -> Dress | None: ...
    def put(self, lines: bytes) -> None: ...
    def write(self, columns: Sequence[Sequence[Cell]]) -> None: ...
    def finish(self) -> str: ...
    def discard(self) -> None: ...


Open = Callable[[str, Format, Sequence[Column], Dress, datetime], Target]


@dataclass(frozen=True)
class Exports:
    """What an export needs."""

    batches: Batches
    lines: Lines
    shelf: Shelf
    open: Open


class Exported(msgspec.Struct, frozen=True):
    """A file as it was written. `resumed`: it was begun before; `same`: its bytes are those of the first time."""

    batch: Batch
    file: str
    lines: int
    digest: str
    resumed: bool = False
    same: bool = True


class Choice(msgspec.Struct, frozen=True):
    """What is asked of an export beyond its profile; `aside` leaves the mark of what was exported where it is."""

    kinds: tuple[Kind, ...] = ()
    format: Format | None = None
    aside: bool = False
    since: date | None = None
    until: date | None = None


@lru_cache(maxsize=1)
def shipped_typification() -> str:
    """The text of the shipped typification."""
    return (resources.files("acuerdo") / "policies" / "typification.toml").read_text("utf-8")


async def typification_of(shelf: Shelf, creditor: Creditor) -> Typification:
    """The creditor's own typification, else the shipped one. Raises TomlError."""
    text = await shelf.text(creditor.id, "typification", TREE)
    named = f"tipificación de {creditor.name}"
    return load_typification(shipped_typification()) if text is None else load_typification(text, named)


async def profile_of(shelf: Shelf, creditor: Creditor, name: str) -> Profile:
    """The creditor's profile of that name; the shipped one is always there. Raises Unknown, TomlError."""
    text = await shelf.text(creditor.id, "profile", name)
    if text is not None:
        return load_profile(text, f"perfil {name}")
    if name == DEFAULT.name:
        return DEFAULT
    kept = [*await shelf.names(creditor.id, "profile"), DEFAULT.name]
    raise Unknown(
        f"{creditor.name} has no profile {name!r}; it has: {', '.join(kept)}. Keep one with acuerdo results profile"
    )


async def keep_profile(shelf: Shelf, creditor: Creditor, text: str, source: str, at: datetime) -> Profile:
    """Remembers a profile under its own name, in the place of one so named. Raises TomlError."""
    profile = load_profile(text, source)
    await shelf.keep(creditor.id, "profile", profile.name, text, at)
    return profile


async def keep_typification(shelf: Shelf, creditor: Creditor, text: str, source: str, at: datetime) -> Typification:
    """Remembers a creditor's typification. Raises TomlError."""
    tree = load_typification(text, source)
    await shelf.keep(creditor.id, "typification", TREE, text, at)
    return tree


async def export(
    house: Exports, creditor: Creditor, profile: str, choice: Choice, name: Callable[[str], str], at: datetime,
    tick: Tick | None = None,
) -> Exported | None:  # fmt: skip
    """Writes what is new since the last file of this profile; None when nothing is.

    A file that was begun and never marked is written again instead, under its own name. `name` gives the path for a
    file's usual name, and raises AcuerdoError where something is there already. Raises Busy, Unknown, TomlError.
    """
    async with house.lines.alone(creditor.id, profile):
        if not choice.aside and (left := await house.batches.pending(creditor.id, profile)) is not None:
            return await _resumed(house, creditor, left, at, tick)
        wanted = await _wanted(house.shelf, creditor, profile, choice)
        await house.lines.gather(creditor.id)
        batch = await house.batches.begin(
            creditor.id, wanted, lambda n: name(file_name(creditor.name, profile, n, wanted.format)), at
        )
        return None if batch is None else await _finished(house, creditor, batch, at, tick)


async def again(
    house: Exports, creditor: Creditor, profile: str, n: int, name: Callable[[str], str], at: datetime,
    tick: Tick | None = None,
) -> Exported:  # fmt: skip
    """Writes a file's lines again, elsewhere; one that was never marked is marked now. Raises Unknown, Busy."""
    async with house.lines.alone(creditor.id, profile):
        batch = await house.batches.find(creditor.id, profile, n)
        if batch is None:
            raise Unknown(f"{creditor.name} has no file {n} by profile {profile!r}; see acuerdo results batches")
        path = name(batch.file.rpartition("/")[2])
        if batch.digest is None:
            return await _finished(house, creditor, batch, at, tick, path, resumed=True)
        lines, digest = await _write(house, creditor, batch, path, tick)
        return Exported(batch, path, lines, digest, same=digest == batch.digest)


async def _wanted(shelf: Shelf, creditor: Creditor, name: str, choice: Choice) -> Wanted:
    profile, tree = await profile_of(shelf, creditor, name), await typification_of(shelf, creditor)
    return Wanted(
        profile=name, format=choice.format or profile.format, kinds=choice.kinds or profile.kinds,
        outcomes=tuple(tree.of), echo=profile.echo, moves=not choice.aside, since=choice.since, until=choice.until,
        profile_body=msgspec.json.encode(profile), tree_body=msgspec.json.encode(tree),
    )  # fmt: skip


async def _resumed(house: Exports, creditor: Creditor, batch: Batch, at: datetime, tick: Tick | None) -> Exported:
    try:
        return await _finished(house, creditor, batch, at, tick, resumed=True)
    except OSError as why:
        raise AcuerdoError(
            f"file {batch.n} was begun as {batch.file}, which cannot be written now ({why.strerror}): write it "
            f"elsewhere with --batch {batch.n} --out FILE"
        ) from None


async def _finished(
    house: Exports, creditor: Creditor, batch: Batch, at: datetime, tick: Tick | None, path: str = "", *,
    resumed: bool = False,
) -> Exported:  # fmt: skip
    path = path or batch.file
    lines, digest = await _write(house, creditor, batch, path, tick)
    await house.batches.written(batch, lines, digest, at)
    return Exported(batch, path, lines, digest, resumed=resumed)


async def _write(house: Exports, creditor: Creditor, batch: Batch, path: str, tick: Tick | None) -> tuple[int, str]:
    """The batch's lines in a file at `path`: how many, and its digest. All that is in it comes from the batch."""
    profile = msgspec.json.decode(batch.profile_body, type=Profile)
    tree = msgspec.json.decode(batch.tree_body, type=Typification)
    target = house.open(path, batch.format, profile.headers, profile.dress, batch.began_at)
    sheet, tell = sheet_of(profile, tree, creditor, batch.n), _Telling(tick, batch.upto - min(batch.beyond, default=0))
    try:
        return await _filled(house.lines, batch, sheet, target, tell), target.finish()
    except BaseException:
        target.discard()
        raise


def sheet_of(profile: Profile, tree: Typification, creditor: Creditor, n: int) -> Sheet:
    """What a creditor's file of a number says of its lines, by a profile and a typification."""
    codes = {outcome: leaf.code for outcome, leaf in tree.of.items()}
    return Sheet(
        tuple(field for _, field in profile.columns),
        codes | {outcome: code for outcome, code in profile.codes.items() if outcome in codes},
        {outcome: leaf.label for outcome, leaf in tree.of.items()},
        creditor.name, n, profile.echo, profile.personal,
    )  # fmt: skip


class _Telling:
    """How far a file is, for whoever watches."""

    def __init__(self, tick: Tick | None, most: int) -> None:
        self._tick, self._most, self.done = tick, most, 0

    def __call__(self, more: int) -> None:
        self.done += more
        if self._tick is not None:
            self._tick(min(self.done, self._most), self._most)


async def _filled(lines: Lines, batch: Batch, sheet: Sheet, target: Target, tell: _Telling) -> int:
    if target.dress is not None and not sheet.personal:

        def put(body: bytes) -> None:
            target.put(body)
            tell(body.count(b"\n"))

        return await lines.copy(batch, sheet, target.dress, put)
    async for columns in lines.read(batch, sheet):
        target.write(columns)
        tell(len(columns[0]))
    return tell.done


def file_name(creditor: str, profile: str, n: int, form: Format) -> str:
    """`resultados_banco-andino_estandar_00001.csv`."""
    plain = unicodedata.normalize("NFKD", creditor.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "acreedor"
    return f"resultados_{slug}_{profile}_{n:05}.{form}"
