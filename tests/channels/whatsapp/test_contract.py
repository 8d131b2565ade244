"""WhatsApp on a platform that misbehaves."""

from acuerdo.testing.suites.channel import ChannelContract


class TestWhatsApp(ChannelContract):
    name = "whatsapp"
