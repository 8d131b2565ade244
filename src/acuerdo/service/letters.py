"""Which of the house's own letters may be started on a channel, and as which text that its provider approved."""

from __future__ import annotations

import msgspec

from acuerdo.core.messages import Content, Say
from acuerdo.core.words import CreditorId, PersonId
from acuerdo.service.channels import Channel, Registered
from acuerdo.service.reaching import MASK, texts

STARTED = ("invitation", "renewal", "silence", "reminder_before", "reminder_after")  # the others answer somebody


class Started(msgspec.Struct, frozen=True):
    """A letter in a country's words ("es": every other one's); `template` is what carries it, "" where nothing does."""

    letter: str
    country: str
    template: str
    ttl: int
    text: str


def started(channel: Channel, creditor: str, name: str, link: str) -> list[Started] | None:
    """The letters of a creditor that the house begins with; None where a channel needs no approval for any."""
    if not isinstance(channel, Registered):
        return None
    found = []
    for letter in STARTED:
        for country, words in texts()[letter].items():
            text = words.format(who=name, link=link.replace("TOKEN", MASK))
            say = Say("", Content(text), channel.traits.name, "collection", CreditorId(creditor), PersonId(""))
            form = channel.form(say)
            found.append(Started(letter, country, form.template, form.ttl, text))
    return found
