"""Rows to people: who owes, how they are reached, what they allowed, and who stands beside them."""

from __future__ import annotations

from datetime import date

from acuerdo.core.portfolio.column import key
from acuerdo.core.portfolio.columns_parties import GROUPS_OF_PARTIES
from acuerdo.core.portfolio.contact import split_cell, zones
from acuerdo.core.portfolio.documents import Document, customer_type_of
from acuerdo.core.portfolio.records import Consent, Contact, Party, PersonRecord
from acuerdo.core.portfolio.regions import REGIONS
from acuerdo.core.portfolio.row import EMAIL_MARKS, MISSING, PHONE_MARKS, Memory, Row
from acuerdo.core.portfolio.slips import Bad
from acuerdo.core.portfolio.vocabulary import QUALITIES, Quality, Register, choice

_NO_CONTACT = Bad(
    "no_contact", "no queda ningún teléfono ni correo válido", "añada uno para poder invitarle a conversar"
)
_CHANNEL_COLUMNS: dict[str, str] = {"consent": "*"} | {
    f"consent_{channel}": channel for channel in ("sms", "whatsapp", "email", "voice")
}
_REGISTER_COLUMNS: tuple[Register, ...] = ("do_not_call", "judicialised", "deceased")
_quality = Memory(choice(QUALITIES, "quality_unknown", "esa calidad"))


def person_of(row: Row) -> PersonRecord | None:
    """Who owes; None when the row has no document that can be used."""
    said, desk, country = row.said, row.desk, row.desk.country
    papers = _documents(row)
    paper = papers[0] if papers else None
    kind = said.get("customer_type") or (customer_type_of(paper) if paper else "natural")
    name = _name(row, business=kind == "business")
    phones, emails = row.several("phone", desk.phones), row.several("email", desk.emails)
    contacts: tuple[Contact, ...] = ()
    extras = row.shape.extras
    if "contacts" in extras:
        contacts = _contacts(row, phones, emails)
        bad = {contact.value for contact in contacts if contact.quality == "bad"}
        phones, emails = _without(phones, bad), _without(emails, bad)
    if not phones and not emails:
        row.blame("phone", _NO_CONTACT, kept=True)
    if paper is None:
        return None
    region, subdivision = row.text("subdivision"), said.get("subdivision", "")
    # A region that nobody knows proves no hour.
    proven = region if subdivision or country not in REGIONS else ""
    city = said.get("city", "")
    return PersonRecord(
        name, paper, country, phones, emails, said.get("address", ""), city, region, subdivision,
        zones(country, said.get("zone", ""), city, proven, phones), kind, said.get("customer_since"),
        said.get("language") or f"es-{country}", papers[1:], said.get("born"), said.get("preferred_channel", ""),
        said.get("preferred_hours", ""), _consents(row) if "consents" in extras else (), contacts,
    )  # fmt: skip


def _without(addresses: tuple[str, ...], bad: set[str]) -> tuple[str, ...]:
    return tuple(one for one in addresses if one not in bad)


def _documents(row: Row) -> tuple[Document, ...]:
    """The person's documents, the first being who they are; where one is good, a bad one beside it is only told."""
    cells, desk = row.cells, row.desk
    raw = cells.get("document", "")
    stated = row.text("document_type")
    if "document_2" not in cells and "|" not in raw:
        found = desk.papers(stated)[raw]
        if found.__class__ is Document:
            return (found,)
        unknown = found is not None and found.code == "document_type_unknown"
        row.blame("document_type" if unknown else "document", found or MISSING)
        return ()
    asked = [("document", part, stated if not at else "") for at, part in enumerate(split_cell(raw, "|"))]
    if second := row.text("document_2"):
        asked.append(("document_2", second, row.text("document_2_type")))
    read = [(column, part, desk.papers(kind)[part]) for column, part, kind in asked]
    good = tuple(dict.fromkeys(found for _, _, found in read if found.__class__ is Document))
    for column, part, found in read:
        if found.__class__ is Bad:
            row.blame(column, found, bool(good), part)
    if not read:
        row.blame("document", MISSING)
    return good


