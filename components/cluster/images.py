"""The machine images that EKS offers for nodes, and which of them fits an instance type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from components.common import catalogue

# Images of Linux that get updates. Amazon Linux 2 ends with Kubernetes 1.32. Source: the EKS API, `AMITypes`.
AmiType = Literal[
    "AL2023_x86_64_STANDARD",
    "AL2023_ARM_64_STANDARD",
    "AL2023_x86_64_NVIDIA",
    "AL2023_ARM_64_NVIDIA",
    "AL2023_x86_64_NEURON",
    "BOTTLEROCKET_x86_64",
    "BOTTLEROCKET_ARM_64",
    "BOTTLEROCKET_x86_64_FIPS",
    "BOTTLEROCKET_ARM_64_FIPS",
    "BOTTLEROCKET_x86_64_NVIDIA",
    "BOTTLEROCKET_ARM_64_NVIDIA",
    "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
    "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
]


def is_bottlerocket(ami_type: AmiType) -> bool:
    """Whether an image has its system and its data on disks of their own, and brings the plugin of NVIDIA along."""
    return ami_type.startswith("BOTTLEROCKET")


def drivers_of(ami_type: AmiType) -> tuple[str, ...]:
    """The accelerators that an image has drivers for, or `no` if it runs types without one.

    Source: EKS user guide, EKS-optimized accelerated AMIs, where plain Bottlerocket has those of Neuron.
    """
    for drivers in ("NVIDIA", "NEURON"):
        if drivers in ami_type:
            return (drivers.lower(),)
    return ("no", "neuron") if ami_type == "BOTTLEROCKET_x86_64" else ("no",)


def derived(instance_types: Sequence[str]) -> AmiType:
    """The image of Amazon Linux 2023 for types of one architecture and one kind of accelerator."""
    kind = instance_types[0]
    if (accelerator := catalogue.accelerator(kind)) == "neuron":
        return "AL2023_x86_64_NEURON"
    if catalogue.runs_on_arm(kind):
        return "AL2023_ARM_64_NVIDIA" if accelerator else "AL2023_ARM_64_STANDARD"
    return "AL2023_x86_64_NVIDIA" if accelerator else "AL2023_x86_64_STANDARD"


def mixtures(instance_types: Sequence[str]) -> Iterator[str]:
    """What types of one group must have in common and do not: they share an image."""
    first = instance_types[0]
    for kind in instance_types[1:]:
        if catalogue.runs_on_arm(kind) != catalogue.runs_on_arm(first):
            arm, other = sorted((first, kind), key=catalogue.runs_on_arm, reverse=True)
            yield f"mixes arm64 ({arm}) and x86_64 ({other}); a group has one image"
            return
        if catalogue.accelerator(kind) != catalogue.accelerator(first):
            both = f"{_drivers(first)} of {first}, {_drivers(kind)} of {kind}"
            yield f"mixes accelerators ({both}); a group has one image"
            return


def misfits(ami_type: AmiType, instance_type: str) -> Iterator[str]:
    """Why an image does not run a type, or does not find its accelerators."""
    architecture = "arm64" if "ARM_64" in ami_type else "x86_64"
    if architecture != _architecture(instance_type):
        yield f"{ami_type} is for {architecture}; {instance_type} is {_architecture(instance_type)}"
        return
    drivers = drivers_of(ami_type)
    if _drivers(instance_type) not in drivers:
        yield f"{ami_type} has {' or '.join(drivers)} drivers; {instance_type} needs {_drivers(instance_type)} drivers"


def _architecture(instance_type: str) -> str:
    return "arm64" if catalogue.runs_on_arm(instance_type) else "x86_64"


def _drivers(instance_type: str) -> str:
    return catalogue.accelerator(instance_type) or "no"
