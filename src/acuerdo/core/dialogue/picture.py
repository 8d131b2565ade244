"""A flow as a picture (SVG): what each step says or does, what leads where, and the share that goes each way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from html import escape
from textwrap import shorten, wrap

import msgspec

from acuerdo.core.dialogue.schema import NOWHERE, REPAIR, Book, Step
from acuerdo.core.dialogue.slots import treated
from acuerdo.core.dialogue.variants import BASE
from acuerdo.core.dialogue.ways import onward

WIDTH, GAP, ROOM = 246, 172, 18  # of a step, between columns (where the labels are), between steps; in pixels
LINE, PAD, MARGIN = 15, 9, 24
MOST_NAMES = 6  # of the steps that share a box, named
ANYWHERE = "*"
# What each kind of step looks like: its edge and its ground.
LOOKS: Mapping[str, tuple[str, str, str]] = {
    "ask": ("#1d5fa8", "#eef5fc", "pregunta"), "say": ("#5b6470", "#f6f7f8", "dice"),
    "do": ("#9a6200", "#fdf5e6", "hace"), "branch": ("#6a4aa0", "#f5f0fb", "según"),
    "set": ("#0b7268", "#eaf7f5", "anota"), "call": ("#0b7268", "#eaf7f5", "llama"),
    "hand_over": ("#b3261e", "#fdeeed", "a una persona"), "end": ("#2b2f36", "#e9eaec", "fin"),
    "elsewhere": ("#8a929c", "#ffffff", "otro flujo"),
}  # fmt: skip
STYLE = (
    "text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:#20242a}"
    ".n{font-weight:600}.k{font-size:10px;fill:#5b6470}.e{font-size:10px;fill:#3c434c;paint-order:stroke;stroke:#fff;"
    "stroke-width:3px}.t{font-size:15px}.i{font-style:italic;fill:#5b6470;font-size:10.5px}path{fill:none}"
)


class Traffic(msgspec.Struct, frozen=True):
    """Which conversations (by number) went each way, of how many; what was heard anywhere comes from `*`."""

    conversations: int = 0
    ways: Mapping[tuple[str, str], AbstractSet[int]] = {}

    def share(self, ways: Iterable[tuple[str, str]]) -> float:
        """The share of conversations that went any of these ways."""
        went = {one for way in ways for one in self.ways.get(way, ())}
        return len(went) / self.conversations if self.conversations else 0.0


class _Box(msgspec.Struct):
    """One step (or several that differ in their words alone) with its lines and its place."""

    key: str
    kind: str
    lines: list[tuple[str, str]]
    names: str
    column: int = 0
    x: float = 0.0
    y: float = 0.0
    height: float = 0.0


class _Edge(msgspec.Struct):
    """Everything that leads from one box to another."""

    start: str
    to: str
    label: str
    share: float | None = None


def draw(book: Book, flow: str, traffic: Traffic | None = None) -> str:
    """The picture of a flow; with traffic, the share of conversations on each way and how wide it is."""
    steps = [step for step in book.steps.values() if step.flow == flow]
    alike = _alike(steps)
    boxes = {group[0].key: _box(book, group, traffic) for group in alike}
    edges = list(_edges(alike, boxes, traffic))
    _columns(boxes, edges)
    _place(boxes, edges)
    return _written(flow, boxes, edges, traffic)


def _alike(steps: list[Step]) -> list[list[Step]]:
    """Steps of one kind from which the same ways lead on, together: they differ in what they say alone."""
    found: dict[object, list[Step]] = {}
    for step in steps:
        ways = frozenset(onward(step)) if step.kind == "ask" else step.key
        found.setdefault((step.kind, ways), []).append(step)
    return list(found.values())


def _box(book: Book, group: list[Step], traffic: Traffic | None) -> _Box:
    step = group[0]
    names = [one.name for one in group]
    more = f" y {len(names) - MOST_NAMES} más" if len(names) > MOST_NAMES else ""
    lines = [("n", line) for line in wrap(", ".join(names[:MOST_NAMES]) + more, 30)]
    lines += [("", line) for line in _told(book, step)]
    if ears := _ears(book, {one.key for one in group}, traffic):
        lines += [("i", line) for line in wrap(f"oye: {ears}", 38, max_lines=4, placeholder=" …")]
    if back := [to for to in dict.fromkeys(to for to, _ in onward(step)) if to in NOWHERE]:
        lines.append(("i", "↩ " + ", ".join(back)))
    if step.otherwise.rpartition(".")[2] == REPAIR:
        lines.append(("i", "si no se entiende: se repara"))
    return _Box(step.key, step.kind, lines, ", ".join(names))


def _told(book: Book, step: Step) -> Iterator[str]:
    """What a step says or does, in a few lines."""
    said = {"do": step.action, "hand_over": step.reason, "call": step.call}.get(step.kind, "")
    if said:
        yield said
    if step.values:
        yield shorten(", ".join(f"{k.partition('.')[2]} = {v or '∅'}" for k, v in step.values.items()), 36)
    if step.when:
        yield shorten(f"solo si {step.when}", 34, placeholder=" …")
    if step.text in book.texts:
        words = " ".join(treated(book.texts[step.text].variants[BASE][0], "usted").split())
        yield from wrap(f"«{words}»", 33, max_lines=2, placeholder=" …»")
    titles = [book.buttons[key].variants[BASE][0] for key in step.buttons if key in book.buttons]
    if titles:
        yield shorten(" ".join(f"[{treated(one, 'usted')}]" for one in titles), 33, placeholder=" …")
    if step.input or step.cards:
        yield f"▸ {step.input or step.cards}"


def _ears(book: Book, keys: set[str], traffic: Traffic | None) -> str:
    heard = [name for name, route in book.anywhere.items() if route.step in keys]
    share = _percent(traffic.share((ANYWHERE, key) for key in keys)) if traffic and heard else ""
    return ", ".join(heard) + (f" ({share})" if share else "")


def _percent(share: float) -> str:
    return "0 %" if share == 0 else "<1 %" if share < 0.01 else f"{share:.0%}".replace("%", " %")


def _edges(alike: list[list[Step]], boxes: dict[str, _Box], traffic: Traffic | None) -> Iterator[_Edge]:
    drawn = {step.key: group[0].key for group in alike for step in group}
    for group in alike:
        ways: dict[str, list[str]] = {}
        taken: dict[str, set[tuple[str, str]]] = {}
        for target, how in onward(group[0]):
            if target in NOWHERE:
                continue
            to = drawn.get(target, f"→{target}")
            ways.setdefault(to, []).append(_how(how))
            taken.setdefault(to, set()).update((step.key, target) for step in group)
        for to, hows in ways.items():
            if to not in boxes:
                boxes[to] = _Box(to, "elsewhere", [("", to[1:])], to[1:])
            label = shorten(", ".join(filter(None, dict.fromkeys(hows))), 26, placeholder=" …")
            yield _Edge(group[0].key, to, label, traffic.share(taken[to]) if traffic else None)


def _how(how: str) -> str:
    return "" if how == "go" else how.removeprefix("then ").removeprefix("hears ").removeprefix("if ")


def _columns(boxes: dict[str, _Box], edges: list[_Edge]) -> None:
    """Each box in the column after the farthest that leads to it; ways that close a circle do not count."""
    after: dict[str, list[str]] = {key: [] for key in boxes}
    for edge in edges:
        after[edge.start].append(edge.to)
    closing = _closing(after)
    order: list[str] = []
    seen: set[str] = set()

    def visit(key: str) -> None:
        seen.add(key)
        for to in after[key]:
            if to not in seen and (key, to) not in closing:
                visit(to)
        order.append(key)

    for key in boxes:
        if key not in seen:
            visit(key)
    for key in reversed(order):
        for to in after[key]:
            if (key, to) not in closing:
                boxes[to].column = max(boxes[to].column, boxes[key].column + 1)


def _closing(after: Mapping[str, list[str]]) -> set[tuple[str, str]]:
    """The ways that close a circle, looked for from the first step on."""
    found: set[tuple[str, str]] = set()
    done: set[str] = set()
    for root in after:
        stack = [(root, iter(after[root]))] if root not in done else []
        path = {root}
        while stack:
            key, rest = stack[-1]
            to = next(rest, None)
            if to is None:
                done.add(key)
                path.discard(key)
                stack.pop()
            elif to in path:
                found.add((key, to))
            elif to not in done:
                path.add(to)
                stack.append((to, iter(after[to])))
    return found


def _place(boxes: dict[str, _Box], edges: list[_Edge]) -> None:
    """Where each box stands: its height by its lines and ways, its row near those it is tied to."""
    out: dict[str, int] = {}
    for edge in edges:
        out[edge.start] = out.get(edge.start, 0) + 1
    for box in boxes.values():
        box.height = max(len(box.lines) * LINE + 2 * PAD, out.get(box.key, 0) * (LINE - 1) + PAD)
        box.x = MARGIN + box.column * (WIDTH + GAP)
    columns: dict[int, list[_Box]] = {}
    for box in boxes.values():
        columns.setdefault(box.column, []).append(box)
    for column in columns.values():
        _stack(column, {box.key: 0.0 for box in column})
    for turn in range(8):
        for number in sorted(columns, reverse=bool(turn % 2)):
            ties = _ties(columns[number], boxes, edges, before=not turn % 2)
            columns[number].sort(key=lambda box: ties[box.key])
            _stack(columns[number], ties)
    top = min(box.y for box in boxes.values())
    for box in boxes.values():
        box.y += MARGIN + 34 - top


def _ties(column: list[_Box], boxes: Mapping[str, _Box], edges: list[_Edge], *, before: bool) -> dict[str, float]:
    """The middle of what each box of a column is tied to on one side; its own where it is tied to nothing."""
    found: dict[str, float] = {}
    for box in column:
        others = [boxes[e.start if e.to == box.key else e.to] for e in edges if box.key in (e.start, e.to)]
        side = [o.y + o.height / 2 for o in others if (o.column < box.column) is before and o.column != box.column]
        found[box.key] = sum(side) / len(side) if side else box.y + box.height / 2
    return found


def _stack(column: list[_Box], wanted: Mapping[str, float]) -> None:
    """Puts boxes under one another, in their order, as near as can be to where each is wanted."""
    total = sum(box.height + ROOM for box in column) - ROOM
    middle = sum(wanted[box.key] for box in column) / len(column)
    y = middle - total / 2
    for box in column:
        box.y, y = y, y + box.height + ROOM


def _written(flow: str, boxes: Mapping[str, _Box], edges: list[_Edge], traffic: Traffic | None) -> str:
    width = max(box.x for box in boxes.values()) + WIDTH + MARGIN
    height = max(box.y + box.height for box in boxes.values()) + MARGIN
    count = f", {traffic.conversations} conversaciones" if traffic else ""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
            f'height="{height:.0f}" role="img" aria-labelledby="t d">',
            f'<title id="t">Flujo {escape(flow)}{count}</title>',
            f'<desc id="d">{escape(_described(boxes, edges))}</desc>',
            f"<style>{STYLE}</style>",
            '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto" '
            'markerUnits="userSpaceOnUse"><path d="M0,0 L8,4 L0,8 z" style="fill:#6d7682"/></marker></defs>',
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>',
            f'<text x="{MARGIN}" y="{MARGIN + 4}" class="n t">{escape(flow)}{escape(count)}</text>',
            *_legend(MARGIN + 30 + 9.5 * len(flow + count), width),
            *_lines(boxes, edges),
            *(_drawn(box) for box in boxes.values()),
            "</svg>\n",
        )
    )


def _described(boxes: Mapping[str, _Box], edges: list[_Edge]) -> str:
    """The picture in words, for who does not see it."""
    return "; ".join(
        f"{boxes[e.start].lines[0][1]} a {boxes[e.to].lines[0][1]}"
        + (f" ({e.label})" if e.label else "")
        + (f", {_percent(e.share)}" if e.share is not None else "")
        for e in edges
    )


def _legend(x: float, width: float) -> Iterator[str]:
    for edge, ground, name in LOOKS.values():
        if x + 110 > width:
            return
        yield f'<rect x="{x}" y="{MARGIN - 8}" width="14" height="14" rx="3" fill="{ground}" stroke="{edge}"/>'
        yield f'<text x="{x + 19}" y="{MARGIN + 3}" class="k">{name}</text>'
        x += 30 + 6.2 * len(name)


def _lines(boxes: Mapping[str, _Box], edges: list[_Edge]) -> Iterator[str]:
    leaving: dict[str, list[_Edge]] = {}
    for edge in edges:
        leaving.setdefault(edge.start, []).append(edge)
    labels: list[str] = []
    for key, group in leaving.items():
        box = boxes[key]
        group.sort(key=lambda edge: boxes[edge.to].y + boxes[edge.to].height / 2)
        step = box.height / (len(group) + 1)
        for n, edge in enumerate(group, 1):
            x, y = box.x + WIDTH, box.y + step * n
            yield _curve(edge, x, y, boxes[edge.to])
            text = " · ".join(filter(None, (edge.label, _percent(edge.share) if edge.share is not None else "")))
            if text:
                labels.append(f'<text x="{x + 5:.1f}" y="{y - 2:.1f}" class="e">{escape(text)}</text>')
    yield from labels


def _curve(edge: _Edge, x: float, y: float, to: _Box) -> str:
    """A way from the right of one box to the left of another; one that goes back goes round below."""
    end_x, end_y = to.x - 1, to.y + min(to.height / 2, 22)
    if to.x > x:
        bend = max(50.0, (end_x - x) * 0.45)
        path = f"M{x:.1f},{y:.1f} C{x + bend:.1f},{y:.1f} {end_x - bend:.1f},{end_y:.1f} {end_x:.1f},{end_y:.1f}"
    else:
        path = (
            f"M{x:.1f},{y:.1f} C{x + 120:.1f},{y + 30:.1f} {end_x - 120:.1f},{end_y + 30:.1f} {end_x:.1f},{end_y:.1f}"
        )
    share = edge.share
    wide = 1.2 if share is None else 0.8 + 7 * share
    colour = "#9aa3ad" if share is None else "#d3d8dd" if share == 0 else "#1d5fa8"
    dashes = "" if to.x > x else ' stroke-dasharray="5 4"'
    thin = ' stroke-opacity="0.75"' if share is None or share else ""
    return f'<path d="{path}" stroke="{colour}" stroke-width="{wide:.1f}"{dashes}{thin} marker-end="url(#a)"/>'


def _drawn(box: _Box) -> str:
    edge, ground, _ = LOOKS[box.kind]
    round_ = {"ask": 14, "elsewhere": 4, "end": 18}.get(box.kind, 4)
    dashes = ' stroke-dasharray="4 3"' if box.kind in ("branch", "elsewhere") else ""
    rect = (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{WIDTH}" height="{box.height:.1f}" rx="{round_}" '
        f'fill="{ground}" stroke="{edge}" stroke-width="1.4"{dashes}/>'
    )
    first = box.y + (box.height - len(box.lines) * LINE) / 2 + LINE - 4
    words = "".join(
        f'<text x="{box.x + 11:.1f}" y="{first + n * LINE:.1f}"{f" class={chr(34)}{look}{chr(34)}" if look else ""}>'
        f"{escape(text)}</text>"
        for n, (look, text) in enumerate(box.lines)
    )
    return f"<g><title>{escape(box.names)}</title>{rect}{words}</g>"
