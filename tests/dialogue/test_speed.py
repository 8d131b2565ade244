"""A step is quick: thinking must never be what a chat waits for."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.dialogue.engine import expected, step
from acuerdo.core.language import read
from acuerdo.service.resources import language_model
from acuerdo.testing.transcripts import Chat, scenario_of

TYPICAL = ("hola", "52345678", "cuánto debo?", "en 3 cuotas", "y si no pago qué pasa?", "mejor la primera el 25", "sí")
ROOMY = 0.0015  # seconds: ten times what is aimed at, for busy machines


def test_a_typical_step_takes_a_fraction_of_a_millisecond(capsys) -> None:  # type: ignore[no-untyped-def]
    chat = Chat(scenario_of("rapidez", {}))
    times: list[float] = []
    for words in TYPICAL:
        reading = read(words, expected(chat.book, chat.state), chat.at, "CO", language_model())
        heard = f.Heard("k", words, msgspec.Raw(msgspec.json.encode(reading)))
        for _ in range(60):
            begun = perf_counter()
            step(chat.book, chat.state, heard, chat.at)
            times.append(perf_counter() - begun)
        chat.says(words)
    with capsys.disabled():
        # The figure is what this test is run for.
        print(f"\n  step: median {median(times) * 1e6:.0f} µs over {len(times)} steps")  # noqa: T201
    assert median(times) < ROOMY
