"""SDKs whose annotations and modules wait until somebody asks: the same classes, in less time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

# What a program and the engine ask of an SDK's classes: names on the wire, types, what is required.
ASK = """\
import json, sys
if sys.argv[1] == "deferred":
    from local.sdks import defer
    defer()
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


def ask(how: str, cache: Path, question: str = ASK, *more: str) -> list[object]:
    done = subprocess.run(
        [sys.executable, "-c", question, how, *more],
        env={**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(Path(__file__).parents[3])},
        check=True,
        capture_output=True,
        text=True,
    )
    answer: list[object] = json.loads(done.stdout)
    return answer


def test_classes_are_the_same_whether_they_wait_or_not(tmp_path: Path) -> None:
    plain, text = ask("plain", tmp_path)
    assert text is False
    assert ask("deferred", tmp_path) == [plain, True]
    kept = list(tmp_path.glob("trading-platform/code/*/pulumi_aws.ec2.vpc-*"))
    assert len(kept) == 1
    # One that is broken is made again, and what was kept serves the next process.
    kept[0].write_bytes(kept[0].read_bytes()[:100])
    assert ask("deferred", tmp_path) == [plain, True]


# Ways in which programs get at an SDK's names, and what they find there; nobody asks for a subnet.
FIND = """\
import importlib, json, sys
if sys.argv[1] == "deferred":
    from local import sdks
    sdks.defer()
import pulumi_aws as aws
aws.ec2.Vpc
import pulumi_aws.ec2.vpc
from pulumi_aws.ec2.get_ami import get_ami as other
from pulumi_aws.iam import Role
from pulumi_kubernetes.core import v1
scope = {}
exec("from pulumi_aws.kms import *", scope)
found = [
    aws.ec2.Vpc.__module__, aws.ec2.vpc.Vpc is aws.ec2.Vpc, aws.ec2.get_ami is other, callable(aws.ec2.get_subnet),
    Role is aws.iam.Role is aws.iam.role.Role, aws.ec2.outputs.__name__, aws.ec2.VpcEndpointDnsOptionsArgs.__name__,
    importlib.import_module("pulumi_aws.ec2.get_vpc").__name__, callable(aws.ec2.get_vpc),
    aws.ec2.InstanceType.T3_MICRO, v1.Namespace.__name__, hasattr(aws.ec2, "Nothing"),
    sorted(name for name in scope if name != "__builtins__"),
    sorted(name for name in dir(aws.ec2) if name[:1] != "_"), aws.get_region.__name__, aws.Provider.__name__,
    aws.ec2.VpcEndpointDnsOptionsArgsDict.__name__,
]
print(json.dumps([found, "pulumi_aws.ec2.subnet" in sys.modules]))
"""


def test_names_are_found_in_every_way_whether_modules_wait_or_not(tmp_path: Path) -> None:
    plain, subnets = ask("plain", tmp_path, FIND)
    assert subnets is True
    assert ask("deferred", tmp_path, FIND) == [plain, False]


# A module that takes a while to load, and many threads that ask for it at once.
TOGETHER = """\
import importlib, json, sys, threading
from pathlib import Path
from local import sdks
sdks.defer()
sys.path.insert(0, sys.argv[2])
import pulumi_slow
found, start = [], threading.Barrier(8)
def ask():
    start.wait()
    try:
        found.append(pulumi_slow.part.LAST)
    except AttributeError as error:
        found.append(str(error))
threads = [threading.Thread(target=ask) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps([found, pulumi_slow.part.FIRST, type(pulumi_slow.part).__name__]))
"""


