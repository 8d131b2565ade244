"""An SMS provider's HTTP interface as a file describes it, and what does not hold in such a file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

import msgspec

from acuerdo.core.words import AcuerdoError
from acuerdo.service.channels import ReceiptStatus

PLACES = frozenset({"to", "digits", "from", "text", "ref", "ttl", "parts", "callback"})
_PLACE = re.compile(r"\{([a-z_.0-9]+)\}", re.IGNORECASE)


class BadProvider(AcuerdoError):
    """The file that describes an SMS provider does not hold."""


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What has to stand at a path."""

    path: str
    values: tuple[str, ...]


class Send(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a message is handed over."""

    url: str
    body: dict[str, Any] = {}
    method: Literal["POST", "PUT", "GET"] = "POST"
    content: Literal["json", "form", "query"] = "json"
    headers: dict[str, str] = {}


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What its answers mean; a path is names and places with dots between them."""

    id: str
    taken: tuple[int, ...] = (200, 201, 202)
    success: When | None = None
    error: str = ""
    errors: dict[str, Literal["refused", "again", "unknown"]] = {}


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a message is asked for by our reference; 404 says that there is none."""

    url: str
    id: str


class Verify(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the provider shows that it is the provider. `secret` names one of the file's.

    hmac: the body's, in a header. basic: `user` and the secret. token: the secret in a header or a field (`path`).
    source: it posts from one of `networks`, as seen by this server.
    """

    kind: Literal["hmac", "basic", "token", "source"]
    secret: str = ""
    header: str = ""
    path: str = ""
    user: str = ""
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    networks: tuple[str, ...] = ()


class Receipts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a receipt's parts stand."""

    id: str
    status: str
    statuses: dict[str, ReceiptStatus | Literal[""]]
    each: str = ""
    when: When | None = None
    ref: str = ""
    error: str = ""


class Inbounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a person's message's parts stand."""

    id: str
    sender: str = msgspec.field(name="from")
    text: str
    each: str = ""
    when: When | None = None
    to: str = ""


class Hook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the provider posts to us."""

    verify: Verify
    content: Literal["json", "form"] = "json"
    receipt: Receipts | None = None
    inbound: Inbounds | None = None


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file, and its secrets by name once they were looked up."""

    name: str
    send: Send
    answer: Answer
    hook: Hook | None = None
    lookup: Asking | None = None
    secrets: dict[str, str] = {}
    sender: str = ""
    longest_ttl: int = 0
    cost: int = 40


def load(path: Path, environment: Mapping[str, str] | None = None) -> Provider:
    """The provider of a file, with its secrets. Raises BadProvider, with what does not hold."""
    environment = os.environ if environment is None else environment
    try:
        provider = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Provider)
    except OSError as why:
        raise BadProvider(f"{path}: {why.strerror}") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as why:
        raise BadProvider(f"{path}: {why}") from None
    secrets = {name: environment.get(variable, "") for name, variable in provider.secrets.items()}
    faults = list(_faults(provider, secrets))
    if faults:
        raise BadProvider(f"{path}: " + "; ".join(faults))
    return msgspec.structs.replace(provider, secrets=secrets)


def _faults(provider: Provider, secrets: Mapping[str, str]) -> Iterator[str]:
    for name, value in secrets.items():
        if not value:
            yield f"the environment variable {provider.secrets[name]} of the secret {name!r} is empty"
    known = PLACES | {f"secret.{name}" for name in secrets}
    lookup = provider.lookup.url if provider.lookup else ""
    for place in _placed([provider.send.url, provider.send.body, provider.send.headers, lookup]):
        if place not in known:
            yield f"there is no placeholder {{{place}}} (there are: {', '.join(sorted(known))})"
    if not provider.send.url.startswith(("https://", "http://")):
        yield f"the url {provider.send.url!r} is none"
    verify = provider.hook.verify if provider.hook else None
    if verify is not None:
        yield from _open(verify, secrets)


def _open(verify: Verify, secrets: Mapping[str, str]) -> Iterator[str]:
    """What would leave the webhook open to anybody."""
    if verify.kind != "source" and not secrets.get(verify.secret):
        yield f"the webhook needs a secret that is there, not {verify.secret!r}"
    if verify.kind in ("hmac", "token") and not verify.header and not (verify.kind == "token" and verify.path):
        yield "the webhook's signature needs a header"
    if verify.kind == "source":
        if not verify.networks:
            yield "the webhook needs the networks that its provider posts from"
        for network in verify.networks:
            try:
                ip_network(network)
            except ValueError:
                yield f"{network!r} is no network"


def _placed(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield from _PLACE.findall(found)
    elif isinstance(found, Mapping):
        for value in found.values():
            yield from _placed(value)
    elif isinstance(found, list):
        for value in found:
            yield from _placed(value)


LEFT_OUT = object()


def filled(template: Any, values: Mapping[str, str | int]) -> Any:
    """A template with its places filled; what is exactly one number's place is a number, left out where it is 0."""
    if isinstance(template, Mapping):
        made = {key: filled(value, values) for key, value in template.items()}
        return {key: value for key, value in made.items() if value is not LEFT_OUT}
    if isinstance(template, list):
        return [one for one in (filled(value, values) for value in template) if one is not LEFT_OUT]
    if not isinstance(template, str):
        return template
    whole = _PLACE.fullmatch(template)
    if whole and isinstance(values.get(whole[1]), int):
        return values[whole[1]] or LEFT_OUT
    return _PLACE.sub(lambda found: str(values.get(found[1], "")), template)
