"""The house's own letters as a channel takes them: as which approved text, or in how many parts and for how much."""

from __future__ import annotations

import msgspec

from acuerdo.core.messages import Content, Say
from acuerdo.core.segments import measure, tidied
from acuerdo.core.words import CreditorId, PersonId
from acuerdo.service.channels import Channel, Registered
from acuerdo.service.reaching import MASK, texts

TOKEN = 22  # letters of a private link's token
STARTED = ("invitation", "renewal", "silence", "reminder_before", "reminder_after")  # the others answer somebody


class Started(msgspec.Struct, frozen=True):
    """A letter in a country's words ("es": every other one's), to a channel that it may be started on.

    `template` is the approved text that carries it, "" where none does, None where none is needed. `parts` are those of
    an SMS, one elsewhere; `cost` is about what it costs, in thousandths of a US dollar.
    """

    letter: str
    country: str
    template: str | None
    ttl: int
    parts: int
    cost: int
    text: str


def started(channel: Channel, creditor: str, name: str, link: str) -> list[Started]:
    """The letters of a creditor that the house begins with."""
    traits, found = channel.traits, []
    for letter in STARTED:
        for country, words in texts()[letter].items():
            text = words.format(who=name, link=link.replace("TOKEN", MASK))
            say = Say("", Content(text), channel.traits.name, "collection", CreditorId(creditor), PersonId(""))
            form = channel.form(say) if isinstance(channel, Registered) else None
            whole = words.format(who=name, link=link.replace("TOKEN", "x" * TOKEN))
            parts = measure(tidied(whole)).parts if traits.name == "sms" else 1
            template = form.template if form else None
            ttl = form.ttl if form else 0
            found.append(Started(letter, country, template, ttl, parts, parts * traits.cost, text))
    return found
