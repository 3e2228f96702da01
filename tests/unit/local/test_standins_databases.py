"""The stand-in for RDS refuses what RDS refuses: by storage, by source and replicas, by parameter group."""

from __future__ import annotations

from typing import Any

import pytest

from local.providers.aws.databases import Databases
from local.providers.package import Refused
from local.providers.values import Values
from tests.unit.standins import Instance, Known, instance, urn

DATABASE = "aws:rds/instance:Instance"
GROUP = "aws:rds/parameterGroup:ParameterGroup"


def database(identifier: str = "main", **more: Any) -> Values:
    given = {
        "identifier": identifier,
        "instanceClass": "db.r6g.large",
        "engine": "postgres",
        "engineVersion": "16.4",
        "allocatedStorage": 100,
        "storageType": "gp3",
        "backupRetentionPeriod": 7,
        "skipFinalSnapshot": True,
        **more,
    }
    return {name: value for name, value in given.items() if value is not None}


def replica(**more: Any) -> Values:
    return database("copy", **{"replicateSourceDb": "main", "engine": None, "backupRetentionPeriod": 0, **more})


def made(aws: Instance, inputs: Values) -> Known:
    return aws.create(urn(DATABASE, str(inputs["identifier"])), inputs)


# Constraints of AllocatedStorage, Iops and StorageThroughput in CreateDBInstance; gp3's limits in the user guide.
STORAGE: list[tuple[Values, str]] = [
    ({"allocatedStorage": 19}, "from 20 to 65536"),
    ({"allocatedStorage": 65537}, "from 20 to 65536"),
    ({"storageType": "io1", "iops": 3000, "allocatedStorage": 99}, "from 100 to 65536"),
    ({"storageType": "io2"}, "io2 needs iops"),
    ({"storageType": "gp2", "iops": 3000}, "this is gp2"),
    ({"storageType": "io1", "iops": 3000, "storageThroughput": 500}, "for gp3"),
    ({"iops": 12000}, "from 400 GiB on"),
    ({"storageThroughput": 500, "allocatedStorage": 399}, "from 400 GiB on"),
    ({"maxAllocatedStorage": 109}, "10 % more"),
    ({"storageType": "standard", "allocatedStorage": 3073}, "from 5 to 3072"),
]


@pytest.mark.parametrize(("storage", "reason"), STORAGE)
def test_storage_that_rds_does_not_offer(storage: Values, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        made(instance(), database(**storage))
    aws = instance()
    known = made(aws, database())
    with pytest.raises(Refused):
        aws.update(known, database(**storage))


@pytest.mark.parametrize(
    "storage",
    [
        {"allocatedStorage": 20},
        {"allocatedStorage": 400, "iops": 12000, "storageThroughput": 500},
        {"storageType": "io1", "iops": 3000},
        {"storageType": "io2", "iops": 3000},
        {"storageType": "standard", "allocatedStorage": 5},
        {"storageType": None},
        {"storageType": None, "iops": 1000},
        {"maxAllocatedStorage": 110},
        {"maxAllocatedStorage": 0},
        {"engine": "oracle-se2", "engineVersion": "19", "iops": 12000, "allocatedStorage": 200},
    ],
)
def test_storage_that_it_does(storage: Values) -> None:
    assert made(instance(), database(**storage)).id


def test_storage_changes_every_six_hours() -> None:
    hour = iter((0.0, 5.9 * 3600, 6.0 * 3600))
    databases = Databases({}, now=lambda: next(hour))
    larger = frozenset({"allocatedStorage"})
    databases.refuse(database(allocatedStorage=200), larger)
    databases.refuse(database(instanceClass="db.r6g.xlarge"), frozenset({"instanceClass"}))
    with pytest.raises(Refused, match="six hours"):
        databases.refuse(database(storageType="io1", iops=3000), frozenset({"storageType", "iops"}))
    databases.refuse(database(allocatedStorage=300), larger)


class TestReplicas:
    def test_a_source_has_backups(self) -> None:
        aws = instance()
        made(aws, database(backupRetentionPeriod=0))
        with pytest.raises(Refused, match="backups are not enabled for main"):
            made(aws, replica())

    def test_the_backups_of_a_source_stay_on_while_it_is_copied(self) -> None:
        aws = instance()
        source, copy = made(aws, database()), made(aws, replica())
        with pytest.raises(Refused, match="copy replicates"):
            aws.update(source, database(backupRetentionPeriod=0))
        aws.delete(copy)
        assert aws.update(source, database(backupRetentionPeriod=0)).outputs["backupRetentionPeriod"] == 0

    def test_by_the_arn_of_its_source_too(self) -> None:
        aws = instance()
        source = made(aws, database())
        made(aws, replica(replicateSourceDb=source.outputs["arn"]))
        with pytest.raises(Refused, match="copy replicates"):
            aws.update(source, database(backupRetentionPeriod=0))

    def test_nothing_replicates_what_is_deleted(self) -> None:
        aws = instance()
        source = made(aws, database())
        aws.delete(source)
        with pytest.raises(Refused, match="main is deleted"):
            made(aws, replica())
        made(aws, database())
        assert made(aws, replica()).id

    @pytest.mark.parametrize(("version", "taken"), [("16.3", False), ("15.9", False), ("16.4", True), ("16.9", True)])
    def test_a_replica_is_not_behind_its_source(self, version: str, taken: bool) -> None:
        aws = instance()
        made(aws, database(engineVersion="16.4"))
        copy = made(aws, replica(engineVersion="15.2"))
        given = replica(engineVersion=version, allowMajorVersionUpgrade=True)
        if taken:
            assert aws.update(copy, given).outputs["engineVersion"] == version
        else:
            with pytest.raises(Refused, match="of its source"):
                aws.update(copy, given)


@pytest.mark.parametrize(("family", "version", "taken"), [("postgres16", "16.4", True), ("postgres15", "16.4", False)])
def test_a_parameter_group_is_of_the_engines_major(family: str, version: str, taken: bool) -> None:
    aws = instance()
    aws.create(urn(GROUP, "group"), {"name": "own", "family": family, "description": "of the test"})
    given = database(engineVersion=version, parameterGroupName="own")
    if taken:
        assert made(aws, given).id
    else:
        with pytest.raises(Refused, match="postgres16 is needed"):
            made(aws, given)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"allocatedStorage": 90}, "never shrinks"),
        ({"engineVersion": "16.3"}, "lower version"),
        ({"engineVersion": "15.9"}, "lower version"),
        ({"engineVersion": "17.2"}, "not told to allow another major"),
        ({"dbSubnetGroupName": "other"}, "another network"),
        ({"replicateSourceDb": "other"}, "does not become the replica"),
        ({"allocatedStorage": 400}, "iops and storageThroughput in the same step"),
    ],
)
def test_what_never_changes_so(change: Values, reason: str) -> None:
    aws = instance()
    known = made(aws, database(dbSubnetGroupName="own"))
    with pytest.raises(Refused, match=reason):
        aws.update(known, database(**{"dbSubnetGroupName": "own", **change}))
