"""Personal data: sealed per person, found without being read, forgotten by losing a key."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from acuerdo.adapters.store.keys import (
    SHREDDED,
    Keyring,
    PersonKey,
    Tampered,
    WrongMasterKey,
    _derived,
    open_,
    seal,
)
from acuerdo.service.settings import Settings

MASTER, OTHER = bytes(range(32)), bytes(range(1, 33))
RING = Keyring([MASTER])


def key_of(person: str) -> PersonKey:
    key = RING.person(RING.new_key(person), person)
    assert key is not None
    return key


def settings(tmp_path: Path, **given: object) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, **given)  # type: ignore[arg-type]


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_is_sealed_opens_as_it_was(data: bytes, place: bytes) -> None:
    key = key_of("ana")
    sealed = seal(key, data, place)
    assert open_(key, sealed, place) == data
    assert sealed != seal(key, data, place)


def test_what_is_sealed_holds_none_of_the_text() -> None:
    assert b"Rosa" not in seal(key_of("rosa"), b"Rosa Quispe", b"person")


@pytest.mark.parametrize("at", range(42))
def test_a_changed_byte_is_noticed(at: int) -> None:
    key = key_of("ana")
    sealed = bytearray(seal(key, b"Ana Gomez 123", b"person"))
    sealed[at] ^= 1
    with pytest.raises(Tampered):
        open_(key, bytes(sealed), b"person")


@pytest.mark.parametrize("cut", [0, 1, 5, 13, 20])
def test_a_cut_is_noticed(cut: int) -> None:
    key = key_of("ana")
    with pytest.raises(Tampered):
        open_(key, seal(key, b"Ana Gomez", b"person")[:cut], b"person")


def test_data_moved_to_another_place_or_person_do_not_open() -> None:
    ana, luis = key_of("ana"), key_of("luis")
    sealed = seal(ana, b"secreto", b"fact:1")
    with pytest.raises(Tampered):
        open_(ana, sealed, b"fact:2")
    with pytest.raises(Tampered):
        open_(luis, sealed, b"fact:1")


def test_a_wrapped_key_is_of_one_person_only() -> None:
    with pytest.raises(Tampered):
        RING.person(RING.new_key("ana"), "luis")


def test_a_forgotten_person_reads_as_a_fixed_token() -> None:
    sealed = seal(key_of("ana"), b"Ana", b"person")
    gone = open_(RING.person(None, "ana"), sealed, b"person")
    assert gone is SHREDDED
    assert str(gone) == "[dato borrado]"
    assert not gone


def test_forgetting_drops_the_key_from_memory() -> None:
    ring = Keyring([MASTER])
    wrapped = ring.new_key("ana")
    before = ring.person(wrapped, "ana")
    assert ring.person(wrapped, "ana") is before
    ring.forget("ana")
    assert ring.person(wrapped, "ana") is not before


def test_another_master_key_is_named_as_the_cause() -> None:
    with pytest.raises(WrongMasterKey, match="another master key"):
        Keyring([OTHER]).person(RING.new_key("ana"), "ana")


def test_a_new_master_key_in_front_reads_the_old_and_keeps_the_indexes() -> None:
    wrapped = RING.new_key("ana")
    sealed = seal(RING.person(wrapped, "ana") or key_of("ana"), b"Ana", b"p")
    turned = Keyring([OTHER, MASTER])
    assert open_(turned.person(wrapped, "ana"), sealed, b"p") == b"Ana"
    assert turned.blind("document", "CO123") == RING.blind("document", "CO123")
    again = turned.rewrapped(wrapped, "ana")
    assert open_(Keyring([OTHER]).person(again, "ana"), sealed, b"p") == b"Ana"


def test_a_blind_index_finds_the_same_value_whatever_its_case_and_spacing() -> None:
    assert RING.blind("email", " Ana@Correo.CO ") == RING.blind("email", "ana@correo.co")
    assert RING.blind("email", "ana@correo.co") != RING.blind("document", "ana@correo.co")
    assert RING.blind("email", "ana@correo.co") != Keyring([OTHER]).blind("email", "ana@correo.co")


def test_addresses_and_tokens_are_kept_as_digests() -> None:
    assert RING.address_hash("sms", "+573001234567") != RING.address_hash("whatsapp", "+573001234567")
    assert len(bytes.fromhex(RING.address_hash("sms", "+573001234567"))) == 16
    assert RING.token_hash("AbC") != RING.token_hash("abc")


def test_derived_keys_are_those_of_the_standard() -> None:
    ours = _derived(MASTER, "index")
    theirs = HKDF(SHA256(), 32, salt=None, info=b"acuerdo/index/1").derive(MASTER)
    assert ours == theirs


def test_the_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    ring = Keyring.of(settings(tmp_path))
    made = tmp_path / "master.key"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert Keyring.of(settings(tmp_path)).blind("a", "b") == ring.blind("a", "b")
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


def test_processes_that_make_the_key_at_once_end_with_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        rings = list(pool.map(lambda _: Keyring.of(settings(tmp_path)), range(32)))
    assert len({ring.blind("a", "b") for ring in rings}) == 1


def test_a_key_file_open_to_others_is_refused_with_the_way_to_mend_it(tmp_path: Path) -> None:
    Keyring.of(settings(tmp_path))
    (tmp_path / "master.key").chmod(0o644)
    with pytest.raises(WrongMasterKey, match="chmod 600"):
        Keyring.of(settings(tmp_path))


@pytest.mark.parametrize("text", ["corta", base64.b64encode(bytes(16)).decode(), "ñ" * 44])
def test_a_malformed_master_key_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(WrongMasterKey, match="ACUERDO_MASTER_KEY does not hold 32 bytes") as told:
        Keyring.of(settings(tmp_path, master_key=text))
    assert text not in str(told.value)


def test_keys_and_settings_do_not_show_the_secret(tmp_path: Path) -> None:
    text = base64.b64encode(MASTER).decode()
    given = settings(tmp_path, master_key=text)
    assert text not in repr(given)
    assert text not in repr(Keyring.of(given))
