"""Language models and what they read: `acuerdo language train`, `evaluate`, `parse`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Json, examples

if TYPE_CHECKING:
    from io import BufferedReader

    from acuerdo.adapters.learning import Scores
    from acuerdo.core.language import Model

language = typer.Typer(help="Models of what people write, and what they read in it.", no_args_is_help=True)

TextColumn = Annotated[str, typer.Option("--text", help="The name of the column of texts.")]
IntentColumn = Annotated[str, typer.Option("--intent", help="The name of the column of intents.")]
BLOCK = 1 << 16  # bytes
MODEL_HELP = "A model's file, or the folder of one; the shipped model where not given."


def join(cli: typer.Typer) -> None:
    cli.add_typer(language, name="language")


@language.command(
    "train",
    epilog=examples(
        "acuerdo language train --data examples.csv --out models",
        "acuerdo language train --data train.csv --intent category --validation held.csv --out models",
    ),
)
def train(
    data: Annotated[Path, typer.Option(help="CSV, TSV or JSONL with a text and an intent in each line.")],
    out: Annotated[Path, typer.Option(help="The folder for the model and its card, named by the model's hash.")],
    text: TextColumn = "text",
    intent: IntentColumn = "intent",
    validation: Annotated[
        Path | None,
        typer.Option(help="Examples to set thresholds by; where not given, the data are cross-validated."),
    ] = None,
    outside: Annotated[
        str | None, typer.Option(help="The intent of texts that are none of the others; else out_of_scope or oos.")
    ] = None,
    reject: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="The share of texts in scope that may be turned away.")
    ] = 0.05,
    as_json: Json = False,
) -> None:
    """Trains a model on examples of any intents in any language, and writes it with its card.

    The same examples give the same model. The card says how right and how sure it is on texts it has not seen.
    """
    from acuerdo.adapters.learning import keep, read_examples
    from acuerdo.adapters.learning import train as make
    from acuerdo.adapters.store.clock import SystemClock

    known = read_examples(data, text, intent)
    held = read_examples(validation, text, intent) if validation else ()
    made = make(known, on=SystemClock().now().date(), outside=outside, reject=reject, validation=held)
    path = keep(made, out)
    if as_json:
        shell.emit({"model": str(path), "card": made.card})
        return
    shell.note(f"written to {path}")
    _show(made.card.scores, f"{made.card.name}: {made.card.validation}")


@language.command("evaluate", epilog=examples("acuerdo language evaluate --model models --data test.csv"))
def evaluate(
    data: Annotated[Path, typer.Option(help="CSV, TSV or JSONL with a text and an intent in each line.")],
    model: Annotated[Path | None, typer.Option(help=MODEL_HELP)] = None,
    text: TextColumn = "text",
    intent: IntentColumn = "intent",
    outside: Annotated[
        str | None, typer.Option(help="The intent of texts that are none of the others; else the model's own.")
    ] = None,
    country: Annotated[str, typer.Option(help="Where the texts were written; for the shipped model.")] = "CO",
    as_json: Json = False,
) -> None:
    """Measures a model on examples that it has not seen: right, sure, and what it takes for out of scope."""
    from acuerdo.adapters.learning import evaluate as measure
    from acuerdo.adapters.learning import read_examples

    known, chosen = read_examples(data, text, intent), _model(model)
    scores = measure(chosen, known, outside, country=_country(country))
    if as_json:
        shell.emit({"model": chosen.name, "scores": scores})
        return
    _show(scores, f"{chosen.name} on {data}")


@language.command(
    "parse",
    epilog=examples(
        'acuerdo language parse "le pago 200 mil el viernes" --country CO',
        "acuerdo language parse --jsonl < messages.jsonl",
    ),
)
def parse(
    text: Annotated[str, typer.Argument(help="A message; none with --jsonl.")] = "",
    jsonl: Annotated[
        bool, typer.Option(help="Reads {text, country, reference, expected?} a line from stdin, answers a line each.")
    ] = False,
    country: Annotated[str, typer.Option(help="CO, MX, CL, PE, AR or ES, where a line says none.")] = "CO",
    reference: Annotated[
        str, typer.Option(help="The moment of the message (ISO), there and then; now where a line says none.")
    ] = "",
    expected: Annotated[str, typer.Option(help="What had been asked: yes_no, choice, money, date and so on.")] = "",
    model: Annotated[Path | None, typer.Option(help=MODEL_HELP)] = None,
) -> None:
    """Reads messages: intents with confidence, entities and commands, as JSON.

    With --jsonl each line of stdin is answered by a line, in order; one that cannot be read is answered by {"error"},
    and the rest goes on. A moment without an offset is of the country's capital.
    """
    from acuerdo.adapters.store.clock import SystemClock
    from acuerdo.service.parsing import Asked, Desk, Message

    desk = Desk(_model(model), SystemClock().now(), _country(country), reference)
    if not jsonl:
        shell.emit(desk.read(Message(text, expected=Asked(expected) if expected else None)))
        return
    for lines in _arrived():
        sys.stdout.buffer.write(b"".join(desk.lines(lines)))
        sys.stdout.buffer.flush()


@language.command("corpus", epilog=examples("acuerdo language corpus", "acuerdo language corpus --folder my-corpus"))
def corpus(
    folder: Annotated[
        Path | None, typer.Option(help="A file a country (co.tsv): intent, register, text; else the shipped one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Looks whether a corpus is worth learning from: enough of everything, said in many ways, nothing said twice.

    Ends with 1 where it finds something to mend.
    """
    from collections import Counter

    from acuerdo.adapters.learning import guarding, shipped

    rows = shipped.corpus(folder) if folder else shipped.corpus()
    found = guarding.faults(rows)
    counts = {part: Counter(getattr(row, part) for row in rows) for part in ("country", "register", "intent")}
    if as_json:
        shell.emit({"utterances": len(rows), **counts, "faults": found})
    else:
        tables = (shell.table("", (part, ">utterances"), sorted(held.items())) for part, held in counts.items())
        shell.show(*tables, *found, f"{len(rows):,} utterances, {len(found)} to mend")
    if found:
        raise typer.Exit(shell.Code.REFUSED)


