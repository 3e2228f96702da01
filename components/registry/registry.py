"""Repositories for the applications' container images (ECR)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.common.environment import Environment
from components.common.iam import policy_document
from components.registry.settings import RepositorySettings

# What `docker push` calls (ECR User Guide, IAM permissions for pushing an image).
_PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """Which repositories there are, and under which key."""

    environment: Environment
    settings: Mapping[str, RepositorySettings]
    """Repositories by label."""
    key_arn: pulumi.Input[str]
    """Key of all images. Another key replaces the repositories."""


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


def push_policy(pushers: Sequence[str]) -> str:
    """These principals push, and nothing else is opened."""
    return policy_document(
        {"Sid": "Push", "Effect": "Allow", "Principal": {"AWS": list(pushers)}, "Action": list(_PUSH)}
    )


class Registry(pulumi.ComponentResource):
    """A repository `<prefix>/<label>` for each label.

    Tags never move to another image, each image is scanned when it is pushed, and all are encrypted under a customer
    key. Nodes pull from every repository of the account by the role that they have.
    """

    repository_urls: dict[str, pulumi.Output[str]]
    """What images are named by, by label."""

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:registry:Registry", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.repository_urls = {label: self._create(label, settings) for label, settings in args.settings.items()}
        self.register_outputs({"repositoryUrls": self.repository_urls})

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {"repositoryUrls": self.repository_urls}

    def _create(self, label: str, settings: RepositorySettings) -> pulumi.Output[str]:
        protection = self._args.environment.deletion_protection
        repository = aws.ecr.Repository(
            f"{self._name}-{label}",
            name=f"{self._args.environment.scope.prefix}/{label}",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
            encryption_configurations=[
                aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=self._args.key_arn)
            ],
            force_delete=not protection,
            tags={"Name": self._args.environment.scope.name(label)},
            opts=pulumi.ResourceOptions(parent=self, protect=protection),
        )
        aws.ecr.LifecyclePolicy(
            f"{self._name}-{label}",
            repository=repository.name,
            policy=lifecycle_policy(settings),
            opts=self._child,
        )
        if settings.pushers:
            aws.ecr.RepositoryPolicy(
                f"{self._name}-{label}",
                repository=repository.name,
                policy=push_policy(settings.pushers),
                opts=self._child,
            )
        return repository.repository_url
