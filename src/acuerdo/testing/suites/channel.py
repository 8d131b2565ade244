"""What every channel has to do; run it against the face of its provider that the channel's package brings.

    from acuerdo.testing.suites.channel import ChannelContract

    class TestMine(ChannelContract):
        name = "mine"            # as under the entry points `acuerdo.channels` and `acuerdo.channel_fakes`

pytest finds the rest. What a face is, and which methods it has, is in `acuerdo.service.faces`; the server that
misbehaves behind it, and each trial, are in `acuerdo.testing.chaos`. `acuerdo channels certify NAME` does the same
outside of pytest and writes a report.
"""

from __future__ import annotations
