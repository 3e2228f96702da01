"""Who administers, who deploys, and where the state is kept."""

from __future__ import annotations

from typing import Annotated

from components.common.settings import Principals, Section, text


class StateSettings(Section):
    """Where Pulumi keeps the state. The foundation of the account makes both, and prints how to log in to them."""

    bucket: Annotated[
        str,
        text(
            "the name of a bucket, such as trading-platform-state-123456789012-us-east-1",
            # What S3 reserves: prefixes, suffixes, and what looks like an address.
            r"(?!xn--|sthree-|amzn-s3-demo-|.*\.\.|.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$|[\d.]+$)"
            r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        ),
    ]
    """Bucket of the state."""
    key_alias: Annotated[str, text("an alias of a key, such as alias/trading-platform-state", r"alias/[\w/-]+")]
    """Alias of the key of the bucket and of the secrets in the state."""


class AccessSettings(Section):
    """Who may assume the administrator role (with MFA), and which repository deploys through OIDC."""

    admin_principals: Principals = ()
    """Empty: any principal of this account that has MFA and is allowed to assume the role."""
    github_repository: Annotated[str, text("owner/repository", r"[\w.-]+/[\w.-]+")]
    """Repository whose workflows may assume the deploy role."""
    github_environment: Annotated[str, text("a GitHub environment, such as production", r"[\w.-]+")]
    """GitHub environment in which those workflows must run."""
    state: StateSettings | None = None
    """State that those workflows keep: only this stack's. Without it, the deploy role needs that from elsewhere."""
