"""Tries a channel against a provider that misbehaves, one trouble at a time, and tells what it did in plain words."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import msgspec

from acuerdo.core.compliance import Cleared, Record, judge
from acuerdo.core.messages import Button, Card, Content, Link, Say
from acuerdo.core.words import CreditorId, PersonId
from acuerdo.service.channels import (
    Challenged,
    Channel,
    Delivery,
    Event,
    Failed,
    Listening,
    Receipt,
    Sent,
    Unknown,
    Unreadable,
)
from acuerdo.service.faces import Ask, Face, Serves, Told
from acuerdo.service.law import load_rules
from acuerdo.service.sending import delivered
from acuerdo.testing.chaos import Misbehaviour, Stand, certificate_in, posts_of, serving, trusting

AT = datetime(2026, 11, 23, 15, tzinfo=UTC)  # a Monday, 10:00 in Bogotá
NOWHERE = "http://127.0.0.1:9"
BINDING = 0.3  # seconds that a line is given to be there
RENDERS = 2000  # times that each content is rendered
MOST_MICROSECONDS = 100  # that rendering one message may take, in the median
SILENCE = 30.0  # seconds: longer than any delivery waits
CONTENTS = (
    Content("Hola, le escribe el asistente virtual de Tienda Sol."),
    Content("¿Cómo prefiere seguir?", (Button("a", "Pagar hoy"), Button("b", "En cuotas"), Button("c", "Otra fecha"))),
    Content("Elija una opción.", tuple(Button(f"b{n}", f"Opción número {n}") for n in range(8))),
    Content("Estas son sus opciones.", cards=tuple(
        Card(f"c{n}", f"{n} cuotas", ("Cada mes, $150.000", "Total $450.000"), "Elegir") for n in range(1, 4)
    )),
    Content("Puede pagar aquí.", link=Link("Pagar", "https://pagos.example/p/abc")),
    Content("Señor Muñoz: así quedó su acuerdo, ¿está bien? 🤝"),
    Content("x" * 5000),
)  # fmt: skip
JUNK = (
    b"", b"{", b"null", b"7", b'"x"', b"[1]", b"{}", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 5000,
    b'{"events": 3}', b'{"entry": [null]}', b'{"object": "x", "entry": [{"changes": [7]}]}', b"a=b&c", b"\x00" * 64,
)  # fmt: skip


class Outcome(msgspec.Struct, frozen=True):
    """What came of one trial: what is asked of a channel, whether it did it (None: it was not tried), and what it did.

    `seconds` is how long it took.
    """

    name: str
    asked: str
    good: bool | None
    did: str
    seconds: float = 0.0


class Report(msgspec.Struct, frozen=True):
    """Everything that was tried on one channel."""

    channel: str
    outcomes: tuple[Outcome, ...]

    @property
    def good(self) -> bool:
        return all(one.good is not False for one in self.outcomes)


class Wrong(AssertionError):
    """The channel did something else than what was asked; its words say what."""


class NotTried(Exception):
    """There is nothing here to try."""


def cleared(content: Content, channel: str, key: str = "ref-1", address_hash: str = "") -> Cleared:
    """A message that may leave: an answer given at once to somebody who is known."""
    say = Say(
        key=key, content=content, channel=channel, purpose="reply", creditor=CreditorId("Tienda Sol"),
        person=PersonId("ana"), text_id="trial", topics=("creditor",), answers_at=AT, address_hash=address_hash,
    )  # fmt: skip
    verdict = judge(say, Record("CO", ("America/Bogota",), identified=True), load_rules(AT.date()), AT)
    if not isinstance(verdict, Cleared):
        raise Wrong(f"ninguna regla deja salir el mensaje de prueba: {verdict}")
    return verdict


class Trials:
    """All the trials of one channel by its face. Each raises Wrong or NotTried, or says what the channel did."""

    def __init__(self, name: str, face: Face, folder: Path) -> None:
        self.name, self.face, self.folder = name, face, folder
        self._keys = 0

    # What it writes

    async def renders(self) -> str:
        async with self.face.open(NOWHERE, None) as channel:
            for content in CONTENTS:
                one = cleared(content, channel.traits.name)
                first, again = (channel.render(one, self.face.address, self.face.sender) for _ in range(2))
                _expect(first == again, "escribe el mismo mensaje de dos maneras")
                _expect(first.ref == one.say.key, "el mensaje perdió su referencia")
                _expect(first.address == self.face.address, f"va dirigido a {first.address!r}")
        return f"{len(CONTENTS)} clases de mensaje, cada una igual al escribirla otra vez"

    async def renders_quickly(self) -> str:
        slowest = 0.0
        async with self.face.open(NOWHERE, None) as channel:
            for content in CONTENTS:
                slowest = max(slowest, microseconds(channel, cleared(content, channel.traits.name), self.face))
        _expect(slowest < MOST_MICROSECONDS, f"{slowest:.0f} microsegundos la clase más lenta")
        return f"{slowest:.0f} microsegundos la clase más lenta"

    # What it hands over

    async def taken(self) -> str:
        delivery, stand, _ = await self._fares("")
        return _taken_once(delivery, stand)

    async def strange_answer(self) -> str:
        delivery, stand, _ = await self._fares("strange")
        return _taken_once(delivery, stand)

    async def refused(self) -> str:
        delivery, _, _ = await self._fares("refused")
        _expect(
            isinstance(delivery, Failed) and not delivery.again, f"de un rechazo definitivo dice: {_told(delivery)}"
        )
        return _told(delivery)

    async def slow(self) -> str:
        delivery, _, _ = await self._fares("slow")
        _expect(isinstance(delivery, Failed) and delivery.again, f"de ir más despacio dice: {_told(delivery)}")
        return _told(delivery)

    async def broken(self) -> str:
        delivery, _, channel = await self._fares("broken")
        again = isinstance(delivery, Failed) and delivery.again
        _expect(again or isinstance(delivery, Unknown), f"de un proveedor caído dice: {_told(delivery)}")
        return _told(delivery) + (" (preguntó por su referencia)" if channel.traits.lookup else "")

    async def lost(self) -> str:
        return await self._may_have_left("lost")

    async def silent(self) -> str:
        return await self._may_have_left("silent")

    async def cut(self) -> str:
        return await self._may_have_left("cut")

    async def garbage(self) -> str:
        return await self._may_have_left("garbage")

    async def lies(self) -> str:
        if not self.face.lies:
            raise NotTried("este proveedor no lo hace")
        delivery, _, _ = await self._fares("lie")
        _expect(not isinstance(delivery, Sent), "tomó por un sí un sí con un no adentro")
        return _told(delivery)

    async def nobody_there(self) -> str:
        with socket.create_server(("127.0.0.1", 0)) as held:
            port = held.getsockname()[1]
        base = f"127.0.0.1:{port}" if isinstance(self.face, Serves) else f"http://127.0.0.1:{port}"
        if isinstance(self.face, Serves):
            async with self.face.serve(Stand(self.face), None) as (served, _):
                base = served
        async with self.face.open(base, None) as channel:
            delivery = await self._deliver(channel)
        _expect(isinstance(delivery, Failed) and delivery.again, f"de un proveedor ausente dice: {_told(delivery)}")
        return _told(delivery)

    async def other_certificate(self) -> str:
        mine, other = certificate_in(self.folder, "one"), certificate_in(self.folder, "another")
        stand = Stand(self.face)
        async with serving(stand, mine) as base, self.face.open(base, trusting(mine)) as channel:
            first = await self._deliver(channel)
            _expect(isinstance(first, Sent), f"por TLS dice: {_told(first)}")
        swapped = Stand(self.face)
        async with serving(swapped, other) as base, self.face.open(base, trusting(mine)) as channel:
            delivery = await self._deliver(channel)
            _expect(not swapped.book.taken, "le habló a un servidor cuyo certificado nadie avala")
            _expect(not isinstance(delivery, Sent), "da por enviado lo que no entregó")
        return f"{_told(delivery)}; no entregó nada"

    # What it hears

    async def signatures(self) -> str:
        ask = self.face.post([self._receipt("sent")], strange=False)
        async with self.face.open(NOWHERE, None) as channel:
            if isinstance(self.face, Serves):
                raise NotTried("escucha por una línea propia")
            _expect(_verified(channel, ask), "no reconoce la firma de su propio proveedor")
            for raw, headers in (
                (ask.body + b" ", ask.headers), (ask.body, {}), (ask.body, dict.fromkeys(ask.headers, "x")),
                (b"", dict(ask.headers)), (b"{}", dict.fromkeys(ask.headers, "\xff")),
            ):  # fmt: skip
                _expect(not channel.verified(raw, headers), "acepta lo que su proveedor no firmó")
        return "acepta la de su proveedor; no las alteradas, ausentes, copiadas o dañadas"

    async def junk(self) -> str:
        async with self.face.open(NOWHERE, None) as channel:
            for raw in JUNK:
                try:
                    events = channel.parse(raw)
                except Unreadable:
                    continue
                except Exception as why:
                    raise Wrong(f"{raw[:40]!r} lo hace caer: {type(why).__name__}") from why
                strays = [one for one in events if one.kind in ("inbound", "receipt")]
                _expect(not strays, f"{raw[:40]!r} lo lee como {strays}")
        return f"{len(JUNK)} formas que ningún proveedor manda: dice que no las entiende"

    async def receipts(self) -> str:
        async with self._channel() as (channel, stand):
            delivery = await self._deliver(channel)
            _expect(isinstance(delivery, Sent), f"de un mensaje dice: {_told(delivery)}")
            id_, message = stand.book.taken[-1]
            for status in self.face.statuses:
                told = Told("receipt", id_, message.ref, status, "absent" if status in ("failed", "bounced") else "")
                told_all = (
                    await self._over_line(channel, stand, [told])
                    if isinstance(self.face, Serves)
                    else self._read(channel, [told])
                )
                heard = [one for one in told_all if isinstance(one, Receipt) and one.status == status]
                _expect(bool(heard), f"{status!r} lo lee como {told_all}")
                mine = heard[0].ref == message.ref != "" or heard[0].id == delivery.provider_id  # type: ignore[union-attr]
                _expect(mine, f"no sabe de qué mensaje es {status!r}")
        return f"{', '.join(self.face.statuses)}: de cada uno sabe de qué mensaje es"

    async def inbound(self) -> str:
        told = Told("inbound", "in-1", address=self.face.address, text="¿Cuánto debo? Señor, ñandú 🤝")
        heard = [one for one in await self._heard(told) if one.kind == "inbound"]
        _expect(len(heard) == 1, f"lo lee como {heard}")
        who = heard[0].address or heard[0].user
        _expect(who == self.face.address, f"lo lee como de {who!r}")
        _expect(told.text in heard[0].text, f"lee sus palabras como {heard[0].text!r}")
        return "de dónde vino y cada una de sus letras"

    async def buttons(self) -> str:
        async with self.face.open(NOWHERE, None) as channel:
            if not (channel.traits.buttons or channel.traits.rows):
                raise NotTried("no muestra botones")
        told = Told("inbound", "in-2", address=self.face.address, text="En cuotas", button="b")
        heard = [one for one in await self._heard(told) if one.kind == "inbound"]
        _expect(len(heard) == 1 and heard[0].button == "b", f"lee una respuesta pulsada como {heard}")
        return "por el nombre con que se envió"

    async def same_again(self) -> str:
        tolds = [self._receipt("sent"), Told("inbound", "in-3", address=self.face.address, text="hola")]
        if isinstance(self.face, Serves):
            raise NotTried("lo que llega por su línea es nuevo cada vez")
        names = [_names(await self._heard(*order)) for order in (tolds, tolds[::-1], tolds)]
        alone = _names([event for told in tolds for event in await self._heard(told)])
        _expect(all(sorted(one) == sorted(alone) for one in names), "toma por otro aviso lo que llega otra vez")
        _expect(len(set(alone)) == len(alone), "avisos distintos tienen un mismo nombre")
        return "cada aviso conserva su nombre: junto, solo, repetido y en otro orden"

    async def strange_fields(self) -> str:
        tolds = [self._receipt("sent"), Told("inbound", "in-4", address=self.face.address, text="hola")]
        if isinstance(self.face, Serves):
            raise NotTried("su protocolo tiene un lugar para cada campo")
        plain, strange = [await self._heard(*tolds, strange=strange) for strange in (False, True)]
        known = [one for one in strange if one.kind in ("inbound", "receipt")]
        _expect(_names(known) == _names(plain), "un campo que nadie conoce cambia lo que oye")
        return "oye lo conocido igual"

    async def odd(self) -> str:
        tolds = [Told("odd", "odd-1"), Told("inbound", "in-5", address=self.face.address, text="hola")]
        try:
            heard = await self._heard(*tolds)
        except Unreadable:
            return "lo guarda entero y lo lista como ilegible"
        _expect(any(one.kind in ("odd", "notice") for one in heard), "pierde en silencio una clase que aún no existe")
        _expect(any(one.kind == "inbound" for one in heard), "pierde lo que venía junto")
        return "lo aparta como desconocido y oye lo que venía junto"

    async def challenged(self) -> str:
        async with self.face.open(NOWHERE, None) as channel:
            if not isinstance(channel, Challenged):
                raise NotTried("este proveedor no pregunta")
            wrong = {"hub.mode": "subscribe", "hub.verify_token": "not the word", "hub.challenge": "42"}
            for query in ({}, wrong):
                _expect(channel.challenge(query) is None, "le confirma la dirección a cualquiera")
        return "solo le contesta a su proveedor"

    # How each is done

    @asynccontextmanager
    async def _channel(self, misbehaviour: Misbehaviour | None = None) -> AsyncIterator[tuple[Channel, Stand]]:
        stand = Stand(self.face, misbehaviour)
        async with serving(stand) as base, self.face.open(base, None) as channel:
            yield channel, stand

    async def _deliver(self, channel: Channel) -> Delivery | None:
        """One delivery as the exit makes it; None: the provider has to be asked later."""
        self._keys += 1
        one = cleared(CONTENTS[0], channel.traits.name, f"{self.name}-{self._keys}")
        wire = channel.render(one, self.face.address, self.face.sender)
        return await delivered(channel, msgspec.structs.replace(wire, ttl=min(600, channel.traits.longest_ttl)))

    async def _fares(self, fare: str) -> tuple[Delivery | None, Stand, Channel]:
        async with self._channel(Misbehaviour(always=fare, silence=SILENCE)) as (channel, stand):  # type: ignore[arg-type]
            return await self._deliver(channel), stand, channel

    async def _may_have_left(self, fare: str) -> str:
        delivery, stand, channel = await self._fares(fare)
        _expect(len(stand.book.taken) == 1, f"el proveedor lo tiene {len(stand.book.taken)} veces")
        _expect(not isinstance(delivery, Failed), f"de lo que pudo salir dice: {_told(delivery)}; lo enviaría otra vez")
        if isinstance(delivery, Sent):
            _expect(channel.traits.lookup or fare == "garbage", "nadie podía saber que se envió")
            _expect(fare != "garbage" or channel.traits.lookup, "toma por un sí una respuesta que no dice nada")
        return _told(delivery)

    async def _heard(self, *told: Told, strange: bool = False) -> list[Event]:
        """What the channel makes of what its provider tells, over a webhook or over its own line."""
        if not isinstance(self.face, Serves):
            async with self.face.open(NOWHERE, None) as channel:
                return self._read(channel, told, strange=strange)
        async with self._channel() as (channel, stand):
            return await self._over_line(channel, stand, told)

    def _read(self, channel: Channel, told: Sequence[Told], *, strange: bool = False) -> list[Event]:
        return [event for ask in posts_of(self.face, told, strange=strange) for event in channel.parse(ask.body)]

    async def _over_line(self, channel: Channel, stand: Stand, told: Sequence[Told]) -> list[Event]:
        """Through `listen`, as the worker has it run."""
        _expect(isinstance(channel, Listening), "su proveedor no llama a nadie, y él no escucha")
        kept: list[bytes] = []

        async def take(raw: bytes) -> None:
            kept.append(raw)

        listening = asyncio.create_task(channel.listen(take))  # type: ignore[attr-defined]
        try:
            await asyncio.sleep(BINDING)
            before = len(kept)  # what was told of earlier messages
            if stand.tell_line is not None:
                await stand.tell_line(told)
            for _ in range(100):
                if len(kept) - before >= len(told):
                    break
                await asyncio.sleep(BINDING / 10)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        return [event for raw in kept for event in channel.parse(raw)]

    def _receipt(self, status: str) -> Told:
        return Told("receipt", "out-1", "ref-1", status)  # type: ignore[arg-type]


TRIALS: dict[str, tuple[str, Callable[[Trials], Awaitable[str]]]] = {
    "renders": ("escribe cada mensaje siempre igual, sin perder su referencia", Trials.renders),
    "renders_quickly": ("escribe un mensaje en menos de 100 microsegundos", Trials.renders_quickly),
    "taken": ("entrega un mensaje una vez y sabe con qué nombre quedó", Trials.taken),
    "strange_answer": ("entiende una respuesta con campos que no conoce", Trials.strange_answer),
    "refused": ("sabe que un rechazo es definitivo", Trials.refused),
    "slow": ("espera cuando le piden ir más despacio", Trials.slow),
    "broken": ("no da por enviado lo que el proveedor caído no tomó", Trials.broken),
    "lost": ("no repite lo que el proveedor tomó aunque contestó con un error", Trials.lost),
    "silent": ("no repite lo que el proveedor tomó y no contestó", Trials.silent),
    "cut": ("no repite lo que quedó en duda al cortarse la línea", Trials.cut),
    "garbage": ("no toma por un sí una respuesta que no dice nada", Trials.garbage),
    "lies": ("no se cree un sí con un no adentro", Trials.lies),
    "nobody_there": ("guarda para después lo que no pudo entregar a nadie", Trials.nobody_there),
    "other_certificate": ("no entrega nada a un servidor con otro certificado", Trials.other_certificate),
    "signatures": ("reconoce la firma de su proveedor y ninguna otra", Trials.signatures),
    "junk": ("dice que no entiende lo que ningún proveedor manda, y no se cae", Trials.junk),
    "receipts": ("sabe de qué mensaje es cada aviso de entrega", Trials.receipts),
    "inbound": ("oye lo que una persona escribe, sin cambiarle una letra", Trials.inbound),
    "buttons": ("sabe qué botón se pulsó", Trials.buttons),
    "same_again": ("reconoce lo que ya oyó: repetido, junto o en otro orden", Trials.same_again),
    "strange_fields": ("oye lo conocido aunque venga con campos nuevos", Trials.strange_fields),
    "odd": ("no pierde un aviso de una clase que aún no existe", Trials.odd),
    "challenged": ("solo confirma la dirección a su proveedor", Trials.challenged),
}


async def certify(name: str, face: Face, tell: Callable[[Outcome], None] = lambda _: None) -> Report:
    """Every trial of a channel, one after the other but for the slow one, which runs beside them."""
    with tempfile.TemporaryDirectory(prefix="acuerdo-") as folder:
        trials = Trials(name, face, Path(folder))
        silent = asyncio.create_task(_tried("silent", trials))
        outcomes = []
        for trial in TRIALS:
            outcome = await (silent if trial == "silent" else _tried(trial, trials))
            outcomes.append(outcome)
            tell(outcome)
    return Report(name, tuple(outcomes))


async def _tried(trial: str, trials: Trials) -> Outcome:
    asked, run = TRIALS[trial]
    began = perf_counter()
    try:
        good, did = True, await run(trials)
    except Wrong as why:
        good, did = False, str(why)
    except NotTried as why:
        return Outcome(trial, asked, None, str(why), perf_counter() - began)
    except Exception as why:
        good, did = False, f"{type(why).__name__}: {why}"
    return Outcome(trial, asked, good, did, perf_counter() - began)


def microseconds(channel: Channel, one: Cleared, face: Face, times: int = RENDERS) -> float:
    """What rendering this message takes of a processor, in the median of its lots of fifty."""
    lots = []
    for _ in range(max(1, times // 50)):
        began = process_time()
        for _ in range(50):
            channel.render(one, face.address, face.sender)
        lots.append((process_time() - began) / 50)
    return median(lots) * 1_000_000


def _expect(good: bool, otherwise: str) -> None:
    if not good:
        raise Wrong(otherwise)


def _told(delivery: Delivery | None) -> str:
    match delivery:
        case Sent(provider_id):
            return f"enviado, como {provider_id}"
        case Failed(error, again):
            return f"no enviado{', se intenta después' if again else ', definitivo'} ({error})"
        case Unknown(error):
            return f"no se sabe ({error})" if error else "no se sabe"
        case _:
            return "se pregunta después"


def _taken_once(delivery: Delivery | None, stand: Stand) -> str:
    _expect(isinstance(delivery, Sent), f"de un mensaje tomado dice: {_told(delivery)}")
    _expect(len(stand.book.taken) == 1, f"el proveedor lo tiene {len(stand.book.taken)} veces")
    return _told(delivery)


def _verified(channel: Channel, ask: Ask) -> bool:
    return channel.verified(ask.body, {name.lower(): value for name, value in ask.headers.items()})


def _names(events: Sequence[Event]) -> list[tuple[str, str, str]]:
    return [(one.kind, one.id, one.status) for one in events]
