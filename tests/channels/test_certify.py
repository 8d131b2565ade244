"""The kit that tries a channel: the sandbox passes, and each fault that a channel may have is found by its trial."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acuerdo.adapters.channels.sms_sandbox import SandboxSms
from acuerdo.adapters.channels.sms_sandbox.face import Face
from acuerdo.cli.channels import as_page, scaffold
from acuerdo.core.compliance import Cleared
from acuerdo.service.channels import Delivery, Event, Failed, Sent, Unknown, Unreadable, Wire
from acuerdo.testing.certifying import TRIALS, Outcome, Report, Trials, Wrong
from acuerdo.testing.suites.channel import ChannelContract


class TestSandbox(ChannelContract):
    name = "sms"
    face = Face()


class Deaf(SandboxSms):
    """Takes every answer for a yes, believes everybody, and breaks on what it does not know."""

    async def deliver(self, wire: Wire) -> Delivery:
        found = await super().deliver(wire)
        return Sent("whatever") if not isinstance(found, Sent) else found

    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        return True

    def parse(self, raw: bytes) -> list[Event]:
        try:
            return super().parse(raw)
        except Unreadable:
            raise KeyError("events") from None


class Hasty(SandboxSms):
    """Sends again whatever it has doubts about, and never waits."""

    async def deliver(self, wire: Wire) -> Delivery:
        match await super().deliver(wire):
            case Unknown(why):
                return Failed(why, again=True)
            case Failed(why, _):
                return Failed(why)
            case sent:
                return sent


class Forgetful(SandboxSms):
    """Loses its reference and what it does not know."""

    def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
        return msgspec.structs.replace(super().render(cleared, address, sender), ref=f"{id(cleared)}")

    def parse(self, raw: bytes) -> list[Event]:
        events = [event for event in msgspec.json.decode(raw)["events"] if event["type"] in ("receipt", "inbound")]
        return super().parse(msgspec.json.encode({"events": events}))


class Trusting(SandboxSms):
    """Speaks to anybody: see `face_of`."""


def face_of(kind: type[SandboxSms]) -> Face:
    class Its(Face):
        @asynccontextmanager
        async def open(self, base: str, trust: ssl.SSLContext | None) -> AsyncIterator[Any]:
            if trust is not None and kind is Trusting:
                trust = ssl._create_unverified_context()
            async with super().open(base, trust) as channel:
                made = kind(channel._make, "a secret for trials")
                yield made
                await made.close()

    return Its()


@pytest.mark.parametrize(
    ("kind", "trial"),
    [
        (Deaf, "slow"), (Deaf, "refused"), (Deaf, "nobody_there"), (Deaf, "signatures"), (Deaf, "junk"),
        (Hasty, "lost"), (Hasty, "cut"), (Hasty, "garbage"), (Hasty, "slow"),
        (Forgetful, "renders"), (Forgetful, "odd"), (Forgetful, "junk"), (Trusting, "other_certificate"),
    ],
)  # fmt: skip
async def test_a_fault_is_found(kind: type[SandboxSms], trial: str, tmp_path: Path) -> None:
    with pytest.raises((Wrong, KeyError)):
        await TRIALS[trial][1](Trials("sms", face_of(kind), tmp_path))


def test_a_report_reads_as_a_page_and_its_verdict_is_that_of_its_worst() -> None:
    good, bad = (Outcome(f"n{n}", "pregunta <algo>", n == 0, "hizo & dijo", 0.1) for n in range(2))
    skipped = Outcome("n2", "otra", None, "no aplica")
    assert Report("x", (good, skipped)).good
    report = Report("x", (good, bad, skipped))
    assert not report.good
    page = as_page(report)
    assert "pregunta &lt;algo&gt;" in page
    assert "cumple 1, no cumple 1, no se aplican 1" in page


def test_a_new_channel_passes_its_own_contract(tmp_path: Path) -> None:
    for path, text in scaffold("palomas").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
        assert "@name@" not in text
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "21 passed" in done.stdout


@pytest.mark.parametrize(("url", "used"), [("", "False"), ("http://palomas.example", "True")])
def test_a_new_channel_is_in_use_once_it_has_an_address_and_is_never_open_to_all(
    tmp_path: Path, url: str, used: str
) -> None:
    for path, text in scaffold("palomas").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    told = """
import asyncio, hashlib, hmac
from acuerdo_palomas import SIGNATURE, open_channel

async def main():
    async with open_channel(None, "made up") as channel:
        signed = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
        print(channel.traits.available, channel.verified(b"{}", {SIGNATURE: signed}))

asyncio.run(main())
"""
    given = {
        **os.environ,
        "PYTHONPATH": str(tmp_path / "src"),
        "ACUERDO_PALOMAS_URL": url,
        "ACUERDO_PALOMAS_SECRET": "",
    }
    done = subprocess.run([sys.executable, "-c", told], env=given, capture_output=True, text=True)
    assert done.stdout.split() == [used, "False"], done.stderr[-2000:]
