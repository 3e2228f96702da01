"""Which scenario an alarm is played in, and how it went."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.alarms.cloudwatch import Inputs, messages
from tests.alarms.scenario import Place, Scenario
from tests.alarms.scenarios import SCENARIOS
from tests.alarms.series import BROKEN


def kind(alarm: Inputs) -> tuple[str, str]:
    """Namespace and metric; several metrics of one alarm in the order of their names."""
    queries = alarm.get("metricQueries")
    if not queries:
        return alarm["namespace"], alarm["metricName"]
    if read := [query["metric"] for query in queries if "metric" in query]:
        return read[0]["namespace"], "+".join(sorted({each["metricName"] for each in read}))
    (found,) = re.findall(r'SELECT \w+\((\w+)\) FROM SCHEMA\("([^"]+)"', queries[0]["expression"])
    return found[1], found[0]


def scenario(alarm: Inputs) -> Scenario | None:
    namespace, metric = kind(alarm)
    return SCENARIOS.get(namespace, {}).get(metric)


def mistakes(alarm: Inputs, place: Place) -> Iterator[str]:
    """Faults that are not told in time, and ordinary weeks in which somebody is told."""
    chosen = scenario(alarm)
    if chosen is None:
        yield f"no scenario for {'/'.join(kind(alarm))}"
        return
    for fault, metrics in chosen.faults(alarm, place).items():
        told = [message.minute - BROKEN for message in messages(alarm, metrics)]
        if not told:
            yield f"{fault}: nobody is told"
        elif told[0] < 0:
            yield f"{fault}: somebody is told {-told[0]} minutes before"
        elif told[0] > chosen.within:
            yield f"{fault}: told after {told[0]} minutes, not within {chosen.within}"
    for week, metrics in chosen.ordinary(alarm, place).items():
        for message in messages(alarm, metrics)[:1]:
            yield f"{week}: {message.state} in minute {message.minute}"
