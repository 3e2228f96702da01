"""The settings of the volumes that pods claim."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.common.settings import Problem, Section

# What an EBS volume of each type can do: least and most operations a second, and most for each GiB (EC2 API,
# CreateVolume; EBS user guide, volume types).
_VOLUME_IOPS = {"gp3": (3_000, 80_000, 500), "io2": (100, 256_000, 1_000)}
_GP3_MIBPS = 125
DEFAULT_VOLUME_CLASS = "gp3"
"""Class of a claim that names none."""
EKS_VOLUME_CLASS = "gp2"
"""Class that EKS makes."""


class VolumeClassSettings(Section):
    """A class of volumes that pods claim, encrypted and growing like those of the default class `gp3`."""

    type: Literal["gp3", "io2"] = "gp3"
    """What EBS makes: gp3, or io2 whose latency stays under a millisecond and which loses data a hundred times less."""
    iops: int | None = None
    """Operations a second of each volume: 3,000 (included) to 80,000 of gp3, 100 to 256,000 of io2, which needs them. A
    claim gets no more than 500 (gp3) or 1,000 (io2) for each GiB."""
    throughput_mibps: Annotated[int, Field(ge=_GP3_MIBPS, le=2_000)] | None = None
    """MiB a second of each volume of gp3, at most a quarter of its operations; 125 are included."""
    file_system: Literal["ext4", "xfs"] = "ext4"
    """What the volume is formatted with."""
    kept: bool = False
    """Whether a volume stays when its claim is deleted."""

    def problems(self) -> Iterator[Problem]:
        """What EBS makes of the type."""
        least, most, _ = _VOLUME_IOPS[self.type]
        if self.iops is None and self.type == "io2":
            yield Problem(("iops",), f"is missing: io2 has {least} to {most}")
        if self.iops is not None and not least <= self.iops <= most:
            yield Problem(("iops",), f"{self.iops} is not between {least} and {most}, what {self.type} can do")
        if self.throughput_mibps is None:
            return
        if self.type == "io2":
            yield Problem(
                ("throughputMibps",), f"{self.throughput_mibps} is for gp3; that of io2 follows from its iops"
            )
        elif 4 * self.throughput_mibps > (self.iops or least):
            allowed = (self.iops or least) // 4
            yield Problem(
                ("throughputMibps",), f"{self.throughput_mibps} is more than a quarter of iops allows ({allowed})"
            )

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters of the EBS CSI driver."""
        given = {
            "iops": self.iops,
            "throughput": self.throughput_mibps,
            "csi.storage.k8s.io/fstype": self.file_system if self.file_system != "ext4" else None,
        }
        return {"type": self.type, **{key: str(value) for key, value in given.items() if value is not None}}
