"""SMPP against an SMSC on a real socket: parts, alphabets, receipts, what it sends by itself, and lines that break."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.channels.saying import PHONE, cleared

from acuerdo.adapters.channels import smpp as module
from acuerdo.adapters.channels.smpp import Smpp, line, open_channel, smsc
from acuerdo.adapters.channels.smpp.face import Face
from acuerdo.adapters.channels.smpp.hearing import Heard, heard, parse
from acuerdo.adapters.channels.smpp.line import Access
from acuerdo.adapters.channels.smpp.pdus import address, made, parts_of, read, text_of, unheaded, validity
from acuerdo.adapters.channels.smpp.smsc import PASSWORD, SYSTEM, Smsc, serving
from acuerdo.core.messages import Content
from acuerdo.service.channels import Event, Failed, Inbound, Odd, Receipt, Sent, Unknown, Unreadable, Wire
from acuerdo.service.faces import Fate, Message, Told
from acuerdo.service.settings import Settings

FACE = Face()
ACCENTS = "Señor José: su acuerdo está listo. " * 12
WIRE = Wire("k", PHONE, "890123", "hola")


class World:
    """An SMSC that takes what a test lets it, the adapter, and what each was told."""

    def __init__(self) -> None:
        self.fates: list[str] = []
        self.taken: list[Message] = []
        self.kept: list[bytes] = []
        self.smsc: Smsc
        self.channel: Smpp

    async def take(self, message: Message) -> Fate:
        self.taken.append(message)
        fate: Any = self.fates.pop(0) if self.fates else ""
        return f"id-{len(self.taken)}", fate

    async def keep(self, raw: bytes) -> None:
        self.kept.append(raw)

    @property
    def events(self) -> list[Event]:
        return [event for raw in self.kept for event in parse(raw)]


@asynccontextmanager
async def world(*fates: str, listening: bool = False) -> AsyncIterator[World]:
    made_ = World()
    made_.fates = list(fates)
    async with serving(made_.take) as (url, smsc), FACE.open(url, None) as channel:
        made_.smsc, made_.channel = smsc, channel
        task = asyncio.create_task(channel.listen(made_.keep)) if listening else None
        if task:
            assert isinstance(await channel.deliver(WIRE), Sent)
        try:
            yield made_
        finally:
            if task:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


@pytest.mark.parametrize(
    "text", ["hola", "a" * 160, "a" * 161, "€" * 81, "á" * 71, ACCENTS, "Ñandú {1} [2] €", "👍" * 40]
)
async def test_what_is_sent_arrives_whole(text: str) -> None:
    async with world() as here:
        sent = await here.channel.deliver(replace(WIRE, body=text, ttl=3600))
        assert sent == Sent("id-1")
        assert [(one.to, one.text, one.sender) for one in here.taken] == [(PHONE, text, "890123")]


async def test_many_at_once() -> None:
    async with world() as here:
        texts = [f"{n} " + "x" * 200 for n in range(60)]
        ends = await asyncio.gather(*(here.channel.deliver(replace(WIRE, body=text)) for text in texts))
        assert all(isinstance(one, Sent) for one in ends)
        assert sorted(one.text for one in here.taken) == sorted(texts)


async def test_a_pace_that_is_kept_and_a_line_that_is_full() -> None:
    """Thirty a second: what would wait too long is certainly not sent, and comes again; nothing is in doubt."""
    async with world() as here:
        here.channel._pause = 1 / 30
        loop = asyncio.get_running_loop()
        begun = loop.time()
        ends = await asyncio.gather(*(here.channel.deliver(replace(WIRE, body="x" * 200)) for _ in range(60)))
        took = loop.time() - begun
        full = [one for one in ends if one == Failed("the line is full for a moment", again=True)]
        sent = [one for one in ends if isinstance(one, Sent)]
        assert len(full) + len(sent) == 60
        assert full
        assert len(here.taken) == len(sent) >= 20
        assert 2 * len(sent) / took < 33  # parts a second


@pytest.mark.parametrize(("fate", "ends"), [
    ("refused", Failed("0x0b: the number is not valid")),
    ("slow", Failed("0x58: too many messages a second", again=True)),
    ("broken", Failed("0x08: a fault of its system", again=True)),
    ("lost", Unknown("0xff: an unknown fault")),
    ("cut", Unknown("the line broke")),
])  # fmt: skip
async def test_what_an_answer_means(fate: str, ends: object) -> None:
    async with world(fate) as here:
        assert await here.channel.deliver(WIRE) == ends
        assert isinstance(await here.channel.deliver(WIRE), Sent)  # and the line is there again


async def test_silence_is_not_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    async with world("silent") as here:
        monkeypatch.setattr(module.Line.ask.__globals__["asyncio"], "timeout", _short(asyncio.timeout))
        assert await here.channel.deliver(WIRE) == Unknown("no answer (TimeoutError)")


def _short(timeout: Any) -> Any:
    return lambda seconds: timeout(min(seconds, 0.3))


async def test_where_a_later_part_fails_nobody_can_tell() -> None:
    async with world("refused") as here:
        ended = await here.channel.deliver(replace(WIRE, body="a" * 200))
        assert isinstance(ended, Unknown)
        assert "part 2 of 2" in ended.error


async def test_nobody_there_and_a_wrong_password() -> None:
    async with FACE.open("smpp://127.0.0.1:9", None) as channel:
        gone = await channel.deliver(WIRE)
        assert isinstance(gone, Failed)
        assert gone.again
    async with serving(World().take) as (url, _):
        channel = Smpp(Access("127.0.0.1", urlsplit(url).port or 0, SYSTEM, "wrong"))
        refused = await channel.deliver(WIRE)
        assert isinstance(refused, Failed)
        assert refused.again
        assert "0x0e" in refused.error
        await channel.close()


async def test_what_does_not_leave() -> None:
    async with world() as here:
        assert isinstance(await here.channel.deliver(replace(WIRE, address="300 123")), Failed)
        assert isinstance(await here.channel.deliver(replace(WIRE, body="")), Failed)
        assert here.taken == []


async def test_what_the_smsc_tells_is_kept_before_it_is_acknowledged() -> None:
    async with world(listening=True) as here:
        await here.smsc.tell([
            Told("receipt", "id-1", status="sent"), Told("receipt", "id-1", status="delivered"),
            Told("receipt", "id-2", status="failed"), Told("inbound", "m1", address=PHONE, text="¿Cuánto debo?"),
            Told("odd", "o1", address=PHONE),
        ])  # fmt: skip
        assert here.events[:4] == [
            Receipt("id-1", "sent"), Receipt("id-1", "delivered"), Receipt("id-2", "failed", "", "UNDELIV 000"),
            Inbound("m1", PHONE, "¿Cuánto debo?", phone=PHONE, to="890123"),
        ]  # fmt: skip
        assert isinstance(here.events[4], Odd)


async def test_what_cannot_be_kept_is_given_again() -> None:
    async with world(listening=True) as here:
        tries = 0

        async def fail_twice(raw: bytes) -> None:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise OSError("the store is away")
            here.kept.append(raw)

        here.channel._take = fail_twice
        await here.smsc.tell([Told("inbound", "m1", address=PHONE, text="BAJA")])
        assert (tries, here.smsc.refuses) == (3, 2)
        assert [one.id for one in here.events] == ["m1"]


async def test_a_long_message_of_a_person_is_one() -> None:
    async with world(listening=True) as here:
        bound = here.smsc._lines[0]
        base = {"source_addr_ton": 1, "source_addr_npi": 1, "source_addr": "573001234567", "dest_addr_ton": 1,
                "dest_addr_npi": 1, "destination_addr": "890123", "protocol_id": 0, "priority_flag": 0,
                "registered_delivery": 0, "replace_if_present_flag": 0, "sm_default_msg_id": 0}  # fmt: skip
        parts = parts_of(ACCENTS, 7)
        assert len(parts) > 2
        told = await asyncio.gather(*(bound.deliver({**base, **part}) for part in reversed(parts)))
        assert set(told) == {0}
        (event,) = here.events
        assert isinstance(event, Inbound)
        assert event.text == ACCENTS


async def test_a_part_alone_is_kept_and_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER", 0.2)
    async with world(listening=True) as here:
        told = Told("inbound", "", address=PHONE, text="x" * 200)
        fields = smsc._told(told)[0]
        assert await here.smsc._lines[0].deliver(fields) == 0
        (event,) = here.events
        assert isinstance(event, Odd)
        assert event.why == "part 1 of 2 of a longer message"


async def test_two_answers_alike_are_two() -> None:
    """A person answers "1" twice to two questions; the SMSC gives neither an id."""
    async with world(listening=True) as here:
        fields = {**smsc._told(Told("inbound", "x", address=PHONE, text="1"))[0]}
        fields.pop("receipted_message_id")
        for _ in range(2):
            await here.smsc._lines[0].deliver(fields)
        assert len({event.id for event in here.events}) == len(set(here.kept)) == 2


async def test_the_receipt_of_a_failed_part_is_the_messages() -> None:
    async with world(listening=True) as here:
        sent = await here.channel.deliver(replace(WIRE, body="a" * 300))
        assert isinstance(sent, Sent)
        first = next(part for part, whole in here.channel._message_of.items() if whole == sent.provider_id)
        assert first != sent.provider_id
        await here.smsc.tell([Told("receipt", first, status="failed")])
        assert here.events == [Receipt(sent.provider_id, "failed", "", "UNDELIV 000")]


@pytest.mark.parametrize(("told_at_first", "told_later"), [("1a2b", "6699"), ("6699", "1A2B"), ("0000a5", "165")])
def test_ids_in_another_base(told_at_first: str, told_later: str) -> None:
    channel = Smpp(None)
    channel._remember(told_at_first.lstrip("0") if told_at_first == "0000a5" else told_at_first, "the message")
    assert channel._of_message(Heard("receipt", told_later)).id == "the message"
    assert channel._of_message(Heard("receipt", "another")).id == "another"


async def test_a_line_that_is_lost_is_bound_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN", (0.05,))
    async with world(listening=True) as here:
        here.smsc.cut()
        await asyncio.sleep(0.5)
        await here.smsc.tell([Told("inbound", "m1", address=PHONE, text="hola")])
        assert [one.id for one in here.events] == ["m1"]
        assert isinstance(await here.channel.deliver(WIRE), Sent)


async def test_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "ALIVE", 0.05)
    async with world() as here:
        await here.channel.deliver(WIRE)
        await asyncio.sleep(0.4)
        assert here.channel._line is not None
        assert here.channel._line._sequence > 4
        assert not here.channel._line.closed.is_set()


async def test_an_smsc_in_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "acuerdo.adapters.channels.smpp.smsc", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    url = (await process.stdout.readline()).decode().strip()
    kept: list[bytes] = []

    async def keep(raw: bytes) -> None:
        kept.append(raw)

    try:
        async with FACE.open(url, None) as channel:
            task = asyncio.create_task(channel.listen(keep))
            sent = await channel.deliver(replace(WIRE, body=ACCENTS))
            assert sent == Sent("1")
            for _ in range(100):
                if kept:
                    break
                await asyncio.sleep(0.02)
            task.cancel()
        assert parse(kept[0]) == [Receipt("1", "delivered")]
    finally:
        process.terminate()
        await process.wait()


async def test_noise_on_the_line_breaks_nothing() -> None:
    async def noise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(made("bind_transceiver_resp", 1, system_id="x"))
        writer.write(b"\x00\x00\x00\x14\x00\x00\x99\x99\x00\x00\x00\x00\x00\x00\x00\x07????")
        writer.write(made("submit_sm_resp", 99, message_id="of nothing"))
        writer.write(b"\x00\x00\x00\x20\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x08" + b"\xff" * 16)
        writer.write(b"\xff\xff\xff\xff")
        await writer.drain()

    server = await asyncio.start_server(noise, "127.0.0.1", 0)
    async with FACE.open(f"smpp://127.0.0.1:{server.sockets[0].getsockname()[1]}", None) as channel:
        ended = await channel.deliver(WIRE)
        assert isinstance(ended, Unknown)
    server.close()


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reading(raw: bytes) -> None:
    with suppress(ValueError):
        read(raw)
    unheaded(raw, 0x40)
    for coding in (0, 1, 3, 4, 8, 200):
        text_of(raw, coding)


@given(st.text(max_size=600), st.integers(0, 255))
def test_parts_carry_the_text(text: str, reference: int) -> None:
    found = []
    for part in parts_of(text, reference):
        raw, place = unheaded(part["short_message"], part["esm_class"])
        assert len(part["short_message"]) <= 160
        found.append(text_of(raw, part["data_coding"]))
        assert place is None or place[:2] == (reference, len(parts_of(text, reference)))
    assert "".join(one or "" for one in found) == text.encode("utf-16-be", "surrogatepass").decode(
        "utf-16-be", "replace"
    )


def test_receipts_by_their_words_alone() -> None:
    """An SMSC of version 3.3 tells of a receipt in the text, in its own capitals."""
    text = b"id:00A1 sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:UNDELIV err:069 Text:Le escribe"
    raw = made("deliver_sm", 1, source_addr="573001234567", destination_addr="1", short_message=text, esm_class=4)
    told = heard(read(raw), "made")
    assert isinstance(told, Heard)
    assert (told.id, told.status, told.error) == ("00A1", "UNDELIV", "069")
    raw = made("deliver_sm", 1, source_addr="57", destination_addr="1", short_message=b"who knows", esm_class=4)
    nobody = heard(read(raw), "made")
    assert isinstance(nobody, Heard)
    assert (nobody.kind, nobody.id) == ("odd", "made")


def test_addresses_and_times() -> None:
    assert address("+573001234567", "dest") == {
        "dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": "573001234567",
    }  # fmt: skip
    assert address("890123", "source")["source_addr_ton"] == 3
    assert address("Tienda", "source") == {"source_addr_ton": 5, "source_addr_npi": 0, "source_addr": "Tienda"}
    assert validity(0) == ""
    assert validity(93_784) == "000001020304000R"
    assert validity(259_200) == "000003000000000R"


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[1]", b'{"kind": "x", "id": "1"}', b'{"kind": "receipt"}'])
def test_what_was_never_kept_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(raw)
    assert not Smpp(None).verified(raw, {})


def test_a_state_that_is_not_known_is_odd() -> None:
    (event,) = parse(json.dumps({"kind": "receipt", "id": "1", "status": "UNKNOWN"}).encode())
    assert isinstance(event, Odd)


async def test_from_the_settings() -> None:
    async with open_channel(Settings(_env_file=None), "") as channel:
        assert not channel.traits.available
    settings = Settings(_env_file=None, smpp_host="127.0.0.1", smpp_system_id=SYSTEM, smpp_password=PASSWORD)
    async with open_channel(settings, "") as channel:
        assert channel.traits.available
        wire = channel.render(cleared(Content("hola"), channel="sms"), PHONE, "Tienda")
        assert (wire.sender, wire.body) == ("", "hola")
