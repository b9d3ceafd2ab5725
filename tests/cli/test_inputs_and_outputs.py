from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aedesk.cli.inputs import expand
from aedesk.cli.outputs import existing, plan
from aedesk.core.errors import SpecError
from aedesk.imaging.io import WRITABLE


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "in/a.jpg",
        "in/b.PNG",
        "in/notes.txt",
        "in/.hidden.jpg",
        "in/sub/a.jpg",
        "in/.cache/c.jpg",
        "other/raw.gif",
        "empty/readme.md",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*arguments: str, leave_out: str | None = None) -> list[str]:
    return [file.path.as_posix() for file in expand(arguments, Path(leave_out) if leave_out else None).files]


def test_a_folder_gives_its_pictures_and_those_of_its_sub_folders(tree: Path) -> None:
    assert names("in") == ["in/a.jpg", "in/b.PNG", "in/sub/a.jpg"]


def test_a_named_file_is_taken_whatever_it_is_called(tree: Path) -> None:
    assert names("in/notes.txt") == ["in/notes.txt"]


def test_globs_are_expanded_here_too(tree: Path) -> None:
    assert names("in/*.jpg") == ["in/a.jpg"]
    assert names("in/**/*.jpg") == ["in/a.jpg", "in/sub/a.jpg"]


def test_a_name_with_brackets_that_exists_is_no_glob(tree: Path) -> None:
    (tree / "in" / "[1].jpg").write_bytes(b"x")
    assert names("in/[1].jpg") == ["in/[1].jpg"]


def test_a_file_that_is_meant_twice_is_taken_once(tree: Path) -> None:
    assert names("in", "in/a.jpg", "in/../in/a.jpg") == ["in/a.jpg", "in/b.PNG", "in/sub/a.jpg"]


def test_arguments_without_any_file_are_told(tree: Path) -> None:
    found = expand(["nothing.jpg", "in/*.bmp", "empty"])
    assert found.files == ()
    assert found.missing == (
        "nothing.jpg: there is no such file or folder.",
        "in/*.bmp matches nothing.",
        "empty: there are no pictures in this folder.",
    )


def test_the_output_folder_inside_the_input_folder_is_not_searched(tree: Path) -> None:
    (tree / "in" / "clean").mkdir()
    (tree / "in" / "clean" / "a.jpg").write_bytes(b"x")
    assert names("in", leave_out="in/clean") == ["in/a.jpg", "in/b.PNG", "in/sub/a.jpg"]


def outputs(*arguments: str, out: str) -> list[str]:
    return [output.as_posix() for _, output in plan(expand(arguments), out, WRITABLE)]


def test_one_file_goes_to_a_file(tree: Path) -> None:
    assert outputs("in/a.jpg", out="clean.png") == ["clean.png"]


@pytest.mark.parametrize("out", ["other", "new/", "new"])
def test_one_file_goes_into_a_folder_if_out_looks_like_one(tree: Path, out: str) -> None:
    assert outputs("in/a.jpg", out=out) == [f"{out.rstrip('/')}/a.jpg"]


def test_a_folder_keeps_its_sub_folders(tree: Path) -> None:
    assert outputs("in", out="out") == ["out/a.jpg", "out/b.PNG", "out/sub/a.jpg"]


def test_a_format_that_cannot_be_written_becomes_png(tree: Path) -> None:
    assert outputs("other", out="out") == ["out/raw.png"]


def test_two_inputs_for_one_output_are_refused_and_both_named(tree: Path) -> None:
    with pytest.raises(SpecError, match=r"in/a\.jpg and in/sub/a\.jpg would both become out/a\.jpg"):
        outputs("in/a.jpg", "in/sub/a.jpg", out="out")


def test_a_result_never_replaces_another_input(tree: Path) -> None:
    (tree / "other" / "b.PNG").write_bytes(b"x")
    with pytest.raises(SpecError, match=r"The result of other/b\.PNG would replace the input in/b\.PNG"):
        outputs("other/b.PNG", "in", out="in")


def test_several_inputs_do_not_go_into_a_file(tree: Path) -> None:
    with pytest.raises(SpecError, match="is a file"):
        outputs("in", out="in/notes.txt")


def test_an_unknown_suffix_is_refused(tree: Path) -> None:
    with pytest.raises(SpecError, match="unknown suffix"):
        outputs("in/a.jpg", out="clean.xyz")


def test_outputs_that_exist_are_found_before_anything_is_done(tree: Path) -> None:
    pairs = plan(expand(["in"]), "in", WRITABLE)
    assert [file.path.name for file in existing(pairs, overwrite=False)] == ["a.jpg", "b.PNG", "a.jpg"]
    assert existing(pairs, overwrite=True) == {}


@pytest.mark.skipif(os.name == "nt", reason="makes a link")
def test_an_input_reached_through_a_link_is_recognised_as_the_output(tree: Path, make_file: Callable[..., Path]) -> None:
    (tree / "link").symlink_to(tree / "in")
    assert names("in/a.jpg", "link/a.jpg") == ["in/a.jpg"]
