"""A flow file becomes steps, texts and routes, with the line each of them stands on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from acuerdo.core.messages import Topic
from acuerdo.core.words import AcuerdoError

# Where a step may lead beside another step: back to where the conversation waited, said again; or there without a word.
BACK = "back"
STAY = "stay"
SILENT = "none"
MERGE = "<<"
# The text that opens the first screen, among what it tells.
HEADING = "heading"
KINDS = ("say", "ask", "do", "branch", "hand_over", "end")


class Fault(msgspec.Struct, frozen=True):
    """One mistake in a flow: where it stands and how to mend it."""

    file: str
    line: int
    flow: str
    step: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: flow {self.flow}, step {self.step or '-'}: {self.what}"


class FlowError(AcuerdoError):
    """A flow cannot be used; every mistake is listed with file, line, flow and step."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(f) for f in faults))
        self.faults = faults


class Route(msgspec.Struct, frozen=True):
    """Where something heard leads.

    `aside` comes back to the waiting step, `open` is allowed before identity, `always` is heard even by a step that is
    narrow.
    """

    step: str
    aside: bool = False
    open: bool = False
    always: bool = False


class Text(msgspec.Struct, frozen=True):
    """A text by country variant: `es` always, `es-AR` where usage differs; several wordings of one variant rotate."""

    variants: Mapping[str, tuple[str, ...]]
    about: tuple[str, ...] = ()
    line: int = 0


class Step(msgspec.Struct, frozen=True):
    """One step: says, asks, does, branches, hands over or ends. All that it may lead to stands in it.

    `ask: none` waits without a word. A `narrow` step hears nothing but its own ears and what is heard always.
    `resumes` marks a step of the negotiation, to which a digression comes back. `likely` shows only those of its
    buttons that a message which was not understood is nearest to, each named after an intent.
    """

    name: str
    flow: str
    line: int
    kind: str
    text: str = ""
    again: str = ""
    silent: bool = False
    buttons: tuple[str, ...] = ()
    cards: str = ""
    input: str = ""
    link: str = ""
    takes: tuple[str, ...] = ()
    answer: str = ""
    hears: Mapping[str, Route] = {}
    action: str = ""
    then: Mapping[str, str] = {}
    branch: tuple[tuple[str, str], ...] = ()
    otherwise: str = ""
    go: str = ""
    reason: str = ""
    resumes: bool = False
    narrow: bool = False
    likely: bool = False

    @property
    def key(self) -> str:
        return f"{self.flow}.{self.name}"


class Place(msgspec.Struct, frozen=True):
    """Where something stands that belongs to no step: `start`, `anywhere`, and each thing heard anywhere."""

    file: str
    flow: str
    line: int


class Book(msgspec.Struct, frozen=True):
    """All flows of a creditor, checked together: steps and texts by `flow.name`, and what is heard anywhere.

    `notices` has the texts that tell what a country wants told about a debt, by its word in law packs, in order.
    """

    start: str
    steps: Mapping[str, Step]
    texts: Mapping[str, Text]
    buttons: Mapping[str, Text]
    anywhere: Mapping[str, Route]
    digest: str
    files: Mapping[str, str] = {}
    topics: Mapping[str, tuple[Topic, ...]] = {}
    places: Mapping[str, Place] = {}
    notices: Mapping[str, tuple[str, ...]] = {}


