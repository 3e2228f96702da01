"""What AWS offers where: partitions, regions, zones, and the types of instances, databases and cache nodes.

The facts are in `catalogue.json`, which `make catalogue` writes from the data of cfn-lint and botocore. What is newer
than that data is added to the file by hand, below `added`: a region, a zone or a type, with the regions that have it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).with_name("catalogue.json")
# Partitions that the platform runs in. The others cannot be reached by its charts and images.
PARTITIONS = ("aws", "aws-cn", "aws-us-gov")

Accelerator = Literal["nvidia", "neuron", "other"]

# Families on the Xen hypervisor, which has no prefix delegation (EC2 user guide, Instance types: built on Xen).
_XEN = frozenset(
    [
        "c1",
        "c3",
        "c4",
        "cc2",
        "cr1",
        "d2",
        "f1",
        "g2",
        "g3",
        "g3s",
        "h1",
        "hs1",
        "i2",
        "i3",
        "m1",
        "m2",
        "m3",
        "m4",
        "p2",
        "p3",
        "r3",
        "r4",
        "t1",
        "t2",
        "x1",
        "x1e",
    ]
)
_NEURON = re.compile(r"(inf|trn)\d")
# Processors that no image of EKS has drivers for: AMD, Habana, Qualcomm, Xilinx.
_OTHER_ACCELERATOR = re.compile(r"(g4ad|dl\d|f\d|vt\d)")
_NVIDIA = re.compile(r"(g\d|gr\d|p\d)")
# Graviton families carry a g behind the generation (m7g, c6gd, im4gn); a1 was the first, p6e-gb200 pairs it with GPUs.
_ARM = re.compile(r"a1|[a-z]+\d+[a-z]*g[a-z]*|p6e-gb\d+")


@cache
def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return facts


def partition_of(region: str) -> str:
    """The partition of a region, known or new, by the form of its name; `aws` where nothing fits."""
    for name, facts in _facts()["partitions"].items():
        if re.match(facts["regions"], region):
            return str(name)
    return "aws"


def dns_suffix(partition: str) -> str:
    """The domain that a partition's services are in."""
    return str(_facts()["partitions"][partition]["dnsSuffix"])


def regions_of(service: str) -> list[str]:
    """Where a service is offered that some regions lack, by its name in ARNs."""
    return list(_facts()["services"][service])


def source() -> str:
    """Where the facts come from, for messages."""
    return ", ".join(_facts()["source"])


def regions() -> tuple[str, ...]:
    """All regions of the platform's partitions."""
    added = [name for name in _facts()["added"] if re.fullmatch(r"[a-z]+(-[a-z]+)+-\d", name)]
    return (*_facts()["regions"], *added)


def zones(region: str) -> tuple[str, ...]:
    """The availability zones of a region; none where nobody lists them."""
    facts = _facts()
    listed = facts["regions"].get(region, {}).get("zones", [])
    return tuple(
        sorted({*listed, *(name for name, places in facts["added"].items() if _is_zone(name, places, region))})
    )


def _is_zone(name: str, places: Iterable[str], region: str) -> bool:
    return name[:-1] == region and region in places


def family(kind: str) -> str:
    """The family of a type: `m5` of m5.large, `db.r6g` of db.r6g.large."""
    return kind.rpartition(".")[0]


def exists(kind: str) -> bool:
    """Whether any region has a type."""
    facts = _facts()
    return kind in facts["added"] or kind.rpartition(".")[2] in facts["families"].get(family(kind), {}).get("sizes", ())


def types() -> tuple[str, ...]:
    """All types of instances, databases and cache nodes that some region has."""
    facts = _facts()
    listed = {f"{name}.{size}" for name, known in facts["families"].items() for size in known["sizes"]}
    return tuple(sorted({*listed, *(name for name in facts["added"] if exists(name) and "." in name)}))


def offers(region: str, kind: str) -> bool:
    """Whether a region has a type. Of a region that nobody lists anything is believed."""
    facts = _facts()
    if region in facts["added"].get(kind, ()):
        return True
    if not any(region in places["regions"] for places in facts["families"].values()):
        return exists(kind)
    known = facts["families"].get(family(kind), {})
    return exists(kind) and region in known.get("regions", ()) and kind not in facts["absent"].get(region, ())


def siblings(region: str, kind: str) -> tuple[str, ...]:
    """The types of the same family that a region has."""
    known = _facts()["families"].get(family(kind), {})
    return tuple(name for size in known.get("sizes", ()) if offers(region, name := f"{family(kind)}.{size}"))


def instance_families() -> dict[str, list[str]]:
    """EC2 types by family, wherever they are offered."""
    named = {name: facts["sizes"] for name, facts in _facts()["families"].items() if "." not in name}
    return {name: [f"{name}.{size}" for size in sizes] for name, sizes in named.items() if sizes}


def runs_on_arm(instance_type: str) -> bool:
    """Whether an EC2 type has Arm processors."""
    return _ARM.fullmatch(family(instance_type)) is not None


def is_nitro(instance_type: str) -> bool:
    """Whether an EC2 type is built on Nitro, as prefix delegation needs. Metal types of i3 and later are."""
    return family(instance_type) not in _XEN or instance_type == "i3.metal"


def accelerator(instance_type: str) -> Accelerator | None:
    """The kind of accelerator that an EC2 type has, by the drivers that its image needs."""
    name = family(instance_type)
    if _NEURON.match(name):
        return "neuron"
    if _OTHER_ACCELERATOR.match(name):
        return "other"
    return "nvidia" if _NVIDIA.match(name) else None
