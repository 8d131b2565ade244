"""Bare answers in the light of the question: "ya", "3", "el 20", "123456785", "la segunda"."""

from __future__ import annotations

from typing import NamedTuple

from acuerdo.core.language.features import View
from acuerdo.core.language.reading import Entity, Intent

_YES = frozenset(
    "si sip ya dale listo ok vale bueno claro sale va simon orale bien perfecto acepto confirmo correcto exacto venga "
    "conforme obvio joya yes sim aja 👍 👌 ✅ 1 s de una hagale esta acuerdo asi es me parece por favor gracias soy yo "
    "pues po pe senor senora senorita mismo misma no mas nomas entonces eso quedamos hagamoslo supuesto favor".split()
)  # the words of which a yes may be made; it begins with one of the first
_YES_FIRST = frozenset("si sip ya dale listo ok vale bueno claro sale va simon orale perfecto acepto confirmo correcto exacto venga conforme obvio joya yes sim aja 👍 👌 ✅ s hagale asi".split())
_KINDS = {"date": "promise_to_pay", "money": "make_offer", "installments": "request_installments"}
_CHOICES = frozenset({"first", "second", "third", "fourth", "last", "other", "cheapest", "longest"})
_INFORMATION = frozenset({"document", "phone", "email", "time", "percent", "frequency"})


class Settled(NamedTuple):
    """Intents and commands once the question is taken into account."""

    intents: tuple[Intent, ...]
    commands: tuple[str, ...]


def settle(intents: tuple[Intent, ...], whole: View, named: tuple[Entity, ...], expected: tuple[str, ...]) -> Settled:
    """The intents and commands of a message, given what was asked."""
    commands = _commands(whole, named, expected)
    plain = [word for word in whole.heard if word != "?"]
    if "yes_no" in expected or "choice" in expected:
        if plain and plain[0] in _YES_SOUNDS_FIRST and all(word in _YES_SOUNDS for word in plain) and "?" not in whole.heard:
            return Settled((Intent("affirm", 1.0),), tuple(name for name in commands if name != "now"))
    bare = _bare(whole, named)
    if bare is not None:
        kind = next((entity.kind for entity in named if entity.kind in expected), named[0].kind)
        name = _KINDS.get(kind)
        if kind in _INFORMATION or name is None:
            return Settled((Intent("out_of_scope", 0.0),), commands)
        return Settled((Intent(name, 0.9 if kind in expected else 0.6),), commands)
    if expected and len(plain) == 1 and plain[0].isdigit():
        return Settled((Intent("out_of_scope", 0.0),), commands)
    return Settled(intents, commands)


def _commands(whole: View, named: tuple[Entity, ...], expected: tuple[str, ...]) -> tuple[str, ...]:
    commands = set(whole.hits.commands)
    if "choice" not in expected or any(entity.kind in ("date", "money") for entity in named):
        commands -= _CHOICES
    if "injection" in commands and whole.hits.sure:
        pass
    return tuple(sorted(commands))


def _bare(whole: View, named: tuple[Entity, ...]) -> bool | None:
    """Whether a message holds nothing but what it names, and a word or two around it."""
    if not named:
        return None
    rest = [word for word in whole.heard if not word.startswith("z") or word not in _MARKS]
    rest = [word for word in rest if word not in _AROUND]
    return True if not rest else None


_MARKS = frozenset({"zmoney", "zdate", "ztime", "zparts", "zpercent", "zoften", "zdocument", "zphone", "zmail"})
_AROUND_WORDS = (
    "el la los las es mi mejor en para a de si no perdon perdona bueno entonces ok dale ya seria por favor mi numero "
    "rut dni cedula curp rfc nie nif cuit documento este esta son cuotas cuota pagos plazos abonos partes mensualidades "
    "nomas po pe pues va que sea sean quiero cc c ese correo email telefono celular ruc nit armadas pago letras plazo"
)


def _heard(words_text: str) -> frozenset[str]:
    from acuerdo.core.language.spelling import words

    return frozenset(words(words_text))


_AROUND = _heard(_AROUND_WORDS)
_YES_SOUNDS = frozenset(sound for word in _YES for sound in _heard(word)) | {"👍", "👌", "✅"}
_YES_SOUNDS_FIRST = frozenset(sound for word in _YES_FIRST for sound in _heard(word)) | {"👍", "👌", "✅"}
