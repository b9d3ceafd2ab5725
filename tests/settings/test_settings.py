from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aedesk.core.errors import SpecError
from aedesk.settings.places import config_dir, data_dir, models_dir, runs_dir, state_dir
from aedesk.settings.rows import BY_KEY, ROWS
from aedesk.settings.store import VERSION, Settings, migrate


def test_every_default_is_accepted_by_its_own_row() -> None:
    assert [row.key for row in ROWS if row.accept(row.default) != row.default] == []


def test_keys_are_unique() -> None:
    assert len(BY_KEY) == len(ROWS)


def test_what_was_saved_is_read_again_with_its_type(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "deep" / "settings.json")
    settings["theme"] = "dark"
    settings["noise_sigma"] = 12
    settings["recent_files"] = ["a.png", "b.png"]
    settings.save()
    again = Settings(settings.path)
    assert (again["theme"], again["noise_sigma"], again["recent_files"]) == ("dark", 12.0, ("a.png", "b.png"))
    assert again.notes == []


def test_saving_leaves_no_temporary_file(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.save()
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]


def test_numbers_are_held_within_their_limits() -> None:
    settings = Settings()
    settings["jpeg_quality"] = 1000
    assert settings["jpeg_quality"] == 100


@pytest.mark.parametrize(
    ("key", "value"),
    [("theme", "pink"), ("confirm_close", 1), ("jpeg_quality", "high"), ("noise_sigma", float("nan")), ("nothing", 1)],
)
def test_a_value_of_the_wrong_kind_is_refused(key: str, value: object) -> None:
    with pytest.raises(SpecError):
        Settings()[key] = value


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 1}', '{"version": 99, "values": {}}', '{"version": true, "values": {}}', "\x00\xff"],
)
def test_a_damaged_file_is_kept_aside_and_the_defaults_are_used(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, encoding="latin-1")
    settings = Settings(path)
    assert settings["theme"] == "system"
    assert (tmp_path / "settings.damaged.json").read_text(encoding="latin-1") == text
    assert "settings.damaged.json" in settings.notes[0]


def test_one_impossible_value_does_not_cost_the_others(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": VERSION, "values": {"theme": 7, "view_mode": "single", "from_the_future": 1}}))
    settings = Settings(path)
    assert (settings["theme"], settings["view_mode"]) == ("system", "single")
    assert len(settings.notes) == 1


def test_migrations_run_in_order_up_to_the_present_version() -> None:
    steps = {1: lambda values: {**values, "b": values["a"] + 1}, 2: lambda values: {**values, "c": values["b"] + 1}}
    assert migrate({"version": 1, "values": {"a": 1}}, version=3, migrations=steps) == {"a": 1, "b": 2, "c": 3}
    assert migrate({"version": 2, "values": {"b": 5}}, version=3, migrations=steps) == {"b": 5, "c": 6}


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_no_document_makes_a_row_accept_another_type(value: object) -> None:
    for row in ROWS:
        accepted = row.accept(value)
        assert accepted is None or type(accepted) is type(row.default)


def test_folders_follow_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    assert (config_dir(), state_dir()) == (tmp_path / "c" / "aedesk", tmp_path / "s" / "aedesk")
    assert data_dir() == tmp_path / "d" / "aedesk"
    assert (models_dir(), runs_dir()) == (data_dir() / "models", data_dir() / "runs")
