"""Failures of every kind, on every resource of production: the next run makes good what the last one left."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest

from local.providers import Operation
from local.providers.faults import Cloud, Fault, NotReadyError, Plan, first_attempts
from local.providers.readiness import needed
from local.providers.server import Kind
from tests.engine.deployed import Resource, state_of, view
from tests.resilience.conftest import replaced
from tests.resilience.graph import Graph, without
from tests.resilience.runs import (
    NOTHING_QUEUES,
    Action,
    Platform,
    destroy_as_far_as_possible,
    existing,
    is_in_the_cloud,
    nothing_to_do,
    up,
    up_as_far_as_possible,
)

pytestmark = pytest.mark.engine

Tell = Callable[[str], None]

# More rounds than the longest chain of dependencies has links: what has not converged by then never does.
_ROUNDS = 60


def rounds(platform: Platform, action: Action) -> int:
    """Repeat an action until it succeeds, and count how often it took."""
    for number in range(1, _ROUNDS):
        run = platform.run(action)
        if run.ok:
            return number
        assert any("on request" in error or "timeout while waiting" in error for error in run.errors), run.errors
    raise AssertionError(f"no success in {_ROUNDS} rounds: {run.errors}")


def some(plan: Plan, share: int) -> Plan:
    """Faults on one in `share` resources, always the same ones."""
    return lambda operation, attempt: plan(operation, attempt) if crc32(operation.urn.encode()) % share == 0 else None


def tried(cloud: Cloud, kind: Kind) -> str:
    """How many operations of a kind failed and were made good, of those that were to fail: these must be all."""
    failed = {urn for each, urn in cloud.failed if each == kind}
    assert {cloud.failed[kind, urn] for urn in failed} == {1}
    survived = [urn for urn in failed if cloud.attempts[kind, urn] > 1]
    assert len(survived) == len(failed) > 0
    return f"{len(survived)} of {len(failed)}"


@pytest.mark.parametrize(
    "share", [pytest.param(1, marks=pytest.mark.nightly, id="all"), pytest.param(8, id="an-eighth")]
)
def test_every_creation_update_and_deletion_may_fail_once(
    program: Path, tmp_path: Path, tell: Tell, share: int
) -> None:
    cloud = Cloud(some(first_attempts(Fault.REFUSED, "create"), share), strict=True)
    platform = Platform(cloud, tmp_path / "state", directory=program)
    with platform.providers():
        runs = rounds(platform, up_as_far_as_possible)
        assert platform.difference() == []
        assert platform.run(nothing_to_do).ok
        tell(f"faults: {tried(cloud, 'create')} creations that were refused once are made good, in {runs} runs")

        cloud.plan = some(first_attempts(Fault.UNFINISHED, "update"), share)
        with replaced(program / "Pulumi.production.yaml", "owner: DevOps Team", "owner: Platform Team"):
            runs = rounds(platform, up_as_far_as_possible)
            assert platform.run(nothing_to_do).ok
        assert platform.difference() == []
        tell(f"faults: {tried(cloud, 'update')} updates that timed out once are made good, in {runs} runs")

        cloud.plan = some(first_attempts(Fault.LOST, "delete"), share)
        runs = rounds(platform, destroy_as_far_as_possible)
        assert cloud.existing == []
        tell(f"faults: {tried(cloud, 'delete')} deletions whose answer was lost leave nothing, in {runs} runs")


@pytest.mark.nightly
def test_every_creation_may_time_out_once(program: Path, tmp_path: Path, tell: Tell) -> None:
    cloud = Cloud(first_attempts(Fault.UNFINISHED, "create"), strict=True)
    platform = Platform(cloud, tmp_path, directory=program)
    with platform.providers():
        runs = rounds(platform, up_as_far_as_possible)
        assert platform.difference() == []
        assert platform.run(nothing_to_do).ok
    created = len(cloud.existing)
    assert all(cloud.attempts["create", each.urn] == 1 for each in cloud.existing), "nothing is created again"
    assert sum(cloud.failed.values()) == created
    tell(f"faults: {created} of {created} creations that timed out once are made good, in {runs} runs")


def _alone(platform: Platform, urn: str, graph: Graph, file: Path) -> str:
    """Let one resource fail, which stops the run; say what is wrong after the next one, if anything."""
    later = {each for each in graph.edges if urn in graph.before[each] and graph.stack.resources[each].id}
    state = without(state_of("production"), later | {urn})
    file.write_text(json.dumps(state), encoding="utf-8")
    platform.command("stack", "import", "--file", str(file))
    platform.cloud.start_over(existing(view(state)))
    platform.cloud.plan = first_attempts(Fault.REFUSED, "create", {urn})
    if platform.run(up).ok:
        return "it did not fail"
    again = platform.run(up)
    return "; ".join([*again.errors, *platform.difference()])


def _one_of_each_type(graph: Graph) -> Iterator[Resource]:
    """The first resource of each type in the order of creation."""
    seen = set()
    for resource in graph.stack:
        if is_in_the_cloud(resource) and resource.type not in seen:
            seen.add(resource.type)
            yield resource


@pytest.mark.nightly
def test_a_single_failure_of_each_type_is_made_good(program: Path, tmp_path: Path, tell: Tell) -> None:
    graph = Graph.of(state_of("production"))
    platform = Platform(Cloud(strict=True), tmp_path / "state", directory=program)
    file = tmp_path / "state.json"
    with platform.providers():
        wrong = {each.urn: _alone(platform, each.urn, graph, file) for each in _one_of_each_type(graph)}
    failures = {urn: found for urn, found in wrong.items() if found}
    tell(
        f"faults: {len(wrong) - len(failures)} of {len(wrong)} types of resources survive a failure that stops the run"
    )
    assert failures == {}


# Seconds that the cloud takes for what others need: without a dependency, they come too early.
_SLOW = {
    "aws:cloudwatch/logGroup:": 0.5,
    "aws:cfg/": 0.5,
    "aws:ec2/internetGateway:": 0.5,
    "aws:ec2/route": 0.5,
    "aws:eks/addon:": 0.5,
    "aws:iam/rolePolicy": 1.5,
    "aws:s3/bucketPublicAccessBlock:": 0.5,
    "aws:s3/bucketVersioning:": 0.5,
    "aws:sns/topicPolicy:": 0.5,
    "aws:vpc/securityGroup": 0.5,
}


def _slowly(operation: Operation) -> float:
    return max((seconds for type_, seconds in _SLOW.items() if operation.type.startswith(type_)), default=0)


def test_a_cloud_that_checks_refuses_nothing(program: Path, tmp_path: Path, tell: Tell) -> None:
    cloud = Cloud(strict=True, seconds=_slowly)
    platform = Platform(cloud, tmp_path, directory=program, env=NOTHING_QUEUES)
    with platform.providers():
        assert platform.run(up).errors == []
        assert platform.difference() == []
    tell(f"readiness: {len(cloud.existing)} of {len(cloud.existing)} resources find what they need when it comes late")


def test_every_demand_that_is_not_met_is_refused_by_name(tell: Tell) -> None:
    stack = view(state_of("production"))
    world = existing(stack)
    cloud = Cloud(strict=True)
    refused = 0
    for resource in world:
        creation = Operation("create", resource.urn, resource.type, resource.id, resource.inputs, resource.outputs)
        for need, wanted in needed(resource, world):
            cloud.start_over(each for each in world if each.urn != resource.urn and not wanted.fits(each))
            with pytest.raises(NotReadyError, match=f"^{re.escape(resource.type)} needs .*{re.escape(need.why)}"):
                cloud(creation)
            refused += 1
    tell(f"readiness: {refused} of {refused} creations without something that AWS demands are refused by name")
    assert refused > 500


# What somebody may forget: where, what AWS then says, and what has to come late to show it.
FORGOTTEN = {
    "a role that is attached too late": (
        "components/network/vpc.py",
        "pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[policy]))",
        "opts",
        "flowLog:FlowLog needs RolePolicyAttachment or RolePolicy with role ",
        "aws:iam/rolePolicy:",
    ),
    "a log group that does not exist": (
        "components/cluster/cluster.py",
        "depends_on=[logs, *attachments]",
        "depends_on=attachments",
        "cluster:Cluster needs LogGroup with name /aws/eks/production-eks-cluster/cluster",
        "aws:cloudwatch/logGroup:",
    ),
    "a key whose policy lacks the service": (
        "components/kms/kms.py",
        'KeyDomain.RDS: ("rds",),',
        "",
        "instance:Instance needs Key with arn arn:aws:kms:",
        "aws:kms/key:",
    ),
}


@pytest.mark.parametrize(
    "what",
    [pytest.param(what, marks=[pytest.mark.nightly] if index else []) for index, what in enumerate(FORGOTTEN)],
)
def test_what_somebody_forgets_is_refused_and_then_made_good(
    program: Path, tmp_path: Path, tell: Tell, what: str
) -> None:
    file, right, wrong, message, late = FORGOTTEN[what]
    cloud = Cloud(strict=True, seconds=lambda operation: 3 if operation.type.startswith(late) else 0)
    platform = Platform(cloud, tmp_path, directory=program, env=NOTHING_QUEUES)
    with platform.providers():
        with replaced(program / file, right, wrong):
            run = platform.run(up)
        assert message in "\n".join(run.errors)
        assert platform.run(up).ok
        assert platform.difference() == []
    tell(f"readiness: {what} is refused by name, and made good by the next run")
