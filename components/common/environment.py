"""What the components of a stack share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.common.scope import Scope
from components.common.thresholds import AlarmThresholds


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where an environment is, what limits its roles, who is told, and what is protected. Data has keys of its own."""

    scope: Scope
    """Account, region, and what physical names start with."""
    boundary_arn: pulumi.Input[str]
    """Permissions boundary of every role."""
    logs_key_arn: pulumi.Input[str]
    """Key of every log group."""
    alarm_topic_arn: pulumi.Input[str]
    """Where alarms and events go."""
    thresholds: AlarmThresholds
    """When alarms fire."""
    runbooks: str = "docs/runbooks"
    """Where the pages are that alarms name: the folder in the repository, or its address."""
    deletion_protection: bool
    """Data and what holds it refuse deletion, to AWS and to the engine; what goes after all leaves a final snapshot."""
    tags: Mapping[str, str]
    """Tags of the stack, for what the provider's default tags do not reach."""
    mirrors: Mapping[str, str] = field(default_factory=dict)
    """What stands in place of public registries in the names of images, by registry, such as `quay.io`."""