def test_threads_that_ask_for_a_module_at_once_all_get_the_whole_of_it(tmp_path: Path) -> None:
    package = tmp_path / "pulumi_slow"
    package.mkdir()
    lazy = "from pulumi import _utils\npart = _utils.lazy_import('pulumi_slow.part')\n"
    (package / "__init__.py").write_text(lazy, encoding="utf-8")
    loads = "import pulumi_slow, time\nFIRST = 1\npulumi_slow.part.FIRST\ntime.sleep(0.5)\nLAST = 2\n"
    (package / "part.py").write_text(loads, encoding="utf-8")
    found, first, kind = ask("deferred", tmp_path, TOGETHER, str(tmp_path))
    assert found == [2] * 8
    assert (first, kind) == (1, "module")


# A module two packages deep, which threads reach in the ways of programs, providers and `inspect` at once.
DEEP = """\
import inspect, json, sys, threading
from pathlib import Path
from local import sdks
sdks.defer()
sys.path.insert(0, sys.argv[2])
import pulumi_slow
found, start = [], threading.Barrier(9)
def place():
    inspect.getmodule(sys._getframe())
    return sdks.module("pulumi_slow.core.v1").LAST
ways = [lambda: pulumi_slow.core.v1.LAST, lambda: sdks.module("pulumi_slow.core.v1").LAST, place]
def ask(way):
    start.wait()
    try:
        found.append(way())
    except AttributeError as error:
        found.append(str(error))
threads = [threading.Thread(target=ask, args=(way,)) for way in ways * 3]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps([found, Path(sys.argv[2], "loads").read_text()]))
"""


def test_threads_that_come_to_a_module_by_different_ways_share_it(tmp_path: Path) -> None:
    folder = tmp_path / "pulumi_slow"
    (folder / "core").mkdir(parents=True)
    lazy = "from pulumi import _utils\n{} = _utils.lazy_import('{}')\n"
    (folder / "__init__.py").write_text(lazy.format("core", "pulumi_slow.core"), encoding="utf-8")
    (folder / "core" / "__init__.py").write_text(lazy.format("v1", "pulumi_slow.core.v1"), encoding="utf-8")
    loads = f"import time\nwith open({str(tmp_path / 'loads')!r}, 'a') as log:\n    log.write('once')\n"
    (folder / "core" / "v1.py").write_text(f"{loads}time.sleep(0.3)\nLAST = 2\n", encoding="utf-8")
    assert ask("deferred", tmp_path, DEEP, str(tmp_path)) == [[2] * 9, "once"]


# Threads that ask for a class of a package which the SDK had wait in its own way before.
BEFORE = """\
import json, sys, threading
import pulumi_aws
from local import sdks
sdks.defer()
found, start = [], threading.Barrier(8)
def ask():
    start.wait()
    try:
        found.append(sdks.module("pulumi_aws.vpc").SecurityGroupIngressRule.__name__)
    except AttributeError as error:
        found.append(str(error))
threads = [threading.Thread(target=ask) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps([sorted(set(found)), len(found), type(pulumi_aws.ec2) is sdks._Waiting]))
"""


def test_what_waits_in_the_way_of_the_sdk_waits_in_this_one_from_then_on(tmp_path: Path) -> None:
    assert ask("deferred", tmp_path, BEFORE) == [["SecurityGroupIngressRule"], 8, True]


# What `inspect` does to all modules to find the one of a line of code.
PLACES = """\
import inspect, json, sys
from local import sdks
sdks.defer()
import pulumi_aws as aws
waiting = [name for name, module in sys.modules.items() if type(module) is sdks._Waiting]
inspect.getmodule(sys._getframe())
loaded = [name for name in waiting if type(sys.modules[name]) is not sdks._Waiting]
lex = sys.modules["pulumi_aws.lex"]
place = lex.__file__.split("/")[-2:]
print(json.dumps([len(waiting) > 100, loaded, place, type(lex) is sdks._Waiting]))
"""


def test_a_module_that_is_only_asked_for_its_place_still_waits(tmp_path: Path) -> None:
    many, loaded, place, waits = ask("deferred", tmp_path, PLACES)
    assert many
    assert loaded == []
    assert place == ["lex", "__init__.py"]
    assert waits
