"""What watermarks say, and that each is written in a font that has its glyphs."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from PIL import ImageFont

from aedesk.core.errors import DataError
from aedesk.data.watermarks.fonts import built_in_font, font_files, has_glyphs, scripts_of, system_fonts
from aedesk.data.watermarks.held_out import TEXTS
from aedesk.data.watermarks.shapes import choose_text
from aedesk.data.watermarks.words import SCRIPTS, is_word_of_training, random_date, random_name, random_text


@pytest.mark.parametrize("script", list(SCRIPTS))
def test_texts_depend_only_on_the_seed_and_are_never_empty(script: str) -> None:
    texts = [random_text(script, Random(seed)) for seed in range(60)]
    assert texts == [random_text(script, Random(seed)) for seed in range(60)]
    assert all(text.strip() for text in texts)
    assert len(set(texts)) > 5


def test_latin_texts_are_of_many_forms_and_some_are_long_lines() -> None:
    texts = [random_text("latin", Random(seed)) for seed in range(400)]
    assert any(len(line) > 40 for text in texts for line in text.split("\n"))
    for part in ("\N{COPYRIGHT SIGN}", "www.", "\n", "@", "ID "):
        assert any(part in text for text in texts), part
    assert random_name(Random(1)) != random_name(Random(2))
    assert any(character.isdigit() for character in random_date(Random(1)))


def test_no_word_of_evaluation_is_used_in_training() -> None:
    words = {word for texts in TEXTS.values() for text in texts for word in text.split() if word.isalpha()}
    assert len(words) > 40
    assert {word for word in words if is_word_of_training(word)} == set()
    assert is_word_of_training("proof")
    assert set(TEXTS) == set(SCRIPTS)


def test_a_font_has_the_glyphs_that_it_draws_unlike_its_missing_glyph() -> None:
    font = built_in_font(20)
    assert has_glyphs(font, "Proof sheet\n2024")
    assert not has_glyphs(font, "Proof 中")


def test_text_is_written_in_a_font_that_has_its_glyphs() -> None:
    fonts = system_fonts()
    if not fonts:
        pytest.skip("this computer has no fonts")
    for seed in range(12):
        text, load = choose_text(fonts, Random(seed))
        font = load(20)
        assert isinstance(font, ImageFont.FreeTypeFont)
        assert has_glyphs(font, text) or text.isascii()


def test_without_fonts_text_is_latin_in_the_built_in_font() -> None:
    text, load = choose_text((), Random(3))
    assert text.isascii()
    assert load is built_in_font


def test_a_file_that_is_no_font_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    assert scripts_of(tmp_path / "broken.ttf") == frozenset()
    assert font_files(str(tmp_path)) == (tmp_path / "broken.ttf",)
    text, load = choose_text(font_files(str(tmp_path)), Random(0))
    assert load is built_in_font
    assert text


def test_a_folder_of_fonts_must_exist_and_hold_fonts(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        font_files(str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no fonts"):
        font_files(str(tmp_path / "empty"))
