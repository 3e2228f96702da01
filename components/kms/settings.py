"""The settings of the customer keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.common.settings import Section


class KmsSettings(Section):
    """Customer keys: rotation and deletion (guide: Encryption)."""

    rotation_period_days: Annotated[int, Field(ge=90, le=2560)] = 365
    """Days between two rotations of a key's material."""
    deletion_window_days: Annotated[int, Field(ge=7, le=30)] = 30
    """Days in which a deleted key can still be saved."""
