"""What a flow is made of: steps, texts, routes and slots, each with its line, and the tables of the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from acuerdo.core.messages import Topic
from acuerdo.core.words import AcuerdoError

# Where a step may lead beside another step: back to where the conversation waited, said again; there without a word;
# or to whoever called this flow.
BACK = "back"
STAY = "stay"
RETURN = "return"
NOWHERE = (BACK, STAY, RETURN)
SILENT = "none"
# What an `else` says to ask again in three ways and then hand over.
REPAIR = "repair"
# The text that opens the first screen, among what it tells.
HEADING = "heading"
KINDS = ("say", "ask", "choose", "set", "branch", "call", "do", "wait", "hand_over", "end")

Shape = Literal[
    "word", "words", "text", "texts", "flag", "step", "steps", "routes", "values", "span", "reminders", "options"
]
# What a step may say, and the form in which each is written.
STEP_KEYS: Mapping[str, Shape] = {
    "say": "text", "ask": "text", "choose": "text", "set": "values", "branch": "steps", "call": "step", "do": "word",
    "wait": "span", "hand_over": "word", "end": "flag",
    "again": "texts", "buttons": "words", "cards": "word", "input": "word", "link": "word", "takes": "words",
    "answer": "step", "into": "word", "as": "word", "options": "options", "hears": "routes", "then": "steps",
    "else": "step", "go": "step", "when": "word", "skip": "step", "remind": "reminders", "resumes": "flag",
    "narrow": "flag", "likely": "flag",
}  # fmt: skip
# How each form is written, said to who wrote something else.
SHAPES: Mapping[Shape, str] = {
    "word": "one word", "words": "a list: [one, another]", "text": "the name of a text", "flag": "true or false",
    "texts": "the name of a text, or a list of them", "step": "the name of a step",
    "steps": "a table: {what: step}", "routes": "a table: {intent: step}", "values": "a table: {slot: value}",
    "span": "a time: 30m, 2h or 1d", "reminders": "a table of times and texts: {2h: text}",
    "options": "a table: {button: step}",
}  # fmt: skip
ROUTE_KEYS = frozenset({"go", "aside", "open", "always", "when"})
ALLOWED = {
    "flow", "start", "anywhere", "texts", "buttons", "steps", "about", "notices", "slots",
}  # fmt: skip
LOOKS = ("buttons", "list", "carousel")

# What a slot may hold, and what is taken for it where a step does not say so itself.
SLOT_TYPES: Mapping[str, tuple[str, ...]] = {
    "text": ("text",), "number": ("number",), "money": ("money",), "date": ("date", "today", "now", "tomorrow"),
    "yes_no": ("yes_no",), "email": ("email",), "phone": ("phone",), "document": ("document",), "file": ("file",),
    "choice": (),
}  # fmt: skip

# By what a text may have variants; a neutral tone has no mark.
TONES = ("soft", "firm")
COUNTRIES = ("CO", "MX", "CL", "PE", "AR", "ES")


class Fault(msgspec.Struct, frozen=True):
    """One mistake in a flow: where it stands, how to mend it, and the shortest way there from the start."""

    file: str
    line: int
    flow: str
    step: str
    what: str
    path: str = ""

    def __str__(self) -> str:
        way = f"; reached by {self.path}" if self.path else ""
        return f"{self.file}:{self.line}: flow {self.flow}, step {self.step or '-'}: {self.what}{way}"


class FlowError(AcuerdoError):
    """A flow cannot be used; every mistake is listed with file, line, flow and step."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(f) for f in faults))
        self.faults = faults


class Route(msgspec.Struct, frozen=True):
    """Where something heard leads.

    `aside` comes back to the waiting step, `open` is allowed before identity, `always` is heard even by a step that is
    narrow. While `when` does not hold it is not heard, and the button of that name is not shown.
    """

    step: str
    aside: bool = False
    open: bool = False
    always: bool = False
    when: str = ""


class Text(msgspec.Struct, frozen=True):
    """A text by variant: `es` always, others by country and tone; several wordings of one variant rotate.

    Where it is an option of a list or a carousel, `lines` go under it and `picture` is a picture's address. `file` is
    where a creditor's own wording stands.
    """

    variants: Mapping[str, tuple[str, ...]]
    about: tuple[str, ...] = ()
    line: int = 0
    lines: tuple[str, ...] = ()
    picture: str = ""
    file: str = ""


class Slot(msgspec.Struct, frozen=True):
    """Something that a flow remembers: its type, and for a choice the words it may be."""

    kind: str
    choices: tuple[str, ...] = ()
    line: int = 0


class After(msgspec.Struct, frozen=True):
    """What happens when nobody answers a waiting step for so many seconds: a text is said, or it goes on."""

    seconds: int
    text: str = ""
    go: str = ""


class Step(msgspec.Struct, frozen=True):
    """One step: says, asks, sets, calls, does, branches, hands over or ends. All that it may lead to stands in it.

    `kind` is how it runs: a choice and a wait are an `ask`, told by `look` and `after`. `ask: none` waits without a
    word. A `narrow` step hears nothing but its own ears and what is heard always. `resumes` marks a step of the
    negotiation, to which a digression comes back. `likely` shows only those of its buttons that a message which was
    not understood is nearest to, each named after an intent. `agains` are said on coming back: the first, and after
    each misunderstanding the next. `slot` (full name) takes the answer.
    """

    name: str
    flow: str
    line: int
    kind: str
    text: str = ""
    agains: tuple[str, ...] = ()
    silent: bool = False
    buttons: tuple[str, ...] = ()
    cards: str = ""
    input: str = ""
    link: str = ""
    takes: tuple[str, ...] = ()
    answer: str = ""
    slot: str = ""
    look: str = ""
    options: Mapping[str, str] = {}
    hears: Mapping[str, Route] = {}
    action: str = ""
    then: Mapping[str, str] = {}
    branch: tuple[tuple[str, str], ...] = ()
    otherwise: str = ""
    go: str = ""
    call: str = ""
    values: Mapping[str, str] = {}
    when: str = ""
    skip: str = ""
    after: tuple[After, ...] = ()
    reason: str = ""
    resumes: bool = False
    narrow: bool = False
    likely: bool = False

    @property
    def key(self) -> str:
        return f"{self.flow}.{self.name}"

    @property
    def again(self) -> str:
        """The text said on coming back, where there is one."""
        return self.agains[0] if self.agains else ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All that it may say."""
        return tuple(filter(None, (self.text, *self.agains, *(one.text for one in self.after))))


class Place(msgspec.Struct, frozen=True):
    """Where something stands that belongs to no step: `start`, `anywhere`, and each thing heard anywhere."""

    file: str
    flow: str
    line: int


class Book(msgspec.Struct, frozen=True):
    """All flows of a creditor, checked together: steps and texts by `flow.name`, and what is heard anywhere.

    `notices` has the texts that tell what a country wants told about a debt, by its word in law packs, in order.
    `homes` names the file of each flow.
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
    slots: Mapping[str, Slot] = {}
    homes: Mapping[str, str] = {}
