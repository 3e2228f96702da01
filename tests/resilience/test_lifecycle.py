"""The life of each stack: deployed, unchanged, changed, protected, gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local.engine import Session
from local.outcome import Outcome
from local.providers.faults import Cloud, Existing
from tests.engine.deployed import STACKS
from tests.resilience.conftest import replaced
from tests.resilience.runs import Platform, nothing_to_do, up
from tests.unit.stacks import parsed

pytestmark = pytest.mark.engine


def is_alarm_of_connections(resource: Existing) -> bool:
    return resource.inputs.get("metricName") == "CurrConnections"


def refresh(session: Session) -> Outcome:
    return session.refresh(expect_no_changes=True)


def destroy(session: Session) -> Outcome:
    return session.destroy()


def unprotect_and_destroy(session: Session) -> Outcome:
    session.unprotect()
    return session.destroy()


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_lives_from_nothing_to_nothing(
    program: Path, tmp_path: Path, stack: str, tell: Callable[[str], None]
) -> None:
    platform = Platform(Cloud(strict=True), tmp_path, stack=stack, directory=program)
    with platform.providers():
        assert platform.run(up).errors == []
        deployed = platform.cloud.existing
        assert platform.run(nothing_to_do).ok
        assert platform.run(refresh).ok

        watching = {each.urn for each in deployed if is_alarm_of_connections(each)}
        limit = int(parsed(stack).observability.thresholds.redis_connections)
        with replaced(program / f"Pulumi.{stack}.yaml", f"redisConnections: {limit}", f"redisConnections: {limit - 1}"):
            changes = platform.run(up).changes
        assert {kind: number for kind, number in changes.items() if kind != "same"} == {"update": len(watching)}
        assert {urn for kind, urn in platform.cloud.attempts if kind == "update"} == watching
        assert platform.difference() == []

        if stack == "production":
            refused = platform.run(destroy)
            assert not refused.ok
            assert "because it is protected" in refused.output
            assert "pulumi state unprotect" in refused.output
            assert len(platform.cloud.existing) == len(deployed)
        assert platform.run(unprotect_and_destroy).ok
        assert platform.cloud.existing == []
    tell(f"lifecycle of {stack}: {len(deployed)} resources created, checked, changed and deleted")
