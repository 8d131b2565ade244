"""Consents: each word that a person gave about a channel is kept, and the latest holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.feeds import waiting, whom
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.portfolio.feeds.cells import NOON
from acuerdo.core.portfolio.feeds.consents import ConsentLine, Said
from acuerdo.core.portfolio.records import Consent
from acuerdo.core.words import derive
from acuerdo.service.feeding import Arrived, Status, Taken

INSERT = """
insert into consent (id, person_id, channel, given, at, source, evidence, import_id)
select * from unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::timestamptz[], $6::text[], $7::bytea[],
                     $8::text[])
on conflict (id) do nothing returning id
"""
# Of all the people that are one; of two words at one moment, no holds.
LATEST = """
select distinct on (w.id, c.channel) w.id, c.channel, c.given, c.at
from person w join person o on coalesce(o.root_id, o.id) = coalesce(w.root_id, w.id)
join consent c on c.person_id = o.id
where w.id = any($1::text[]) order by w.id, c.channel, c.at desc, c.given
"""


class Word(msgspec.Struct, frozen=True):
    """What a person said, as it is kept; `id` is the same for the same word."""

    id: str
    person: str
    channel: str
    given: bool
    at: datetime
    evidence: str = ""
    source: str = ""


async def consents_of(db: Db, people: Sequence[str]) -> dict[str, tuple[Said, ...]]:
    """The latest word of each of these people about each channel, and about all (`*`): see `consents.agreed`."""
    found: dict[str, list[Said]] = defaultdict(list)
    for row in await db.fetch(LATEST, people):
        found[row["id"]].append(Said(row["channel"], row["given"], row["at"]))
    return {person: tuple(said) for person, said in found.items()}


async def give_consents(
    db: Db,
    keyring: Keyring,
    creditor: str,
    entries: Iterable[tuple[str, Consent]],
    at: datetime,
    *,
    source: str = "cartera",
    import_id: str = "",
) -> int:
    """Keeps what a portfolio says of people's consents, by person's id; how many words are new."""
    given = list(entries)
    if not given:
        return 0
    known = await whom.known(db, keyring, (person for person, _ in given))
    words = []
    for person, one in given:
        if person in known:
            # Without its day a word is as old as the import that first brings it.
            moment = datetime.combine(one.at, NOON, known[person].zone) if one.at else at
            day = one.at.isoformat() if one.at else ""
            name = derive("consent", person, one.channel, str(one.given), day, one.evidence)
            words.append(Word(name, person, one.channel, one.given, moment, one.evidence, source))
    return len(await _keep(db, keyring, creditor, words, known, "operator", import_id, at))


async def _keep(
    db: Db,
    keyring: Keyring,
    creditor: str,
    words: Sequence[Word],
    known: dict[str, whom.Known],
    who: str,
    import_id: str,
    at: datetime,
) -> set[str]:
    """Keeps words with their facts; the ids of the new ones."""
    words = list({word.id: word for word in words}.values())
    if not words:
        return set()
    rows = [
        (w.id, w.person, w.channel, w.given, w.at, w.source, _sealed(w, known[w.person]), import_id) for w in words
    ]  # fmt: skip
    new = {row["id"] for row in await db.fetch(INSERT, *(list(column) for column in zip(*rows, strict=True)))}
    facts = [
        Recorded(
            derive("consent_told", w.id), at, who,
            (f.ConsentGiven if w.given else f.ConsentWithdrawn)(w.channel, w.at, w.source, w.evidence), creditor,
            w.person, cause=import_id or None,
        )
        for w in words
        if w.id in new
    ]  # fmt: skip
    await book.insert(db, facts, {one.id: one.key for one in known.values() if one.key})
    return new


def _sealed(word: Word, person: whom.Known) -> bytes | None:
    return person.key.seal(word.evidence.encode(), word.id.encode()) if person.key and word.evidence else None


class ConsentsFeed:
    """Consents on their way in."""

    def __init__(self, db: Db, keyring: Keyring, arrived: Arrived, import_id: str) -> None:
        self._db, self._keyring, self._arrived, self._import = db, keyring, arrived, import_id

    async def take(self, lines: Sequence[ConsentLine]) -> Taken:
        arrived, db = self._arrived, self._db
        keys = [whom.keys_of(self._keyring, arrived.creditor, line.about) for line in lines]
        found = await whom.find(db, arrived.creditor, keys, sole=True)
        late = [(line, key) for line, key, who in zip(lines, keys, found, strict=True) if not who.people]
        await waiting.keep(db, self._keyring, arrived.creditor, "consents", self._import, late, arrived.at)
        known = await whom.known(db, self._keyring, (person for who in found for person in who.people))
        words = {line.row: _word(line, who.people[0]) for line, who in zip(lines, found, strict=True) if who.people}
        new = await _keep(
            db, self._keyring, arrived.creditor, list(words.values()), known, arrived.who, self._import, arrived.at
        )  # fmt: skip
        statuses: list[tuple[int, Status]] = [(line.row, "unmatched") for line, _ in late]
        statuses += ((row, "taken" if word.id in new else "unchanged") for row, word in words.items())
        return Taken(tuple(statuses))

    async def finish(self) -> None:
        """Nothing follows: the guard reads them."""


def _word(line: ConsentLine, person: str) -> Word:
    name = derive("consent", person, line.channel, str(line.given), line.at.isoformat(), line.evidence, line.source)
    return Word(name, person, line.channel, line.given, line.at, line.evidence, line.source)
