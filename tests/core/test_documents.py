"""JSON and TOML from hostile files: a document or a ValueError, never a recursion error."""

from __future__ import annotations

import pytest

from aedesk.core.documents import MAX_DEPTH, parse_json, parse_toml


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_ordinary_documents_are_parsed() -> None:
    assert parse_json('{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}
    assert parse_toml('a = [1, 2]\n[b]\nc = "ö"'.encode()) == {"a": [1, 2], "b": {"c": "ö"}}


def test_the_deepest_allowed_document_is_parsed() -> None:
    assert parse_json(nested(MAX_DEPTH))
    with pytest.raises(ValueError, match="levels deep"):
        parse_json(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize("depth", [100, 900, 100_000])
def test_deep_nesting_is_a_value_error(depth: int) -> None:
    with pytest.raises(ValueError, match="levels deep"):
        parse_json(nested(depth))
    with pytest.raises(ValueError, match="levels deep"):
        parse_toml(f"a = {nested(depth)}".encode())


def test_bytes_that_are_not_utf_8_are_a_value_error() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        parse_json(b'{"a": "\xff"}')
    with pytest.raises(ValueError, match="utf-8"):
        parse_toml(b'a = "\xff"')
