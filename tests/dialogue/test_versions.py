"""Newer flows: who is talking stays on theirs or is moved by a checked map, and old buttons mean what they meant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from acuerdo.adapters.store.flows import StoredFlows
from acuerdo.adapters.store.server import Database
from acuerdo.core import facts as f
from acuerdo.core.dialogue.moving import Moves, misfits, moved
from acuerdo.core.dialogue.schema import Book, FlowError
from acuerdo.core.dialogue.slots import treated
from acuerdo.core.dialogue.state import State
from acuerdo.core.facts import Recorded
from acuerdo.service.creditors import id_of
from acuerdo.service.publishing import (
    CannotMove,
    Edition,
    NoFlows,
    NoMap,
    at_start,
    edition_of,
    files_in,
    opened,
    read_moves,
    to_move,
)
from acuerdo.service.replaying import CannotReplay, differences, replay
from acuerdo.service.resources import shipped_files, shipped_flows
from acuerdo.service.talking import hear, take_up, tell
from acuerdo.testing.scenarios import Scenario, Stage, play, stage
from acuerdo.testing.transcripts import Chat, scenario_of

AT = datetime(2026, 4, 14, 15, tzinfo=UTC)
FILES = shipped_files()


def with_change(file: str, was: str, now: str) -> dict[str, str]:
    """The shipped files with one change."""
    assert was in FILES[file], was
    return {**FILES, file: FILES[file].replace(was, now)}


def renamed() -> Edition:
    """Flows in which the summary has another name."""
    body = FILES["negociacion.yaml"]
    for was, now in (("\n  summary: &held\n", "\n  resumen: &held\n"), (" summary}", " resumen}"),
                     ("summary: summary\n", "summary: resumen\n"), ("go: summary\n", "go: resumen\n")):  # fmt: skip
        body = body.replace(was, now)
    body = body.replace("affirm: summary}", "affirm: resumen}")
    return edition_of({**FILES, "negociacion.yaml": body}, whole=False)


NAMES = Moves({"negociacion.summary": "negociacion.resumen"})


@asynccontextmanager
async def published(server: Database) -> AsyncIterator[tuple[Stage, StoredFlows]]:
    """A stage on which the shipped flows were published."""
    async with stage(server.url) as on:
        flows = StoredFlows(on.pool, on.keyring)
        await at_start(flows, Edition(shipped_flows()), False, AT)
        yield msgspec.structs.replace(on, house=msgspec.structs.replace(on.house, flows=flows)), flows


def said_to(*turns: str) -> Scenario:
    return msgspec.structs.replace(scenario_of("versiones", {}), turns=turns)


def words(facts: list[Recorded]) -> list[str]:
    return [r.fact.content.text for r in facts if isinstance(r.fact, f.Said)]


async def state_of(on: Stage, conversation: str) -> State:
    async with on.house.talks.turn(conversation, "look", AT) as turn:
        return msgspec.json.decode(turn.held.state, type=State)


async def test_a_live_conversation_stays_on_its_flows_and_a_new_one_begins_on_the_newest(server: Database) -> None:
    async with published(server) as (on, flows):
        old, _ = await play(on, said_to("hola"), 0)
        newer = edition_of(with_change("identidad.yaml", "Gracias, {first_name}.", "Muchas gracias, {first_name}."))
        assert await flows.publish(newer, "ana", True, "más amable", AT) == 2
        conversation = old[0].conversation or ""
        await hear(on.house, conversation, "k", "52345678", "", AT + timedelta(hours=1))
        assert any(one.startswith("Gracias, Ana.") for one in words(await on.house.talks.facts(conversation)))
        new, _ = await play(on, said_to("52345678"), 1)
        assert any(one.startswith("Muchas gracias, Ana.") for one in words(new))
        told = await flows.versions()
        assert [(v.n, v.who, v.own, v.note, v.conversations) for v in told] == [
            (1, "system", False, "", 1), (2, "ana", True, "más amable", 1),
        ]  # fmt: skip


async def test_a_start_publishes_what_is_new_and_undoes_nothing_of_the_operators(server: Database) -> None:
    async with published(server) as (_, flows):
        shipped = Edition(shipped_flows())
        await at_start(flows, shipped, False, AT)
        assert len(await flows.versions()) == 1
        own = edition_of(with_change("cierre.yaml", "flow: cierre", "flow: cierre # own"))
        await at_start(flows, own, True, AT)
        assert await flows.current("anybody") == own.book.digest
        release = edition_of(with_change("cierre.yaml", "flow: cierre", "flow: cierre # newer"))
        await at_start(flows, release, False, AT)
        await at_start(flows, own, True, AT)
        assert [v.own for v in await flows.versions()] == [False, True]


OWN = """\
texts:
  identidad.thanks: "Listo, {first_name}; ya sé que es usted."
