"""The drop folder, looked at every few seconds: each whole file taken once, archived with what became of it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from pathlib import Path
from time import monotonic

import msgspec
import structlog

from acuerdo.adapters import folder
from acuerdo.adapters.folder import Candidate, Claim, Odd, Patience, Slot
from acuerdo.adapters.store.db import AWAY
from acuerdo.app import App
from acuerdo.core.words import CAPITAL_ZONE, AcuerdoError, derive
from acuerdo.service.door import Answer, Arrival, Terms, receive
from acuerdo.service.importing import import_day
from acuerdo.service.reports import as_error, as_text

LOCK = 0x0AC0  # any number: the advisory locks under which one watcher at a time sees to a creditor
TRIES = 3  # of a file that meets a fault of ours; then it goes to the errors
FAULT = "Algo falló de nuestro lado al leer este archivo, y no entró nada. Avise a quien administra Acuerdo ({place})."

_log = structlog.get_logger("acuerdo.watch")


class Seen(msgspec.Struct, frozen=True):
    """A file that was taken: whose it is, where it lies now, and what became of it."""

    creditor: str
    feed: str
    file: str
    archived: str
    answer: Answer


class Watcher:
    """One watcher of a folder. `settle` is for how many seconds a file must not change; `country` where none is said;
    `tell` hears of each thing that lies in the folder and is not taken, once."""

    def __init__(
        self, app: App, root: Path, *, settle: float = 10.0, country: str = "", tell: Callable[[Odd], None]
    ) -> None:
        self._app, self._root, self._country, self._tell = app, root, country, tell
        self._patience = Patience(settle)
        self._told: set[Path] = set()
        self._failed: dict[str, int] = {}
        self.waiting = 0  # files that were not whole yet at the last look

    async def look(self) -> AsyncIterator[Seen]:
        """Takes all that is whole now: of each creditor the oldest file first, one at a time."""
        slots = await asyncio.to_thread(folder.slots, self._root, await self._app.creditors.all())
        whole = await asyncio.to_thread(self._whole, slots)
        for creditor in dict.fromkeys(slot.creditor.id for slot in slots):
            mine = [slot for slot in slots if slot.creditor.id == creditor]
            async with self._alone(creditor) as alone:
                if not alone:
                    continue
                async for claim in self._claims(mine, whole.get(creditor, ())):
                    if (seen := await self._take(claim)) is not None:
                        yield seen

    async def _claims(self, slots: Sequence[Slot], whole: Sequence[Candidate]) -> AsyncIterator[Claim]:
        """What was claimed and left, then each whole file, claimed when its turn comes."""
        for slot in slots:
            for left in await asyncio.to_thread(folder.claimed, slot):
                yield left
        for one in whole:
            claim = await asyncio.to_thread(self._claim, one)
            if claim is not None:
                yield claim

    def _whole(self, slots: Iterable[Slot]) -> dict[str, list[Candidate]]:
        now, there, found = monotonic(), set[Path](), dict[str, list[Candidate]]()
        self.waiting = 0
        for slot in slots:
            try:
                files, odd = folder.lying(slot)
            except OSError as why:
                files, odd = [], [Odd(slot.path, f"no se puede leer ({why.strerror}); revise sus permisos")]
            self._warn(odd)
            for one in files:
                there.add(one.path)
                if self._patience.whole(one, now):
                    found.setdefault(slot.creditor.id, []).append(one)
                else:
                    self.waiting += 1
        self._patience.forget(there)
        return {
            creditor: sorted(files, key=lambda one: (one.signature[2], one.path.name))
            for creditor, files in found.items()
        }

    def _warn(self, odd: Iterable[Odd]) -> None:
        for one in odd:
            if one.path not in self._told:
                self._told.add(one.path)
                self._tell(one)

    def _claim(self, one: Candidate) -> Claim | None:
        try:
            if folder.signature(one.path) != one.signature:
                return None
            return folder.claim(one, secrets.token_hex(8))
        except FileNotFoundError:
            return None
        except OSError as why:
            self._warn([Odd(one.path, f"no se puede mover ({why.strerror}); revise los permisos de la carpeta")])
            return None

    @asynccontextmanager
    async def _alone(self, creditor: str) -> AsyncIterator[bool]:
        """Whether no other watcher sees to this creditor, for as long as the block lasts."""
        name = int.from_bytes(blake2b(creditor.encode(), digest_size=4).digest(), signed=True)
        async with self._app.pool.acquire() as db, db.transaction():
            yield bool(await db.fetchval("select pg_try_advisory_xact_lock($1, $2)", LOCK, name))

    async def _take(self, claim: Claim) -> Seen | None:
        """A claimed file in, and archived; None where it has to wait for a better moment."""
        try:
            before = folder.signature(claim.path)
            answer = await self._received(claim)
            if folder.signature(claim.path) != before:  # somebody still wrote: what there is now is another file
                claim.path.rename(claim.path.with_name(f"{secrets.token_hex(8)}{folder.MARK}{claim.name}"))
                return None
            return await asyncio.to_thread(self._archived, claim, answer)
        except AWAY as why:
            _log.warning("a file waits for a better moment", feed=claim.slot.feed, error=type(why).__name__)
            return None
        except Exception as why:
            return await self._faulty(claim, why)

    async def _received(self, claim: Claim) -> Answer:
        slot, at = claim.slot, self._app.clock.now()
        id_, digest = derive("drop", claim.token), b""
        try:
            text = await asyncio.to_thread(folder.mapping, slot)
            terms = Terms(slot.creditor.settings.country or self._country, text, folder.MAPPING if text else "")
        except AcuerdoError as why:
            return Answer(id_, slot.feed, claim.name, "refused", at, error=str(why))
        arrival = Arrival(id_, slot.creditor, slot.feed, "folder", claim.name, digest, terms, at)
        return await receive(self._app.doors, arrival, claim.path)

    def _archived(self, claim: Claim, answer: Answer) -> Seen:
        country = (claim.slot.creditor.settings.country or self._country).upper()
        day = import_day(country, answer.at)
        if answer.status == "refused":
            beside = {".error.txt": as_error(answer).encode()}
        else:
            told = msgspec.to_builtins(answer)
            told.pop("set_aside_file")
            beside = {
                ".informe.json": msgspec.json.format(msgspec.json.encode(told), indent=2),
                ".informe.txt": as_text(answer, claim.slot.creditor.name, CAPITAL_ZONE.get(country, "UTC")).encode(),
            }
            if answer.set_aside_file is not None:
                beside[".apartadas.csv"] = answer.set_aside_file
        path = folder.archive(claim, day, beside, bad=answer.status == "refused")
        self._failed.pop(claim.token, None)
        where = str(path.relative_to(self._root))
        return Seen(claim.slot.creditor.name, claim.slot.feed, claim.name, where, answer)

    async def _faulty(self, claim: Claim, why: Exception) -> Seen | None:
        """A fault of ours: the file is tried again at the next looks, and goes to the errors after some."""
        place = _place(why)
        _log.error("a file failed", feed=claim.slot.feed, error=type(why).__name__, at=place)
        self._failed[claim.token] = self._failed.get(claim.token, 0) + 1
        if self._failed[claim.token] < TRIES:
            return None
        at = self._app.clock.now()
        text = FAULT.format(place=place)
        answer = Answer(derive("drop", claim.token), claim.slot.feed, claim.name, "refused", at, error=text)
        return await asyncio.to_thread(self._archived, claim, answer)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"
