"""Conversations as people have them, played through the real reading and the real step."""

from __future__ import annotations

from pathlib import Path

import pytest

from acuerdo.testing.transcripts import Wrong, play

FOLDER = Path(__file__).parent / "transcripts"


NAMES = sorted(str(p.relative_to(FOLDER).with_suffix("")) for p in FOLDER.rglob("*.txt"))


@pytest.mark.parametrize("name", NAMES)
def test_transcript(name: str) -> None:
    play(FOLDER / f"{name}.txt")


def test_a_transcript_that_is_not_true_fails_and_says_where(tmp_path: Path) -> None:
    told = tmp_path / "falso.txt"
    told.write_text("país: CO\ndocumento: 52345678\ndeudora: hola\nnosotros: su saldo es\n", "utf-8")
    with pytest.raises(Wrong, match=r"falso.txt:4: nosotros: su saldo es"):
        play(told)
