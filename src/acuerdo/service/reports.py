"""What became of a file, in words: the report that is left beside it, and the note of one that was refused."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from acuerdo.service.door import Answer
from acuerdo.service.freshness import NAMES

MOST = 20  # rows that a report names; the others are in the CSV of the rows set aside
COUNTS: dict[str, str] = {
    "taken": "entraron", "added": "de ellas, nuevas", "updated": "de ellas, con cambios",
    "unchanged": "ya estaban iguales", "set_aside": "quedaron apartadas", "closed": "obligaciones cerradas",
    "unmatched": "sin obligación o persona conocida", "doubtful": "por revisar: quizá sean la misma persona",
}  # fmt: skip


def as_text(answer: Answer, creditor: str, zone: str) -> str:
    """The report of a file that went in, as people read it, by the clock of a zone."""
    counts = [
        f"{f'{answer.counts[name]:,}'.replace(',', '.'):>10}  {what}"
        for name, what in COUNTS.items()
        if answer.counts.get(name)
    ]
    lines = [
        f"{answer.file}: {NAMES[answer.feed]} de {creditor}",
        f"Recibido el {answer.at.astimezone(ZoneInfo(zone)):%d/%m/%Y a las %H:%M}. Importación {answer.import_id}.",
        "",
        *counts,
    ]
    if not counts:
        lines.append("Ninguna fila cambió nada.")
    rows = [row for row in answer.rows if row.reason]
    if rows:
        lines += ["", "Filas que piden atención:"]
        lines += [
            f"  fila {row.row}{f', {row.column}' if row.column else ''}: {row.reason}"
            f"{f'; {row.mend}' if row.mend else ''}"
            for row in rows[:MOST]
        ]
        if len(rows) > MOST or answer.left_off:
            lines.append("  … y otras más.")
    if answer.set_aside_file is not None:
        lines += [
            "",
            "Las filas apartadas están en el .apartadas.csv de al lado: corríjalas ahí y entregue ese archivo.",
        ]
    return "\n".join(lines) + "\n"


def as_error(answer: Answer) -> str:
    """The note of a file that was refused: what, and how to mend it."""
    return (
        f"{answer.file}: no entró nada.\n\n{answer.error}\n\n"
        "Corríjalo y vuelva a dejarlo en la carpeta. El archivo queda aquí tal como llegó.\n"
    )
