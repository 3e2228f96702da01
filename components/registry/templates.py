"""How repositories look that ECR makes by itself, for copies of images from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.common.iam import plain_service_trust, policy_document
from components.registry.settings import RepositorySettings


def lifecycle_policy(settings: RepositorySettings) -> str:
    """Images without a tag go by age, the others by number. ECR wants the rule for all images last."""
    expire = {"type": "expire"}
    age = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": settings.untagged_days}
    number = {"countType": "imageCountMoreThan", "countNumber": settings.keep_images}
    return json.dumps(
        {
            "rules": [
                {
                    "rulePriority": 1,
                    "description": f"Images without a tag go after {settings.untagged_days} days",
                    "selection": {"tagStatus": "untagged", **age},
                    "action": expire,
                },
                {
                    "rulePriority": 2,
                    "description": f"The newest {settings.keep_images} images stay",
                    "selection": {"tagStatus": "any", **number},
                    "action": expire,
                },
            ]
        }
    )


def creation_policy(repositories: Sequence[str], keys: Sequence[str]) -> str:
    """What ECR does to make repositories with tags and a customer key.

    Source: ECR user guide, Create a custom policy for repository creation templates; there for all resources.
    """
    return policy_document(
        {
            "Sid": "MakeRepositories",
            "Effect": "Allow",
            "Action": ["ecr:CreateRepository", "ecr:ReplicateImage", "ecr:TagResource"],
            "Resource": list(repositories),
        },
        {
            "Sid": "EncryptRepositories",
            "Effect": "Allow",
            "Action": ["kms:DescribeKey", "kms:RetireGrant"],
            "Resource": list(keys),
        },
        {
            "Sid": "GrantKeysToRegistry",
            "Effect": "Allow",
            "Action": "kms:CreateGrant",
            "Resource": list(keys),
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        },
    )


def creation_role(
    name: str,
    *,
    boundary_arn: pulumi.Input[str],
    repositories: Sequence[str],
    key_arns: Sequence[pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> tuple[pulumi.Output[str], list[pulumi.Resource]]:
    """The role that templates name, without which they take neither a key nor tags, and what it needs to work."""
    role = aws.iam.Role(
        f"{name}-creation",
        description="ECR makes repositories from templates",
        assume_role_policy=plain_service_trust("ecr.amazonaws.com"),
        permissions_boundary=boundary_arn,
        opts=opts,
    )
    document = pulumi.Output.all(*key_arns).apply(lambda keys: creation_policy(repositories, keys))
    policy = aws.iam.RolePolicy(f"{name}-creation", role=role.name, policy=document, opts=opts)
    return role.arn, [policy]


@dataclass(frozen=True, kw_only=True)
class Templates:
    """What all templates of one region have in common."""

    role_arn: pulumi.Input[str]
    """Role by which ECR makes the repositories."""
    key_arn: pulumi.Input[str]
    """Key of their images, in the same region."""
    region: str
    """Where they are made."""
    tags: Mapping[str, str]
    """Of the repositories."""
    after: Sequence[pulumi.Resource]
    """What the role needs before it is used."""

    def create(
        self,
        logical_name: str,
        prefix: str,
        applied_for: Literal["PULL_THROUGH_CACHE", "REPLICATION"],
        opts: pulumi.ResourceOptions,
    ) -> aws.ecr.RepositoryCreationTemplate:
        """The template of repositories below a prefix: immutable tags, a customer key, and the usual lifecycle."""
        return aws.ecr.RepositoryCreationTemplate(
            logical_name,
            prefix=prefix,
            description=f"Below {prefix}/",
            applied_fors=[applied_for],
            image_tag_mutability="IMMUTABLE",
            encryption_configurations=[
                aws.ecr.RepositoryCreationTemplateEncryptionConfigurationArgs(
                    encryption_type="KMS", kms_key=self.key_arn
                )
            ],
            lifecycle_policy=lifecycle_policy(RepositorySettings()),
            custom_role_arn=self.role_arn,
            resource_tags=dict(self.tags),
            region=self.region,
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[*self.after])),
        )
