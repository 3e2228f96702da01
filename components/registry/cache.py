"""Copies of public images in the account's own registry (ECR pull-through cache)."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.common.images import DOCKER_HUB
from components.common.scope import Scope
from components.registry.settings import PullThroughCacheSettings, RegistrySettings
from components.registry.templates import Templates

# What the repositories of each public registry are filed under, behind the stack's prefix. ECR takes 30 characters.
_FOLDERS: Mapping[str, str] = {
    "public.ecr.aws": "ecr-public",
    "registry.k8s.io": "kubernetes",
    "quay.io": "quay",
    DOCKER_HUB: "docker-hub",
    "ghcr.io": "github",
}
# Where a registry answers, if not by the name that images call it.
_HOSTS: Mapping[str, str] = {DOCKER_HUB: "registry-1.docker.io"}


def _credentials(settings: PullThroughCacheSettings) -> dict[str, str | None]:
    """The cached registries, each with the secret for it where it asks for one."""
    found: dict[str, str | None] = dict.fromkeys(("public.ecr.aws", "registry.k8s.io", "quay.io"))
    found[DOCKER_HUB] = settings.docker_hub_secret_arn
    if settings.github_secret_arn:
        found["ghcr.io"] = settings.github_secret_arn
    return found


def mirrors(scope: Scope, settings: RegistrySettings) -> dict[str, str]:
    """What stands in place of each cached registry in the names of images; nothing without a cache."""
    if not settings.pull_through_cache:
        return {}
    host = f"{scope.account_id}.dkr.{scope.host('ecr')}"
    return {
        registry: f"{host}/{scope.name(_FOLDERS[registry])}" for registry in _credentials(settings.pull_through_cache)
    }


def pull_through_cache(
    name: str,
    scope: Scope,
    settings: PullThroughCacheSettings,
    templates: Templates,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """A rule for each registry, and a template for the repositories that it makes at the first pull of an image."""
    rules: list[pulumi.Resource] = []
    for registry, secret_arn in _credentials(settings).items():
        folder = _FOLDERS[registry]
        template = templates.create(f"{name}-{folder}", scope.name(folder), "PULL_THROUGH_CACHE", opts)
        rules.append(
            aws.ecr.PullThroughCacheRule(
                f"{name}-{folder}",
                ecr_repository_prefix=scope.name(folder),
                upstream_registry_url=_HOSTS.get(registry, registry),
                credential_arn=secret_arn,
                # The first pull may come at once, and a repository keeps what it was made with.
                opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[template])),
            )
        )
    return rules
