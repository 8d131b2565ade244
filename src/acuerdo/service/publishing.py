"""Flows as they are published: checked whole, kept by their contents, and taken up by new conversations or by all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from acuerdo.core.compliance import Rules
from acuerdo.core.dialogue.files import CREDITORS
from acuerdo.core.dialogue.moving import Moves, misfits, mistakes
from acuerdo.core.dialogue.schema import Book, FlowError
from acuerdo.core.dialogue.state import State
from acuerdo.core.dialogue.verify import Limits, load, suited
from acuerdo.core.words import AcuerdoError
from acuerdo.service.creditors import id_of
from acuerdo.service.resources import flows_from_bytes, shipped_files, shipped_flows
from acuerdo.service.settings import Settings
from acuerdo.service.written import text_in

SUFFIX = ".yaml"
MOST_BOOKS = 64  # kept open at once, of all versions


class NoFlows(AcuerdoError):
    """A folder holds no flows, and no creditor's texts."""


class NoMap(AcuerdoError):
    """A map from older flows to newer ones cannot be read, or leads nowhere."""


class CannotMove(AcuerdoError):
    """Conversations stand where the newer flows have no place for them; each such place is listed."""


class Edition(msgspec.Struct, frozen=True):
    """Flows that may be published: those of the house, and by id those of creditors with texts of their own."""

    book: Book
    creditors: Mapping[str, Book] = {}

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each creditor's flows."""
        return {creditor: book.digest for creditor, book in sorted(self.creditors.items())}


class Version(msgspec.Struct, frozen=True):
    """Flows as they were published; `conversations` go on them now."""

    n: int
    at: datetime
    who: str
    own: bool
    note: str
    digest: str
    creditors: Mapping[str, str] = {}
    conversations: int = 0

    @property
    def all(self) -> set[str]:
        """The digests of the house's flows and of every creditor's."""
        return {self.digest, *self.creditors.values()}


class Live(msgspec.Struct, frozen=True):
    """A conversation that goes on."""

    id: str
    creditor: str
    flows: str
    state: State


class Artefacts(Protocol):
    """What is kept by its contents."""

    async def artefact(self, digest: str) -> bytes: ...


class Flows(Artefacts, Protocol):
    """The flows that were published, and the conversations that go on them."""

    async def current(self, creditor: str) -> str: ...
    async def publish(self, edition: Edition, who: str, own: bool, note: str, at: datetime) -> int: ...
    async def versions(self) -> list[Version]: ...
    def live(self, edition: Edition) -> AsyncIterator[Live]: ...


_open: dict[str, Book] = {}


async def opened(flows: Artefacts, digest: str) -> Book:
    """The flows of a digest; they are what their digest says, so they are opened once."""
    if digest not in _open:
        if len(_open) >= MOST_BOOKS:
            with suppress(KeyError):
                _open.pop(next(iter(_open)))
        _open[digest] = flows_from_bytes(await flows.artefact(digest))
    return _open[digest]


def files_in(folder: Path) -> dict[str, str]:
    """The flows of a folder by name, and under `creditors/` the creditors' own texts, by their names.

    A folder that holds creditors' texts alone goes with the shipped flows. Raises NoFlows.
    """
    own = {path.name: text_in(path) for path in sorted(folder.glob(f"*{SUFFIX}"))}
    theirs = {f"{CREDITORS}{path.name}": text_in(path) for path in sorted((folder / CREDITORS).glob(f"*{SUFFIX}"))}
    if not own and not theirs:
        raise NoFlows(f"{folder} holds no {SUFFIX} files, and no {CREDITORS} folder with any")
    return {**(own or shipped_files()), **theirs}


def edition_of(
    files: Mapping[str, str], channels: Iterable[Limits] = (), rules: Rules | None = None, *, whole: bool = True
) -> Edition:
    """These files checked whole, with each creditor's own texts. Raises FlowError with every mistake.

    `whole` is False where they were checked for channels, law and readers before.
    """
    house = {name: body for name, body in files.items() if not name.startswith(CREDITORS)}
    traits = list(channels)
    book = _checked(house, traits, rules, whole)
    creditors = {
        id_of(name.removeprefix(CREDITORS).removesuffix(SUFFIX)): _checked({**house, name: body}, traits, rules, whole)
        for name, body in files.items()
        if name.startswith(CREDITORS)
    }
    return Edition(book, creditors)


def _checked(files: Mapping[str, str], channels: Iterable[Limits], rules: Rules | None, whole: bool) -> Book:
    book = load(files)
    if whole and (faults := suited(book, channels, rules)):
        raise FlowError(faults)
    return book


def first_edition(settings: Settings, channels: Iterable[Limits], rules: Rules) -> Edition:
    """What an installation starts with: its own folder's flows, else the shipped ones. Raises FlowError, NoFlows."""
    if settings.flows is None:
        return Edition(shipped_flows())
    return edition_of(files_in(settings.flows), channels, rules)


async def at_start(flows: Flows, edition: Edition, own: bool, at: datetime) -> None:
    """Publishes what an installation starts with, where it is new.

    A release does not undo what the operator published; a folder of theirs that changed is published anew.
    """
    versions = await flows.versions()
    if any(v.digest == edition.book.digest and v.creditors == edition.digests for v in versions):
        return
    if own or not versions or not versions[-1].own:
        await flows.publish(edition, "system", own, "", at)


def read_moves(path: Path, new: Book) -> Moves:
    """A map of steps and slots, checked against the newer flows. Raises NoMap."""
    try:
        moves = msgspec.toml.decode(path.read_bytes(), type=Moves)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise NoMap(f'{path}: {error}; write [steps] and "flow.old" = "flow.new"') from error
    if wrong := mistakes(moves, new):
        raise NoMap("\n".join(f"{path}: {one}" for one in wrong))
    return moves


async def to_move(flows: Flows, edition: Edition, moves: Moves) -> list[tuple[str, Book]]:
    """The conversations on other flows, each with those that it would take up. Raises CannotMove where one cannot."""
    found: list[tuple[str, Book]] = []
    wrong: dict[str, int] = {}
    async for one in flows.live(edition):
        book = edition.creditors.get(one.creditor, edition.book)
        found.append((one.id, book))
        for what in misfits(one.state, book, moves):
            wrong[what] = wrong.get(what, 0) + 1
    if wrong:
        told = (f"{count} of {len(found)} conversations: {what}" for what, count in sorted(wrong.items()))
        raise CannotMove("Nothing was published.\n" + "\n".join(told))
    return found
