"""Repositories for the applications' container images, and the registry around them (ECR)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.common.environment import Environment
from components.common.iam import github_trust, policy_document
from components.common.scope import Scope
from components.registry.cache import pull_through_cache
from components.registry.settings import RegistrySettings, RepositorySettings
from components.registry.templates import Templates, creation_role, lifecycle_policy

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
    """Which repositories there are, under which key, and what the registry does for all of them."""

    environment: Environment
    repositories: Mapping[str, RepositorySettings]
    """Repositories by label."""
    settings: RegistrySettings
    key_arn: pulumi.Input[str]
    """Key of all images. Another key replaces the repositories."""
    recovery_scope: Scope
    """Where images are copied to."""
    recovery_key_arn: pulumi.Input[str] | None = None
    """Key of the copies, in that region; none where nothing is copied."""


def push_policy(pushers: Sequence[str]) -> str:
    """These principals push, and nothing else is opened."""
    return policy_document(
        {"Sid": "Push", "Effect": "Allow", "Principal": {"AWS": list(pushers)}, "Action": list(_PUSH)}
    )


def push_role_policy(repository_arn: str) -> str:
    """Push to one repository, after the sign-in that ECR grants for the registry as a whole."""
    return policy_document(
        {"Sid": "SignIn", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {"Sid": "Push", "Effect": "Allow", "Action": list(_PUSH), "Resource": repository_arn},
    )


class Registry(pulumi.ComponentResource):
    """A repository `<prefix>/<label>` for each label, and what the settings ask of the registry.

    Tags never move to another image, each image is scanned when it is pushed, and all are encrypted under a customer
    key. Nodes pull from every repository of the account by the role that they have. Workflows of GitHub push by the
    role `<prefix>-<label>-push`, which may do nothing else. Beside them, as far as the settings ask for it: rules by
    which the images of public registries are kept, copies in the recovery region with a key of that region, and how
    the registry scans.
    """

    repository_urls: dict[str, pulumi.Output[str]]
    """What images are named by, by label."""
    push_role_arns: dict[str, pulumi.Output[str]]
    """Roles of workflows that push, by the repository's label."""
    cache_ready: list[pulumi.Resource]
    """What the first pull through the cache waits for."""

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:registry:Registry", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.repository_urls = {label: self._create(label, settings) for label, settings in args.repositories.items()}
        self.push_role_arns = {
            label: self._create_push_role(label, settings.github_repository, settings.github_environment)
            for label, settings in args.repositories.items()
            if settings.github_repository and settings.github_environment
        }
        self.cache_ready = []
        if args.settings.pull_through_cache or args.settings.replicated_stacks:
            self._keep_copies()
        if args.settings.scanning:
            self._scan(args.settings.scanning)
        self.register_outputs({"repositoryUrls": self.repository_urls, "pushRoleArns": self.push_role_arns})

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {"repositoryUrls": self.repository_urls, "pushRoleArns": self.push_role_arns}

    def _create(self, label: str, settings: RepositorySettings) -> pulumi.Output[str]:
        protection = self._args.environment.deletion_protection
        repository = aws.ecr.Repository(
            f"{self._name}-{label}",
            name=self._repository_name(label),
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

    def _repository_name(self, label: str) -> str:
        return f"{self._args.environment.scope.prefix}/{label}"

    def _create_push_role(self, label: str, repository: str, environment: str) -> pulumi.Output[str]:
        """Its trust names GitHub's identity provider, which exists once an account and is part of its foundation."""
        scope = self._args.environment.scope
        role = aws.iam.Role(
            f"{self._name}-{label}-push",
            name=scope.name(f"{label}-push"),
            description=f"Workflows of {repository} push images of {label}",
            assume_role_policy=github_trust(scope, repository, environment),
            permissions_boundary=self._args.environment.boundary_arn,
            opts=self._child,
        )
        aws.iam.RolePolicy(
            f"{self._name}-{label}-push",
            role=role.name,
            policy=push_role_policy(scope.arn("ecr", f"repository/{self._repository_name(label)}")),
            opts=self._child,
        )
        return role.arn

    def _keep_copies(self) -> None:
        """The public images that this registry keeps, and its own that the recovery region keeps."""
        args, scope = self._args, self._args.environment.scope
        stacks, recovery_key_arn = args.settings.replicated_stacks, args.recovery_key_arn
        repositories = [scope.arn("ecr", f"repository/{scope.prefix}-*")]
        repositories += [args.recovery_scope.arn("ecr", f"repository/{stack}/*") for stack in stacks]
        role_arn, after = creation_role(
            self._name,
            boundary_arn=args.environment.boundary_arn,
            repositories=repositories,
            key_arns=[args.key_arn, *([recovery_key_arn] if recovery_key_arn else [])],
            opts=self._child,
        )

        def templates(key_arn: pulumi.Input[str], region: str) -> Templates:
            tags = args.environment.tags
            return Templates(role_arn=role_arn, key_arn=key_arn, region=region, tags=tags, after=after)

        if args.settings.pull_through_cache:
            self.cache_ready = pull_through_cache(
                self._name, scope, args.settings.pull_through_cache, templates(args.key_arn, scope.region), self._child
            )
        if stacks and recovery_key_arn is not None:
            self._replicate(stacks, templates(recovery_key_arn, args.recovery_scope.region))

    def _replicate(self, stacks: Sequence[str], templates: Templates) -> None:
        """Copies of these stacks' repositories. A copy keeps the settings that it was made with, so templates first."""
        made = [templates.create(f"{self._name}-{stack}-copies", stack, "REPLICATION", self._child) for stack in stacks]
        rules = aws.ecr.ReplicationConfigurationReplicationConfigurationRuleArgs
        destination = aws.ecr.ReplicationConfigurationReplicationConfigurationRuleDestinationArgs(
            region=templates.region, registry_id=self._args.environment.scope.account_id
        )
        aws.ecr.ReplicationConfiguration(
            f"{self._name}-copies",
            replication_configuration=aws.ecr.ReplicationConfigurationReplicationConfigurationArgs(
                rules=[
                    rules(
                        destinations=[destination],
                        repository_filters=[
                            aws.ecr.ReplicationConfigurationReplicationConfigurationRuleRepositoryFilterArgs(
                                filter=f"{stack}/", filter_type="PREFIX_MATCH"
                            )
                        ],
                    )
                    for stack in stacks
                ]
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=made),
        )

    def _scan(self, kind: str) -> None:
        frequency = "CONTINUOUS_SCAN" if kind == "ENHANCED" else "SCAN_ON_PUSH"
        aws.ecr.RegistryScanningConfiguration(
            f"{self._name}-scanning",
            scan_type=kind,
            rules=[
                aws.ecr.RegistryScanningConfigurationRuleArgs(
                    scan_frequency=frequency,
                    repository_filters=[
                        aws.ecr.RegistryScanningConfigurationRuleRepositoryFilterArgs(
                            filter="*", filter_type="WILDCARD"
                        )
                    ],
                )
            ],
            opts=self._child,
        )
