"""What settling a file works with, and the images of rows that it is about to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core.facts import AnyFact, Recorded, kind_of
from acuerdo.core.words import derive
from acuerdo.service.importing import Arrival

T = TypeVar("T")
CHUNK = 2000
ALL_OF = """
with root as (select distinct coalesce(root_id, id) as id from person where id = any($1::text[]))
select id from root union select p.id from root join person p on p.root_id = root.id order by id
"""


@dataclass(frozen=True)
class Job:
    """A connection in its transaction, the keys, and the import by its name."""

    db: Db
    keyring: Keyring
    arrival: Arrival
    name: str

    async def keep(self, place: str, key: str, which: str, *args: object) -> None:
        """Keeps the images of rows of a table before they are changed; `key` names a row, `which` chooses the rows."""
        image = "to_jsonb(x) - 'wrapped_key'" if place == "person" else "to_jsonb(x)"
        await self.db.execute(
            f"""insert into import_before (import_id, place, id, image)
                select $1, '{place}', {key}, {image} from {place} x where {which} on conflict do nothing""",  # noqa: S608 - constants of the callers
            self.name, *args,
        )  # fmt: skip

    def fact(self, fact: AnyFact, person: str | None = None, account: str | None = None, *of: str) -> Recorded:
        """A fact of this import, named by what it is about."""
        name = derive(kind_of(fact), self.name, person or "", account or "", *of)
        a = self.arrival
        return Recorded(name, a.at, a.who, fact, a.creditor, person, account, cause=self.name)


async def all_of(db: Db, people: Sequence[str]) -> list[str]:
    """Everybody who is one with these people, themselves included; in the order of their ids."""
    return [row["id"] for row in await db.fetch(ALL_OF, people)] if people else []


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Some at a time."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk
