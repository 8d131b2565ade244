"""Which made-up people have an SMS on their phone, for the demo's scripts and for who tries it by hand."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from acuerdo.adapters.store.views import open_person
from acuerdo.app import App

# Invited and reached, not in the chat yet: with the segments of all they owe.
INVITED = """
select distinct on (p.id) p.id, p.country, p.wrapped_key, p.sealed, l.issued_at,
       array(select distinct s.segment from account a join placed s on s.account_id = a.id where a.person_id = p.id)
         as segments
from person p join link l on l.person_id = p.id
where l.conversation_id is null and l.channel = 'sms' and l.expires_at > $1 and l.revoked_at is null
  and not exists (select from conversation c where c.person_id = p.id)
  and not exists (select from opt_out o where o.subject_id = p.subject_id)
order by p.id, l.issued_at desc
"""


class Invited(msgspec.Struct, frozen=True):
    """A made-up person with an SMS to read."""

    person: str
    number: str
    document: str
    country: str
    segments: frozenset[str]


async def invited(app: App) -> list[Invited]:
    """Everybody with an unread invitation on their phone, in an order that is always the same."""
    numbers = {row["number"] for row in await app.pool.fetch("select distinct number from sandbox.sms")}
    rows = await app.pool.fetch(INVITED, app.clock.now())
    found = []
    for row in rows:
        who = open_person(app.keyring, row["wrapped_key"], row["sealed"], row["id"])
        number = next((phone for phone in who.phones if phone in numbers), None)
        if number is not None:
            found.append(Invited(row["id"], number, who.document, row["country"], frozenset(row["segments"])))
    return found


def cast(people: Sequence[Invited], wanted: Sequence[tuple[int, Sequence[str]]]) -> list[list[Invited]]:
    """People for each part (how many, of which segments), taken from one country after another; a part gets fewer
    where there are no more."""
    lines: dict[str, list[Invited]] = {}
    for one in people:
        lines.setdefault(one.country, []).append(one)
    countries, turn, parts = sorted(lines), 0, []
    for players, segments in wanted:
        part: list[Invited] = []
        misses = 0
        while len(part) < players and misses < len(countries):
            line = lines[countries[turn % len(countries)]]
            turn += 1
            fit = next((one for one in line if one.segments and one.segments <= set(segments)), None)
            if fit is None:
                misses += 1
                continue
            misses = 0
            line.remove(fit)
            part.append(fit)
        parts.append(part)
    return parts
