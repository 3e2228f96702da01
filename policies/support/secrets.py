"""Secrets that stand in clear where many can read them. A finding never holds what was found."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping

# Names of variables and parameters whose values are secrets; `_ARN`, `_NAME`, `_PATH` and their like only point at one.
_NAMES = re.compile(
    r"(^|[_\-./])(pass(word|wd|phrase)?|pwd|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credentials?)s?$",
    re.IGNORECASE,
)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Forms of keys that their issuers give a mark, and words that a value follows.
_VALUES = (
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}\b"),
    re.compile(r"\bxox[abpr]-[A-Za-z0-9-]{10,}"),
    re.compile(r"\bsk_live_[A-Za-z0-9]{16,}"),
    re.compile(r"(?i)\baws_secret_access_key\s*[=:]\s*['\"]?[A-Za-z0-9/+=]{40}"),
    re.compile(r"(?i)[a-z][a-z0-9+.-]*://[^/\s:@]+:(?!\$)[^/\s:@]{3,}@"),
)
_ASSIGNMENT = re.compile(
    r"(?im)(?:^|[\s;{(,])(?:export\s+)?['\"]?([A-Za-z_][\w.-]*)['\"]?\s*[=:]\s*['\"]?([^\s'\"$;<>{}]{6,})"
)
# What stands in the place of a secret: a reference that is resolved where it is used.
_REFERENCES = re.compile(
    r"^(arn:|\$|\{\{|/|ssm:|secretsmanager:|https?://|[*x]+$|none$|null$|true$|false$)", re.IGNORECASE
)


def looks_secret(name: str) -> bool:
    """Whether a name says that its value is a secret."""
    return bool(_NAMES.search(_WORDS.sub("_", name)))


def holds_secret(text: str) -> bool:
    """Whether a script or other text, also in Base64, holds what looks like a secret."""
    return any(_holds(form) for form in _forms(text))


def _holds(text: str) -> bool:
    if any(pattern.search(text) for pattern in _VALUES):
        return True
    return any(looks_secret(name) and not _REFERENCES.match(value) for name, value in _ASSIGNMENT.findall(text))


def _forms(text: str) -> Iterator[str]:
    yield text
    try:
        yield base64.b64decode(text.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return


def secret_variables(variables: Mapping[str, object]) -> list[str]:
    """Names of the variables whose values are secrets."""
    return [
        name
        for name, value in variables.items()
        if isinstance(value, str)
        and value
        and (any(pattern.search(value) for pattern in _VALUES) or (looks_secret(name) and not _REFERENCES.match(value)))
    ]
