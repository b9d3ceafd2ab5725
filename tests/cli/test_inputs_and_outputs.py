from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aedesk.cli.inputs import STDIN, Input, expand
from aedesk.cli.outputs import Existing, StandardOutput, existing, plan
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
    return [output.as_posix() for _, output in plan(expand(arguments), out, WRITABLE) if isinstance(output, Path)]


def test_one_file_goes_to_a_file(tree: Path) -> None:
    assert outputs("in/a.jpg", out="clean.png") == ["clean.png"]


@pytest.mark.parametrize("out", ["other", "new/", "new"])
def test_one_file_goes_into_a_folder_if_out_looks_like_one(tree: Path, out: str) -> None:
    assert outputs("in/a.jpg", out=out) == [f"{out.rstrip('/')}/a.jpg"]


def test_a_folder_keeps_its_sub_folders(tree: Path) -> None:
    assert outputs("in", out="out") == ["out/a.jpg", "out/b.PNG", "out/sub/a.jpg"]


def test_a_format_that_cannot_be_written_becomes_png(tree: Path) -> None:
    assert outputs("other", out="out") == ["out/raw.png"]


def test_two_inputs_of_one_name_get_distinct_outputs(tree: Path) -> None:
    assert outputs("in/a.jpg", "in/sub/a.jpg", out="out") == ["out/a.jpg", "out/a-2.jpg"]


def test_who_keeps_its_name_has_it_and_the_others_get_their_whole_name(tree: Path) -> None:
    for name in ("same/a.gif", "same/a.jpg", "same/a.png", "same/a.png.gif", "same/a.psd"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_bytes(b"x")
    assert outputs("same/a.gif", "same/a.jpg", "same/a.png", "same/a.psd", out="out") == [
        "out/a.gif.png",
        "out/a.jpg",
        "out/a.png",
        "out/a.psd.png",
    ]
    assert outputs("same/a.png", "same/a.gif", "same/sub/../a.png", out="out") == ["out/a.png", "out/a.gif.png"]
    found = plan(expand(["same/a.gif", "same/a.jpg", "same/a.png"]), "out", frozenset({".aed"}), ".aed")
    assert [output.as_posix() for _, output in found if isinstance(output, Path)] == ["out/a.aed", "out/a.jpg.aed", "out/a.png.aed"]


def test_distinct_names_do_not_depend_on_the_order_if_one_keeps_its_name(tree: Path) -> None:
    (tree / "in" / "a.gif").write_bytes(b"x")
    (tree / "in" / "a.png").write_bytes(b"x")
    forward, back = plan(expand(["in/a.gif", "in/a.png"]), "out", WRITABLE), plan(expand(["in/a.png", "in/a.gif"]), "out", WRITABLE)
    assert {file.path: output for file, output in forward} == {file.path: output for file, output in back}


def test_a_result_never_replaces_another_input(tree: Path) -> None:
    (tree / "other" / "b.PNG").write_bytes(b"x")
    assert outputs("other/b.PNG", "in", out="in") == ["in/b-2.PNG", "in/a.jpg", "in/b.PNG", "in/sub/a.jpg"]


@pytest.mark.parametrize("out", ["result.png", "result"])
def test_a_file_that_exists_is_the_output_of_one_input(tree: Path, out: str) -> None:
    (tree / out).write_bytes(b"x")
    (tree / "one").mkdir()
    (tree / "one" / "a.jpg").write_bytes(b"x")
    if not Path(out).suffix:
        with pytest.raises(SpecError, match="unknown suffix"):
            outputs("one/a.jpg", out=out)
        return
    for argument in ("one/a.jpg", "one", "one/*.jpg"):
        assert outputs(argument, out=out) == [out]


def test_a_format_is_for_everything_in_a_folder(tree: Path) -> None:
    found = plan(expand(["in"]), "out", WRITABLE, form="JPG")
    assert [str(output) for _, output in found] == [str(Path("out", name)) for name in ("a.jpg", "b.jpg", "sub/a.jpg")]
    with pytest.raises(SpecError, match=r"The format 'xyz' cannot be written"):
        plan(expand(["in"]), "out", WRITABLE, form="xyz")
    with pytest.raises(SpecError, match=r"a\.png does not end in \.jpg"):
        plan(expand(["in/a.jpg"]), "a.png", WRITABLE, form="jpg")


def test_standard_output_takes_one_picture_of_a_named_format(tree: Path) -> None:
    [(_, output)] = plan(expand(["in/a.jpg"]), "-", WRITABLE, form="png")
    assert output == StandardOutput(".png")
    with pytest.raises(SpecError, match="--format"):
        plan(expand(["in/a.jpg"]), "-", WRITABLE)
    with pytest.raises(SpecError, match="takes one picture"):
        plan(expand(["in"]), "-", WRITABLE, form="png")
    [(_, output)] = plan(expand(["in/a.jpg"]), "-", frozenset({".aed"}), ".aed")
    assert output == StandardOutput(".aed")


def test_standard_input_is_one_input(tree: Path) -> None:
    found = expand(["-"])
    assert (found.files, found.single, found.missing) == ((Input(STDIN, Path("stdin")),), True, ())
    assert outputs("-", out="out") == ["out/stdin.png"]


def test_several_inputs_do_not_go_into_a_file(tree: Path) -> None:
    with pytest.raises(SpecError, match="is a file"):
        outputs("in", out="in/notes.txt")


def test_an_unknown_suffix_is_refused(tree: Path) -> None:
    with pytest.raises(SpecError, match="unknown suffix"):
        outputs("in/a.jpg", out="clean.xyz")


def test_outputs_that_exist_are_found_before_anything_is_done(tree: Path) -> None:
    pairs = plan(expand(["in"]), "in", WRITABLE)
    for policy, says in ((Existing.REFUSE, "--skip-existing"), (Existing.SKIP, "skipped")):
        found = existing(pairs, policy)
        assert [file.path.name for file in found] == ["a.jpg", "b.PNG", "a.jpg"]
        assert all(says in text for text in found.values())
    assert existing(pairs, Existing.REPLACE) == {}


@pytest.mark.skipif(os.name == "nt", reason="makes a link")
def test_an_input_reached_through_a_link_is_recognised_as_the_output(tree: Path, make_file: Callable[..., Path]) -> None:
    (tree / "link").symlink_to(tree / "in")
    assert names("in/a.jpg", "link/a.jpg") == ["in/a.jpg"]
