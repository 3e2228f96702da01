"""The systems that nodes run, and their images as AWS publishes them, after pulumi-eks 4.4."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.providers.check import Failure
from local.providers.package import Refused

DEFAULT = "AL2023"
DATA_DISKS = {"AL2": "/dev/xvda", "AL2023": "/dev/xvda", "Bottlerocket": "/dev/xvdb"}
"""Where each system keeps images and logs."""


@dataclass(frozen=True)
class Image:
    """An image of a system: for Arm or not, with drivers for GPUs or not, under a public parameter of SSM."""

    system: str
    arm: bool
    gpu: bool
    _parameter: str

    def parameter(self, version: str) -> str:
        """The parameter for a version of Kubernetes."""
        return f"/aws/service/{self._parameter.format(version)}/image_id"


def _amazon(system: str, arm: bool, gpu: bool, name: str) -> Image:
    return Image(system, arm, gpu, f"eks/optimized-ami/{{}}/{name}/recommended")


_IMAGES: Mapping[str, Image] = {
    "AL2_x86_64": _amazon("AL2", False, False, "amazon-linux-2"),
    "AL2_x86_64_GPU": _amazon("AL2", False, True, "amazon-linux-2-gpu"),
    "AL2_ARM_64": _amazon("AL2", True, False, "amazon-linux-2-arm64"),
    "AL2023_x86_64_STANDARD": _amazon("AL2023", False, False, "amazon-linux-2023/x86_64/standard"),
    "AL2023_ARM_64_STANDARD": _amazon("AL2023", True, False, "amazon-linux-2023/arm64/standard"),
    "AL2023_x86_64_NVIDIA": _amazon("AL2023", False, True, "amazon-linux-2023/x86_64/nvidia"),
    "BOTTLEROCKET_ARM_64": Image("Bottlerocket", True, False, "bottlerocket/aws-k8s-{}/arm64/latest"),
    "BOTTLEROCKET_x86_64": Image("Bottlerocket", False, False, "bottlerocket/aws-k8s-{}/x86_64/latest"),
    "BOTTLEROCKET_ARM_64_NVIDIA": Image("Bottlerocket", True, True, "bottlerocket/aws-k8s-{}-nvidia/arm64/latest"),
    "BOTTLEROCKET_x86_64_NVIDIA": Image("Bottlerocket", False, True, "bottlerocket/aws-k8s-{}-nvidia/x86_64/latest"),
}
# How types were called before.
_ALIASES = {
    "amazon-linux-2": "AL2_x86_64",
    "amazon-linux-2-gpu": "AL2_x86_64_GPU",
    "amazon-linux-2-arm": "AL2_ARM_64",
    "amazon-linux-2023/x86_64/standard": "AL2023_x86_64_STANDARD",
    "amazon-linux-2023/arm64/standard": "AL2023_ARM_64_STANDARD",
    "amazon-linux-2023/x86_64/nvidia": "AL2023_x86_64_NVIDIA",
}


def system_of(kind: str | None, asked: str | None) -> str:
    """The system by the type of image and by its name, of which either may be left out.

    Raises:
        Refused: The type is none that the real component knows, or is of another system.
    """
    if not kind:
        return asked or DEFAULT
    image = _IMAGES.get(_ALIASES.get(kind, kind))
    if image is None:
        raise _refused("amiType", f"Cannot determine OS of unknown AMI type: {kind}")
    if asked and asked != image.system:
        detected = f"does not match the detected operating system '{image.system}' of AMI type '{kind}'."
        raise _refused("operatingSystem", f"Operating system '{asked}' {detected}")
    return image.system


def type_of(kind: str | None, asked: str | None, gpu: bool | None, sizes: Sequence[str]) -> str:
    """The type of image: the one that is named, else the one for the system and the types of instances.

    Raises:
        Refused: There is none, or the instances have processors of two kinds.
    """
    system = system_of(kind, asked)
    if kind:
        return _ALIASES.get(kind, kind)
    arms = {bool(re.match("[a-z]+[0-9]+g", size)) for size in sizes}
    if len(arms) > 1:
        why = "The provided instance types do not share a common architecture"
        raise _refused("instanceTypes", f"Cannot determine architecture of instance types. {why}")
    arm = arms == {True}
    for name, image in _IMAGES.items():
        if (image.system, image.arm, image.gpu) == (system, arm, bool(gpu)):
            return name
    sought = f"OS: {system}, GPU support: {str(bool(gpu)).lower()}, architecture: {'arm64' if arm else 'x86_64'}"
    raise Refused(f"No AMI type found for {sought}")


def parameter(version: str, kind: str | None, asked: str | None, gpu: bool | None, sizes: Sequence[str]) -> str:
    """The public parameter of SSM that holds the id of the image."""
    return _IMAGES[type_of(kind, asked, gpu, sizes)].parameter(version)


def _refused(path: str, reason: str) -> Refused:
    return Refused(reason, (Failure(path, reason),))
