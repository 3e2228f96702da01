"""Which SDK modules a program will need, by its sources."""

from __future__ import annotations

import sys
from pathlib import Path

from local.warmup import import_sdks, sdk_modules

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


def test_modules_are_loaded_and_others_left_to_the_program(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(PROGRAM)
    import_sdks(tmp_path).join()
    # A module that has only been named is registered, and empty.
    assert "Vpc" in dir(sys.modules["pulumi_aws.ec2"])
    import_sdks(None).join()