ALLOWED = {
    "flow", "start", "anywhere", "texts", "buttons", "steps", "about", "notices",
}  # fmt: skip
STEP_KEYS = {
    "say", "ask", "do", "branch", "hand_over", "end", "again", "buttons", "cards", "input", "link", "takes", "answer",
    "hears", "then", "else", "go", "resumes", "narrow", "likely",
}  # fmt: skip


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Reader:
    """Reads one file and keeps its mistakes; exists only while a file is read."""

    def __init__(self, file: str, source: str) -> None:
        self.file, self.flow = file, "?"
        self.faults: list[Fault] = []
        self.lines: dict[tuple[str, ...], int] = {}
        self.data = self._parse(source)
        self.flow = str(self.data.get("flow", "?"))

    def _parse(self, source: str) -> dict[str, Any]:
        try:
            node = yaml.compose(source, Loader=LOADER)
            data = yaml.load(source, Loader=LOADER)  # noqa: S506 - a safe loader, C where the library has it
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self.fault(f"not YAML: {getattr(error, 'problem', error)}", line=mark.line + 1 if mark else 1)
            return {}
        if not isinstance(data, dict):
            self.fault("a flow file is a table with flow, texts and steps")
            return {}
        self._mark((), node)
        return data

    def _mark(self, path: tuple[str, ...], node: Any) -> None:
        if not isinstance(node, yaml.MappingNode):
            return
        seen: set[str] = set()
        for key, value in node.value:
            here = (*path, str(key.value))
            if key.value in seen:
                self.fault(f"{'.'.join(here)} stands twice", line=key.start_mark.line + 1)
            seen.add(key.value)
            if key.value == MERGE:
                self._merged(path, value)
                continue
            self.lines[here] = key.start_mark.line + 1
            self._mark(here, value)

    def _merged(self, path: tuple[str, ...], node: Any) -> None:
        """What a step takes over from another stands where it is written there."""
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            self.lines.setdefault((*path, str(key.value)), key.start_mark.line + 1)

    def fault(self, what: str, *path: str, line: int | None = None, step: str = "") -> None:
        at = line if line is not None else self.lines.get(path, 1)
        self.faults.append(Fault(self.file, at, self.flow, step, what))

    def place(self, *path: str) -> Place:
        return Place(self.file, self.flow, self.lines.get(path, 1))

    def full(self, name: str) -> str:
        """`step` becomes `flow.step`; `flow.step`, `back` and `stay` stay."""
        return name if name in (BACK, STAY) or "." in name else f"{self.flow}.{name}"

    def text(self, raw: Any, *path: str) -> Text:
        line = self.lines.get(path, 1)
        about: tuple[str, ...] = ()
        if isinstance(raw, dict):
            about = tuple(raw.get("about", ()))
            variants = {str(k): self._wordings(v, *path) for k, v in raw.items() if k != "about"}
        else:
            variants = {"es": self._wordings(raw, *path)}
        if "es" not in variants or not all(variants["es"]):
            self.fault(f"text {path[-1]} has no wording in es", *path)
        return Text(variants, about, line)

    def _wordings(self, raw: Any, *path: str) -> tuple[str, ...]:
        found = raw if isinstance(raw, list) else [raw]
        if not all(isinstance(w, str) for w in found):
            self.fault(f"text {path[-1]} must be words, or a list of wordings", *path)
            return ()
        return tuple(w.strip() for w in found)

    def route(self, raw: Any, *path: str) -> Route:
        if isinstance(raw, str):
            return Route(self.full(raw))
        if (
            isinstance(raw, dict)
            and set(raw) <= {"go", "aside", "open", "always"}
            and len({"go", "aside"} & set(raw)) == 1
        ):
            target = self.full(str(raw.get("go", raw.get("aside"))))
            return Route(target, "aside" in raw, bool(raw.get("open")), bool(raw.get("always")))
        self.fault(f"{path[-1]} leads nowhere: write a step, or {{go: step}} or {{aside: step}}", *path)
        return Route(BACK)

    def step(self, name: str, raw: Any) -> Step | None:
        path = ("steps", name)
        if not isinstance(raw, dict):
            self.fault("a step is a table", *path, step=name)
            return None
        for key in sorted(set(raw) - STEP_KEYS, key=str):
            self.fault(f"unknown key {key!r}; known: {', '.join(sorted(STEP_KEYS))}", *path, str(key), step=name)
        kinds = [k for k in KINDS if k in raw]
        if len(kinds) != 1:
            self.fault(f"a step is exactly one of {', '.join(KINDS)}; this has {kinds or 'none'}", *path, step=name)
            return None
        kind = kinds[0]
        text = raw[kind] if kind in ("say", "ask") else raw.get("text", "")
        return Step(
            name=name,
            flow=self.flow,
            line=self.lines.get(path, 1),
            kind=kind,
            text=self.full(str(text)) if text and text != SILENT else "",
            again=self.full(str(raw["again"])) if raw.get("again", SILENT) != SILENT else "",
            silent=SILENT in (raw.get("again"), text),
            buttons=tuple(self.full(b) for b in raw.get("buttons", ())),
            cards=str(raw.get("cards", "")),
            input=str(raw.get("input", "")),
            link=str(raw.get("link", "")),
            takes=tuple(raw.get("takes", ())),
            answer=self.full(str(raw["answer"])) if "answer" in raw else "",
            hears={k: self.route(v, *path, "hears", k) for k, v in (raw.get("hears") or {}).items()},
            action=str(raw.get("do", "")),
            then={str(k): self.full(str(v)) for k, v in (raw.get("then") or {}).items()},
            branch=tuple((str(c), self.full(str(s))) for c, s in (raw.get("branch") or {}).items()),
            otherwise=self.full(str(raw["else"])) if "else" in raw else "",
            go=self.full(str(raw["go"])) if "go" in raw else "",
            reason=str(raw.get("hand_over", "")),
            resumes=bool(raw.get("resumes")),
            narrow=bool(raw.get("narrow")),
            likely=bool(raw.get("likely")),
        )


