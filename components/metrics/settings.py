"""The settings of Prometheus and Grafana."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from components.common.settings import DISTINCT, LIST, LogRetention, Problem, Section, one_of, text

# A group of Identity Center by its id in the identity store (Grafana API, User: 1 to 47 characters).
GroupId = Annotated[
    str,
    text(
        "the id of a group of Identity Center, such as 906712a5b4-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
        r"([0-9a-f]{10}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        47,
    ),
]
Groups = Annotated[tuple[GroupId, ...], LIST, DISTINCT, Field(max_length=20)]
_VALUE = text("1 to 256 printable characters", r"[ -~]+", 256)
RoleValues = Annotated[tuple[Annotated[str, _VALUE], ...], LIST, DISTINCT]


class IdentityCenterSettings(Section):
    """Groups of Identity Center that Grafana lets in. A group has one role; each list takes up to 20."""

    admin_groups: Groups = ()
    """Change data sources and everything else."""
    editor_groups: Groups = ()
    """Make dashboards."""
    viewer_groups: Groups = ()
    """Look."""

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """Groups by Grafana's name of the role, as far as there are any."""
        roles = {"ADMIN": self.admin_groups, "EDITOR": self.editor_groups, "VIEWER": self.viewer_groups}
        return {role: groups for role, groups in roles.items() if groups}

    def problems(self) -> Iterator[Problem]:
        """Somebody must be able to make the data sources; a group that has two roles keeps one of them."""
        if not self.admin_groups:
            yield Problem(("adminGroups",), "names nobody; somebody has to set up Grafana's data sources")
        everybody = [group for groups in self.roles.values() for group in groups]
        for group in sorted({group for group in everybody if everybody.count(group) > 1}):
            yield Problem((), f"{group} is in two lists; a group has one role")


class SamlSettings(Section):
    """An identity provider that Grafana trusts by SAML. Who has neither role may look."""

    metadata_url: Annotated[str, text("an https URL", r"https://[\w.-]+(:\d+)?(/[!-~]*)?", 2048)]
    """Where the provider describes itself."""
    role_attribute: Annotated[str, _VALUE] = "role"
    """Attribute of the assertion that says which role a person has."""
    admin_values: Annotated[RoleValues, Field(min_length=1)]
    """Values of it that make administrators."""
    editor_values: Annotated[RoleValues, Field(min_length=1)]
    """Values of it that make editors."""
    session_minutes: Annotated[int, Field(ge=5, le=1440)] = 480
    """How long a sign-in lasts."""

    def problems(self) -> Iterator[Problem]:
        """A value means one role."""
        for value in sorted(set(self.admin_values) & set(self.editor_values)):
            yield Problem(("editorValues",), f"{value} is in adminValues too; a value means one role")


class GrafanaSettings(Section):
    """A workspace of Amazon Managed Grafana, with sign-in by one of two ways."""

    version: Annotated[str, text("10.4, 12.4 or 13.2", r"10\.4|12\.4|13\.2")] = "12.4"
    """Version of Grafana. It can be raised, never lowered."""
    identity_center: IdentityCenterSettings | None = None
    """Sign-in by Identity Center, which the account or its organization must have."""
    saml: SamlSettings | None = None
    """Sign-in by another identity provider."""

    def problems(self) -> Iterator[Problem]:
        """One way in: with none nobody could sign in, with two nobody could say who is let in."""
        if (self.identity_center is None) == (self.saml is None):
            yield Problem((), "needs either identityCenter or saml")


class MetricsSettings(Section):
    """Metrics of Prometheus for the cluster and what runs in it, beside those of CloudWatch."""

    retention_days: Annotated[int, Field(ge=1, le=1095)] = 150
    """How long samples are kept; at most three years."""
    scrape_interval_seconds: Annotated[int, one_of(30, 60, 120)] = 60
    """How often metrics are collected. Samples are paid for one by one. The rules' windows need two minutes or less."""
    pod_ports: Annotated[
        tuple[Annotated[int, Field(ge=1024, le=65535)], ...], LIST, DISTINCT, Field(min_length=1, max_length=10)
    ] = (8080, 9090)
    """Where pods that ask to be scraped serve their metrics: TCP ports."""
    log_retention_days: LogRetention = 365
    """How long what goes wrong with rules, alerts and collection is kept."""
    grafana: GrafanaSettings | None = None
    """Dashboards. None by default."""
