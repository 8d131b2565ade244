"""Settings: each is documented, read from the environment, and a mistyped one is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from acuerdo.service.settings import Settings, unknown_variables


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_each_setting_says_what_it_does(name: str) -> None:
    said = Settings.model_fields[name].description or ""
    assert len(said) > 30, f"{name} is undocumented"
    assert said.rstrip().endswith("."), f"{name}: a sentence, please"


def test_the_environment_is_read_and_arguments_win_over_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ACUERDO_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ACUERDO_ALLOW_LIST", "+573001234567, ana@correo.co,")
    monkeypatch.setenv("ACUERDO_BASE_URL", "https://pagos.ejemplo.co/")
    read = Settings(_env_file=None)
    assert read.data_dir == tmp_path
    assert read.allow_list == {"+573001234567", "ana@correo.co"}
    assert read.sms_sandbox == "https://pagos.ejemplo.co/sandbox/sms"
    assert Settings(_env_file=None, base_url="http://otra").base_url == "http://otra"


def test_an_empty_variable_is_as_if_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACUERDO_DATABASE_URL", "")
    monkeypatch.setenv("ACUERDO_MASTER_KEY", "")
    assert Settings(_env_file=None).database_url is None
    assert Settings(_env_file=None).master_key is None


def test_the_data_folder_does_not_move_with_the_working_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ACUERDO_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    read = Settings(_env_file=None)
    monkeypatch.chdir("/")
    assert read.data_dir == tmp_path / ".acuerdo"


def test_a_mistyped_choice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACUERDO_CLOCK", "relog")
    with pytest.raises(ValidationError, match="clock"):
        Settings(_env_file=None)


def test_a_mistyped_name_is_noticed() -> None:
    assert unknown_variables(["ACUERDO_DATABASE_UR", "ACUERDO_PORT", "HOME"]) == ["ACUERDO_DATABASE_UR"]
