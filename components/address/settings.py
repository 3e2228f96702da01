"""The settings of the platform's address: domain, certificate, firewall, classes of ingresses, records, checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.common.settings import (
    DISTINCT,
    LIST,
    Cidr,
    Days,
    Label,
    LogRetention,
    Positive,
    Problem,
    Section,
    text,
)

_NAME = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# The common name of a certificate has 64 characters (ACM API, RequestCertificate).
DomainName = Annotated[
    str,
    text(
        "a domain name of up to 64 lowercase characters, such as trading.example.com",
        rf"({_NAME}\.)+[a-z][a-z0-9-]*[a-z0-9]",
        64,
    ),
]
# Further names may be longer, and stand for all names of one level.
AlternativeName = Annotated[
    str, text("a domain name, or one with *. in front", rf"(\*\.)?({_NAME}\.)+[a-z][a-z0-9-]*[a-z0-9]", 253)
]
ZoneId = Annotated[str, text("the id of a hosted zone, such as Z0123456789ABCDEFGHIJ", r"Z[A-Z0-9]{1,31}")]
ResourcePath = Annotated[str, text("a path that begins with a slash", r"/[\w.~!$&'()*+,;=:@%/?-]*", 255)]

ManagedRules = Literal[
    "common",
    "knownBadInputs",
    "ipReputation",
    "anonymousIps",
    "sqlInjection",
    "linux",
    "posix",
    "adminPages",
]
_RULE_NAME = Annotated[str, text("the name of a rule, such as SizeRestrictions_BODY", r"[\w-]{1,128}", 128)]


class FirewallSettings(Section):
    """The web ACL before every load balancer of the classes (AWS WAF)."""

    managed_rules: Annotated[tuple[ManagedRules, ...], LIST, DISTINCT] = ("common", "knownBadInputs", "ipReputation")
    """Groups of rules that AWS keeps, in the order in which requests meet them."""
    counted_rules: dict[ManagedRules, Annotated[tuple[_RULE_NAME, ...], LIST, DISTINCT, Field(max_length=100)]] = {}
    """Rules of those groups that only count, for requests that an application needs. `SizeRestrictions_BODY` of
    common blocks bodies over 8 KiB, for one."""
    requests_per_five_minutes: Annotated[int, Field(ge=10, le=2_000_000_000)] = 2_000
    """Requests of one address in five minutes, above which more are refused."""
    log_retention_days: LogRetention = 365
    """How long the log of what was blocked and counted is kept."""

    def problems(self) -> Iterator[Problem]:
        """Exceptions from groups that are there."""
        for group in self.counted_rules:
            if group not in self.managed_rules:
                yield Problem(("countedRules", group), "is not among managedRules; name the group there, or leave it")


class IngressClassSettings(Section):
    """A class of ingresses, which share one load balancer `<stack>-<label>`."""

    scheme: Literal["internet-facing", "internal"] = "internet-facing"
    """Whether the load balancer has public addresses."""
    inbound_cidrs: Annotated[tuple[Cidr, ...], LIST, DISTINCT, Field(max_length=50)] = ()
    """Networks that reach it by HTTP and HTTPS. Without a list, everybody who has a way does."""
    namespaces: Annotated[tuple[Label, ...], LIST, DISTINCT, Field(max_length=50)] = ()
    """Namespaces that may use it. Without a list, all may."""


class DnsSettings(Section):
    """Records of the domain, which follow what ingresses and services ask for (external-dns)."""

    policy: Literal["upsertOnly", "sync"] = "upsertOnly"
    """Whether records of what is gone stay (upsertOnly), or go too (sync)."""
    owner: Label | None = None
    """Whose records they are, beside each in a TXT record; records of others are left alone. By default the stack's
    name. A stack that takes another one's work over takes its records with that one's name."""


class HealthCheckSettings(Section):
    """A check of one URL from outside, by Route 53."""

    host: DomainName
    """Host: the domain, or a name below it."""
    path: ResourcePath = "/"
    """Path, which answers with 2xx or 3xx within four seconds."""
    failure_threshold: Annotated[int, Field(ge=1, le=10)] = 3
    """Failures in a row, half a minute apart, until it counts as down."""


class AddressThresholds(Section):
    """When the alarms of the address fire."""

    server_errors: Positive = 25
    """Answers with 5xx in five minutes, of load balancers and of what is behind them, above."""
    latency_milliseconds: Positive = 1_000
    """Mean time until a target answers, above."""
    tls_errors: Positive = 100
    """TLS handshakes in five minutes that came to nothing, above."""
    blocked_requests: Positive = 1_000
    """Requests in five minutes that the web ACL blocked, above."""
    certificate_days: Annotated[int, Field(ge=1, le=60)] = 30
    """Days until the certificate expires, below. ACM renews it 60 days before, or 45."""


# The controller's own class, which enforces nothing.
CONTROLLERS_CLASS = "alb"


class AddressSettings(Section):
    """A domain for the platform: zone, certificate, firewall, logs, classes of ingresses, records and checks."""

    domain: DomainName
    """Where the platform answers: this name and those one level below it."""
    hosted_zone_id: ZoneId | None = None
    """A public hosted zone of this account that holds the domain. Without it the stack makes one for the domain."""
    parent_zone_id: ZoneId | None = None
    """For a zone that the stack makes: the public hosted zone of this account above it, where it is delegated. Without
    it somebody delegates by hand while the first deployment waits for the certificate."""
    alternative_names: Annotated[tuple[AlternativeName, ...], LIST, DISTINCT, Field(max_length=8)] = ()
    """Further names of the certificate, below the domain."""
    firewall: FirewallSettings = FirewallSettings()
    """The web ACL."""
    classes: Annotated[dict[Label, IngressClassSettings], Field(min_length=1, max_length=5)] = {
        "public": IngressClassSettings()
    }
    """Classes of ingresses by name. All enforce TLS 1.2 and 1.3, the certificate, the web ACL and access logs."""
    keep_controller_class: bool = False
    """Leave the class `alb`, which enforces none of this, while ingresses move to the classes here."""
    access_log_days: Days = 365
    """How long access logs of the load balancers are kept."""
    dns: DnsSettings = DnsSettings()
    """Records."""
    health_checks: Annotated[dict[Label, HealthCheckSettings], Field(max_length=20)] = {}
    """Checks from outside, by label. None by default. A class with `inboundCidrs` names the networks of Route 53's
    checkers among them (ROUTE53_HEALTHCHECKS in AWS's list of its addresses)."""
    thresholds: AddressThresholds = AddressThresholds()
    """Alarms."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the certificate covers beside the domain itself."""
        return (f"*.{self.domain}", *self.alternative_names)

    def problems(self) -> Iterator[Problem]:
        """One zone; names of the domain, each once; classes that are not the controller's."""
        if self.hosted_zone_id and self.parent_zone_id:
            yield Problem(("parentZoneId",), "is for a zone that the stack makes; hostedZoneId names one that exists")
        for index, name in enumerate(self.alternative_names):
            path = ("alternativeNames", str(index))
            if not name.endswith(f".{self.domain}"):
                yield Problem(path, f"{name} is not below {self.domain}")
            elif name == f"*.{self.domain}":
                yield Problem(path, f"{name} is covered by every certificate already")
        if CONTROLLERS_CLASS in self.classes:
            yield Problem(("classes", CONTROLLERS_CLASS), "is the controller's own class; choose another name")
        for label, check in self.health_checks.items():
            if check.host != self.domain and not check.host.endswith(f".{self.domain}"):
                yield Problem(("healthChecks", label, "host"), f"{check.host} is not {self.domain} or below it")
        if self.health_checks and all(each.scheme == "internal" for each in self.classes.values()):
            yield Problem(("healthChecks",), "come from the internet; a class that is internet-facing answers them")
