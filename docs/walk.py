"""Walks through a page as a newcomer would: its files are written, its commands run, its conversations talked.

`python -m docs.walk docs/tutorial.md` says where the page and the product differ; `--write` puts what really came in
the place of what the page said.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.app import open_app
from acuerdo.cli.phones import Astray, DeskHand, Phone
from acuerdo.service.settings import Settings

PUBLIC = "http://127.0.0.1:8000"  # where the page says that the product answers
CHECKOUT, ROOT = (
    "/path/to/acuerdo",
    str(Path(__file__).parents[1]),
)  # where the page says that it lies, and does
FOLDER = "/home/ana/mi-cartera"  # where the page's newcomer works
PATIENCE = 300  # seconds for one command, on the slowest of machines
WIDTH = "100"
# A Tuesday at ten where the page's people live: the clock of the walk, so that every day is the same.
MORNING = datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("America/Bogota"))
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Identifiers, whole, or shortened before the moment of what they name.
MARK = re.compile(r"\b[0-9a-f]{24}\b|\b[0-9a-f]{10}\b(?= +\d{4}-\d\d-\d\d)")
CHANGES = (
    (MARK, "ID"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?( ?[-+]\d\d:?\d\d)?"), "MOMENT"),
    (re.compile(r"/c/[\w-]+"), "/c/LINK"),
    (re.compile(r"[─━\s]+"), " "),
)  # fmt: skip


class Differs(Exception):
    """The page says one thing and the product another."""


class Command(msgspec.Struct, frozen=True):
    """A line that a person types, and what the page says comes of it."""

    line: str
    output: str


def commands(body: str) -> Iterator[Command]:
    """The commands of a console block, each with its output."""
    parts = re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
    for part in parts:
        line, _, output = part.replace("\\\n", "").partition("\n")
        yield Command(" ".join(line.split()), output)


def plain(text: str) -> list[str]:
    """Lines without what differs between two runs: identifiers, moments, spacing."""
    for pattern, word in CHANGES[:-1]:
        text = pattern.sub(word, text)
    return [bare for line in text.splitlines() if (bare := CHANGES[-1][0].sub(" ", line).strip()) and bare != "…"]


def missing(said: str, came: str) -> str | None:
    """The first line that the page says and that did not come, in its order; None when all came."""
    there = iter(plain(came))
    return next((line for line in plain(said) if line not in there), None)


class Walk:
    """A walk in a scratch folder: what runs in the background, and the page's identifiers as they really are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.base = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.running: list[subprocess.Popen[bytes]] = []
        self.ids: dict[str, str] = {}
        self.phone: Phone | None = None
        self.told = 0  # how much of the phone's screen is on the page
        self.desk: DeskHand | None = None
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ACUERDO_")}
        self.env = kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": WIDTH, "NO_COLOR": "1",
            "ACUERDO_BASE_URL": self.base, "ACUERDO_PORT": self.base.rpartition(":")[2], "ACUERDO_CLOCK": "demo",
        }  # fmt: skip

    async def morning(self) -> None:
        """Sets the walk's clock, before anything happens."""
        await self.clock(MORNING)

    async def clock(self, to: datetime) -> None:
        """Moves the walk's clock, as a person would on the results page."""
        settings = Settings(data_dir=self.folder / ".acuerdo", clock="demo", base_url=self.base)
        async with open_app(settings) as app:
            await app.clock.move(to)  # type: ignore[attr-defined]

    def run(self, command: Command) -> str:
        """What comes of a command, both streams as a person sees them."""
        line = changed(command.line, self.ids).replace(PUBLIC, self.base)
        line = line.replace(CHECKOUT, ROOT)
        if line.endswith("&"):
            return self._start(line.removesuffix("&").strip())
        if line.startswith(("mkdir", "export ")):
            return ""
        done = subprocess.run(
            line, shell=True, executable="/bin/bash", cwd=self.folder, env=self.env, text=True, timeout=PATIENCE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        came = done.stdout.replace(self.base, PUBLIC).replace(ROOT, CHECKOUT).replace(str(self.folder), FOLDER)
        said, new = unique(command.output), [one for one in unique(came) if one not in self.ids.values()]
        self.ids |= dict(zip([one for one in said if one not in self.ids], new, strict=False))
        return came

    def as_said(self, came: str) -> str:
        """What came, with the page's identifiers."""
        return changed(came, {real: said for said, real in self.ids.items()}).replace("\ufeff", "")

    def _start(self, line: str) -> str:
        log = self.folder / f"{len(self.running)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                shlex.split(line), cwd=self.folder, env=self.env, stdout=out, stderr=out, start_new_session=True
            )
        self.running.append(process)
        for _ in range(300):
            text = log.read_text("utf-8")
            if "Ctrl-C stops it" in text:
                return text.partition("\n")[0].replace(self.base, PUBLIC)
            if process.poll() is not None:
                raise Differs(f"{line} ended with {process.returncode}: {text}")
            signal.sigtimedwait([], 0.1)
        raise Differs(f"{line} said nothing: {log.read_text('utf-8')}")

    async def talk(self, body: str, write: bool) -> str:
        """Talks a conversation: `phone:` opens a link, `you:` writes, `pays:` pays, `desk:` is an agent's deed.

        What the assistant and the desk say is checked, line by line, or written.
        """
        lines: list[str] = []
        for line in body.splitlines():
            who, _, words = line.partition(": ")
            if who in DEEDS:
                await DEEDS[who](self, words)
                lines.append(line)
                lines += await self._new() if write else []
            elif not write:
                await self._heard(line)
                lines.append(line)
        return "\n".join(lines) + "\n"

    async def _opens(self, number: str) -> None:
        if self.phone is not None:
            await self.phone.close()
        self.phone, self.told = Phone(self.base, number), 0
        await self.phone.open()

    async def _says(self, words: str) -> None:
        await self._on().say(words)

    async def _pays(self, _: str) -> None:
        await self._on().pay()

    def _on(self) -> Phone:
        if self.phone is None:
            raise Differs("a conversation begins with `phone:` and its number")
        return self.phone

    async def _new(self) -> list[str]:
        """What came on the screen since the last look, once nothing more comes."""
        seen = -1
        while seen != len(self._on().said):
            seen = len(self._on().said)
            await asyncio.sleep(1.5)
        fresh, self.told = self._on().said[self.told :], seen
        return [shown(message) for message in fresh if message["who"] != "me"]

    async def _heard(self, line: str) -> None:
        """Waits until a line is on the screen."""
        for _ in range(200):
            if any(shown(message) == line for message in self._on().said):
                return
            await asyncio.sleep(0.1)
        raise Differs(f"the page says: {line}\nand this is on the screen: {[shown(m) for m in self._on().said]}")

    async def _at_desk(self, words: str) -> None:
        deed, _, rest = words.partition(" ")
        if deed == "signs":
            login, password = rest.removeprefix("in as ").split(" with ")
            self.desk = DeskHand(self.base)
            await self.desk.sign_in(login, password)
            return
        if self.desk is None:
            raise Differs("an agent signs in first")
        page = (await self.desk.web.get("/desk")).text
        found = re.search(r"/desk/c/([0-9a-f]+)", page)
        if found is None:
            raise Differs("the desk lists no conversation")
        await self.desk.do(found[1], deed, **({"text": rest} if rest else {}))

    async def close(self) -> None:
        """Stops all that was started."""
        for one in (self.phone, self.desk):
            if one is not None:
                await one.close()
        for process in self.running:
            process.send_signal(signal.SIGINT)
        for process in self.running:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


