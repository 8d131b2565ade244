"""What every channel has to do; run it against the face of its provider that the channel's package brings.

    from acuerdo.testing.suites.channel import ChannelContract

    class TestMine(ChannelContract):
        name = "mine"            # as under the entry points `acuerdo.channels` and `acuerdo.channel_fakes`

pytest finds the rest. What a face is, and which methods it has, is in `acuerdo.service.faces`; the server that
misbehaves behind it is in `acuerdo.testing.chaos`, each trial in `acuerdo.testing.certifying`. `acuerdo channels
certify NAME` does the same outside of pytest and writes a report.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from acuerdo.service.faces import Face, face_of
from acuerdo.testing.certifying import TRIALS, NotTried, Trials


class ChannelContract:
    """What every channel has to do, one test each. `face` is found by the name where none is given."""

    name: ClassVar[str]
    face: ClassVar[Face | None] = None

    @pytest.mark.parametrize("trial", [name for name in TRIALS if name != "renders_quickly"])
    async def test_the_channel(self, trial: str, tmp_path: Path) -> None:
        """The speed is left out: it is a benchmark's, on a machine that does nothing else."""
        trials = Trials(self.name, self.face or face_of(self.name), tmp_path)
        try:
            await TRIALS[trial][1](trials)
        except NotTried as why:
            pytest.skip(str(why))
