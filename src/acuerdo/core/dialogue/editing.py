"""The JSON Schema of a flow file, made from the tables that the code reads by, so that editors know them too."""

from __future__ import annotations

from typing import Any, get_args

from acuerdo.core.dialogue import bargain, caring, paperwork  # their actions join the table when they are imported
from acuerdo.core.dialogue.actions import ACTIONS, CONDITIONS
from acuerdo.core.dialogue.files import SPAN
from acuerdo.core.dialogue.guards import FIGURES
from acuerdo.core.dialogue.meanings import KEYS, KINDS
from acuerdo.core.dialogue.mistakes import CARDS, LINKS, TAKEN
from acuerdo.core.dialogue.schema import KINDS as ALL_KINDS
from acuerdo.core.dialogue.schema import LOOKS, ROUTE_KEYS, SHAPES, SLOT_TYPES, STEP_KEYS, Shape
from acuerdo.core.dialogue.variants import KEYS as VARIANTS
from acuerdo.core.language.reading import COMMANDS, INTENTS
from acuerdo.core.messages import InputKind
from acuerdo.core.words import HandOverReason

assert all((bargain, caring, paperwork))  # noqa: S101 - named so that the import above is seen to be wanted

Json = dict[str, Any]
NAME = {"type": "string", "pattern": r"^[a-z][a-z0-9_]*$"}
TARGET = {"type": "string", "pattern": r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$"}
WORD = {"type": ["string", "integer"]}
SPANS = {"type": "string", "pattern": f"^{SPAN.pattern}$"}
FLAG = {"enum": [True, False, "yes", "no"]}
# What a key may hold beside its form, where that is a closed list.
CLOSED: dict[str, list[str]] = {
    "do": [*sorted(ACTIONS), "take_wish"], "hand_over": list(get_args(HandOverReason)), "as": list(LOOKS),
    "input": list(get_args(InputKind)), "cards": [*CARDS, ""], "link": [*LINKS, ""],
}  # fmt: skip


def schema_of_flows() -> Json:
    """The schema of one flow file (draft 2020-12). What only the whole book tells is left to the check."""
    names = {"propertyNames": NAME}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Acuerdo: a flow",
        "type": "object",
        "required": ["flow"],
        "additionalProperties": False,
        "properties": {
            "flow": {**NAME, "description": "its name"},
            "start": {**TARGET, "description": "the first step of all, in one file"},
            "anywhere": {**_shape("routes"), "description": "what is heard at any moment, in one file"},
            "slots": {
                "type": "object", **names, "additionalProperties": {"$ref": "#/$defs/slot"},
                "description": "what this flow remembers, by name, with its type",
            },
            "texts": {
                "type": "object", **names, "additionalProperties": {"$ref": "#/$defs/text"},
                "description": "what this flow says, by name",
            },
            "buttons": {
                "type": "object", **names, "additionalProperties": {"$ref": "#/$defs/text"},
                "description": "what is on its buttons, by what is heard when one is pressed",
            },
            "notices": {
                "type": "object", "additionalProperties": {"anyOf": [WORD, _shape("words")]},
                "description": "the texts that tell what a law pack wants told",
            },
            "about": {"type": "string"},
            "steps": {"type": "object", **names, "additionalProperties": {"$ref": "#/$defs/step"}},
        },
        "$defs": {"slot": _slot(), "wordings": _wordings(), "text": _text(), "route": _route(), "step": _step()},
    }  # fmt: skip


def _slot() -> Json:
    kinds = sorted(set(SLOT_TYPES) - {"choice"})
    return {"anyOf": [{"enum": kinds}, {"type": "array", "items": WORD, "minItems": 1}]}


def _wordings() -> Json:
    return {"anyOf": [WORD, {"type": "array", "items": WORD, "minItems": 1}]}


def _text() -> Json:
    wordings = {"$ref": "#/$defs/wordings"}
    by_variant = {
        "type": "object",
        "required": ["es"],
        "additionalProperties": False,
        "properties": {
            **dict.fromkeys(sorted(VARIANTS), wordings),
            "about": _shape("words"),
            "lines": _shape("words"),
            "picture": {"type": "string"},
        },
    }
    return {"anyOf": [wordings, by_variant]}


def _route() -> Json:
    keys: dict[str, Json] = {
        "go": TARGET, "aside": TARGET, "open": FLAG, "always": FLAG,
        "when": {"type": "string", "description": _conditions()},
    }  # fmt: skip
    assert set(keys) == ROUTE_KEYS  # noqa: S101 - one table, two readers
    table = {
        "type": "object",
        "additionalProperties": False,
        "properties": keys,
        "oneOf": [{"required": ["go"]}, {"required": ["aside"]}],
    }
    return {"anyOf": [TARGET, table]}


def _conditions() -> str:
    return f"one of {', '.join(CONDITIONS)}; a slot; or {', '.join(FIGURES)} or a slot compared with a value"


def _step() -> Json:
    properties = {key: _key(key, shape) for key, shape in STEP_KEYS.items()}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "oneOf": [{"required": [kind], "description": KINDS[kind]} for kind in ALL_KINDS],
    }


def _key(key: str, shape: Shape) -> Json:
    made = _shape(shape)
    if key in CLOSED:
        made = {"enum": CLOSED[key]}
    if key == "takes":
        made = {"type": "array", "items": {"enum": [*TAKEN, *COMMANDS]}}
    if key == "hears":
        heard = [*INTENTS, *(f"command:{one}" for one in COMMANDS)]
        made["propertyNames"] = {"anyOf": [{"enum": heard}, {"pattern": "^button:"}]}
    if key in ("when", "branch"):
        made["description"] = f"{(KEYS | KINDS)[key]}: {_conditions()}"
        return made
    return {**made, "description": (KEYS | KINDS)[key]}


def _shape(shape: Shape) -> Json:
    """A form of the language's table as a schema."""
    many: dict[str, Json] = {
        "word": WORD, "text": WORD, "step": TARGET, "flag": FLAG, "span": SPANS,
        "words": {"type": "array", "items": WORD},
        "texts": {"anyOf": [WORD, {"type": "array", "items": WORD, "minItems": 1}]},
        "steps": {"type": "object", "additionalProperties": TARGET},
        "options": {"type": "object", "propertyNames": NAME, "additionalProperties": TARGET},
        "values": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
        "routes": {"type": "object", "additionalProperties": {"$ref": "#/$defs/route"}},
        "reminders": {"type": "object", "propertyNames": SPANS, "additionalProperties": WORD},
    }  # fmt: skip
    assert set(many) == set(SHAPES)  # noqa: S101 - one table, two readers
    return dict(many[shape])
