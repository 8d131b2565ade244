"""The reference pages, made from the code: `python -m docs.generate` writes them, `--check` says which are stale."""

from __future__ import annotations

import inspect
import json
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import msgspec

from acuerdo.cli.feeds import FEEDS
from acuerdo.core import facts as all_facts
from acuerdo.core.campaigns.planning import CODES
from acuerdo.core.compliance import REASONS, describe
from acuerdo.core.dialogue.actions import ACTIONS, CONDITIONS, PRIORITY
from acuerdo.core.dialogue.editing import schema_of_flows
from acuerdo.core.dialogue.guards import FIGURES
from acuerdo.core.dialogue.picture import draw as draw_flow
from acuerdo.core.dialogue.schema import SLOT_TYPES, Book
from acuerdo.core.dialogue.slots import VARIABLES
from acuerdo.core.dialogue.verify import PLAIN_ENOUGH
from acuerdo.core.language.reading import COMMANDS, INTENTS, PROTECTED
from acuerdo.core.portfolio.column import Column
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.mapping import column_table
from acuerdo.core.results.columns import FIELDS
from acuerdo.core.results.outcomes import KINDS as LINES
from acuerdo.core.results.outcomes import OUTCOMES
from acuerdo.core.results.typification import draw, load_typification
from acuerdo.core.words import HandOverReason, HoldKind
from acuerdo.service import sending
from acuerdo.service.exporting import shipped_typification
from acuerdo.service.feeding import FORMS
from acuerdo.service.law import shipped_packs
from acuerdo.service.resources import shipped_flows
from acuerdo.service.settings import PREFIX, Settings
from docs import meanings
from docs.automata import automata_page
from docs.commands import command_page
from docs.drawing import flow_page
from docs.measures import measures_page

HOME = Path(__file__).parent / "reference"
NOTE = "<!-- Made by `make docs` from the code; changes here are lost. -->"


def pages() -> dict[str, str]:
    """Every reference page, by its path under docs/reference."""
    book = shipped_flows()
    made = {name: make() for name, (_, make) in PAGES.items()}
    made |= {f"law/{name}.md": f"{NOTE}\n{describe(pack)}" for name, pack in shipped_packs().items()}
    made |= {f"flows/{flow}.md": f"{NOTE}\n{flow_page(book, flow)}" for flow in flows_of(book)}
    made |= {f"flows/{flow}.svg": draw_flow(book, flow) for flow in flows_of(book)}
    made["flow.schema.json"] = json.dumps(schema_of_flows(), ensure_ascii=False, indent=1) + "\n"
    return made | {"README.md": index(book)}


def index(book: Book) -> str:
    """What there is, with a line for each."""
    lines = [f"- [{title}]({name})" for name, (title, _) in PAGES.items()]
    law = [f"- [{pack.title}](law/{name}.md)" for name, pack in shipped_packs().items()]
    flows = [f"- [{flow}](flows/{flow}.md)" for flow in flows_of(book)]
    return page(
        "Reference",
        "Made from the code by `make docs`; a test fails when a page is stale or something is undocumented.",
        *lines, "\n## Law packs (in Spanish, for the lawyer who signs them)\n", *law,
        "\n## Flows, drawn from their files\n", *flows,
    )  # fmt: skip


def flows_of(book: Book) -> list[str]:
    """The flows' names."""
    return sorted({step.flow for step in book.steps.values()})