def _name(row: Row, business: bool) -> str:
    cells, desk = row.cells, row.desk
    raw = cells.get("name", "")
    if "surnames" in row.shape.extras:
        raw = _joined(row)
    found = desk.names[business][raw]
    if found.__class__ is str:
        return str(found)
    column = "name" if row.text("name") or not row.text("given_names") else "given_names"
    row.blame(column, found or Bad("missing", "falta el nombre", "complete la celda"))
    return ""


def _joined(row: Row) -> str:
    """The name of its parts; a whole name that has its surnames already is left alone."""
    name = row.text("name")
    surnames = " ".join(filter(None, (row.text("surnames"), row.text("second_surname"))))
    if not name:
        return f"{row.text('given_names')} {surnames}"
    return name if key(surnames) in key(name) else f"{name} {surnames}"


def _contacts(row: Row, phones: tuple[str, ...], emails: tuple[str, ...]) -> tuple[Contact, ...]:
    """What is said of each address, where anything is."""
    address = row.text("address")
    found: list[Contact] = []
    for kind, marks, good, memory in (
        ("phone", PHONE_MARKS, phones, row.desk.phones), ("email", EMAIL_MARKS, emails, row.desk.emails),
        ("address", "", (address,) if address else (), None),
    ):  # fmt: skip
        parts = split_cell(row.cells.get(kind, ""), marks) if marks else good
        sources, qualities = _beside(row, f"{kind}_source", len(parts)), _beside(row, f"{kind}_quality", len(parts))
        for part, source, word in zip(parts, sources, qualities, strict=True):
            values = (memory[part] or ((), ()))[0] if memory is not None else (part,)
            quality = _quality_of(row, f"{kind}_quality", word)
            source = source or row.text("contact_source")
            if values and values[0] in good and (source or word):
                found.append(Contact(kind, values[0], source, quality))  # type: ignore[arg-type] # of the three above
    return tuple(dict.fromkeys(found))


def _beside(row: Row, column: str, count: int) -> tuple[str, ...]:
    """What a column says of each of `count` values: one word for all, or as many as there are."""
    said = tuple(part.strip() for part in row.text(column).split("|"))
    if len(said) == count:
        return said
    if len(said) > 1:
        bad = Bad("count_differs", f"trae {len(said)} valores para {count} datos", "ponga uno, o uno por cada dato")
        row.blame(column, bad, kept=True)
        return ("",) * count
    return said * count


def _quality_of(row: Row, column: str, word: str) -> Quality:
    found = _quality[word] if word else None
    if found.__class__ is Bad:
        row.blame(column, found, kept=True, value=word)
        return "unknown"
    quality: Quality = found or "unknown"
    return quality


def _consents(row: Row) -> tuple[Consent, ...]:
    """Yes or no of each channel; a date in its place is a yes of that day."""
    said, at, evidence = row.said, row.said.get("consent_date"), row.text("consent_evidence")
    return tuple(
        Consent(channel, found is not False, found if isinstance(found, date) else at, evidence)
        for column, channel in _CHANNEL_COLUMNS.items()
        if (found := said.get(column)) is not None
    )


def registers_of(row: Row) -> tuple[Register, ...]:
    """The registers in which the person, or the debt, is."""
    return tuple(register for register in _REGISTER_COLUMNS if row.said.get(register, False) is not False)


def parties_of(row: Row) -> tuple[Party, ...]:
    """Everyone else whom the row names, once each; what is bad of them is told, and the row is kept."""
    found = (_party(row, prefix) for prefix in GROUPS_OF_PARTIES)
    return tuple(dict.fromkeys(party for party in found if party is not None))


def _party(row: Row, prefix: str) -> Party | None:
    desk = row.desk
    stated = row.text(f"{prefix}_document_type")
    paper: Document | None = row.read(f"{prefix}_document", desk.papers(stated), kept=True)
    business = paper is not None and customer_type_of(paper) == "business"
    name = row.read(f"{prefix}_name", desk.names[business], kept=True) or ""
    phones = row.several(f"{prefix}_phone", desk.phones)
    emails = row.several(f"{prefix}_email", desk.emails)
    if not (name or paper or phones or emails):
        return None
    return Party(GROUPS_OF_PARTIES[prefix], name, paper, phones, emails, row.text(f"{prefix}_relation"))
