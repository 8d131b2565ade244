"""Which channel is in use: what is set up takes the sandbox's place, and two are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.channels.whatsapp.samples import REGISTRY

from acuerdo.adapters.channels.smpp import Smpp
from acuerdo.adapters.channels.sms_sandbox import SandboxSms
from acuerdo.adapters.channels.twilio import Twilio
from acuerdo.adapters.channels.whatsapp import WhatsApp
from acuerdo.adapters.channels.whatsapp.registry import BadRegistry
from acuerdo.service.channels import Registered, TwoChannels, open_channels
from acuerdo.service.settings import Settings

TWILIO = {"twilio_account": "AC" + "0" * 32, "twilio_token": "t"}
SMPP = {"smpp_host": "127.0.0.1", "smpp_system_id": "x", "smpp_password": "y"}
WHATSAPP = {"whatsapp": REGISTRY, "whatsapp_token": "t", "whatsapp_app_secret": "s"}


def settings(**more: object) -> Settings:
    return Settings(_env_file=None, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("given", "sms"), [({}, SandboxSms), (TWILIO, Twilio), (SMPP, Smpp)])
async def test_the_carrier_that_is_set_up(given: dict[str, object], sms: type) -> None:
    async with open_channels(settings(**given), lambda name: name) as channels:
        assert isinstance(channels["sms"], sms)
        assert "whatsapp" not in channels


async def test_two_carriers_are_refused() -> None:
    with pytest.raises(TwoChannels, match="sms"):
        async with open_channels(settings(**TWILIO, **SMPP), lambda name: name):
            pass


async def test_whatsapp_is_there_where_it_is_set_up() -> None:
    async with open_channels(settings(**WHATSAPP), lambda name: name) as channels:
        assert isinstance(channels["whatsapp"], WhatsApp)
        assert isinstance(channels["whatsapp"], Registered)
        assert isinstance(channels["sms"], SandboxSms)


async def test_a_registry_that_does_not_hold_is_told_at_start(tmp_path: Path) -> None:
    wrong = tmp_path / "w.toml"
    wrong.write_text("[risk]", "utf-8")
    with pytest.raises(BadRegistry, match=r"w\.toml"):
        async with open_channels(settings(**{**WHATSAPP, "whatsapp": wrong}), lambda name: name):
            pass


def test_settings_that_are_empty_are_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WHATSAPP", "TWILIO_ACCOUNT", "SMS_HTTP", "SMPP_HOST"):
        monkeypatch.setenv(f"ACUERDO_{name}", "")
    empty = settings()
    assert (empty.whatsapp, empty.twilio_account, empty.sms_http, empty.smpp_host) == (None, None, None, None)
