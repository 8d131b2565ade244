"""The wish to be written to on another channel, told before anything else is read: "mejor por WhatsApp"."""

from __future__ import annotations

import re

from acuerdo.core.compliance.wording import plain

CHANNELS: dict[str, re.Pattern[str]] = {
    "whatsapp": re.compile(r"\b(whats ?app|whatsap|wasap|wasapp|guasap|wsp|wpp)\b"),
    "email": re.compile(r"\b(correo( electronico)?|e ?mail|mail)\b"),
    "sms": re.compile(r"\b(sms|mensajes? de texto)\b"),
}
WISH = re.compile(
    r"\b(mejor|prefiero|preferiria|prefieren?|quisiera|quiero que me|me gustaria que|solo"
    r"|escrib(a|an|e|eme|ame|anme|irme)|habl(e|en|a|eme|enme|ame)|contact(e|en|a|eme|enme|ame|arme)"
    r"|me (escriben?|contactan?|hablan?|mandan?|atienden?))\b"
)
AGAINST = re.compile(r"\b(no|nunca|tampoco|dejen?|basta|menos)\b")
LONGEST = 12  # words: a wish for a channel is short; in a longer story its name may stand for anything


def channel_wished(text: str) -> str:
    """The channel on which somebody plainly asks to be written to; "" where they do not, or name several."""
    said = plain(text)
    if len(said.split()) > LONGEST or AGAINST.search(said) or not WISH.search(said):
        return ""
    named = [name for name, pattern in CHANNELS.items() if pattern.search(said)]
    return named[0] if len(named) == 1 else ""
