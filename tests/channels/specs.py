"""The providers' published descriptions, where they are: the folder that the environment variable ACUERDO_SPECS names.

WhatsApp's is under Meta's terms and is not part of this project; tests that need it are skipped, and say so, where it
is absent. Our own schemas are in `schemas/`, in our own words, and are held to the published ones where those are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

Json = dict[str, Any]
OWN = Path(__file__).parent / "schemas"
WHATSAPP = "whatsapp_business_messaging_v23.yaml"
PUBLISHED = "published description"


def published(name: str) -> Path:
    """A published file; the test is skipped where it is absent."""
    folder = os.environ.get("ACUERDO_SPECS")
    path = Path(folder) / name if folder else None
    if path is None or not path.is_file():
        pytest.skip(f"no {PUBLISHED} {name}: set ACUERDO_SPECS to its folder")
    return path


def own(name: str) -> jsonschema.Draft202012Validator:
    """A schema of ours."""
    schema = json.loads((OWN / f"{name}.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@lru_cache(maxsize=2)
def _whatsapp(path: Path) -> Json:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    schemas: Json = yaml.load(path.read_text("utf-8"), Loader=loader)["components"]["schemas"]
    for _, mend in FAULTS:
        mend(schemas)
    return {"components": {"schemas": _plain(schemas)}}


def whatsapp(schema: str) -> jsonschema.Draft202012Validator:
    """A schema of WhatsApp's published description, with its known faults mended."""
    root = _whatsapp(published(WHATSAPP))
    return jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{schema}", **root})


def raw_whatsapp() -> Json:
    """The published description as it is."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: Json = yaml.load(published(WHATSAPP).read_text("utf-8"), Loader=loader)
    return found


def _plain(found: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` is a type of its own there."""
    if isinstance(found, list):
        return [_plain(one) for one in found]
    if not isinstance(found, dict):
        return found
    made = {key: _plain(value) for key, value in found.items() if key not in ("nullable", "discriminator", "example")}
    if found.get("nullable") is True and isinstance(found.get("type"), str):
        made["type"] = [found["type"], "null"]
    return made


def _policy(schemas: Json) -> None:
    schemas["LanguageObject"]["required"] = ["code"]


def _index(schemas: Json) -> None:
    schemas["TemplateComponent"]["properties"]["index"] = {"type": "string", "pattern": "^[0-9]$"}


def _recipient(schemas: Json) -> None:
    base = schemas["BaseMessageProperties"]
    base["required"] = [name for name in base["required"] if name != "to"]
    base["anyOf"] = [{"required": ["to"]}, {"required": ["recipient"]}]
    base["properties"]["recipient"] = {"type": "string"}


def _closed(schemas: Json) -> None:
    for schema in schemas.values():
        for part in schema.get("allOf", []):
            part.pop("additionalProperties", None)


def _carousel(schemas: Json) -> None:
    schemas["TemplateComponent"]["properties"]["type"]["enum"].append("carousel")


def _incoming(schemas: Json) -> None:
    pairs = {name.removesuffix("_1"): name for name in schemas if name.endswith("Message_1")} | {
        "TextMessage": "TextMessage_2"
    }
    for one in schemas["IncomingMessage"]["oneOf"]:
        name = one["$ref"].rpartition("/")[2]
        one["$ref"] = f"#/components/schemas/{pairs.get(name, name)}"
    schemas["IncomingBase"] = {
        "type": "object", "required": ["id", "timestamp", "type"],
        "anyOf": [{"required": ["from"]}, {"required": ["from_user_id"]}],
    }  # fmt: skip
    for name in {one["$ref"].rpartition("/")[2] for one in schemas["IncomingMessage"]["oneOf"]} | {"SystemMessage"}:
        for part in schemas[name].get("allOf", []):
            if part.get("$ref", "").endswith("/BaseMessageProperties"):
                part["$ref"] = "#/components/schemas/IncomingBase"


# What the published description says wrongly, each with its reason, and how it is mended for our tests.
FAULTS: list[tuple[str, Any]] = [
    ("a template's language needs no `policy`: the platform's own examples leave it out", _policy),
    ('the pattern of a button\'s index refuses "0", which its own examples use', _index),
    ("a person without a number is written to by `recipient` in place of `to` (business-scoped user ids)", _recipient),
    ("`additionalProperties: false` in one branch of an allOf refuses the common fields of the other", _closed),
    ("a template's components may be a carousel, whose kind is missing in the list", _carousel),
    ("messages that come in are described as those that go out, so that its own examples fail", _incoming),
]


def examples(schema_path: str = "/whatsapp/webhooks") -> Iterator[tuple[str, Json]]:
    """The published examples of a webhook, by name."""
    content = raw_whatsapp()["paths"][schema_path]["post"]["requestBody"]["content"]["application/json"]
    for name, example in content["examples"].items():
        yield name, example["value"]
