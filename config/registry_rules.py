"""Rules of the registry that span several sections of a stack, and several stacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.common import catalogue
from components.common.settings import Problem
from components.recovery import RecoverySettings
from components.registry import RegistrySettings
from config.sibling import Sibling

# What a registry has one of, by key.
_ONE_EACH = {"replicatedStacks": "replicated_stacks", "scanning": "scanning"}


def registry_has_one_owner(
    account_id: str, region: str, registry: RegistrySettings, siblings: Mapping[str, Sibling]
) -> Iterator[Problem]:
    """What exists once in an account and region is set by one stack."""
    for key, field in _ONE_EACH.items():
        for name, sibling in siblings.items() if getattr(registry, field) else ():
            if (sibling.account_id, sibling.region) == (account_id, region) and key in sibling.registry:
                yield Problem(
                    ("registry", key),
                    f"is set by stack {name} of the same account and region ({account_id}, {region}) too; one stack"
                    " sets it for all",
                )


def images_are_copied_somewhere(registry: RegistrySettings, recovery: RecoverySettings) -> Iterator[Problem]:
    """A region for the copies."""
    if registry.replicated_stacks and not recovery.copies:
        yield Problem(("registry", "replicatedStacks"), "needs recovery.copies; it is false")


def replicated_stacks_exist(
    stack: str, account_id: str, region: str, registry: RegistrySettings, siblings: Mapping[str, Sibling]
) -> Iterator[Problem]:
    """Stacks of the registry's account and region."""
    neighbours = (name for name, each in siblings.items() if (each.account_id, each.region) == (account_id, region))
    known = [stack, *neighbours]
    for index, name in enumerate(registry.replicated_stacks):
        if name not in known:
            yield Problem(
                ("registry", "replicatedStacks", str(index)),
                f"{name} is not a stack of this account and region; there are {', '.join(known)}",
            )


def cache_is_offered(region: str, registry: RegistrySettings) -> Iterator[Problem]:
    """ECR keeps images of public registries in the commercial regions only (ECR user guide, considerations)."""
    if registry.pull_through_cache and catalogue.partition_of(region) != "aws":
        yield Problem(
            ("registry", "pullThroughCache"),
            f"is not offered in {region}; allowed: regions of the partition aws",
        )


def cache_secrets_are_within_reach(account_id: str, region: str, registry: RegistrySettings) -> Iterator[Problem]:
    """ECR reads secrets of its own account and region."""
    cache = registry.pull_through_cache
    secrets = (
        {"dockerHubSecretArn": cache.docker_hub_secret_arn, "githubSecretArn": cache.github_secret_arn} if cache else {}
    )
    for key, arn in secrets.items():
        if arn and arn.split(":")[3:5] != [region, account_id]:
            yield Problem(
                ("registry", "pullThroughCache", key),
                f"{arn} is not in the stack's region and account ({region}, {account_id})",
            )
