"""The settings of what runs inside the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field

from components.common.settings import DISTINCT, LIST, Label, Problem, Section, text


class QuotaSettings(Section):
    """What all pods of one namespace may request together."""

    cpu_cores: Annotated[int, Field(ge=1, le=100_000)]
    """Processor cores."""
    memory_gib: Annotated[int, Field(ge=1, le=1_000_000)]
    """Memory."""
    storage_gib: Annotated[int, Field(ge=0, le=1_000_000)]
    """Persistent volumes."""
    pods: Annotated[int, Field(ge=1, le=100_000)]
    """Number of pods."""


# The namespaces of the applications (guide: Deploy Kubernetes Components).
ApplicationNamespace = Literal["trading", "ml", "data", "monitoring"]


# The stores that have a secret with a connection document, and the users of the cache.
ConnectionSecret = Annotated[
    str, text("postgres, redis, or redis- and a label of redis.users", r"postgres|redis(-[a-z](-?[a-z0-9])*)?", 26)
]
# The policy of a role has 10,240 characters, and each bucket takes some of them.
_BUCKET_LABELS = Annotated[tuple[Label, ...], LIST, DISTINCT, Field(max_length=10)]


class ServiceAccountSettings(Section):
    """What the pods of one service account may do in AWS, by a role of its own. Everything else is closed to them."""

    namespace: ApplicationNamespace
    """Namespace of the service account."""
    reads: _BUCKET_LABELS = ()
    """Buckets, by label, whose objects they list and read; at most 10."""
    writes: _BUCKET_LABELS = ()
    """Buckets, by label, whose objects they list, read and write, never delete; at most 10."""
    database_user: (
        Annotated[
            str, text("up to 63 lowercase letters, digits and underscores, a letter first", r"[a-z][a-z0-9_]{0,62}")
        ]
        | None
    ) = None
    """Database user that they connect as without a password, once the database has granted it `rds_iam`."""
    secrets: Annotated[tuple[ConnectionSecret, ...], LIST, DISTINCT] = ()
    """Connection documents that they read. That of postgres holds the master user's password."""

    def problems(self) -> Iterator[Problem]:
        """Each bucket once; a role for something."""
        for index, label in enumerate(self.reads):
            if label in self.writes:
                yield Problem(("reads", str(index)), f"{label} is among writes already, which include reading")
        if not (self.reads or self.writes or self.database_user or self.secrets):
            yield Problem((), "grants nothing; name reads, writes, databaseUser or secrets")


class WorkloadsSettings(Section):
    """What runs inside the cluster (guide: Deploy Kubernetes Components)."""

    quotas: dict[ApplicationNamespace, QuotaSettings]
    """What the pods of each application namespace may request together."""
    service_accounts: dict[Label, ServiceAccountSettings] = {}
    """Service accounts of applications that need something in AWS, by name. None by default."""

    def problems(self) -> Iterator[Problem]:
        """A quota for every namespace of the applications; service accounts that the cluster does not make itself."""
        for namespace in get_args(ApplicationNamespace):
            if namespace not in self.quotas:
                yield Problem(("quotas", namespace), "is missing; every application namespace needs a quota")
        if "default" in self.service_accounts:
            yield Problem(
                ("serviceAccounts", "default"), "is the account of every pod that names none; choose another name"
            )
