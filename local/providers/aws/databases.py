"""What RDS refuses in an instance because of its own storage, of its source or replicas, or of its parameter group.

By the constraints in the API reference of CreateDBInstance, CreateDBInstanceReadReplica and ModifyDBInstance, and the
storage chapter of the Amazon RDS user guide. Single values that never change are in the table of changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.providers.package import Refused
from local.providers.values import Values

INSTANCE = "aws:rds/instance:Instance"

_GIB: Mapping[str, tuple[int, int]] = {
    "gp2": (20, 65536),
    "gp3": (20, 65536),
    "io1": (100, 65536),
    "io2": (100, 65536),
    "standard": (5, 3072),
}
# From where on gp3 has operations and throughput of its own.
_STRIPED: Mapping[str, int] = {"mariadb": 400, "mysql": 400, "postgres": 400}
_PROVISIONED = ("io1", "io2")
_BETWEEN_CHANGES_SECONDS = 6 * 3600
_STORAGE = frozenset(("allocatedStorage", "iops", "storageThroughput", "storageType"))


@dataclass
class Databases:
    """The instances that exist, by name and by ARN, and when their storage was changed."""

    known: dict[str, Values]
    now: Callable[[], float] = time.monotonic
    _changed: dict[str, float] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)

    def forget(self, inputs: Mapping[str, Any]) -> None:
        """Let an instance go, under all of its names."""
        name = str(inputs.get("identifier"))
        names = [key for key, outputs in self.known.items() if outputs.get("identifier") == name]
        for key in names:
            del self.known[key]
        self._gone.update(names)
        self._changed.pop(name, None)

    def refuse(self, inputs: Mapping[str, Any], changed: frozenset[str] = frozenset()) -> None:
        """Refuse to make an instance, or to change `changed` of it.

        Raises:
            Refused: RDS would refuse it, too.
        """
        problems = (*_storage(inputs), *self._source(inputs, changed), *self._replicas(inputs), *self._group(inputs))
        for problem in problems:
            raise Refused(f"InvalidParameterCombination: {problem}")
        if not changed & _STORAGE:
            self._gone.discard(str(inputs.get("identifier")))
            return
        identifier, now = str(inputs.get("identifier")), self.now()
        if now - self._changed.get(identifier, -_BETWEEN_CHANGES_SECONDS) < _BETWEEN_CHANGES_SECONDS:
            raise Refused(
                f"InvalidParameterCombination: the storage of {identifier} was changed less than six hours ago, and is "
                "being optimized: nothing of it changes before"
            )
        self._changed[identifier] = now

    def _source(self, inputs: Mapping[str, Any], changed: frozenset[str]) -> Iterator[str]:
        name = inputs.get("replicateSourceDb")
        source = self.known.get(str(name))
        if name in self._gone:
            yield f"DBInstanceNotFound: {name} is deleted"
        if name is None or source is None:
            return
        if not changed and not source.get("backupRetentionPeriod"):
            yield f"automated backups are not enabled for {name}: a replica needs them in its source"
        own, other = (_version(each.get("engineVersion")) for each in (inputs, source))
        if "engineVersion" in changed and own[: len(other)] < other[: len(own)]:
            yield f"a replica has the version of its source ({source['engineVersion']}) or a higher one"

    def _replicas(self, inputs: Mapping[str, Any]) -> Iterator[str]:
        names = (inputs.get("identifier"), self.known.get(str(inputs.get("identifier")), {}).get("arn"))
        copied = [each for each in self.known.values() if each.get("replicateSourceDb", "") in names]
        if copied and inputs.get("backupRetentionPeriod") == 0:
            yield f"backupRetentionPeriod cannot be 0: {copied[0].get('identifier')} replicates the instance"

    def _group(self, inputs: Mapping[str, Any]) -> Iterator[str]:
        group = self.known.get(str(inputs.get("parameterGroupName")), {})
        engine, version = inputs.get("engine"), _version(inputs.get("engineVersion"))
        if engine != "postgres" or not version or "family" not in group:
            return
        family = f"postgres{version[0]}"
        if group["family"] != family:
            yield f"{inputs['parameterGroupName']} has the family {group['family']}; {family} is needed"


def _storage(inputs: Mapping[str, Any]) -> Iterator[str]:
    size, largest = inputs.get("allocatedStorage"), inputs.get("maxAllocatedStorage")
    provisioned, throughput = inputs.get("iops"), inputs.get("storageThroughput")
    kind = inputs.get("storageType", "io1" if provisioned else "gp2")
    if size is None or kind not in _GIB or str(inputs.get("engine", "")).startswith("aurora"):
        return
    low, high = _GIB[kind]
    if not low <= size <= high:
        yield f"allocatedStorage {size:g} is not from {low} to {high}, which {kind} has"
    if largest and largest * 10 < size * 11:
        yield f"maxAllocatedStorage {largest:g} is not 10 % more than allocatedStorage ({size:g})"
    if throughput and kind != "gp3":
        yield f"storageThroughput is for gp3; this is {kind}"
    if provisioned and kind in ("gp2", "standard"):
        yield f"iops is for io1, io2 and gp3; this is {kind}"
    if kind in _PROVISIONED and not provisioned:
        yield f"{kind} needs iops"
    striped = _STRIPED.get(str(inputs.get("engine")), 0)
    if kind == "gp3" and (provisioned or throughput) and size < striped:
        yield f"iops and storageThroughput can be set from {striped} GiB on; allocatedStorage is {size:g}"


def _version(value: Any) -> tuple[int, ...]:
    parts = str(value or "").split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()
