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

    namespace: Label
    """Namespace of the service account: one of those with a quota, or of a team."""
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


class TeamSettings(Section):
    """A namespace of its own for a team, as closed as the others and as open as these settings say."""

    quota: QuotaSettings
    """What its pods may request together."""
    pod_security: Literal["restricted", "baseline"] = "restricted"
    """The Pod Security level that is enforced."""
    behind_load_balancers: bool = False
    """Whether pods that say so receive traffic from load balancers."""
    uses_data_stores: bool = False
    """Whether its pods reach Postgres and Redis."""
    hourly_backups: bool = False
    """Whether Velero backs the namespace up every hour too, as it does trading and data; every day it does in any
    case."""


_REGISTRY = text(
    "a registry with its path, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com or public.ecr.aws/nginx",
    r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?(/[a-z0-9._-]+)*",
)
_CLASS_NAME = text("the name of an IngressClass, such as alb", r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", 253)
_ACCOUNT_NAME = text("the name of a service account", r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", 253)


class AdmissionSettings(Section):
    """What the API server refuses in the namespaces of applications: externalIPs and access to hosts in any case."""

    image_registries: Annotated[tuple[Annotated[str, _REGISTRY], ...], LIST, DISTINCT, Field(max_length=20)] = ()
    """Where images come from. Images of any other place are refused; without a list, none is."""
    ingress_classes: Annotated[tuple[Annotated[str, _CLASS_NAME], ...], LIST, DISTINCT, Field(max_length=20)] = ()
    """IngressClasses that ingresses may name, such as one whose parameters decide on scheme, TLS and web ACL. Their
    annotations may then say how pods are reached and checked, nothing about load balancer, listeners or groups, and
    their actions lead to services only. Without a list, all of it is left to ingresses."""
    operator_service_accounts: Annotated[
        tuple[Annotated[str, _ACCOUNT_NAME], ...], LIST, DISTINCT, Field(max_length=50)
    ] = ()
    """Service accounts that developers and pipelines cannot run their workloads as, such as that of an operator with
    rights over the cluster."""


# Namespaces that are not for applications: names, and what Kubernetes and the add-ons of AWS begin theirs with.
_TAKEN = ("default", "velero")
_TAKEN_STARTS = ("kube-", "amazon-", "aws-")


class WorkloadsSettings(Section):
    """What runs inside the cluster (guide: Deploy Kubernetes Components)."""

    quotas: dict[ApplicationNamespace, QuotaSettings]
    """What the pods of each application namespace may request together."""
    service_accounts: dict[Label, ServiceAccountSettings] = {}
    """Service accounts of applications that need something in AWS, by name. None by default."""
    teams: dict[Label, TeamSettings] = {}
    """Further namespaces, by name."""
    admission: AdmissionSettings | None = None
    """Rules at admission, for the namespaces of applications and teams. None by default."""

    @property
    def namespace_quotas(self) -> dict[str, QuotaSettings]:
        """The quota of each namespace of applications and teams."""
        return dict(self.quotas) | {name: team.quota for name, team in self.teams.items()}

    def problems(self) -> Iterator[Problem]:
        """A quota for every namespace of the applications; service accounts that the cluster does not make itself."""
        for namespace in get_args(ApplicationNamespace):
            if namespace not in self.quotas:
                yield Problem(("quotas", namespace), "is missing; every application namespace needs a quota")
        for name in self.teams:
            if name in _TAKEN or name in get_args(ApplicationNamespace) or name.startswith(_TAKEN_STARTS):
                yield Problem(("teams", name), "is a namespace that the cluster has already; choose another name")
        for name, account in self.service_accounts.items():
            *others, last = (f'"{each}"' for each in (*get_args(ApplicationNamespace), *self.teams))
            if (wanted := f'"{account.namespace}"') not in (*others, last):
                path = ("serviceAccounts", name, "namespace")
                yield Problem(path, f"{wanted} must be {', '.join(others)} or {last}")
        if "default" in self.service_accounts:
            yield Problem(
                ("serviceAccounts", "default"), "is the account of every pod that names none; choose another name"
            )
