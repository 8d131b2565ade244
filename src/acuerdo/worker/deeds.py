"""What each job does. What comes in the same moment is done together: one transaction for many messages."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from acuerdo.adapters.store import jobs, reminders, timers
from acuerdo.adapters.store.inbox import unpacked
from acuerdo.app import App
from acuerdo.core import facts as f
from acuerdo.core.compliance import Cleared, Verdict
from acuerdo.core.dialogue.booking import APPOINTMENT
from acuerdo.core.dialogue.returning import NUDGE
from acuerdo.service import documents, door, keeping, paying, reaching, receiving, sending, talking
from acuerdo.service.channels import Delivery, Failed
from acuerdo.service.outbound import EntryRef
from acuerdo.service.sending import Seized
from acuerdo.service.together import Together

NOW = 100  # the priority of a callback whose hour has come: above every other work item
TURNS, TURN = 200, 0.02  # how often, and after how many seconds, what waits for another's turn looks again
LEFT = "left"  # one of the same human was in the lot: ask again


class Deeds:
    """The work of one worker. `batch` is how many messages are decided in one transaction, and how many may be on their
    way to a provider at once: after a stop of everything so many may still leave."""

    def __init__(self, app: App, batch: int) -> None:
        self.app = app
        self._under_way = asyncio.Semaphore(batch)
        self._reaching: Together[EntryRef, Verdict | str | None] = Together(self._reach, batch)
        self._seizing: Together[str, Seized | str | None] = Together(self._seize, batch)
        self._settling: Together[tuple[str, Delivery], None] = Together(self._settle, batch)

    async def reach(self, packed: str) -> None:
        """A campaign's entry at its hour: decided, and what is cleared is sent at once."""
        ref = EntryRef.unpack(packed)
        verdict: Verdict | str | None = LEFT
        while verdict == LEFT:
            verdict = await self._reaching(ref)
        if isinstance(verdict, Cleared):
            await self.send(ref.key)

    async def send(self, key: str) -> None:
        """A message of the outbox on its way, if it still may; what was said before it there leaves first.

        Where that does not leave, its own job ends: it is found again as a message whose job was lost.
        """
        for _ in range(TURNS):
            ahead = await self._send(key)
            if ahead is None:
                return
            if ahead:
                await self.send(ahead)
                await asyncio.sleep(TURN)

    async def _send(self, key: str) -> str | None:
        """Sends it, or says what is ahead of it ("": it has to be asked again)."""
        async with self._under_way:
            seized: Seized | str | None = ""
            while seized == "":
                seized = await self._seizing(key)
            if seized is None or isinstance(seized, str):
                return seized
            delivery = await sending.delivered(*seized)
            if delivery is not None:
                await self._settling((key, delivery))
            if isinstance(delivery, Failed) and not delivery.again and seized[0].traits.name == documents.CHANNEL:
                await documents.undelivered(self.app.house, self.app.documents, key, self.app.clock.now())
        return None

    async def recover(self, key: str) -> None:
        """A delivery whose worker died, or could not be settled."""
        await sending.recover(self.app.exit, key)

    async def read(self, payload: str) -> None:
        """Payloads that came in."""
        channel, digests = unpacked(payload)
        await receiving.read_payload(self.app.mail, channel, *digests)

    async def ring(self, key: str) -> None:
        """A timer that fell due: what was promised for then goes to the front, a reminder passes the guard; every
        other is told to its conversation."""
        app = self.app
        timer = await timers.rung(app.pool, key)
        if timer is None:
            return
        at = app.clock.now()
        if timer.conversation and timer.name == "callback":
            await timers.raise_callback(app.pool, timer.conversation, NOW)
        elif timer.conversation and timer.name == APPOINTMENT:
            await timers.raise_slot(app.pool, timer.conversation, NOW)
        elif timer.name == NUDGE:
            if reminder := await reminders.silent(app.pool, key):
                await keeping.remind(app.exit, reminder, at)
        elif timer.name == keeping.REMIND:
            if reminder := await reminders.waiting(app.pool, key):
                await keeping.remind(app.exit, reminder, at)
        elif timer.conversation:
            await talking.tell(
                app.house, timer.conversation, f.TimerRang(timer.name, key), "system", at, key=timer.ringing
            )
        await timers.heard(app.pool, key, at)

    async def tell_payment(self, payload: str) -> None:
        """A payment that a conversation is to hear of."""
        await paying.tell_payment(self.app.house, payload.encode(), self.app.clock.now())

    async def mail(self, fact: str) -> None:
        """A code or a document that a person wants at their address."""
        await documents.mail(self.app.exit, self.app.house, self.app.documents, fact, self.app.clock.now())

    async def feed(self, arrival: str) -> None:
        """A creditor's large file that waits: taken in with its answer, in one commit."""
        found = await self.app.doors.awaited(arrival)
        if found is None:
            return
        with tempfile.TemporaryDirectory(prefix="acuerdo-") as folder:
            path = Path(folder) / "body"
            await self.app.doors.unpack(arrival, path)
            await door.receive(self.app.doors, found, path)

    async def _reach(self, refs: Sequence[EntryRef]) -> list[Verdict | str | None]:
        # Repeated ones are decided once, as jobs may be doubled.
        verdicts, left = await reaching.reach_all(self.app.exit, list(dict.fromkeys(refs)), follow=True)
        return [LEFT if ref in left else verdicts.get(ref) for ref in refs]

    async def _seize(self, keys: Sequence[str]) -> list[Seized | str | None]:
        seized, left = await sending.seize(self.app.exit, list(dict.fromkeys(keys)))
        return [left[key] if key in left else seized.pop(key, None) for key in keys]  # of two the first delivers

    async def _settle(self, ended: Sequence[tuple[str, Delivery]]) -> list[None]:
        await self.app.exit.outbound.settle_all(ended, self.app.clock.now())
        return [None] * len(ended)


DOES: dict[str, Callable[[Deeds, str], Awaitable[None]]] = {
    jobs.SEND: Deeds.send,
    jobs.RECOVER: Deeds.recover,
    jobs.REACH: Deeds.reach,
    jobs.TIMER: Deeds.ring,
    jobs.READ: Deeds.read,
    paying.JOB: Deeds.tell_payment,
    jobs.FEED: Deeds.feed,
    jobs.MAIL: Deeds.mail,
}
