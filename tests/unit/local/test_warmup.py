"""What a program will need, by its sources."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from local import schema, warmup

PROGRAM = """\
import colorsys
import pulumi
import pulumi_aws as aws
import pulumi_random
from parts import other
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs, LabelSelectorArgs as Labels
from pulumi_kubernetes.policy import v1 as policy
from pulumi_kubernetes.rbac.v1 import (
    ClusterRole,
    Role,
)

if sys.platform == "win32":
    import winreg

aws.ec2.Vpc("vpc", cidr_block=aws.get_region().name)
paws.iam.Role("no module of aws")
pulumi_random.nothing.Here("no such module")
"""


def test_libraries_and_classes_are_found_that_the_program_and_its_modules_name(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text("import pulumi_aws\nfrom parts import network\n\npulumi_aws.s3.Bucket('b')\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "unused.py").write_text("import chunk\nfrom pulumi_aws.sqs import Queue\n")
    (tmp_path / "parts" / "network.py").write_text(PROGRAM)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "skipped.py").write_text("from pulumi_aws.sqs import Queue\n")
    libraries, names = warmup.named(tmp_path)
    assert libraries == {"colorsys"}  # neither its own modules nor what it may leave out
    assert names == {  # and none of what the program does not import
        "pulumi_aws.ec2.Vpc",
        "pulumi_aws.s3.Bucket",
        "pulumi_kubernetes.meta.v1.LabelSelectorArgs",
        "pulumi_kubernetes.meta.v1.ObjectMetaArgs",
        "pulumi_kubernetes.policy.v1",
        "pulumi_kubernetes.rbac.v1.ClusterRole",
        "pulumi_kubernetes.rbac.v1.Role",
        "pulumi_random.nothing.Here",
    }


def test_what_is_named_is_loaded_and_what_is_not_there_left_to_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "__main__.py").write_text(f"import missing_library\nimport broken_library\n{PROGRAM}")
    (tmp_path / "parts.py").write_text("raise AssertionError('a module of the program runs when the program does')\n")
    library = tmp_path / "elsewhere"
    library.mkdir()
    (library / "broken_library.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(library)
    warmup.start(tmp_path).join()
    # A module that has only been named is registered, and empty.
    assert "Vpc" in dir(sys.modules["pulumi_aws.ec2"])
    assert "pulumi_aws.ec2.vpc" in sys.modules
    assert "colorsys" in sys.modules
    assert "parts" not in sys.modules
    known = schema.existing("aws:ec2/vpc:Vpc").inputs["cidrBlock"]
    assert "type" in vars(known), "its schema has been read"


def test_a_program_without_a_folder_needs_nothing() -> None:
    warmup.start(None).join()
