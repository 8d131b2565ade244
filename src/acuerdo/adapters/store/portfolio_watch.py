"""What others do to people and debts on behalf of an import, noted by comparing rows before with rows after."""

from __future__ import annotations

from collections.abc import Mapping

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.portfolio_job import Job

# The tables of which images are kept, with what names a row.
PLACES: Mapping[str, tuple[str, ...]] = {
    "person": ("id",), "account": ("id",), "payment": ("id",), "agreement": ("id",), "promise": ("id",),
    "timer": ("key",), "outbox": ("key",), "link": ("token_hash",),
    "campaign_entry": ("campaign_id", "account_id", "attempt"), "hold": ("subject_id", "kind", "creditor_id"),
    "party": ("account_id", "role", "id"), "never_contact": ("address_hash", "why", "account_id"),
    "register_entry": ("creditor_id", "register", "kind", "hash"), "contact": ("key",),
    "contact_point": ("person_id", "kind", "address_hash"), "person_key": ("person_id", "kind", "hash"),
    "same_human": ("cause",), "person_review": ("one_id", "other_id"), "work_item": ("id",),
}  # fmt: skip
ADDED = "+"  # before a table's name: a row that was not there before
WATCHED = "create temp table watched (place text, id text, image jsonb) on commit drop"


class Watch:
    """Rows looked at before something happens to them; `note` keeps those that it changed, and says what it added."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._looked: dict[str, tuple[str, tuple[object, ...]]] = {}

    async def look(self, place: str, which: str, *args: object) -> None:
        """Rows of a table (as `x`) that may be changed; where more may come, `which` chooses these too."""
        if not self._looked:
            await self._job.db.execute(WATCHED)
        self._looked[place] = which, args
        await self._job.db.execute(
            f"insert into watched select '{place}', {named(place)}, {image(place)} from {place} x where {which}",  # noqa: S608 - constants of the callers
            *args,
        )

    async def note(self, *added: str) -> None:
        """Keeps the images of rows that are no longer as they were; of the tables `added`, also which are new."""
        db, name = self._job.db, self._job.name
        await db.execute("analyze watched")
        for place, (which, args) in self._looked.items():
            await db.execute(
                f"""insert into import_before (import_id, place, id, image)
                    select $1, w.place, w.id, w.image from watched w
                    cross join lateral jsonb_populate_record(null::{place}, w.image) r
                    left join {place} x on {same(place, "x")}
                    where w.place = '{place}' and {image(place)} is distinct from w.image on conflict do nothing""",  # noqa: S608 - names of ours
                name,
            )
            if place in added:
                await db.execute(
                    f"""insert into import_before (import_id, place, id, image)
                        select ${len(args) + 1}, '{ADDED}{place}', {named(place)}, to_jsonb(x) from {place} x
                        where ({which}) and not exists (
                          select from watched w where w.place = '{place}' and w.id = {named(place)})
                        on conflict do nothing""",  # noqa: S608 - as above
                    *args, name,
                )  # fmt: skip
        # People are put back with all by which they are found.
        await db.execute(
            """insert into import_before (import_id, place, id, image)
               select $1, w.place, w.id, w.image from watched w
               join import_before b on b.import_id = $1 and b.place = 'person' and b.id = w.image->>'person_id'
               where w.place in ('contact_point', 'person_key') on conflict do nothing""",
            name,
        )
        await db.execute("drop table watched")
        self._looked = {}


def named(place: str) -> str:
    """What names a row `x` of a table, in one word; as `Job.keep` is told by its callers."""
    if place == "link":
        return "encode(x.token_hash, 'hex')"
    key = PLACES[place]
    return f"concat_ws(' ', {', '.join(f'x.{name}' for name in key)})" if len(key) > 1 else f"x.{key[0]}"


def image(place: str) -> str:
    """A row `x` as it is kept: of people without their key, so that who is forgotten stays so."""
    return "to_jsonb(x) - 'wrapped_key'" if place == "person" else "to_jsonb(x)"


def same(place: str, table: str) -> str:
    """That a row of a table is the one whose image is `r`."""
    return " and ".join(f"{table}.{name} = r.{name}" for name in PLACES[place])


async def added_of(db: Db, import_id: str, place: str) -> list[str]:
    """The names of the rows of a table that an import added, by what `Watch` noted."""
    rows = await db.fetch(
        "select id from import_before where import_id = $1 and place = $2 order by id", import_id, ADDED + place
    )
    return [row["id"] for row in rows]


async def remove_added(db: Db, import_id: str, place: str) -> None:
    """Takes away the rows of a table that an import added; what changed since is another's word by now."""
    await db.execute(
        f"""delete from {place} t using import_before b, jsonb_populate_record(null::{place}, b.image) r
            where b.import_id = $1 and b.place = '{ADDED}{place}' and {same(place, "t")}
              and to_jsonb(t) = b.image""",  # noqa: S608 - names of ours
        import_id,
    )