WHO = {"bot": "assistant", "agent": "desk says", "system": "system"}
DEEDS = {"phone": Walk._opens, "you": Walk._says, "pays": Walk._pays, "desk": Walk._at_desk}


def shown(message: dict[str, Any]) -> str:
    """A message of the screen in one line: its words, then what may be pressed."""
    parts = [
        message["text"],
        *(f"[{' · '.join((card['title'], *card['lines']))}]" for card in message.get("cards", ())),
    ]
    parts += [f"[{button['title']}]" for button in message.get("buttons", ())]
    if link := message.get("link"):
        parts.append(f"[{link['title']}]")
    return f"{WHO.get(message['who'], message['who'])}: {' '.join(' '.join(parts).split())}"


def changed(text: str, words: Mapping[str, str]) -> str:
    """The text with some words in the place of others."""
    if not words:
        return text
    return re.sub("|".join(map(re.escape, words)), lambda found: words[found[0]], text)


def unique(text: str) -> list[str]:
    """The identifiers of a text, each once, in the order in which they stand."""
    return list(dict.fromkeys(MARK.findall(text)))


async def walk(page: str, folder: Path, *, write: bool = False) -> str:
    """The page with what really came. Raises Differs, unless it is to be written, at the first difference."""
    the_walk = Walk(folder)
    await the_walk.morning()
    made, end = [], 0
    try:
        # Held open for the length of the walk: the commands join it, and none has to start the server again.
        async with open_app(Settings(data_dir=folder / ".acuerdo", clock="demo", base_url=the_walk.base)):
            for fence in FENCE.finditer(page):
                made.append(page[end : fence.start()])
                made.append(await _block(the_walk, fence[1], fence[2], write))
                end = fence.end()
            await the_walk.close()
    except BaseException:
        await the_walk.close()
        raise
    return "".join([*made, page[end:]])


async def _block(the_walk: Walk, info: str, body: str, write: bool) -> str:
    kind, _, name = info.partition(" ")
    if kind == "console":
        body = "".join(
            [_told(c, the_walk.as_said(await asyncio.to_thread(the_walk.run, c)), write) for c in commands(body)]
        )
    elif kind == "text" and name == "chat":
        body = await the_walk.talk(body, write)
    elif kind == "text" and name == "clock":
        await the_walk.clock(datetime.fromisoformat(body.strip()))
    elif name:
        (the_walk.folder / name).write_text(body, "utf-8")
    return f"```{info}\n{body}```"


def _told(command: Command, came: str, write: bool) -> str:
    if not write and (line := missing(command.output, came)) is not None:
        raise Differs(f"$ {command.line}\nthe page says: {line}\nand this came:\n{came}")
    if "…" in command.output.splitlines() and missing(command.output, came) is None:
        return f"$ {command.line}\n{command.output}"  # shortened by hand, and still true
    tidy = "\n".join(line.rstrip() for line in came.splitlines() if line.strip())
    return f"$ {command.line}\n{tidy}\n" if tidy else f"$ {command.line}\n"


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one walk; its path is short, for the server's socket lies in it."""
    with tempfile.TemporaryDirectory(prefix="walk") as folder:
        yield Path(folder)


def main(name: str, *flags: str) -> int:
    """Walks through a page, and with `--write` brings it up to date."""
    path = Path(name)
    with scratch() as folder:
        try:
            made = asyncio.run(walk(path.read_text("utf-8"), folder, write="--write" in flags))
        except (Differs, Astray) as why:
            print(why)
            return 1
    if "--write" in flags:
        path.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
