"""What auditors of other frameworks ask for, where a rule decides the same, from a dated table."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from policies.reports.results import Report
from policies.support.verdicts import Verdict

_TABLE = json.loads(Path(__file__).with_name("mappings.json").read_text(encoding="utf-8"))
DATE: str = _TABLE["date"]
_SUBJECTS = {name: subject for subject, names in _TABLE["rules"].items() for name in names}


def requirements(rule: str) -> dict[str, list[str]]:
    """The requirements by framework to whose answer a rule belongs."""
    found: dict[str, list[str]] = _TABLE["requirements"].get(_SUBJECTS.get(rule, ""), {})
    return found


def rows(report: Report) -> Iterator[list[str]]:
    """For each requirement the rules that belong to its answer, and those of them that are violated."""
    by_requirement = defaultdict(list)
    for rule in report.rules:
        for framework, names in requirements(rule.rule.name).items():
            for name in names:
                by_requirement[framework, name].append(rule)
    for (framework, name), rules in sorted(by_requirement.items()):
        violated = [rule.rule.name for rule in rules if rule.verdict is Verdict.VIOLATED]
        yield [framework, name, str(len(rules)), ", ".join(violated) or "none"]
