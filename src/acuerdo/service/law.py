"""The law packs shipped with the package, read once and compiled for a date under the operator's options."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from acuerdo.core.compliance import Pack, PackError, Rules, compile_rules, load_pack
from acuerdo.core.compliance.compiling import last_turn, turning_days
from acuerdo.core.compliance.rules import COMMON, STRICT

# The table of the operator's file in which crisis lines are confirmed: no option of a pack.
CRISIS = "crisis"
Options = tuple[tuple[str, object], ...]


@lru_cache(maxsize=1)
def _read() -> tuple[Mapping[str, Pack], Mapping[str, str]]:
    folder = resources.files("acuerdo") / "law"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return read_packs({file.name.removesuffix(".toml"): file.read_text(encoding="utf-8") for file in files})


def read_packs(texts: Mapping[str, str]) -> tuple[Mapping[str, Pack], Mapping[str, str]]:
    """The packs that can be trusted, and what is wrong with the others, by name.

    A country whose pack is broken is judged by the strict default. Raises PackError where the strict or the common
    pack is: then nothing is judged.
    """
    packs: dict[str, Pack] = {}
    broken: dict[str, str] = {}
    for name, text in texts.items():
        try:
            packs[name] = load_pack(text, name)
        except PackError as error:
            if name in (STRICT, COMMON):
                raise
            broken[name] = str(error)
    for name, pack in tuple(packs.items()):
        if pack.extends and pack.extends not in packs:
            broken[name] = f"law pack {name} extends {pack.extends!r}, which is missing or broken; mend that one"
            del packs[name]
    return packs, broken


def shipped_packs() -> Mapping[str, Pack]:
    """Every pack of `acuerdo/law` that can be trusted, by name. Raises PackError where nothing may be judged."""
    return _read()[0]


def broken_packs() -> Mapping[str, str]:
    """What is wrong with the packs that cannot be trusted, by name; the strict default judges their countries."""
    return _read()[1]


def read_table(path: Path) -> dict[str, Any]:
    """The operator's file as it is written. Raises PackError for one that cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackError(f"the law options in {path} cannot be read ({error}); mend the file named") from error


def read_options(path: Path) -> dict[str, object]:
    """The operator's choices in a TOML file: `week = "calendar"` for every pack, or a table `[co]` for one.

    Raises PackError for a file that cannot be read, and for a choice that no pack offers.
    """
    options = flat({key: value for key, value in read_table(path).items() if key != CRISIS})
    try:
        compile_rules(shipped_packs(), date.min, options)
    except PackError as error:
        raise PackError(f"{path}: {error}") from error
    return options


def flat(raw: Mapping[str, object]) -> dict[str, object]:
    """Options with their pack's name before them: {"co": {"week": "calendar"}} is {"co.week": "calendar"}."""
    found: dict[str, object] = {}
    for key, value in raw.items():
        found |= {f"{key}.{name}": one for name, one in value.items()} if isinstance(value, Mapping) else {key: value}
    return found


def load_rules(at: date, options: Mapping[str, object] | None = None) -> Rules:
    """The rules in force on `at` under the operator's options; the same object while no rule begins or ends.

    `Rules.version` is a hash of the packs' contents and the options, so that a fact can say which rules judged it.
    Without `options`, those of the file that ACUERDO_LAW_OPTIONS names. Raises PackError, naming what to mend.
    """
    return compiled(at, tuple(sorted(options.items())) if options is not None else operator_options())


def compiled(at: date, options: Options) -> Rules:
    """As `load_rules`, with the options already in order."""
    return _compiled(last_turn(_turns(), at), options)


@lru_cache(maxsize=1)
def _turns() -> tuple[date, ...]:
    return turning_days(shipped_packs())


@lru_cache(maxsize=256)
def _compiled(at: date, options: Options) -> Rules:
    return compile_rules(shipped_packs(), at, dict(options))


@lru_cache(maxsize=1)
def operator_table() -> Mapping[str, Any]:
    """The operator's file as it is written; empty where no file is named. Raises PackError."""
    from acuerdo.service.settings import Settings

    path = Settings().law_options
    return read_table(path) if path else {}


@lru_cache(maxsize=1)
def operator_options() -> Options:
    """The choices in the operator's file, in order; none where no file is named. Raises PackError."""
    from acuerdo.service.settings import Settings

    path = Settings().law_options
    return tuple(sorted(read_options(path).items())) if path else ()