def read_books(files: Mapping[str, str]) -> tuple[Book, list[Fault]]:
    """The flows of several files as one book, with the mistakes that reading alone can find.

    `files` maps a file's name to its text. Raises nothing: the mistakes are returned, for `verify` to add to.
    """
    steps: dict[str, Step] = {}
    texts: dict[str, Text] = {}
    buttons: dict[str, Text] = {}
    anywhere: dict[str, Route] = {}
    faults: list[Fault] = []
    names: dict[str, str] = {}
    places: dict[str, Place] = {}
    notices: dict[str, tuple[str, ...]] = {}
    start = ""
    for file, source in sorted(files.items()):
        reader = _Reader(file, source)
        data = reader.data
        for key in sorted(set(data) - ALLOWED, key=str):
            reader.fault(f"unknown key {key!r}; known: {', '.join(sorted(ALLOWED))}", str(key))
        if reader.flow in names:
            reader.fault(f"flow {reader.flow} is already in {names[reader.flow]}", "flow")
        names[reader.flow] = file
        for name, raw in (data.get("texts") or {}).items():
            texts[reader.full(name)] = reader.text(raw, "texts", name)
        for name, raw in (data.get("buttons") or {}).items():
            buttons[reader.full(name)] = reader.text(raw, "buttons", name)
        for name, raw in (data.get("steps") or {}).items():
            if step := reader.step(str(name), raw):
                steps[step.key] = step
        for name, raw in (data.get("anywhere") or {}).items():
            anywhere[str(name)] = reader.route(raw, "anywhere", str(name))
            places[f"anywhere {name}"] = reader.place("anywhere", str(name))
        for name, raw in (data.get("notices") or {}).items():
            notices[str(name)] = tuple(reader.full(str(one)) for one in (raw if isinstance(raw, list) else [raw]))
            places[f"notices {name}"] = reader.place("notices", str(name))
        if "anywhere" in data:
            places["anywhere"] = reader.place("anywhere")
        if "start" in data:
            start = reader.full(str(data["start"]))
            places["start"] = reader.place("start")
        faults += reader.faults
    digest = hashlib.blake2b("\x1e".join(f"{k}\x1f{v}" for k, v in sorted(files.items())).encode(), digest_size=16)
    book = Book(start, steps, texts, buttons, anywhere, digest.hexdigest(), dict(files), places=places, notices=notices)
    return book, faults
