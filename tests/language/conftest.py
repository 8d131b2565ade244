"""One reader for all the tests: the shipped model, a Wednesday morning, the country of the person who writes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import acuerdo.core.language as language
from acuerdo.core.language import Model, Reading, load, read

ROOM = Path(language.__file__).parent
WEDNESDAY = datetime(2026, 3, 11, 15, tzinfo=UTC)
Hear = Callable[..., Reading]


@pytest.fixture(scope="session")
def model() -> Model:
    return load((ROOM / "model.bin").read_bytes())


@pytest.fixture(scope="session")
def hear(model: Model) -> Hear:
    def _hear(text: str, *expected: str, country: str = "CO", at: datetime = WEDNESDAY) -> Reading:
        return read(text, expected, at, country, model)

    return _hear
