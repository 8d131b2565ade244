"""Where our own server's files go and as whom it runs, given who we are and which folders that user can enter."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from pathlib import Path

from acuerdo.adapters.store.binaries import Binaries, copied, find
from acuerdo.adapters.store.cluster import CannotStart, Cluster, User, version_of
from acuerdo.core.words import AcuerdoError

SERVER_USERS = ("postgres", "nobody", "daemon", "www-data")
NOTE = "server.home"
ELSEWHERE = Path("/var/lib/acuerdo")


class WrongVersion(AcuerdoError):
    """The data were made by another major version of PostgreSQL; the text says how to carry them over."""


def place(data_dir: Path, chosen: Path | None) -> Cluster:
    """The cluster of a data folder, its home made if need be; raises NoPostgres, WrongVersion, CannotStart."""
    make_folder(data_dir)
    user = _server_user(data_dir) if os.geteuid() == 0 else None
    home = _home(data_dir, user)
    binaries = _matching(home, chosen)
    if user is not None and not _can(user, "-x", binaries.folder / "postgres"):
        binaries = copied(binaries, _shared_folder(data_dir, user))
        if not _can(user, "-x", binaries.folder / "postgres"):
            raise CannotStart(
                f"The server runs as {user.name}, who may not enter {binaries.folder}. "
                "Install PostgreSQL where every user may run it, and name its folder in ACUERDO_POSTGRES_BIN."
            )
    return Cluster(home, binaries, user)


def make_folder(data_dir: Path) -> None:
    """Makes the data folder if it is missing: private, but as root one that the server's user can pass through."""
    try:
        data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as why:
        raise CannotStart(
            f"The data folder {data_dir} cannot be made ({why.strerror}). "
            "Choose one that you may write in ACUERDO_DATA_DIR."
        ) from None
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise CannotStart(
            f"The data folder {data_dir} cannot be written by {pwd_name(os.geteuid())}: it belongs to "
            f"{pwd_name(data_dir.stat().st_uid)}. Run as that user, give it back with chown, "
            "or choose another in ACUERDO_DATA_DIR."
        )


def pwd_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _home(data_dir: Path, user: User | None) -> Path:
    """The cluster's folder: in the data folder, or elsewhere (noted there) if the server's user cannot reach it."""
    note = data_dir / NOTE
    if note.exists() and (noted := Path(note.read_text().strip())).is_dir():
        return noted
    home = data_dir / "postgres"
    if user is not None and not home.exists() and not _can(user, "-x", data_dir):
        home = _elsewhere()
        note.write_text(f"{home}\n")
    try:
        home.mkdir(mode=0o700, exist_ok=True)
        if user is not None:
            os.chown(home, user.uid, user.gid)
        next(home.iterdir(), None)
    except OSError as why:
        raise CannotStart(
            f"The database's folder {home} cannot be used ({why.strerror}); it belongs to "
            f"{pwd_name(home.stat().st_uid)}. Run as that user, or choose another folder in ACUERDO_DATA_DIR."
        ) from None
    return home


def _elsewhere() -> Path:
    """A private folder outside a home that only root may enter (/root, as in many containers)."""
    try:
        ELSEWHERE.mkdir(mode=0o711, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="cluster-", dir=ELSEWHERE))
    except OSError:
        return Path(tempfile.mkdtemp(prefix="acuerdo-", dir="/var/tmp"))


def _shared_folder(data_dir: Path, user: User) -> Path:
    if _can(user, "-x", data_dir):
        return data_dir
    ELSEWHERE.mkdir(mode=0o711, parents=True, exist_ok=True)
    return ELSEWHERE


def _server_user(data_dir: Path) -> User:
    """Whom root becomes to run the server: the owner of data that exist, else an unprivileged user of the system."""
    for home in (data_dir / "postgres", Path(_read(data_dir / NOTE) or data_dir / "postgres")):
        if (home / "data").exists() and (owner := (home / "data").stat()).st_uid != 0:
            return User(owner.st_uid, owner.st_gid, pwd_name(owner.st_uid))
    for name in SERVER_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        user = User(entry.pw_uid, entry.pw_gid, name)
        if _can(user, "-d", Path("/")):
            return user
    raise CannotStart(
        "PostgreSQL refuses to run as root, and no unprivileged user could be taken "
        f"(tried {', '.join(SERVER_USERS)}). Run Acuerdo as an ordinary user, "
        "or name a running server in ACUERDO_DATABASE_URL."
    )


def _read(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


def _can(user: User, test: str, path: Path) -> bool:
    """Asks the system itself, as that user, since lists of access are not in a folder's mode alone."""
    try:
        ran = subprocess.run(  # noqa: S603 - a fixed command, the path is an argument
            ["/usr/bin/env", "test", test, str(path)], user=user.uid, group=user.gid, extra_groups=[], cwd="/",
            capture_output=True, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return ran.returncode == 0


def _matching(home: Path, chosen: Path | None) -> Binaries:
    """The programs for the data: any, if there are none yet; of their version, if there are."""
    if (made_by := version_of(home)) is None:
        return find(chosen)
    try:
        return find(chosen, made_by)
    except AcuerdoError as why:
        data = home / "data"
        raise WrongVersion(
            f"The data in {data} were made by PostgreSQL {made_by}, and only that version can read them.\n{why}\n"
            f"To carry them to another version: with PostgreSQL {made_by} running on them, `pg_dumpall > all.sql`; "
            f"stop it and move {data} aside; start Acuerdo, so that it makes new data; `psql -f all.sql`."
        ) from None
