"""Configuration of a pack: enforcement level, parameters and exemptions of each rule, refused when anything is unknown.

A file maps rule names to a level (`"advisory"`) or to an object with `enforcementLevel`, `exemptions` and the rule's
parameters. `all` gives the level of every rule that the file does not name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path

from pulumi_policy import EnforcementLevel

from policies.support.evaluation import matches
from policies.support.rules import Rule

LEVELS = (EnforcementLevel.ADVISORY, EnforcementLevel.MANDATORY, EnforcementLevel.DISABLED)

EXEMPTIONS_SCHEMA: dict[str, object] = {
    "type": "array",
    "description": "Resources that the rule leaves alone, each with a reason and the last day on which it does.",
    "items": {
        "type": "object",
        "required": ["urn", "reason", "expires"],
        "properties": {
            "urn": {
                "type": "string",
                "minLength": 1,
                "description": "URN: stack, project and type in full, parents and name with * and ? as wildcards.",
            },
            "reason": {"type": "string", "minLength": 1},
            "expires": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        },
        "additionalProperties": False,
    },
}


class ConfigurationError(Exception):
    """Everything that is wrong with a configuration, one problem a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Exemption:
    """Resources that a rule leaves alone, why, and until when."""

    urn: str
    reason: str
    expires: date

    def covers(self, urn: str) -> bool:
        """Whether the pattern matches the URN."""
        return matches(self.urn, urn)

    def expired(self, today: date) -> bool:
        """Whether the last day has passed."""
        return self.expires < today


@dataclass(frozen=True)
class RuleSettings:
    """How one rule is applied."""

    level: EnforcementLevel = EnforcementLevel.MANDATORY
    parameters: Mapping[str, object] = field(default_factory=dict)
    exemptions: tuple[Exemption, ...] = ()


def defaults(rule: Rule) -> RuleSettings:
    """The settings of a rule that configuration does not mention."""
    return RuleSettings(parameters={parameter.name: parameter.default for parameter in rule.parameters})


def load(file: Path, rules: Sequence[Rule]) -> dict[str, RuleSettings]:
    """Read a configuration file as the engine does. Raises `ConfigurationError` for all that is wrong with it."""
    return configure(rules, read(file, rules))


def read(file: Path, rules: Sequence[Rule]) -> dict[str, object]:
    """The entries of a configuration file by rule, levels for all rules spread over them, and nothing else checked.

    Raises `ConfigurationError` for a file that holds no entries.
    """
    try:
        content = json.loads(file.read_text())
    except json.JSONDecodeError as error:
        raise ConfigurationError([f"{file.name}: {error}"]) from None
    if not isinstance(content, dict):
        raise ConfigurationError([f"{file.name}: must map rule names to settings"])
    entries = {
        name: {"enforcementLevel": entry} if isinstance(entry, str) else entry for name, entry in content.items()
    }
    everyone = entries.get("all")
    if isinstance(everyone, dict):
        level = everyone.get("enforcementLevel")
        merged = {rule.name: entries.get(rule.name, {}) for rule in rules}
        entries |= {
            name: {"enforcementLevel": level, **entry} for name, entry in merged.items() if isinstance(entry, dict)
        }
    return entries


def configure(rules: Sequence[Rule], entries: Mapping[str, object]) -> dict[str, RuleSettings]:
    """Settings of every rule from the entries of a configuration. Raises `ConfigurationError` for all that is wrong."""
    problems: list[str] = []
    settings = {rule.name: defaults(rule) for rule in rules}
    by_name = {rule.name: rule for rule in rules}
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            problems.append(f"{name}: must be an enforcement level or an object")
        elif name == "all":
            problems += [
                f"all: {key} is not allowed; only enforcementLevel is" for key in entry if key != "enforcementLevel"
            ]
            problems += list(_level_problems("all", entry))
        elif name in by_name:
            problems += list(_problems(by_name[name], entry))
        else:
            close = get_close_matches(name, by_name) or sorted(by_name)
            problems.append(f"{name}: the pack has no such rule; it has {', '.join(close)}")
    if problems:
        raise ConfigurationError(problems)
    return settings | {name: _settings(by_name[name], entry) for name, entry in entries.items() if name in by_name}


def _settings(rule: Rule, entry: object) -> RuleSettings:
    assert isinstance(entry, dict)  # noqa: S101 - `configure` has checked it
    parameters = dict(defaults(rule).parameters)
    parameters |= {
        parameter.name: parameter.parse(entry[parameter.name])
        for parameter in rule.parameters
        if parameter.name in entry
    }
    return RuleSettings(
        level=EnforcementLevel(entry.get("enforcementLevel", EnforcementLevel.MANDATORY.value)),
        parameters=parameters,
        exemptions=tuple(
            Exemption(item["urn"], item["reason"], date.fromisoformat(item["expires"]))
            for item in entry.get("exemptions", [])
        ),
    )


def _problems(rule: Rule, entry: Mapping[str, object]) -> Iterator[str]:
    yield from _level_problems(rule.name, entry)
    parameters = {parameter.name: parameter for parameter in rule.parameters}
    for key, value in entry.items():
        if key == "exemptions":
            yield from (f"{rule.name}.exemptions{problem}" for problem in _exemption_problems(value))
        elif key in parameters:
            try:
                parameters[key].parse(value)
            except ValueError as error:
                yield f"{rule.name}.{key}: {error}"
        elif key != "enforcementLevel":
            known = ", ".join(["enforcementLevel", "exemptions", *parameters])
            yield f"{rule.name}.{key}: there is no such setting; the settings are {known}"


def _level_problems(name: str, entry: Mapping[str, object]) -> Iterator[str]:
    levels = [level.value for level in LEVELS]
    if entry.get("enforcementLevel", levels[0]) not in levels:
        yield f"{name}.enforcementLevel: must be one of {', '.join(levels)}"


def _exemption_problems(value: object) -> Iterator[str]:
    if not isinstance(value, list):
        yield ": must be a list"
        return
    for index, item in enumerate(value):
        if not isinstance(item, dict) or set(item) != {"urn", "reason", "expires"}:
            yield f"[{index}]: needs exactly urn, reason and expires"
        elif not all(isinstance(part, str) and part.strip() for part in item.values()):
            yield f"[{index}]: urn, reason and expires must be text that is not blank"
        elif not _is_date(item["expires"]):
            yield f"[{index}].expires: must be a date such as 2027-06-30"
        else:
            yield from (f"[{index}]{problem}" for problem in _breadth_problems(item["urn"], item["expires"]))


LONGEST_EXEMPTION = 400
"""Days from now within which an exemption must end, so that each is looked at about once a year."""


def _breadth_problems(pattern: str, expires: str) -> Iterator[str]:
    parts = pattern.split("::", 3)
    spelled = re.compile(r"[^*?]+")
    if (
        len(parts) != len(("stack", "project", "type", "name"))
        or not re.fullmatch(r"urn:pulumi:[^*?:]+", parts[0])
        or not spelled.fullmatch(parts[1])
        or not re.fullmatch(r"(?:.*[$*])?[^$*?:]+:[^$*?:]*:[^$*?:]+", parts[2])
        or not parts[3].strip("*?")
    ):
        yield (
            ".urn: must spell out stack, project and type, and some of the name, such as "
            "urn:pulumi:production::trading-platform::*aws:s3/bucket:Bucket::buckets-access-logs"
        )
    if (date.fromisoformat(expires) - datetime.now(UTC).date()).days > LONGEST_EXEMPTION:
        yield f".expires: must be within {LONGEST_EXEMPTION} days from today"


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2027-06-30")
