"""The commands in a piece of bash: as far as documentation needs, not as far as bash goes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

_HEREDOC = re.compile(r"<<-?\s*'?(\w+)'?\n.*?^\s*\1$", re.DOTALL | re.MULTILINE)
# Ends of lines that are not inside of single quotes.
_LINES = re.compile(r"\n(?=(?:[^']*'[^']*')*[^']*$)")
_KEYWORDS = frozenset(("do", "then", "else", "!", "{", "}", "time", "done", "fi"))
_ASSIGNMENT = re.compile(r"\w+\+?=")
_SEPARATORS = frozenset("();|&")
# Words of a loop, not a command.
_LOOPS = ("for", "function")


def commands(text: str) -> Iterator[list[str]]:
    """Every command as its words, those inside of substitutions included. Redirections and assignments are left out."""
    text = _HEREDOC.sub("", text).replace("\\\n", " ")
    while (start := text.find("$(")) >= 0:
        end = _closing(text, start + 2)
        yield from commands(text[start + 2 : end])
        text = f"{text[:start]}substituted{text[end + 1 :]}"
    for line in _LINES.split(text):
        yield from _split(_words(line))


def _words(line: str) -> Iterator[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    yield from lexer
    yield ";"


def _split(words: Iterable[str]) -> Iterator[list[str]]:
    command: list[str] = []
    is_file = False
    for word in words:
        if word and set(word) <= _SEPARATORS:
            if command and command[0] not in _LOOPS:
                yield command
            command = []
        elif word and set(word) <= set("<>&"):
            is_file = True
        elif is_file:
            is_file = False
        elif command or not (word in _KEYWORDS or _ASSIGNMENT.match(word)):
            command.append(word)


def _closing(text: str, start: int) -> int:
    """The place of the parenthesis that closes the one before `start`."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError(f"a substitution is never closed: {text[start : start + 40]}")
