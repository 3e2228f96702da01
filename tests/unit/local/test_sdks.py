"""SDKs whose annotations wait until somebody asks: the same classes, in less time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# What a program and the engine ask of an SDK's classes: names on the wire, types, what is required.
ASK = """\
import json, sys
if sys.argv[1] == "deferred":
    from local.sdks import defer_annotations
    defer_annotations()
import pulumi_aws as aws, pulumi_kubernetes as k8s
from pulumi import _types
from local import schema
told = {}
for token in ("aws:ec2/instance:Instance", "aws:eks/cluster:Cluster", "kubernetes:core/v1:Pod"):
    found = schema.existing(token)
    for kind, known in (("in", found.inputs), ("out", found.outputs)):
        told[f"{token} {kind}"] = {name: [each.required, repr(each.type)] for name, each in known.items()}
    told[f"{token} types"] = {name: repr(each) for name, each in _types.resource_types(found.cls).items()}
annotation = aws.ec2.VpcArgs.__init__.__annotations__["cidr_block"]
print(json.dumps([told, isinstance(annotation, str)]))
"""


def ask(how: str, cache: Path) -> list[object]:
    done = subprocess.run(
        [sys.executable, "-c", ASK, how],
        env={**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(Path(__file__).parents[3])},
        check=True,
        capture_output=True,
        text=True,
    )
    answer: list[object] = json.loads(done.stdout)
    return answer


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python waits by itself")
def test_classes_are_the_same_whether_their_annotations_wait_or_not(tmp_path: Path) -> None:
    plain, text = ask("plain", tmp_path)
    assert text is False
    assert ask("deferred", tmp_path) == [plain, True]
    kept = list(tmp_path.glob("trading-platform/sdks/*/pulumi_aws.ec2.vpc-*"))
    assert len(kept) == 1
    # One that is broken is made again, and what was kept serves the next process.
    kept[0].write_bytes(kept[0].read_bytes()[:100])
    assert ask("deferred", tmp_path) == [plain, True]
