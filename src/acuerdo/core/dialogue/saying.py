"""A step's message as it goes on the screen: words, buttons, cards, a field, a link, and what it speaks of."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from acuerdo.core.dialogue.choosing import shown
from acuerdo.core.dialogue.notices import first_screen
from acuerdo.core.dialogue.pressing import id_of
from acuerdo.core.dialogue.schema import Step
from acuerdo.core.dialogue.slots import account_lines, fill, named, treated, wording
from acuerdo.core.dialogue.state import Line
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.messages import Button, Card, Content, Input, InputKind, Link, Topic
from acuerdo.core.negotiation.written import card
from acuerdo.core.words import Purpose, derive


def emit(turn: Turn, step: Step, text_id: str, *, origin: str = "", purpose: Purpose = "reply") -> None:
    state = turn.state
    text = turn.book.texts[text_id]
    words = fill(wording(text, state.view, f"{state.id}{text_id}", state.turns), turn, text_id.partition(".")[0])
    cards = _cards(turn, step.cards) if step.cards else ()
    files = turn.args.pop("files", ())
    buttons, options = _buttons(turn, step)
    field, link = _input(turn, step, text_id), _link(turn, step)
    content = Content(words, buttons, (*cards, *options), field, link, files, step.look == "list")
    topics = _topics(turn, text_id, bool(cards), content.link is not None, bool(files))
    if origin != "system":
        first_screen(turn, topics)
    said = turn.state.said + 1
    key = derive(state.id, "say", str(said))
    turn.lines.append(Line(key, text_id, content, topics, purpose, origin or "bot"))  # type: ignore[arg-type]
    turn.set(said=said, last_text=text_id)
    if state.proposal is not None and not state.proposal.summary_key and "offer" in topics:
        turn.set(proposal=msgspec.structs.replace(state.proposal, summary_key=key))


def _topics(turn: Turn, text_id: str, cards: bool, link: bool, files: bool) -> tuple[Topic, ...]:
    found: set[Topic] = set(turn.book.topics[text_id])
    found |= {"debt", "amount", "offer"} if cards else set()
    found |= {"debt"} if link else set()
    found |= {"debt", "amount"} if files else set()
    return tuple(sorted(found))


CHOOSE = "Elegir"
SEE = "Ver el detalle"


def _buttons(turn: Turn, step: Step) -> tuple[tuple[Button, ...], tuple[Card, ...]]:
    """The step's quick replies; the options of a carousel are cards."""
    buttons, cards = list[Button](), list[Card]()
    for key in [f"{step.flow}.{name}" for name in turn.args["likely"]] if step.likely else shown(turn, step):
        name, text = key.rpartition(".")[2], turn.book.buttons[key]
        pressed = id_of(step, name.replace("__", ":"), turn.state.said + 1)
        made = Button(pressed, fill(wording(text, turn.state.view, key), turn, step.flow))
        if step.look == "carousel" and name in step.options:
            lines = tuple(fill(line, turn, step.flow) for line in text.lines)
            cards.append(Card(made.id, made.title, lines, CHOOSE, text.picture))
        else:
            buttons.append(made)
    return tuple(buttons), tuple(cards)


def _cards(turn: Turn, kind: str) -> tuple[Card, ...]:
    if kind == "accounts":
        return tuple(Card(f"account:{a.id}", named(a), account_lines(turn, a), SEE) for a in turn.state.view.owed)
    offered = turn.state.position.offered if turn.state.position else ()
    cards = (card(p, turn.state.view.country) for p in offered)
    return tuple(msgspec.structs.replace(c, id=f"plan:{c.id}") for c in cards)


def _input(turn: Turn, step: Step, text_id: str) -> Input | None:
    if not step.input:
        return None
    kind: InputKind = step.input  # type: ignore[assignment]  # checked when loaded
    label = treated(INPUT_LABELS[kind], turn.state.view.creditor.treatment)
    if kind == "date" and "latest" in turn.args:
        return Input(kind, label, turn.today.isoformat(), turn.args["latest"].isoformat())
    return Input(kind, label.replace("{tail}", str(turn.state.view.tail)))


INPUT_LABELS: Mapping[str, str] = {
    "date": "(Elija|Elige|Elegí) una fecha",
    "money": "(Escriba|Escribe|Escribí) un valor",
    "document_tail": "Últimos {tail} caracteres de (su|tu) documento",
    "email": "(Su|Tu) correo electrónico",
    "text": "(Escriba|Escribe|Escribí) aquí",
    "rating": "De 1 a 5",
    "document": "(Su|Tu) documento completo",
    "phone": "(Su|Tu) teléfono",
    "number": "Un número",
    "file": "Foto o PDF del comprobante",
}


def _link(turn: Turn, step: Step) -> Link | None:
    if step.link == "contacts":
        return Link("Ver quién me ha contactado", f"{turn.state.view.base_url}/contacts")
    if not step.link or not turn.state.payment:
        return None
    return Link("Ir a la página de pago", f"{turn.state.view.base_url}/p/{turn.state.payment}")
