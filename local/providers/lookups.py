"""What a program looks up in the cloud: there is none offline, so that the answers are declared, in a file of YAML.

The file holds answers by function, or by type of resource for `get`. The first whose `arguments` the program gives is
taken; text in its `result` may hold `{region}`, `{account}`, `{partition}`, `{zone}` (how AWS abbreviates the region in
ids of zones) and `{hex}` (17 digits that follow from the arguments):

    aws:ec2/getVpc:getVpc:
      - arguments: {tags: {Name: shared}}
        result: {id: vpc-0123456789abcdef0, cidrBlock: 10.9.0.0/16}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from local.errors import LocalError
from local.providers.values import Values, reveal
from stack_files import SafeLoader

FILE = "lookups.yaml"
"""Where a project declares its answers: beside its Pulumi.yaml."""

_FORM = "a list of answers, each with a `result` and, where they matter, `arguments`"


@dataclass(frozen=True)
class Lookups:
    """Declared answers by token; earlier ones win."""

    answers: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @classmethod
    def read(cls, *files: Path) -> Lookups:
        """The answers of those of the files that exist.

        Raises:
            LocalError: a file does not have the form.
        """
        answers: dict[str, list[Mapping[str, Any]]] = {}
        for file in files:
            for token, declared in (_content(file) if file.is_file() else {}).items():
                if not isinstance(declared, list) or not all(map(_is_answer, declared)):
                    raise LocalError(f"{file}: {token} must be {_FORM}")
                answers.setdefault(token, []).extend(declared)
        return cls(answers)

    def find(self, token: str, arguments: Values, place: Mapping[str, str]) -> Values | None:
        """The answer for these arguments, with the names in `place` filled in; None when none is declared."""
        given = reveal(arguments)
        for answer in self.answers.get(token, ()):
            if all(given.get(name) == value for name, value in answer.get("arguments", {}).items()):
                digest = hashlib.sha256(json.dumps([token, given], sort_keys=True, default=str).encode())
                result: Values = _filled(answer["result"], {**place, "hex": digest.hexdigest()[:17]})
                return result
        return None


def how_to_declare(token: str, arguments: Values) -> str:
    """Why there is no answer, and what to write so that there is one."""
    given = ", ".join(f"{name}: {json.dumps(value, default=str)}" for name, value in sorted(reveal(arguments).items()))
    return (
        f"{token} looks something up in the cloud, which is not possible offline. Declare its answer in {FILE} beside "
        f"Pulumi.yaml:\n  {token}:\n    - arguments: {{{given}}}\n      result: {{id: …}}"
    )


def _content(file: Path) -> Mapping[str, Any]:
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), SafeLoader) or {}  # noqa: S506 a SafeLoader
    except yaml.YAMLError as error:
        raise LocalError(f"{file} is no YAML: {error}") from error
    if not isinstance(content, dict):
        raise LocalError(f"{file} must map functions to {_FORM}")
    return content


def _is_answer(declared: object) -> bool:
    return (
        isinstance(declared, dict)
        and isinstance(declared.get("result"), dict)
        and isinstance(declared.get("arguments", {}), dict)
        and declared.keys() <= {"arguments", "result"}
    )


def _filled(value: Any, place: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, place) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, place) for item in value]
    if isinstance(value, str):
        for name, known in place.items():
            value = value.replace(f"{{{name}}}", known)
    return value