def _arrived() -> Iterator[list[bytes]]:
    """Lines of stdin as they come: all that have arrived, so that nobody waits and many are answered at once."""
    from acuerdo.service.parsing import LONGEST

    rest, given = b"", cast("BufferedReader", sys.stdin.buffer)
    while block := given.read1(BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        rest = rest[: LONGEST + 1]  # of a line too long to be read there is no need to keep more
        yield lines
    yield [rest]


def _model(place: Path | None) -> Model:
    if place is None:
        from acuerdo.service.resources import language_model

        return language_model()
    from acuerdo.adapters.learning import open_model

    return open_model(place)


def _country(code: str) -> str:
    from acuerdo.core.words import CAPITAL_ZONE

    if code.upper() not in CAPITAL_ZONE:
        raise shell.UsageError(f"{code!r} is no country of ours; one of {', '.join(CAPITAL_ZONE)}")
    return code.upper()


def _show(scores: Scores, title: str) -> None:
    figures = [
        ("texts", f"{scores.texts:,}"),
        ("right", f"{scores.accuracy:.4f}"),
        ("right of those in scope", f"{scores.inside_right:.4f}"),
        ("in scope, rejected", f"{scores.inside_rejected:.4f}"),
        ("out of scope, rejected", "-" if scores.outside_recall is None else f"{scores.outside_recall:.4f}"),
        ("expected calibration error", f"{scores.calibration_error:.4f}"),
    ]
    confused = [(one.meant, one.read or "(rejected)", one.times) for one in scores.confused[:10]]
    shell.show(
        shell.table(title, ("what", ">figure"), figures),
        shell.table("Confused most", ("meant", "read as", ">times"), confused),
    )