"""


async def test_a_creditor_talks_in_its_own_words_and_no_other_does(server: Database) -> None:
    files = {**FILES, "creditors/Casa Ejemplo A.yaml": OWN}
    async with published(server) as (on, flows):
        await flows.publish(edition_of(files), "ana", True, "", AT)
        theirs, _ = await play(on, said_to("52345678"), 0)
        assert theirs[0].creditor == id_of("casa ejemplo a")
        assert "Listo, Ana; ya sé que es usted." in words(theirs)
        others, _ = await play(on, said_to("52345678"), 1)
        assert "Listo, Ana; ya sé que es usted." not in words(others)
        digest = await on.pool.fetchval("select flows from conversation where id = $1", theirs[0].conversation)
        state, lines = replay(theirs, await opened(flows, digest))
        assert differences(theirs, lines) == []
        assert state == await state_of(on, theirs[0].conversation or "")


async def test_a_live_conversation_takes_up_its_creditors_new_words(server: Database) -> None:
    async with published(server) as (on, flows):
        facts, _ = await play(on, said_to("hola"), 0)
        conversation = facts[0].conversation or ""
        edition = edition_of({**FILES, "creditors/Casa Ejemplo A.yaml": OWN}, whole=False)
        assert edition.book.digest == shipped_flows().digest
        ((found, book),) = await to_move(flows, edition, Moves())
        assert (found, book.digest) == (conversation, edition.digests[id_of("Casa Ejemplo A")])
        assert await flows.publish(edition, "ana", True, "", AT) == 2
        assert await take_up(on.house, conversation, book, Moves(), AT) == []
        await hear(on.house, conversation, "k", "52345678", "", AT + timedelta(hours=1))
        assert "Listo, Ana; ya sé que es usted." in words(await on.house.talks.facts(conversation))
        assert await to_move(flows, edition, Moves()) == []


async def test_processes_that_start_at_once_publish_one_version(server: Database) -> None:
    async with stage(server.url) as on:
        flows = StoredFlows(on.pool, on.keyring)
        await asyncio.gather(*(at_start(flows, Edition(shipped_flows()), False, AT) for _ in range(4)))
        assert len(await flows.versions()) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("texts:\n  identidad.thnks: Gracias.\n", "creditors/Uno.yaml:2: flow ?, step -: there is no such text as "
         "identidad.thnks; did you mean identidad.thanks?"),
        ("steps:\n  identidad.thanks: {say: x, go: back}\n", "creditors/Uno.yaml:1: flow ?, step -: steps is not a "
         "creditor's to change: only buttons and texts are"),
        ("texts:\n  identidad.welcome: Es por su deuda.\n", "creditors/Uno.yaml:2: flow identidad, step welcome: "
         "identidad.welcome speaks of debt before identity; reached by start > identidad.welcome"),
        ("texts:\n  cierre.thanks: Le damos 50 % si paga hoy.\n", "text thanks states '50 %' by itself"),
        ("texts:\n  cierre.thanks: Hola {nombre}.\n", "text thanks names {nombre}, which is unknown"),
        ("texts:\n  cierre.thanks: {en: Thanks}\n", "text cierre.thanks has a variant 'en', which is unknown"),
    ],
)  # fmt: skip
def test_a_creditors_own_words_pass_the_same_checks(text: str, said: str) -> None:
    with pytest.raises(FlowError) as refused:
        edition_of({**FILES, "creditors/Uno.yaml": text})
    assert any(said in str(one) for one in refused.value.faults), str(refused.value)


def test_a_folder_of_texts_alone_goes_with_the_shipped_flows(tmp_path: Path) -> None:
    with pytest.raises(NoFlows):
        files_in(tmp_path)
    (tmp_path / "creditors").mkdir()
    (tmp_path / "creditors" / "Banco Andino.yaml").write_text(OWN, "utf-8")
    edition = edition_of(files_in(tmp_path))
    assert edition.book.digest == shipped_flows().digest
    assert list(edition.creditors) == [id_of("Banco Andino")]


async def test_live_conversations_are_moved_by_a_map_and_refused_without_one(server: Database) -> None:
    async with published(server) as (on, flows):
        facts, _ = await play(on, said_to("52345678", "quiero pagar en 3 cuotas"), 0)
        conversation, newer = facts[0].conversation or "", renamed()
        button = next(r for r in reversed(facts) if isinstance(r.fact, f.Said)).fact.content.buttons[0].id  # type: ignore[union-attr]
        assert button.startswith("affirm@negociacion.summary#")
        with pytest.raises(CannotMove) as refused:
            await to_move(flows, newer, Moves())
        assert "1 of 1 conversations: step negociacion.summary is gone" in str(refused.value)
        before = await state_of(on, conversation)

        found = await to_move(flows, newer, NAMES)
        assert [(one, book.digest) for one, book in found] == [(conversation, newer.book.digest)]
        await flows.publish(newer, "ana", True, "", AT)
        assert await take_up(on.house, conversation, newer.book, NAMES, AT) == []
        assert await take_up(on.house, conversation, newer.book, NAMES, AT) == []  # once
        after = await state_of(on, conversation)
        assert (before.at, after.at) == ("negociacion.summary", "negociacion.resumen")
        assert [v.conversations for v in await flows.versions()] == [0, 1]

        # The yes that was shown before the move is a yes to that very summary.
        await hear(on.house, conversation, "si", "", button, AT + timedelta(hours=1))
        told = await on.house.talks.facts(conversation)
        assert any(isinstance(r.fact, f.AgreementAccepted) for r in told)
        assert sum(isinstance(r.fact, f.FlowsMoved) for r in told) == 1
        state, lines = replay(told, shipped_flows(), {newer.book.digest: newer.book})
        assert differences(told, lines) == []
        assert state == await state_of(on, conversation)
        with pytest.raises(CannotReplay, match="which are not at hand"):
            replay(told, shipped_flows())


async def test_who_moved_on_meanwhile_is_left_where_they_are(server: Database) -> None:
    async with published(server) as (on, flows):
        facts, _ = await play(on, said_to("52345678", "quiero pagar en 3 cuotas"), 0)
        conversation, newer = facts[0].conversation or "", renamed()
        await flows.publish(newer, "ana", True, "", AT)
        wrong = await take_up(on.house, conversation, newer.book, Moves(), AT)
        assert any("step negociacion.summary is gone" in one for one in wrong)
        assert (await state_of(on, conversation)).at == "negociacion.summary"
        assert [v.conversations for v in await flows.versions()] == [1, 0]


async def test_a_reminder_that_falls_in_the_night_waits_for_its_hour(server: Database) -> None:
    was, late = "  menu_open:\n    ask: menu\n", datetime(2026, 4, 14, 23, 50, tzinfo=UTC)  # 18:50 in Bogotá
    files = with_change("menu.yaml", was, was + "    remind: {30m: anything}\n")
    async with published(server) as (on, flows):
        await flows.publish(edition_of(files), "ana", True, "", AT)
        scenario = msgspec.structs.replace(said_to("52345678"), reference=datetime(2026, 4, 14, 18, 49))  # noqa: DTZ001
        facts, _ = await play(on, scenario, 0)
        conversation = facts[0].conversation or ""
        timer = await on.pool.fetchrow("select key, name, due from timer where conversation_id = $1", conversation)
        assert timer["name"] == "menu.menu_open#0"
        assert timer["due"] - late < timedelta(minutes=31)
        said = len(words(await on.house.talks.facts(conversation)))

        async def rings(at: datetime) -> list[str]:
            event = f.TimerRang(timer["name"], timer["key"])
            await tell(on.house, conversation, event, "system", at, key=at.isoformat())
            return words(await on.house.talks.facts(conversation))[said:]

        assert await rings(timer["due"]) == []  # 19:20: the law's hours are over
        again = await on.pool.fetchrow("select due, fired_at from timer where key = $1", timer["key"])
        assert again["fired_at"] is None
        assert again["due"] == datetime(2026, 4, 15, 12, tzinfo=UTC)  # 7:00 in Bogotá
        (said_then,) = await rings(again["due"])
        assert said_then in [treated(w, "usted") for w in shipped_flows().texts["menu.anything"].variants["es"]]


def test_a_map_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text('[steps]\n"negociacion.summary" = "negociacion.resumn"\n', "utf-8")
    with pytest.raises(NoMap, match=r"leads to negociacion\.resumn, which does not exist; did you mean"):
        read_moves(path, renamed().book)
    path.write_text('[pasos]\n"a" = "b"\n', "utf-8")
    with pytest.raises(NoMap, match=r"write \[steps\] and"):
        read_moves(path, renamed().book)
    path.write_text('[steps]\n"negociacion.summary" = "negociacion.resumen"\n', "utf-8")
    assert read_moves(path, renamed().book) == NAMES


def test_slots_go_along_where_they_fit_and_are_told_where_they_do_not() -> None:
    chat = talk()
    state = msgspec.structs.replace(chat.state, slots={"a.way": "bank", "a.sum": "5"}, calls=("a.next",))
    slots = chat.book.slots
    flow = "flow: a\nslots: {way: [shop, app], total: number}\n"
    book = msgspec.structs.replace(chat.book, slots={**slots, **edition_slots(flow)})
    told = list(misfits(state, book, Moves(slots={"a.sum": "a.total"})))
    assert told == [
        "step a.next is gone; write what stands for it under [steps]",
        "slot a.way holds what a.way cannot: it is of another type",
    ]
    assert moved(state, Moves({"a.next": "b.next"}, {"a.sum": "a.total"})).slots == {"a.way": "bank", "a.total": "5"}
    assert moved(state, Moves({"a.next": "b.next"})).calls == ("b.next",)


def edition_slots(flow: str) -> dict[str, object]:
    from acuerdo.core.dialogue.files import read_books

    return dict(read_books({"a.yaml": flow})[0].slots)


def talk(book: Book | None = None) -> Chat:
    chat = Chat(scenario_of("botones", {}), book)
    chat.says("52345678")
    return chat


def buttons(chat: Chat) -> dict[str, str]:
    """The ids of the buttons of what was said last, by their titles."""
    last = [fact for _, fact in chat.facts if isinstance(fact, f.Said)][-1]
    return {button.title: button.id for button in last.content.buttons}


def signed(chat: Chat) -> list[f.AgreementAccepted]:
    return [fact for _, fact in chat.facts if isinstance(fact, f.AgreementAccepted)]


def test_the_yes_to_an_earlier_summary_signs_nothing_later() -> None:
    chat = talk()
    chat.says("quiero pagar en 3 cuotas")
    first = buttons(chat)["Sí, de acuerdo"]
    chat.says("mejor en 2")
    second = buttons(chat)["Sí, de acuerdo"]
    assert first != second
    chat.presses(first)
    assert signed(chat) == []
    assert chat.state.at == "negociacion.summary"
    chat.presses(second)
    assert [len(one.parts) for one in signed(chat)] == [2]


def test_a_yes_shown_again_for_the_same_question_counts_whichever_is_pressed() -> None:
    chat = talk()
    chat.says("quiero pagar en 3 cuotas")
    first = buttons(chat)["Sí, de acuerdo"]
    chat.says("¿cuánto debo?")
    assert buttons(chat)["Sí, de acuerdo"] != first
    chat.presses(first)
    assert len(signed(chat)) == 1


def test_an_old_yes_is_no_yes_to_another_question() -> None:
    chat = talk()
    chat.says("quiero pagar en 3 cuotas")
    old = buttons(chat)["Sí, de acuerdo"]
    chat.presses(old)
    assert len(signed(chat)) == 1
    where = chat.state.at
    chat.presses(old)
    assert len(signed(chat)) == 1
    assert chat.state.at == where


def test_a_button_of_a_step_that_is_gone_says_where_things_stand() -> None:
    chat = talk()
    lines = chat.presses("affirm@negociacion.nunca#3")
    assert [line.text_id for line in lines][-1].startswith("menu.")
    for wild in ("@", "affirm@", "@negociacion.summary#1", "affirm@negociacion.summary#x", "affirm@x#9" + "9" * 400):
        assert chat.presses(wild)
    assert signed(chat) == []


def test_a_stranger_who_presses_what_is_not_theirs_learns_nothing() -> None:
    chat = Chat(scenario_of("botones", {}))
    for button in ("affirm@negociacion.summary#3", "deny@menu.menu_open#1", "affirm@nada.nada#1"):
        lines = chat.presses(button)
        assert lines
        assert all(set(line.topics) <= {"creditor"} and not line.text_id.startswith("menu.") for line in lines)
    assert not chat.state.identified


def test_an_option_of_before_is_taken_as_it_was_meant() -> None:
    chat = talk()
    chat.says("quiero pagar el viernes")
    while chat.state.at != "negociacion.promise":
        chat.says("300 mil")
    later, okay = buttons(chat)["Cambiar la fecha"], buttons(chat)["Está bien"]
    chat.says("está bien")
    assert chat.state.at != "negociacion.promise"
    chat.presses(later)
    assert chat.state.at == "negociacion.need_date"
    assert [line.text_id for line in chat.presses(okay)] != []
    assert chat.state.at == "negociacion.need_date"
