"""Each carrier of SMS on a provider that misbehaves."""

from acuerdo.testing.suites.channel import ChannelContract


class TestTwilio(ChannelContract):
    name = "twilio"


class TestHttp(ChannelContract):
    name = "sms_http"


class TestSmpp(ChannelContract):
    name = "smpp"
