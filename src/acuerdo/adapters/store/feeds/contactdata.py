"""Contact data that was searched for, corrected or found bad; what is another's reference is refused."""

from __future__ import annotations

from collections.abc import Sequence

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.feeds import found, waiting, whom
from acuerdo.adapters.store.feeds.found import Found
from acuerdo.adapters.store.feeds.queued import Stop, take_back
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core.portfolio.feeds.contactdata import ContactDataLine
from acuerdo.core.portfolio.records import Fault
from acuerdo.service.feeding import Arrived, Status, Taken

REFERENCES = """
select distinct n.address_hash from never_contact n join account a on a.id = n.account_id
where n.address_hash = any($1::text[]) and n.why = 'reference' and a.creditor_id = $2
"""


class ContactDataFeed:
    """Contact data on its way in."""

    def __init__(self, db: Db, keyring: Keyring, arrived: Arrived, import_id: str) -> None:
        self._db, self._keyring, self._arrived, self._import = db, keyring, arrived, import_id
        self._stops: list[Stop] = []

    async def take(self, lines: Sequence[ContactDataLine]) -> Taken:
        arrived, db = self._arrived, self._db
        refused = await self._references(lines)
        keys = [whom.keys_of(self._keyring, arrived.creditor, line.about) for line in lines]
        people = await whom.find(db, arrived.creditor, keys, sole=True)
        rows = [one for one in zip(lines, keys, people, strict=True) if one[0].row not in refused]
        late = [(line, key) for line, key, who in rows if not who.people]
        await waiting.keep(db, self._keyring, arrived.creditor, "contactdata", self._import, late, arrived.at)
        known = await whom.known(db, self._keyring, (person for _, _, who in rows for person in who.people))
        told = {line.row: _told(line, who.people[0]) for line, _, who in rows if who.people}
        flat = [one for several in told.values() for one in several]
        new, stops = await found.keep(db, self._keyring, arrived, self._import, flat, known)
        self._stops += stops
        statuses: list[tuple[int, Status]] = [(line.row, "unmatched") for line, _ in late]
        statuses += (
            (row, "taken" if any(one in new for one in several) else "unchanged") for row, several in told.items()
        )
        return Taken(tuple(statuses), tuple(_refusal(line) for line in lines if line.row in refused))

    async def finish(self) -> None:
        await take_back(self._db, self._keyring, self._stops, self._import, self._arrived.at)

    async def _references(self, lines: Sequence[ContactDataLine]) -> set[int]:
        """The rows that would make somebody's reference into an address of the debtor's."""
        hashes = {
            line.row: [self._keyring.address_hash(kind, value) for kind, value in _addresses(line)]
            for line in lines
            if line.quality != "bad"
        }
        flat = [one for several in hashes.values() for one in several]
        rows = await self._db.fetch(REFERENCES, flat, self._arrived.creditor)
        of_others = {row["address_hash"] for row in rows}
        return {row for row, several in hashes.items() if of_others.intersection(several)}


def _addresses(line: ContactDataLine) -> list[tuple[str, str]]:
    return [(kind, value) for kind, value in (("phone", line.phone), ("email", line.email)) if value]


def _told(line: ContactDataLine, person: str) -> list[Found]:
    told = [*_addresses(line), *([("address", line.address)] if line.address else [])]
    return [Found(person, kind, value, line.quality, line.at, line.source) for kind, value in told]


def _refusal(line: ContactDataLine) -> Fault:
    return Fault(
        line.row, "phone" if line.phone else "email", line.phone or line.email,
        "es de una referencia: a las referencias no se les contacta", "quite la fila", "reference_address",
    )  # fmt: skip
