"""Where resources live and what their physical names start with."""

from __future__ import annotations

from dataclasses import dataclass, replace

from components.common import catalogue

# Services whose endpoints in China's VPCs have names of that partition; the others are named as everywhere.
_CHINESE_ENDPOINTS = frozenset(
    {"autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "monitoring", "sqs", "sts"}
)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One environment in one account and region."""

    prefix: str
    """First part of every physical name, such as `production`."""
    account_id: str
    """Twelve digits."""
    region: str
    """Such as `us-east-1`."""

    @property
    def partition(self) -> str:
        """Second part of every ARN: `aws`, save in China (`aws-cn`) and GovCloud (`aws-us-gov`)."""
        return catalogue.partition_of(self.region)

    @property
    def dns_suffix(self) -> str:
        """The domain of the partition's services."""
        return catalogue.dns_suffix(self.partition)

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

    @property
    def deploy_role_arn(self) -> str:
        """The ARN of the role that deploys the environment, known before the role exists."""
        return self.global_arn("iam", f"role/{self.name('deploy')}")

    @property
    def ec2_principal(self) -> str:
        """The principal of EC2, the one service whose name follows the partition."""
        return f"ec2.{self.dns_suffix}"

    def host(self, service: str) -> str:
        """Where a service answers in the region, such as `logs.us-east-1.amazonaws.com`."""
        return f"{service}.{self.region}.{self.dns_suffix}"

    def via_services(self, *services: str) -> list[str]:
        """What `kms:ViaService` says of services of the region. In China some still go by the names of elsewhere."""
        named = [f"{service}.{self.region}.amazonaws.com" for service in services]
        if self.dns_suffix != "amazonaws.com":
            named += [self.host(service) for service in services]
        return named

    def via_service(self, service: str) -> str | list[str]:
        """The same for one service, where it has only one name without a list around it."""
        names = self.via_services(service)
        return names if len(names) > 1 else names[0]

    def endpoint_service(self, service: str) -> str:
        """The name of an AWS service for an endpoint in the VPC. In China it depends on the service.

        Source: what `DescribeVpcEndpointServices` answers in cn-north-1 and cn-northwest-1.
        """
        chinese = self.partition == "aws-cn" and service in _CHINESE_ENDPOINTS
        return f"{'cn.' if chinese else ''}com.amazonaws.{self.region}.{service}"

    def in_region(self, region: str) -> Scope:
        """The same environment in another region."""
        return replace(self, region=region)
