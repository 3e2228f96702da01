"""What the rules of several packs know about RDS instances."""

from __future__ import annotations

from policies.support.resources import Resource
from policies.support.rules import NotApplicable

INSTANCES = ("aws:rds/instance:Instance",)


def skip_replicas(instance: Resource) -> None:
    """Leave a read replica to its source: storage encryption, retention and backup settings follow it."""
    if instance.has("replicateSourceDb"):
        raise NotApplicable("a read replica follows its source")
