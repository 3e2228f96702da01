"""A stack's file that nobody can read is one line of words, whatever it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

import stack_files

VALID = "config:\n  trading-platform:region: us-east-1\n"
BOMB = "x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 10)}]\n" for level in range(1, 9)
)

MALFORMED = {
    "the key trading-platform:region is there twice": VALID + "  trading-platform:region: us-west-2\n",
    "the key config is there twice": VALID + "config: {}\n",
    ".inf is not a number": VALID + "  trading-platform:a: .inf\n",
    "-.inf is not a number": VALID + "  trading-platform:a: {b: [-.inf]}\n",
    ".nan is not a number": VALID + "  trading-platform:a: .nan\n",
    "config must be a mapping, not a list": "config: [1]\n",
    "config must be a mapping, not a str": "config: text\n",
    "config must be a mapping, not a int": "1\n",
    "nested deeper than 50": VALID + f"  trading-platform:a: {'[' * 500}{']' * 500}\n",
    "more than 50,000 values": BOMB + VALID,
    "the alias a contains itself": VALID + "  trading-platform:a: &a {b: *a}\n",
    "a key must be text": VALID + "  1: a\n",
    "a key must be text, in quotes if it is a number: ~": VALID + "  ~: a\n",
    "could not determine a constructor": VALID + "  trading-platform:a: !odd {}\n",
    "expected a single document": VALID + "---\n" + VALID,
    "line 3, column 1": VALID + "\tx: 1\n",
    "undefined alias": VALID + "  trading-platform:a: *nobody\n",
    "more than 1,000,000 bytes": VALID + "#" * 1_000_001,
}


@pytest.mark.parametrize("why", MALFORMED)
def test_what_nobody_can_read_is_refused_in_a_line(tmp_path: Path, why: str) -> None:
    path = tmp_path / "Pulumi.odd.yaml"
    path.write_text(MALFORMED[why], encoding="utf-8")
    with pytest.raises(stack_files.StackFileError) as raised:
        stack_files.read(path)
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings_are_refused(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "Pulumi.odd.yaml"
    path.write_text("config: {a: é}\n", encoding=encoding)
    with pytest.raises(stack_files.StackFileError, match="it is not UTF-8"):
        stack_files.read(path)


def test_aliases_and_merges_of_ordinary_size_are_read(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.odd.yaml"
    path.write_text("base: &base {x: 1}\nconfig:\n  a:b: *base\n  a:c: {<<: *base, y: 2.5}\n", encoding="utf-8")
    _, config = stack_files.read(path)
    assert config == {"a:b": {"x": 1}, "a:c": {"x": 1, "y": 2.5}}


@pytest.mark.parametrize("text", ["", "config:\n", "encryptionsalt: v1\n"])
def test_a_file_without_settings_has_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "Pulumi.odd.yaml"
    path.write_text(text, encoding="utf-8")
    assert stack_files.read(path) == (text, {})
