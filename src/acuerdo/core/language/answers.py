"""Bare answers in the light of the question: "ya", "3", "el 20", "123456785", "la segunda"."""

from __future__ import annotations

from typing import NamedTuple

from acuerdo.core.language.features import MARKS, View
from acuerdo.core.language.reading import Entity, Intent
from acuerdo.core.language.spelling import words

_PICTURES = frozenset({"👍", "👌", "✅"})


def _set(text: str) -> frozenset[str]:
    return frozenset(words(text))


# A yes begins with one of the first and goes on with any of both.
_YES = _PICTURES | _set(
    "si sip ya dale listo ok vale bueno claro sale va simon orale perfecto acepto confirmo correcto exacto venga sim "
    "genial estupendo fenomenal fantastico excelente barbaro buenisimo chido arre "
    "conforme obvio joya yes aja hagale asi sisas yapo ese esa"
)
_PLAIN_YES = _set("si claro dale listo ok vale acepto perfecto correcto")
_AND_SO = _YES | _set(
    "de una esta bien acuerdo es me parece por favor gracias soy yo pues po pe senor senora senorita mismo misma "
    "nomas entonces eso quedamos hagamoslo supuesto que le entro jalo trato hecho sirve adelante"
)
# Before a yes it adds nothing.
_HELLO = _set("hola buenas buenos dias buen dia tardes noches alo gracias")
# Said around a bare amount, date or document without adding to it.
_AROUND = _set(
    "el la los las es mi mejor en para a de si no perdon perdona bueno entonces ok dale ya seria por favor numero rut "
    "dni cedula curp rfc nie nif cuit documento este esta son cuotas cuota pagos plazos abonos partes mensualidades "
    "nomas po pe pues va que sea sean quiero cc c ese correo email telefono celular ruc nit armadas pago letras plazo"
)
_IMPLIED = {"date": "promise_to_pay", "money": "make_offer", "installments": "request_installments"}
_FEW = 4  # words of a bare choice or mark
_MARKED = _set("uno dos tres cuatro cinco seis siete ocho nueve diez cero")
_CHOICES = frozenset({"first", "second", "third", "fourth", "last", "other", "cheapest", "longest"})
_NOTHING = (Intent("out_of_scope", 0.0),)


class Settled(NamedTuple):
    """Commands, and intents where the question settles them; None where the words themselves must tell."""

    intents: tuple[Intent, ...] | None
    commands: tuple[str, ...]


def settle(whole: View, named: tuple[Entity, ...], expected: tuple[str, ...]) -> Settled:
    """What a message says, given what was asked."""
    commands = _commands(whole, named, expected)
    plain = " ".join(word for word in whole.heard if word != "?").replace("no mas", "nomas").split()
    if {"yes_no", "choice"} & set(expected) and "?" not in whole.heard and _yes(plain):
        return Settled((Intent("affirm", 1.0),), tuple(name for name in commands if name != "now"))
    if "stop_word" in commands:
        return Settled((Intent("opt_out", 1.0),), commands)
    if named and _bare(plain):
        return Settled(_implied(plain, named, expected), commands)
    chosen = "choice" in expected and len(plain) <= _FEW and not _CHOICES.isdisjoint(commands)
    rated = "rating" in expected and len(plain) <= _FEW and any(word in _MARKED or word[0].isdigit() for word in plain)
    if chosen or rated or (plain and all(word[0].isdigit() for word in plain)) or not whole.heard:
        return Settled(_NOTHING, commands)
    return Settled(None, commands)


def _yes(plain: list[str]) -> bool:
    begin = next((place for place, word in enumerate(plain) if word not in _HELLO), len(plain))
    said = plain[begin:]
    return bool(said) and said[0] in _YES and all(word in _AND_SO for word in said)


def _bare(plain: list[str]) -> bool:
    """Whether a message holds nothing but what it names, and words that add nothing."""
    return all(word in MARKS or word in _AROUND for word in plain)


def _implied(plain: list[str], named: tuple[Entity, ...], expected: tuple[str, ...]) -> tuple[Intent, ...]:
    kind = next((entity.kind for entity in named if entity.kind in expected), named[0].kind)
    if kind not in _IMPLIED:
        return _NOTHING
    first = (Intent(_IMPLIED[kind], 0.9 if kind in expected else 0.6),)
    if plain[0] in _PLAIN_YES:
        return (*first, Intent("affirm", 0.5))
    return (*first, Intent("deny", 0.5)) if plain[0] == "no" else first


def _commands(whole: View, named: tuple[Entity, ...], expected: tuple[str, ...]) -> tuple[str, ...]:
    commands = set(whole.hits.commands)
    if "choice" not in expected or any(entity.kind in ("date", "money") for entity in named):
        commands -= _CHOICES
    return tuple(sorted(commands))
