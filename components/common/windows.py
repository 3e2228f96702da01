"""Windows of time in which AWS backs up and maintains data stores. All are UTC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from components.common.settings import Problem, text

_MAINTENANCE = "maintenanceWindow"
_MINUTES_PER_DAY = 24 * 60
_MINUTES_PER_WEEK = 7 * _MINUTES_PER_DAY
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
_DAY = f"({'|'.join(_WEEKDAYS)})"
DailyWindow = Annotated[str, text("a daily window in UTC, such as 03:00-04:00", f"{_CLOCK}-{_CLOCK}")]
WeeklyWindow = Annotated[
    str, text("a weekly window in UTC, such as sun:05:00-sun:06:00", f"{_DAY}:{_CLOCK}-{_DAY}:{_CLOCK}")
]


def _minute_of_day(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _daily_minutes(window: str) -> tuple[int, int]:
    """Start minute and length of a daily window such as `23:30-00:30`."""
    start, end = (_minute_of_day(clock) for clock in window.split("-"))
    return start, (end - start) % _MINUTES_PER_DAY


def _weekly_minutes(window: str) -> tuple[int, int]:
    """Start minute of the week and length of a weekly window such as `sun:05:00-sun:06:00`."""

    def minute(moment: str) -> int:
        day, clock = moment.split(":", 1)
        return _WEEKDAYS.index(day) * _MINUTES_PER_DAY + _minute_of_day(clock)

    start, end = (minute(moment) for moment in window.split("-"))
    return start, (end - start) % _MINUTES_PER_WEEK


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two windows of the week, by start and length, have a minute in common."""
    return (other[0] - one[0]) % _MINUTES_PER_WEEK < one[1] or (one[0] - other[0]) % _MINUTES_PER_WEEK < other[1]


def _on_each_day(daily: str) -> list[tuple[int, int]]:
    start, length = _daily_minutes(daily)
    return [(day * _MINUTES_PER_DAY + start, length) for day in range(7)]


def weekly_windows_overlap(one: str, other: str) -> bool:
    """Whether two weekly windows have a minute in common."""
    return _meet(_weekly_minutes(one), _weekly_minutes(other))


def free_window(wanted: str, daily: str, taken: Sequence[str]) -> str:
    """A weekly window as long as `wanted`, apart from it, from the daily one and from those that are taken.

    The first full hour from a day before `wanted` on: what breaks, breaks where it does the least harm.

    Raises:
        ValueError: The week has no such hour left.
    """
    start, length = _weekly_minutes(wanted)
    closed = [(start, length), *_on_each_day(daily), *map(_weekly_minutes, taken)]
    for hours in range(7 * 24):
        found = (start - _MINUTES_PER_DAY + hours * 60) % _MINUTES_PER_WEEK
        if not any(_meet((found, length), other) for other in closed):
            return f"{_moment(found)}-{_moment(found + length)}"
    raise ValueError(f"the windows {', '.join((wanted, daily, *taken))} leave no other one in a week")


def _moment(minute: int) -> str:
    day, rest = divmod(minute % _MINUTES_PER_WEEK, _MINUTES_PER_DAY)
    return f"{_WEEKDAYS[day]}:{rest // 60:02}:{rest % 60:02}"


def window_problems(daily_key: str, daily: str, maintenance: str, least_minutes: int) -> Iterator[Problem]:
    """Rules that RDS and ElastiCache share: lengths, and no overlap of the two windows."""
    yield from _length_problems(daily_key, daily, _daily_minutes(daily)[1], least_minutes)
    yield from _length_problems(_MAINTENANCE, maintenance, _weekly_minutes(maintenance)[1], least_minutes)
    if _daily_window_overlaps(daily, maintenance):
        yield Problem((daily_key,), f"{daily} overlaps maintenanceWindow ({maintenance}); the two must be apart")


def replica_window_problems(maintenance: str, daily: str) -> Iterator[Problem]:
    """The same for a replica of the database, which has the backup window of its primary (RDS hands it down)."""
    yield from _length_problems(_MAINTENANCE, maintenance, _weekly_minutes(maintenance)[1], 30)
    if _daily_window_overlaps(daily, maintenance):
        yield Problem((_MAINTENANCE,), f"{maintenance} overlaps postgres.backupWindow ({daily}); the two must be apart")


def _length_problems(key: str, window: str, length: int, least_minutes: int) -> Iterator[Problem]:
    if not least_minutes <= length < _MINUTES_PER_DAY:
        yield Problem((key,), f"{window} must last at least {least_minutes} minutes and less than a day")


def _daily_window_overlaps(daily: str, weekly: str) -> bool:
    return any(_meet(each, _weekly_minutes(weekly)) for each in _on_each_day(daily))
