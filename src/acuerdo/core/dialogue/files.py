"""A flow file becomes steps, texts, slots and routes, with the line each of them stands on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec
import yaml

from acuerdo.core.dialogue.schema import (
    ALLOWED,
    KINDS,
    LOOKS,
    NOWHERE,
    REPAIR,
    ROUTE_KEYS,
    SHAPES,
    SILENT,
    SLOT_TYPES,
    STEP_KEYS,
    After,
    Book,
    Fault,
    Place,
    Route,
    Shape,
    Slot,
    Step,
    Text,
)
from acuerdo.core.dialogue.variants import BASE, KEYS, near_key

MERGE = "<<"
DEEPEST = 6  # tables within tables; whatever is deeper has no line of its own
NAME = re.compile(r"[a-z][a-z0-9_]*")
SPAN = re.compile(r"(\d{1,4})(m|h|d)")
# The folder of creditors' own texts, one file each by the creditor's id; and what may stand in them.
CREDITORS = "creditors/"
REWORDED = frozenset({"texts", "buttons"})
SECONDS = {"m": 60, "h": 3600, "d": 86_400}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C where the library has it
    """YAML as people mean it: `yes`, `no` and `12:30` are words, and only true and false are either."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _form, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", list("tf")),
    ("int", r"-?(?:0|[1-9]\d*)", list("-0123456789")),
    ("float", r"-?\d+\.\d+", list("-0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_form})$"), _first)


def near(name: str, known: Iterable[str]) -> str:
    """What whoever wrote `name` may have meant."""
    close = get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""


def seconds_of(span: object) -> int | None:
    """How long `30m`, `2h` or `1d` lasts; None for anything else."""
    found = SPAN.fullmatch(str(span))
    return int(found[1]) * SECONDS[found[2]] if found and int(found[1]) else None


def _word(raw: object) -> bool:
    return isinstance(raw, str | int) and not isinstance(raw, bool)


