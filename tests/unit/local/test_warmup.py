"""Which SDK modules a program will need, by its sources."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from local import sdks
from local.project import Project
from local.warmup import WarmUp, sdk_modules

PROGRAM = """\
import pulumi
import pulumi_aws as aws
import pulumi_random
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.policy import v1 as policy
from pulumi_kubernetes.rbac.v1 import (
    ClusterRole,
)

aws.ec2.Vpc("vpc", cidr_block=aws.get_region().name)
paws.iam.Role("no module of aws")
pulumi_random.nothing.Here("no such module")
"""


def test_modules_are_found_by_the_classes_that_are_used(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text("import pulumi_aws\nfrom parts import network\n\npulumi_aws.s3.Bucket('b')\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "unused.py").write_text("from pulumi_aws.sqs import Queue\n")
    (tmp_path / "parts" / "network.py").write_text(PROGRAM)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "skipped.py").write_text("from pulumi_aws.sqs import Queue\n")
    assert sdk_modules(tmp_path) == {  # and none of what the program does not import
        "pulumi_aws.ec2",
        "pulumi_aws.s3",
        "pulumi_kubernetes.meta.v1",
        "pulumi_kubernetes.policy.v1",
        "pulumi_kubernetes.rbac.v1",
        "pulumi_random.nothing",
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(sdks, "cache", lambda: tmp_path / "cache")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "Pulumi.yaml").write_text("name: parts\nruntime: python\n")
    return Project.load(tmp_path, "test")


def test_modules_are_loaded_and_others_left_to_the_program(project: Project) -> None:
    WarmUp(project).wait()
    # A module that has only been named is registered, and empty.
    assert "Vpc" in dir(sys.modules["pulumi_aws.ec2"])
    WarmUp(Project.inline(lambda: None)).wait()


def test_what_a_run_needed_is_loaded_before_the_next(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    first = WarmUp(project)
    first.wait()
    monkeypatch.setattr(sdks, "loaded", [*sdks.loaded, "pulumi_random.random_id", "pulumi_random.no_module"])
    first.note()
    asked: list[str] = []
    monkeypatch.setattr(importlib, "import_module", asked.append)
    second = WarmUp(project)
    second.wait()
    assert {"pulumi_random.random_id", "pulumi_random.no_module"} <= set(asked)
    kept = next((sdks.cache() / "needed").iterdir())
    before = kept.stat().st_mtime_ns
    second.note()
    assert kept.stat().st_mtime_ns == before, "nothing new was loaded"
