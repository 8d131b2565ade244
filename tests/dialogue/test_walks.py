"""Conversations of chance over all the flows; and proof that each thing that must never happen would be seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from benchmarks import walks
from benchmarks.walks import Found, Walk, books, newer_flows

from acuerdo.core.dialogue import bargain, returning
from acuerdo.core.dialogue.schema import Book, Text
from acuerdo.core.facts import AgreementAccepted
from acuerdo.core.negotiation.authority import Authority
from acuerdo.service.resources import shipped_flows

STEPS = 50_000
COVERED = 0.8  # of the steps that wait for an answer


def walked(steps: int, seed: int) -> Found:
    found = Found()
    for one in walks.walks(steps, seed):
        found.add(one)
    return found


def broken(steps: int = 4000, seed: int = 2) -> set[str]:
    return {one.what for one in walked(steps, seed).broken}


def test_what_must_never_happen_does_not_happen() -> None:
    found = walked(STEPS, 5)
    assert found.steps >= STEPS
    assert not found.broken, "\n".join(f"{b.what}, walk {b.walk}: {b.detail}" for b in found.broken[:10])
    asks = {name for name, one in shipped_flows().steps.items() if one.kind == "ask"}
    assert len(found.waited & asks) >= COVERED * len(asks), sorted(asks - found.waited)
    happened = {"OfferMade", "AgreementAccepted", "PromiseMade", "HandedOver", "OptedOut", "SilenceNoticed"}
    assert happened <= set(found.facts)


def with_texts(change: Callable[[str, Text], Text]) -> Book:
    """The shipped flows with their texts changed behind the check's back."""
    book = shipped_flows()
    return msgspec.structs.replace(book, texts={name: change(name, text) for name, text in book.texts.items()})


def play(monkeypatch: pytest.MonkeyPatch, book: Book) -> None:
    monkeypatch.setattr(walks, "shipped_flows", lambda: book)
    monkeypatch.setattr(walks, "newer_flows", lambda: book)


def test_a_text_that_tells_a_stranger_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(name: str, text: Text) -> Text:
        if name != "identidad.wrong":
            return text
        return msgspec.structs.replace(text, variants={"es": ("Eso no coincide; es por su deuda.",)})

    play(monkeypatch, with_texts(change))
    assert broken() == {"a debt before identity"}


def test_an_exception_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    book = shipped_flows()
    steps = {name: one for name, one in book.steps.items() if name != "respuestas.who_text"}
    play(monkeypatch, msgspec.structs.replace(book, steps=steps))
    assert "an exception" in broken()


def test_an_offer_outside_authority_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bargain, "authority_of", lambda turn: Authority(24, Decimal(60)))
    assert "an offer outside authority" in broken()


@pytest.mark.parametrize("days", [-1, 0])
def test_a_summary_of_another_day_that_is_signed_is_seen(days: int) -> None:
    walk = Walk(1, 1)
    walk.state = msgspec.structs.replace(walk.state, identified=True)
    owed = walk.state.view.total
    due = walk.at.astimezone(ZoneInfo(walk.state.view.zone)).date() + timedelta(days=days)
    walk._agreed(AgreementAccepted("a", owed, owed, ((due, owed),), "k", "link_and_document"))
    assert [one.what for one in walk.found.broken] == ["an agreement outside authority"] * (days < 0)


def test_a_question_put_again_and_again_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(returning, "MOST_ECHOES", 99)
    assert broken(20_000) == {"the same reprompt three times"}


def test_a_way_out_that_is_shut_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    book = shipped_flows()
    anywhere = {**book.anywhere, "opt_out": book.anywhere["goodbye"]}
    play(monkeypatch, msgspec.structs.replace(book, anywhere=anywhere))
    assert "no way to opt out" in broken()


def test_chance_that_is_not_in_the_events_is_seen() -> None:
    walk = Walk(1, 1)
    walk.run(10)
    walk.told[3] = (walk.told[3][0], walk.told[3][1], walk.told[3][2] + timedelta(days=400))
    walk.found.broken.clear()
    walk.lines.pop()
    walk._again()
    assert [one.what for one in walk.found.broken] == ["other messages when told again"]


def test_the_newer_version_of_the_flows_is_another() -> None:
    assert set(books()) == {shipped_flows().digest, newer_flows().digest}
    assert len(books()) == 2
