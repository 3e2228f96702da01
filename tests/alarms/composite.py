"""Rules of composite alarms (CloudWatch API, PutCompositeAlarm: ALARM, AND, OR)."""

from __future__ import annotations

import re
from collections.abc import Collection

_OPERAND = re.compile(r'ALARM\("?([^")]+)"?\)')


def children(rule: str) -> list[str]:
    """The alarms that a rule names, in its order."""
    return list(dict.fromkeys(_OPERAND.findall(rule)))


def is_up(rule: str, alarms: Collection[str]) -> bool:
    """Whether the rule holds while exactly these alarms are in ALARM. AND binds more than OR."""
    words: list[str] = re.findall(
        r"\(|\)|AND|OR|[TF]", _OPERAND.sub(lambda found: "T" if found[1] in alarms else "F", rule)
    )

    def either() -> bool:
        found = both()
        while words[:1] == ["OR"]:
            words.pop(0)
            found = both() or found
        return found

    def both() -> bool:
        found = one()
        while words[:1] == ["AND"]:
            words.pop(0)
            found = one() and found
        return found

    def one() -> bool:
        word = words.pop(0)
        if word != "(":
            return word == "T"
        found = either()
        assert words.pop(0) == ")"
        return found

    result = either()
    assert not words, words
    return result
