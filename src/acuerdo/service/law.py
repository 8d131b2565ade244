"""The law packs shipped with the package, read once and compiled for a date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import resources

from acuerdo.core.compliance import Pack, Rules, compile_rules, load_pack


@lru_cache(maxsize=1)
def shipped_packs() -> Mapping[str, Pack]:
    """Every pack of `acuerdo/law`, by name. Raises PackError if one cannot be trusted: then nothing is judged."""
    folder = resources.files("acuerdo") / "law"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    names = [file.name.removesuffix(".toml") for file in files]
    return {name: load_pack(file.read_text(encoding="utf-8"), name) for name, file in zip(names, files, strict=True)}


def load_rules(at: date, options: Mapping[str, object] | None = None) -> Rules:
    """The rules in force on `at` under the operator's options; the same object for the same date and options.

    `Rules.version` is a hash of the packs' contents and the options, so that a fact can say which rules judged it.
    Raises PackError, naming what to mend.
    """
    return _compiled(at, tuple(sorted((options or {}).items())))


@lru_cache(maxsize=32)
def _compiled(at: date, options: tuple[tuple[str, object], ...]) -> Rules:
    return compile_rules(shipped_packs(), at, dict(options))
