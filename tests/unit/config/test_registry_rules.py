"""The registry: what exists once in account and region, what its cache needs, where its copies go."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from config.sibling import Sibling
from tests.unit.config.complaints import complaints
from tests.unit.stacks import mistakes, put, values_of

ACCOUNT = "123456789012"


def secret(region: str = "us-east-1", account: str = ACCOUNT, name: str = "ecr-pullthroughcache/docker-hub") -> str:
    return f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf"


def production(**registry: Any) -> dict[str, Any]:
    values = values_of()
    put(values, "accountId", ACCOUNT)
    put(values, "registry", registry)
    return values


def neighbour(region: str = "us-east-1", account: str = ACCOUNT, *keys: str) -> dict[str, Sibling]:
    cidr = IPv4Network("10.99.0.0/16")
    return {"blue": Sibling(vpc_cidr=cidr, account_id=account, region=region, registry=frozenset(keys))}


def about(found: list[str]) -> list[str]:
    """Mistakes of the registry; another account number is one of others."""
    return [each for each in found if each.startswith("registry.")]


@pytest.mark.parametrize("setting", [{"scanning": "BASIC"}, {"replicatedStacks": ["production"]}])
def test_what_a_registry_has_one_of_is_set_by_one_stack(setting: dict[str, Any]) -> None:
    (key,) = setting
    assert about(mistakes(production(**setting))) == []
    (found,) = about(mistakes(production(**setting), siblings=neighbour("us-east-1", ACCOUNT, key)))
    assert f"registry.{key}: is set by stack blue" in found
    assert about(mistakes(production(**setting), siblings=neighbour("eu-west-1", ACCOUNT, key))) == []
    assert about(mistakes(production(**setting), siblings=neighbour("us-east-1", "999999999999", key))) == []


def test_stacks_whose_images_are_copied_are_of_the_same_registry() -> None:
    both = production(replicatedStacks=["production", "blue"])
    assert about(mistakes(both, siblings=neighbour())) == []
    (found,) = about(mistakes(both, siblings=neighbour("eu-west-1")))
    assert "registry.replicatedStacks[1]: blue is not a stack of this account and region; there are production" in found


def test_copies_need_a_place() -> None:
    found = complaints(
        "registry",
        {"replicatedStacks": ["production"]},
        "recovery",
        {"region": "us-west-2", "copies": False},
        "buckets.compliance.replicate",
        False,
    )
    assert any("registry.replicatedStacks: needs recovery.copies" in each for each in found)


@pytest.mark.parametrize(
    ("arn", "complaint"),
    [
        (secret(region="eu-west-1"), "is not in the stack's region and account"),
        (secret(account="999999999999"), "is not in the stack's region and account"),
        # ECR reads secrets by this name only.
        (secret(name="docker-hub"), "must be the ARN of a secret whose name begins with ecr-pullthroughcache/"),
    ],
)
def test_secrets_of_the_cache_are_those_that_ecr_reads(arn: str, complaint: str) -> None:
    assert about(mistakes(production(pullThroughCache={"dockerHubSecretArn": secret()}))) == []
    (found,) = about(mistakes(production(pullThroughCache={"dockerHubSecretArn": arn})))
    assert "registry.pullThroughCache.dockerHubSecretArn" in found
    assert complaint in found


def test_a_cache_without_docker_hub_would_leave_images_outside() -> None:
    (found,) = complaints("registry", {"pullThroughCache": {}})
    assert "registry.pullThroughCache.dockerHubSecretArn: is missing" in found


def test_other_partitions_have_no_cache() -> None:
    cache = {"pullThroughCache": {"dockerHubSecretArn": secret()}}
    found = complaints("region", "us-gov-west-1", "registry", cache)
    assert any("registry.pullThroughCache: is not offered in us-gov-west-1" in each for each in found)


@pytest.mark.parametrize("given", ["githubRepository", "githubEnvironment"])
def test_workflows_that_push_are_named_in_full(given: str) -> None:
    (found,) = complaints("repositories", {"orders": {given: "example-org/orders" if "Repo" in given else "main"}})
    assert "repositories.orders.github" in found
    assert "is missing; githubRepository and githubEnvironment go together" in found
