"""Mails are taken from a real IMAP server, and from a folder: each once, and none before it is kept."""

from __future__ import annotations

import asyncio
import grp
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from acuerdo.adapters.channels.email.mailbox import Account, BadMailbox, account_of, listen

DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
needs_dovecot = pytest.mark.skipif(DOVECOT is None, reason="no IMAP server on this machine (apt install dovecot-imapd)")
CONF = """
protocols = imap
base_dir = {run}
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{folder}/Maildir
passdb {{
  driver = static
  args = password=pw
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def put(folder: Path, name: str, text: str) -> None:
    new = folder / "Maildir" / "new"
    for one in ("new", "cur", "tmp"):
        (folder / "Maildir" / one).mkdir(parents=True, exist_ok=True)
        (folder / "Maildir" / one).chmod(0o777)
    (folder / "Maildir").chmod(0o777)
    (folder / "Maildir" / "tmp" / name).write_bytes(
        f"From: ana@example.com\r\nSubject: {name}\r\n\r\n{text}\r\n".encode()
    )
    (folder / "Maildir" / "tmp" / name).rename(new / name)
    (new / name).chmod(0o666)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's own users can enter."""
    made = Path(tempfile.mkdtemp(prefix="acuerdo-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@asynccontextmanager
async def dovecot(folder: Path) -> AsyncIterator[Account]:
    """A real IMAP server of one mailbox, which is the Maildir of this folder."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    uid, gid = os.getuid(), os.getgid()
    conf, run = folder / "dovecot.conf", folder / "run"
    # As root it wants users of its own for what listens, and another one's mailbox; else all of it is ours.
    user, group = pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name
    user, group, login = (user, group, user) if uid else ("dovecot", "dovecot", "dovenull")
    uid, gid = (uid, gid) if uid else (pwd.getpwnam("dovecot")[2], grp.getgrnam("dovecot")[2])
    conf.write_text(
        CONF.format(folder=folder, run=run, user=user, group=group, login=login, uid=uid, gid=gid, port=port)
    )
    server = await asyncio.create_subprocess_exec(
        str(DOVECOT), "-F", "-c", str(conf), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            with suppress(OSError):
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                break
            await asyncio.sleep(0.1)
        else:
            pytest.fail(f"the IMAP server did not start: {(folder / 'log').read_text()[-2000:]}")
        yield Account("127.0.0.1", port, "avisos", "pw", tls=False)
    finally:
        server.terminate()
        await server.wait()


class Kept:
    """What was kept, and a wait for it."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.fail = 0

    async def take(self, raw: bytes) -> None:
        if self.fail:
            self.fail -= 1
            raise OSError("the database is away")
        self.mails.append(raw)

    async def until(self, many: int, seconds: float = 20) -> list[bytes]:
        async with asyncio.timeout(seconds):
            while len(self.mails) < many:  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
        return self.mails


@asynccontextmanager
async def listening(where: Account | Path, take: Callable[[bytes], Awaitable[None]]) -> AsyncIterator[None]:
    task = asyncio.create_task(listen(where, take))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@needs_dovecot
async def test_what_is_there_and_what_comes_is_taken_once(folder: Path) -> None:
    put(folder, "1.a", "hola")
    async with dovecot(folder) as account:
        kept = Kept()
        async with listening(account, kept.take):
            await kept.until(1)
            put(folder, "2.b", "mañana pago")
            first, second = await kept.until(2)
        assert b"hola" in first
        assert "mañana pago".encode() in second
        # Another worker, later, finds nothing that is new.
        later = Kept()
        async with listening(account, later.take):
            put(folder, "3.c", "otra")
            (only,) = await later.until(1)
        assert b"otra" in only


@needs_dovecot
async def test_a_mail_that_could_not_be_kept_is_given_again(folder: Path) -> None:
    put(folder, "1.a", "hola")
    async with dovecot(folder) as account:
        kept = Kept()
        kept.fail = 1
        async with listening(account, kept.take):
            assert len(await kept.until(1)) == 1


@needs_dovecot
async def test_a_server_that_goes_and_comes_is_found_again(folder: Path) -> None:
    async with dovecot(folder) as account:
        kept = Kept()
        put(folder, "1.a", "hola")
        async with listening(account, kept.take):
            await kept.until(1)
    assert len(kept.mails) == 1
    kept = Kept()
    async with listening(account, kept.take):
        await asyncio.sleep(0.3)  # nobody is there
    assert kept.mails == []


async def test_a_folder_is_read_once(tmp_path: Path) -> None:
    put(tmp_path, "1.a", "hola")
    kept = Kept()
    kept.fail = 1
    async with listening(tmp_path / "Maildir", kept.take):
        await kept.until(1)
        put(tmp_path, "2.b", "chao")
        assert len(await kept.until(2)) == 2
    later = Kept()
    async with listening(tmp_path / "Maildir", later.take):
        await asyncio.sleep(0.3)
    assert later.mails == []


@pytest.mark.parametrize(
    "url", ["", "pop3://a:b@c", "imaps://host", "imap://a:b@mail.example/INBOX", "maildir:relative", "maildir://x"]
)
def test_an_address_that_is_none_is_refused_with_how_it_is_written(url: str) -> None:
    with pytest.raises(BadMailbox, match="imaps://"):
        account_of(url)


def test_addresses_of_mailboxes() -> None:
    assert account_of("maildir:/var/mail/avisos") == Path("/var/mail/avisos")
    found = account_of("imaps://avisos%40sol.example:p%2Fw@mail.example/Cobros")
    assert found == Account("mail.example", 993, "avisos@sol.example", "p/w", "Cobros")