def page(title: str, lead: str, *rest: str) -> str:
    """A page: its title, a sentence, and the rest."""
    return "\n".join((NOTE, f"# {title}\n", f"{lead}\n", *rest)).rstrip() + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    body = (" | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows)
    return "\n".join((f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *(f"| {row} |" for row in body), ""))


def settings_page() -> str:
    """What an operator can set."""
    rows = [
        (f"`{PREFIX}{name.upper()}`", _default(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    lead = "Environment variables, or lines of a `.env` file in the folder where `acuerdo` runs. All are optional."
    return page("Settings", lead, table(("variable", "by default", "what it is"), rows))


def _default(value: Any) -> str:
    if value is None or value == frozenset():
        return "(empty)"
    return f"`{value}`"


def facts_page() -> str:
    """Every fact with its fields."""
    return page(
        "Facts",
        "What can happen, one closed list. Each fact stands in an envelope: id, at, who (bot, debtor, agent:LOGIN, "
        "operator, system), creditor, person, account, conversation, campaign, cause. Fields marked **sealed** are "
        "encrypted with the person's own key; facts marked *input* are what a conversation is replayed from.",
        *(_fact(name, kind) for name, kind in sorted(all_facts.KINDS.items())),
    )


def _fact(name: str, kind: type[all_facts.Fact]) -> str:
    sealed = set(kind.personal)
    fields = [
        f"- `{field.name}`: {typed(field.type)}{' **sealed**' if field.name in sealed else ''}"
        for field in msgspec.structs.fields(kind)
    ]
    heading = f"## `{name}`{' *input*' if kind.input else ''}"
    return "\n".join((heading, "", own_docstring(kind), "", *fields, ""))


def own_docstring(thing: type) -> str:
    """A class's own docstring, never its parent's."""
    return inspect.cleandoc(thing.__dict__.get("__doc__") or "")


def typed(kind: Any) -> str:
    """A type as a person reads it."""
    if get_args(kind):
        name = getattr(kind, "__name__", "")
        inner = " or ".join(dict.fromkeys(typed(arg) for arg in get_args(kind) if arg is not Ellipsis))
        return f"list of {inner}" if name in ("tuple", "list") else inner
    if isinstance(kind, str):
        return f"`{kind}`"
    names = {type(None): "nothing", str: "text", int: "whole number", bool: "yes or no", msgspec.Raw: "JSON"}
    return names.get(kind, getattr(kind, "__name__", str(kind)))


def reasons_page() -> str:
    """Why somebody is or is not contacted, and why a case goes to a person."""
    return page(
        "Reasons",
        "The closed lists in which a decision says why. Each reason also names the rules that spoke, and whether they "
        "are law or the house's policy.",
        "## The guard's\n", _coded(REASONS), "## A campaign plan's\n", _coded(CODES),
        "## The sender's, for a message that it drops\n", _coded(sending.REASONS),
        "## For handing over to a person, the most pressing first\n",
        "\n".join(f"- `{name}`" for name in sorted(get_args(HandOverReason), key=lambda r: -PRIORITY[r])),
        "\n## For a hold on contact\n", "\n".join(f"- `{name}`" for name in get_args(HoldKind)),
    )  # fmt: skip


def _coded(codes: Mapping[Any, str]) -> str:
    return table(("code", "what it means"), ((f"`{code}`", what) for code, what in codes.items()))


def flows_page() -> str:
    """The language in which flows are written."""
    actions = ((f"`{n}`", a.does, ", ".join(f"`{o}`" for o in a.outcomes)) for n, a in sorted(ACTIONS.items()))
    variables = (
        (f"`{{{name}}}`", one.meaning, ", ".join(one.topics) or "nothing of a debt")
        for name, one in sorted(VARIABLES.items())
    )
    intents = (f"`{name}`{' (protected)' if name in PROTECTED else ''}" for name in INTENTS)
    return page(
        "The language of flows",
        "A flow file is a table with `flow` (its name), `texts`, `buttons`, `steps`, and in one file `start` and "
        "`anywhere`: what is heard at any moment. `acuerdo flows check` says what is wrong with it.",
        "## A step is exactly one of\n", _coded(meanings.KINDS),
        "## What else a step may say\n", _coded(meanings.KEYS),
        "## Slots: what a flow remembers\n",
        "Under `slots`, each with its type; filled by `into`, changed by `set`, read by conditions and, as `{name}`, "
        "by the flow's texts; a choice, which is a list of words, is said by the title of its button.\n",
        table(("type", "what is taken for it"), _slot_rows()),
        "## A condition, in `branch` or `when`\n",
        "One of the names below, or a slot (it holds something), each with `not` before it where it is not to hold; "
        f"a slot, or one of {', '.join(f'`{name}`' for name in FIGURES)}, compared by `=`, `!=`, `>`, `<`, `>=`, "
        "`<=`; several joined by `and`: `children > 2 and not sure`.\n",
        "## Variants of a text\n",
        "`es` always; by country `es-AR`, by tone `es/soft` or `es/firm`, by both `es-AR/soft`. A person gets the "
        "nearest: their country before their tone. `(usted|tú|vos)` inside any of them is said as the creditor treats "
        "people; a text may be a list of wordings, which take turns. Each is read no harder than "
        f"{PLAIN_ENOUGH:.0f} by the Fernández Huerta index (90 very easy, 60 plain, 30 hard).\n",
        "## A route under `hears` or `anywhere`\n", table(("written", "what it does"), meanings.ROUTES.items()),
        "## Actions and their outcomes\n", table(("action", "what it does", "outcomes to handle"), actions),
        "## Conditions of a branch\n", _coded({name: meanings.CONDITIONS.get(name, "") for name in CONDITIONS}),
        "## Variables of a text\n",
        "A text that may be said before identity may speak of nothing but the creditor; the check proves it.\n",
        table(("variable", "meaning", "speaks of"), variables),
        "## Intents that can be heard, the most pressing first\n", ", ".join(intents) + ".\n",
        "## Commands, heard as `command:NAME` or taken as an answer\n", _coded(COMMANDS),
    )  # fmt: skip


def _slot_rows() -> Iterator[tuple[str, str]]:
    for kind, taken in sorted(SLOT_TYPES.items()):
        name = "a list of words" if kind == "choice" else f"`{kind}`"
        yield name, ", ".join(f"`{one}`" for one in taken) or "an option of the step"


def columns_page() -> str:
    """The canonical portfolio file."""
    return page(
        "Columns of a portfolio file",
        "Headers in Spanish that are usual are understood without a mapping; `acuerdo portfolio columns` lists them. "
        "Meanings are in Spanish because the messages that name them are.",
        column_table(),
    )


def feeds_page() -> str:
    """The canonical forms of the other files."""
    made = [
        part
        for feed, form in FORMS.items()
        for part in (
            f"## `{feed}`: {form.name}\n",
            f"{FEEDS[feed]}\n",
            table(COLUMN_HEADS, map(_of(form), form.columns)),
        )
    ]
    return page(
        "Columns of the other files",
        "`acuerdo FEED import FILE` takes each in; `acuerdo FEED columns` lists these columns with the headers that "
        "are understood without a mapping. Meanings are in Spanish because the messages that name them are.",
        *made, "## Results of contacts\n", "What others' attempts came to (`result`), by any of these names:\n",
        table(("result", "what it means", "also understood"), _contact_results()),
    )  # fmt: skip


COLUMN_HEADS = ("columna", "significado", "obligatoria", "ejemplos")


def _of(form: Form[Any]) -> Callable[[Column], Sequence[str]]:
    """A column of a form as a row."""
    needed = {"yes": "sí", "no": ""}

    def row(column: Column) -> Sequence[str]:
        group = f"una de: {', '.join(form.groups.get(column.required, ()))}"
        return f"`{column.name}`", column.meaning, needed.get(column.required, group), ", ".join(column.examples)

    return row


def _contact_results() -> Iterator[Sequence[str]]:
    told = tomllib.loads((resources.files("acuerdo") / "policies" / "contact_results.toml").read_text("utf-8"))
    return ((f"`{code}`", one["meaning"], ", ".join(one.get("also", ()))) for code, one in told.items())


def results_page() -> str:
    """What goes back to creditors."""
    fields = ((f"`{name}`", one.form, one.meaning) for name, one in FIELDS.items())
    outcomes = ((f"`{name}`", meaning) for name, meaning in OUTCOMES.items())
    return page(
        "Files of results",
        "What `acuerdo results export` writes. Meanings are in Spanish, as the files are.",
        "## Kinds of lines\n", _coded(LINES),
        "## What a profile's column may hold\n", table(("field", "form", "meaning"), fields),
        "## Outcomes, each with its leaf in a typification\n", table(("outcome", "meaning"), outcomes),
        "## The shipped typification\n", f"```text\n{draw(load_typification(shipped_typification()))}\n```",
    )  # fmt: skip


AUTOMATA = "How agreements, promises and payments live, drawn from the tables that the code goes by."
PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "settings.md": ("Settings", settings_page),
    "cli.md": ("The `acuerdo` command", lambda: page("The `acuerdo` command", *command_page())),
    "columns.md": ("Columns of a portfolio file", columns_page),
    "feeds.md": ("Columns of the other files", feeds_page),
    "results.md": ("Files of results", results_page),
    "flows.md": ("The language of flows", flows_page),
    "facts.md": ("Facts", facts_page),
    "reasons.md": ("Reasons", reasons_page),
    "automata.md": ("Automata", lambda: page("Automata", AUTOMATA, automata_page())),
    "kpis.md": ("KPIs", lambda: page("KPIs", *measures_page())),
}


def undocumented() -> Iterator[str]:
    """What has no words of its own in the code."""
    yield from (f"setting {n}" for n, field in Settings.model_fields.items() if not field.description)
    yield from (f"fact {n}" for n, kind in all_facts.KINDS.items() if not own_docstring(kind))
    for what, codes in (("reason", {**REASONS, **CODES, **sending.REASONS}), ("command", COMMANDS)):
        yield from (f"{what} {code}" for code, words in codes.items() if not words.strip())
    yield from (f"action {n}" for n, action in ACTIONS.items() if not action.does)
    yield from (f"variable {n}" for n, one in VARIABLES.items() if not one.meaning)
    yield from (f"condition {n}" for n in CONDITIONS if not meanings.CONDITIONS.get(n))


def stale() -> list[str]:
    """The pages whose file differs from what the code now says, and files that no page makes any more."""
    made = pages()
    there = {str(path.relative_to(HOME)) for path in HOME.rglob("*") if path.suffix in (".md", ".svg", ".json")}
    return sorted(
        name
        for name in made.keys() | there
        if name not in made or name not in there or (HOME / name).read_text("utf-8") != made[name]
    )


def write() -> None:
    """Writes every page, and takes away those that nothing makes any more."""
    changed = stale()
    made = pages()
    for name in changed:
        path = HOME / name
        if name in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[name], "utf-8")
        else:
            path.unlink()
        print(f"docs/reference/{name}")
    print(f"{len(changed)} of {len(made)} pages written")


def main(*args: str) -> int:
    """Writes, or with `--check` says what is stale and ends with 1."""
    if "--check" not in args:
        write()
        return 0
    names = stale()
    for name in names:
        print(f"docs/reference/{name} is stale: run make docs")
    return bool(names)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
