"""E-mail against a mail server that misbehaves."""

from __future__ import annotations

from acuerdo.testing.suites.channel import ChannelContract


class TestEmail(ChannelContract):
    name = "email"
