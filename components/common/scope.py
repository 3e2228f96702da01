"""Where resources live and what their physical names start with."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One environment in one account and region."""

    prefix: str
    """First part of every physical name, such as `production`."""
    account_id: str
    """Twelve digits."""
    region: str
    """Such as `us-east-1`."""
    partition: str = "aws"
    """Second part of every ARN: `aws`, save in China and GovCloud."""

    def name(self, label: str) -> str:
        """A physical name that is unique within the account and region."""
        return f"{self.prefix}-{label}"

    def global_name(self, label: str) -> str:
        """A physical name that is unique in the world, for buckets."""
        return f"{self.prefix}-{label}-{self.account_id}-{self.region}"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a regional resource of this account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """The ARN of a resource without a region, such as an IAM role."""
        return f"arn:{self.partition}:{service}::{self.account_id}:{resource}"

    def managed_policy_arn(self, path: str) -> str:
        """The ARN of a policy that AWS manages, from its name or from its path and name."""
        return f"arn:{self.partition}:iam::aws:policy/{path}"

    def in_region(self, region: str) -> Scope:
        """The same environment in another region."""
        return replace(self, region=region)
