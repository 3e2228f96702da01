"""Turns what pydantic found wrong into lines that a reader of stack files understands."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.schema import field_at, fields_by_key, key_path, printable, section_at

# pydantic's error types for a value of the wrong type, and the type that is wanted as YAML's readers call it.
_WANTED_TYPES = {
    "string_type": "text",
    "string_unicode": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "bool_type": "true or false",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "invalid_key": "text",
}
# pydantic's error types for values and lengths out of bounds.
_BOUNDS = {
    "greater_than": "be more than {gt}",
    "greater_than_equal": "be at least {ge}",
    "less_than": "be less than {lt}",
    "less_than_equal": "be at most {le}",
    "too_short": "have at least {min_length} entries",
    "too_long": "have at most {max_length} entries",
}
# A whole number with more digits than this is shown as what it is, a mistake.
_LONGEST_NUMBER = 10**30


def shown(value: object) -> str:
    """A value as a stack file would hold it, short and printable; mappings and lists by their kind only."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < _LONGEST_NUMBER else "a number of more than 30 digits"
    if isinstance(value, str):
        return f'"{printable(value)}"'
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else printable(str(value))


class Censor:
    """Keeps the values below secret keys out of errors."""

    def __init__(self, secrets: Iterable[object]) -> None:
        """Take the values of all secret keys, with their structure."""
        texts = sorted({re.escape(text) for text in _texts(secrets)}, key=len, reverse=True)
        self._secret = re.compile(rf"(?<![\w.])({'|'.join(texts)})(?![\w.])") if texts else None

    def message(self, message: str) -> str:
        """The message of a rule, without any secret that it repeats."""
        return self._secret.sub("[secret]", message) if self._secret else message


def _texts(values: Iterable[object]) -> Iterator[str]:
    """All texts and numbers in some values, however deep."""
    pending = list(values)
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield shown(value).strip('"')


def hidden(_value: object) -> str:
    """What stands in for a value of a secret key."""
    return "the secret value"


def suggestion(key: str, known: Iterable[str]) -> str:
    """Name the key that was probably meant, or else all there are."""
    known = list(known)
    near = difflib.get_close_matches(key[:80], known, n=1)
    return f"did you mean {near[0]}?" if near else f"allowed: {', '.join(known)}"


def complaints(
    key: str, annotation: Any, error: ValidationError, censor: Censor, show: Callable[[object], str] = shown
) -> Iterator[str]:
    """Yield one line for each thing that is wrong below a top-level key.

    Args:
        key: The top-level key.
        annotation: The type of its value.
        error: What pydantic found.
        censor: What the messages of rules must not repeat.
        show: How values appear: `shown`, or `hidden` where the key is secret.
    """
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        if path and path[-1] == "[key]" and detail["type"] != "extra_forbidden":
            # The key of a mapping is wrong, not its value.
            path = path[:-1]
        if detail["type"] != "rules":
            yield f"{key_path(key, *path)}: {_message(annotation, path, detail, show)}"
    yield from broken(key, error, censor)


def broken(key: str, error: ValidationError, censor: Censor) -> Iterator[str]:
    """Yield one line for each rule of a section that is broken below a top-level key."""
    for detail in error.errors(include_url=False):
        if detail["type"] == "rules":
            for problem in detail["ctx"]["problems"]:
                yield f"{key_path(key, *detail['loc'], *problem.path)}: {censor.message(problem.message)}"


def _message(annotation: Any, path: tuple[str | int, ...], detail: ErrorDetails, show: Callable[[object], str]) -> str:
    if detail["type"] == "missing":
        field = field_at(annotation, path)
        return f"is missing. {' '.join(field.description.split())}" if field and field.description else "is missing"
    if detail["type"] == "extra_forbidden":
        section = section_at(annotation, path[:-1])
        return f"is not a key; {suggestion(str(path[-1]), fields_by_key(section) if section else ())}"
    value, allowed = detail["input"], _allowed(detail)
    return allowed if detail["type"] == "rule" and isinstance(value, list) else f"{show(value)} {allowed}"


def _allowed(detail: ErrorDetails) -> str:
    """What a value must be, in words."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind in _WANTED_TYPES:
        wanted = _WANTED_TYPES[kind]
        return f"must be {wanted}{_quoting_hint(value) if wanted == 'text' else ''}"
    if kind in _BOUNDS:
        return f"must {_BOUNDS[kind].format_map({name: _number(bound) for name, bound in context.items()})}"
    if kind in ("literal_error", "enum"):
        choices = context["expected"]
        hint = _quoting_hint(value) if choices.startswith("'") else ""
        return f"must be {choices}{hint}".replace("'", '"')
    return detail["msg"]


def _number(bound: object) -> object:
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound


def _quoting_hint(value: object) -> str:
    """A number where text belongs: YAML reads 1.30 without quotes as the number 1.3."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return (
        f", in quotes: without them, YAML reads {'1.30 as the number 1.3' if isinstance(value, float) else 'a number'}"
    )