def _table(of: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda raw: isinstance(raw, dict) and all(_word(k) and of(v) for k, v in raw.items())


# Whether what stands at a key has the form that the language's table says.
FITS: Mapping[Shape, Callable[[Any], bool]] = {
    "word": _word,
    "text": _word,
    "step": _word,
    "flag": lambda raw: isinstance(raw, bool) or raw in ("yes", "no"),
    "words": lambda raw: isinstance(raw, list) and all(map(_word, raw)),
    "texts": lambda raw: _word(raw) or (isinstance(raw, list) and bool(raw) and all(map(_word, raw))),
    "steps": _table(_word),
    "options": _table(_word),
    "values": _table(lambda raw: raw is None or isinstance(raw, str | int | float | bool)),
    "routes": _table(lambda raw: True),
    "span": lambda raw: seconds_of(raw) is not None,
    "reminders": lambda raw: isinstance(raw, dict) and all(seconds_of(k) and _word(v) for k, v in raw.items()),
}


class _Reader:
    """Reads one file and keeps its mistakes; exists only while a file is read."""

    def __init__(self, file: str, source: str, *, named: bool = True) -> None:
        self.file, self.flow = file, "?"
        self.faults: list[Fault] = []
        self.lines: dict[tuple[str, ...], int] = {}
        self.data = self._parse(source)
        self.flow = str(self.data.get("flow", "?"))
        if self.data and named and not NAME.fullmatch(self.flow):
            self.fault("a flow file begins with its name, in small letters: flow: name", "flow")
        self.slots = {self.full(name): self.slot(name, raw) for name, raw in self.part("slots").items()}

    def _parse(self, source: str) -> dict[str, Any]:
        loader = _Loader(source)
        try:
            node = loader.get_single_node()
            self._mark((), node)
            data = loader.construct_document(node) if node is not None else None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self.fault(f"not YAML: {getattr(error, 'problem', error)}", line=mark.line + 1 if mark else 1)
            return {}
        except (RecursionError, TypeError, ValueError) as error:
            self.fault(f"not a flow: {error}", line=1)
            return {}
        finally:
            loader.dispose()
        if not isinstance(data, dict):
            self.fault("a flow file is a table with flow, texts and steps")
            return {}
        return data

    def _mark(self, path: tuple[str, ...], node: Any) -> None:
        if not isinstance(node, yaml.MappingNode) or len(path) > DEEPEST:
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
        found = next((self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), 1)
        self.faults.append(Fault(self.file, line if line is not None else found, self.flow, step, what))

    def place(self, *path: str) -> Place:
        return Place(self.file, self.flow, self.lines.get(path, 1))

    def full(self, name: object) -> str:
        """`step` becomes `flow.step`; `flow.step`, `back`, `stay` and `return` stay."""
        said = str(name)
        return said if said in NOWHERE or "." in said else f"{self.flow}.{said}"

    def part(self, name: str, *, named: bool = True) -> dict[str, Any]:
        """A table of the file, its names as words; a mistake where it is no table or a name is no name."""
        raw = self.data.get(name)
        if raw is None:
            return {}
        if not isinstance(raw, dict):
            self.fault(f"{name} is a table", name)
            return {}
        if named and name in ("texts", "buttons", "steps", "slots"):
            for one in raw:
                if not NAME.fullmatch(str(one)):
                    self.fault(f"{one!r} is no name: write small letters, digits and _, as in {name}", name, str(one))
        return {str(key): value for key, value in raw.items()}

    def slot(self, name: str, raw: Any) -> Slot:
        path = ("slots", name)
        line = self.lines.get(path, 1)
        if isinstance(raw, list) and raw and all(map(_word, raw)):
            return Slot("choice", tuple(map(str, raw)), line)
        if not isinstance(raw, str) or raw not in SLOT_TYPES or raw == "choice":
            known = ", ".join(sorted(set(SLOT_TYPES) - {"choice"}))
            self.fault(f"slot {name} is of no known type; known: {known}, or a list of words", *path)
            return Slot("text", (), line)
        return Slot(str(raw), (), line)

    def text(self, raw: Any, *path: str) -> Text:
        line = self.lines.get(path, 1)
        if not isinstance(raw, dict):
            raw = {BASE: raw}
        for key in ("about", "lines"):
            if not FITS["words"](raw.get(key, [])):
                self.fault(f"{key} is a list: [one, another]", *path, key)
                raw = {k: v for k, v in raw.items() if k != key}
        variants = {}
        for key, value in raw.items():
            if key in ("about", "lines", "picture"):
                continue
            if key in KEYS:
                variants[str(key)] = self._wordings(value, *path)
            else:
                known = near_key(str(key)) or "; write es, es-AR, es/soft or es-AR/soft"
                self.fault(f"text {path[-1]} has a variant {key!r}, which is unknown{known}", *path, str(key))
        if not variants.get(BASE) or not all(variants[BASE]):
            self.fault(f"text {path[-1]} has no wording in es", *path)
            variants.setdefault(BASE, ("",))
        about, lines = tuple(map(str, raw.get("about", ()))), tuple(map(str, raw.get("lines", ())))
        return Text(variants, about, line, lines, str(raw.get("picture", "")))

    def _wordings(self, raw: Any, *path: str) -> tuple[str, ...]:
        found = raw if isinstance(raw, list) else [raw]
        if not found or not all(_word(w) for w in found):
            self.fault(f"text {path[-1]} must be words, or a list of wordings", *path)
            return ()
        return tuple(str(w).strip() for w in found)

    def route(self, raw: Any, *path: str) -> Route:
        if _word(raw):
            return Route(self.full(raw))
        if isinstance(raw, dict) and set(raw) <= ROUTE_KEYS and len({"go", "aside"} & set(raw)) == 1:
            target = self.full(raw.get("go", raw.get("aside")))
            return Route(
                target, "aside" in raw, bool(raw.get("open")), bool(raw.get("always")), str(raw.get("when", ""))
            )
        self.fault(f"{path[-1]} leads nowhere: write a step, or {{go: step}} or {{aside: step}}", *path)
        return Route(NOWHERE[0])

    def step(self, name: str, raw: Any) -> Step | None:
        path = ("steps", name)
        if not isinstance(raw, dict):
            self.fault("a step is a table: {say: text, go: step}", *path, step=name)
            return None
        raw = {str(key): value for key, value in raw.items()}
        for key in sorted(set(raw) - set(STEP_KEYS)):
            known = near(key, STEP_KEYS) or f"; known: {', '.join(sorted(STEP_KEYS))}"
            self.fault(f"unknown key {key!r}{known}", *path, key, step=name)
        for key, value in raw.items():
            if key in STEP_KEYS and not FITS[STEP_KEYS[key]](value):
                self.fault(f"{key} is {SHAPES[STEP_KEYS[key]]}", *path, key, step=name)
                return None
        kinds = [k for k in KINDS if k in raw]
        if len(kinds) != 1:
            found = " and ".join(kinds) or "none"
            self.fault(f"a step is exactly one of {', '.join(KINDS)}; this is {found}", *path, step=name)
            return None
        if raw.get("as", LOOKS[0]) not in LOOKS:
            self.fault(f"as {raw['as']} is unknown; known: {', '.join(LOOKS)}", *path, "as", step=name)
        return self._made(name, kinds[0], raw)

    def _made(self, name: str, kind: str, raw: Mapping[str, Any]) -> Step:
        path = ("steps", name)
        text = raw.get(kind) if kind in ("say", "ask", "choose") else None
        again = raw.get("again", SILENT)
        agains = again if isinstance(again, list) else [again]
        options = {str(one): self.full(to) for one, to in raw.get("options", {}).items()}
        hears = {str(k): self.route(v, *path, "hears", str(k)) for k, v in raw.get("hears", {}).items()}
        chosen = {f"button:{one}": Route(to) for one, to in options.items()}
        slot = self.full(raw["into"]) if "into" in raw else ""
        yes_no = slot in self.slots and self.slots[slot].kind == "yes_no" and "answer" in raw
        either = {one: Route(self.full(raw["answer"])) for one in ("affirm", "deny")} if yes_no else {}
        onward = self.full(raw["go"]) if "go" in raw else ""
        waits = (After(seconds_of(raw["wait"]) or 0, go=onward),) if kind == "wait" else ()
        reminds = tuple(After(seconds_of(k) or 0, self.full(v)) for k, v in raw.get("remind", {}).items())
        return Step(
            name=name,
            flow=self.flow,
            line=self.lines.get(path, 1),
            kind="ask" if kind in ("choose", "wait") else kind,
            text=self.full(text) if text not in (None, SILENT) else "",
            agains=tuple(self.full(one) for one in agains if one != SILENT),
            silent=(SILENT in (*agains, text) and "again" in raw) or text == SILENT or kind == "wait",
            buttons=tuple(self.full(b) for b in (*options, *raw.get("buttons", ()))),
            cards=str(raw.get("cards", "")),
            input=str(raw.get("input", "")),
            link=str(raw.get("link", "")),
            takes=tuple(map(str, raw.get("takes", self._taken(slot)))),
            answer=self.full(raw["answer"]) if "answer" in raw else "",
            slot=slot,
            look=str(raw.get("as", LOOKS[0] if kind == "choose" else "")),
            options=options,
            hears={**chosen, **either, **hears},
            action=str(raw.get("do", "")),
            then={str(k): self.full(v) for k, v in raw.get("then", {}).items()},
            branch=tuple((str(c), self.full(s)) for c, s in raw.get("branch", {}).items()),
            otherwise=self.full(raw["else"]) if "else" in raw else self.full(REPAIR) if kind == "wait" else "",
            go="" if kind == "wait" else onward,
            call=self.full(raw["call"]) if kind == "call" else "",
            values={self.full(k): "" if v is None else _scalar(v) for k, v in raw.get("set", {}).items()},
            when=str(raw.get("when", "")),
            skip=self.full(raw["skip"]) if "skip" in raw else "",
            after=waits or tuple(sorted(reminds, key=lambda one: one.seconds)),
            reason=str(raw.get("hand_over", "")),
            resumes=_flag(raw.get("resumes")),
            narrow=_flag(raw.get("narrow")),
            likely=_flag(raw.get("likely")),
        )

    def _taken(self, slot: str) -> tuple[str, ...]:
        """What is taken for a slot where the step does not say; a choice is taken by its options."""
        return SLOT_TYPES[self.slots[slot].kind] if slot in self.slots else ()


def _scalar(raw: object) -> str:
    return {True: "yes", False: "no"}[raw] if isinstance(raw, bool) else str(raw)


def _flag(raw: object) -> bool:
    return raw is True or raw == "yes"


def read_books(files: Mapping[str, str]) -> tuple[Book, list[Fault]]:
    """The flows of several files as one book, with the mistakes that reading alone can find.

    `files` maps a file's name to its text. Raises nothing: the mistakes are returned, for `verify` to add to.
    """
    book = Book("", {}, {}, {}, {}, digest_of(files), dict(files))
    made: dict[str, dict[str, Any]] = {one: {} for one in (
        "steps", "texts", "buttons", "anywhere", "places", "notices", "slots", "homes",
    )}  # fmt: skip
    faults: list[Fault] = []
    start = ""
    for file, source in sorted(files.items()):
        if file.startswith(CREDITORS):
            continue
        reader = _Reader(file, source)
        _gather(reader, made)
        if "start" in reader.data:
            start = reader.full(reader.data["start"])
        faults += reader.faults
    for file in sorted(one for one in files if one.startswith(CREDITORS)):
        faults += _reworded(file, files[file], made)
    return msgspec.structs.replace(book, start=start, **made), faults


def _gather(reader: _Reader, made: dict[str, dict[str, Any]]) -> None:
    """Adds one file's parts to those of the whole book."""
    for key in sorted(set(reader.data) - ALLOWED, key=str):
        known = near(str(key), ALLOWED) or f"; known: {', '.join(sorted(ALLOWED))}"
        reader.fault(f"unknown key {key!r}{known}", str(key))
    if reader.flow in made["homes"]:
        reader.fault(f"flow {reader.flow} is already in {made['homes'][reader.flow]}", "flow")
    made["homes"][reader.flow] = reader.file
    made["slots"].update(reader.slots)
    for kind in ("texts", "buttons"):
        made[kind].update({reader.full(n): reader.text(raw, kind, n) for n, raw in reader.part(kind).items()})
    for name, raw in reader.part("steps").items():
        if step := reader.step(name, raw):
            made["steps"][step.key] = step
    for name, raw in reader.part("anywhere").items():
        made["anywhere"][name] = reader.route(raw, "anywhere", name)
        made["places"][f"anywhere {name}"] = reader.place("anywhere", name)
    for name, raw in reader.part("notices").items():
        made["notices"][name] = tuple(reader.full(one) for one in (raw if isinstance(raw, list) else [raw]))
        made["places"][f"notices {name}"] = reader.place("notices", name)
    for name in ("anywhere", "start"):
        if name in reader.data:
            made["places"][name] = reader.place(name)


def _reworded(file: str, source: str, made: dict[str, dict[str, Any]]) -> list[Fault]:
    """Puts a creditor's own words in the place of the house's, text by text; the mistakes in how they are written."""
    reader = _Reader(file, source, named=False)
    for key in sorted(set(reader.data) - REWORDED, key=str):
        reader.fault(f"{key} is not a creditor's to change: only {' and '.join(sorted(REWORDED))} are", str(key))
    for kind in sorted(REWORDED):
        for name, raw in reader.part(kind, named=False).items():
            before = made[kind].get(name)
            if before is None:
                reader.fault(f"there is no such text as {name}{near(name, made[kind])}", kind, name)
                continue
            text = reader.text(raw, kind, name)
            about = tuple(dict.fromkeys((*before.about, *text.about)))
            made[kind][name] = msgspec.structs.replace(text, about=about, file=file)
    return reader.faults


def digest_of(files: Mapping[str, str]) -> str:
    """The content address of these files."""
    joined = "\x1e".join(f"{k}\x1f{v}" for k, v in sorted(files.items()))
    return hashlib.blake2b(joined.encode(), digest_size=16).hexdigest()
