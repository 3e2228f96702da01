"""Repositories: images that cannot change, under a customer key, kept by number and pushed by those who may."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from components.common.images import mirrored
from components.registry import Registry, RegistryArgs, RegistrySettings, RepositorySettings, mirrors
from tests.unit.environments import SCOPE, environment
from tests.unit.harness import ACCOUNT, Recording, document, record

KEY = "arn:aws:kms:us-east-1:123456789012:key/ecr"
COPY_KEY = "arn:aws:kms:us-west-2:123456789012:key/copies"
PUSHER = "arn:aws:iam::210987654321:role/build"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:ecr-pullthroughcache/docker-hub-AbCdEf"
REPOSITORY = "aws:ecr/repository:Repository"
TEMPLATE = "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate"
RULE = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"

CACHE = {"pullThroughCache": {"dockerHubSecretArn": SECRET}}
COPIES = {"replicatedStacks": ["production", "staging"]}


def registry(
    settings: dict[str, Any] | None = None, *, deletion_protection: bool = True, **repository: Any
) -> Recording:
    args = RegistryArgs(
        environment=environment(deletion_protection=deletion_protection),
        repositories={"orders": RepositorySettings(**repository)},
        settings=RegistrySettings.model_validate(settings or {}),
        key_arn=KEY,
        recovery_scope=SCOPE.in_region("us-west-2"),
        recovery_key_arn=COPY_KEY if (settings or {}).get("replicatedStacks") else None,
    )
    return record(lambda: Registry("registry", args))


def test_tags_stay_where_they_are_and_images_are_scanned_and_encrypted() -> None:
    repository = registry().one(REPOSITORY)
    assert repository.inputs["name"] == "production/orders"
    assert repository.inputs["imageTagMutability"] == "IMMUTABLE"
    assert repository.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repository.inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": KEY}]


@pytest.mark.parametrize("protected", [True, False])
def test_images_are_protected_with_the_stack(*, protected: bool) -> None:
    repository = registry(deletion_protection=protected).one(REPOSITORY)
    assert repository.protect is protected
    assert repository.inputs["forceDelete"] is not protected


def test_images_go_by_number_and_untagged_ones_by_age() -> None:
    policy = registry(keep_images=40, untagged_days=3).one("aws:ecr/lifecyclePolicy:LifecyclePolicy")
    rules = json.loads(policy.inputs["policy"])["rules"]
    assert [rule["selection"] for rule in rules] == [
        {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 3},
        {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 40},
    ]
    # The rule for images of any tag is the last: ECR refuses it before others.
    assert [rule["rulePriority"] for rule in rules] == sorted(rule["rulePriority"] for rule in rules)
    assert {rule["action"]["type"] for rule in rules} == {"expire"}


def test_only_those_who_are_named_push() -> None:
    policies = "aws:ecr/repositoryPolicy:RepositoryPolicy"
    assert registry().of_type(policies) == []
    (statement,) = document(registry(pushers=(PUSHER,)).one(policies))
    assert statement["Principal"] == {"AWS": [PUSHER]}
    assert "ecr:PutImage" in statement["Action"]
    assert not [action for action in statement["Action"] if "Delete" in action or "Policy" in action or "*" in action]


def test_without_settings_the_registry_is_left_alone() -> None:
    kinds = {each.type for each in registry().resources if each.type.startswith("aws:")}
    assert kinds == {REPOSITORY, "aws:ecr/lifecyclePolicy:LifecyclePolicy"}


def test_workflows_push_to_their_own_repository_by_a_role_that_may_do_nothing_else() -> None:
    found = registry(github_repository="example-org/orders", github_environment="production")
    role = found.one("aws:iam/role:Role")
    assert role.inputs["name"] == "production-orders-push"
    assert role.inputs["permissionsBoundary"]
    (trust,) = document(role, "assumeRolePolicy")
    assert trust["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:sub": "repo:example-org/orders:environment:production",
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
    }
    sign_in, push = document(found.one("aws:iam/rolePolicy:RolePolicy"))
    assert (sign_in["Action"], sign_in["Resource"]) == ("ecr:GetAuthorizationToken", "*")
    assert push["Resource"] == f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/production/orders"


class TestCache:
    """Public images come from the account's own registry."""

    # Prefix of at most 30 characters, by the model of CreatePullThroughCacheRule.
    PREFIX = re.compile(r"((?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*/?|ROOT)")

    def test_each_rule_has_a_template_of_its_prefix_that_is_there_first(self) -> None:
        found = registry(CACHE)
        templates = {each.inputs["prefix"]: each for each in found.of_type(TEMPLATE)}
        rules = found.of_type(RULE)
        assert {each.inputs["ecrRepositoryPrefix"]: each.inputs["upstreamRegistryUrl"] for each in rules} == {
            "production-ecr-public": "public.ecr.aws",
            "production-kubernetes": "registry.k8s.io",
            "production-quay": "quay.io",
            "production-docker-hub": "registry-1.docker.io",
        }
        for rule in rules:
            template = templates[rule.inputs["ecrRepositoryPrefix"]]
            assert template.urn in rule.dependencies
            assert template.inputs["appliedFors"] == ["PULL_THROUGH_CACHE"]
            assert template.inputs["imageTagMutability"] == "IMMUTABLE"
            assert template.inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": KEY}]
            # A template with a key or tags needs a role (ECR user guide).
            assert template.inputs["customRoleArn"]
            assert template.inputs["resourceTags"]["Environment"] == "production"

    def test_the_longest_name_of_a_stack_has_room(self) -> None:
        longest = SCOPE.__class__(prefix="a" * 14, account_id=ACCOUNT, region="us-east-1")
        cache = {"pullThroughCache": {"dockerHubSecretArn": SECRET, "githubSecretArn": SECRET}}
        for place in mirrors(longest, RegistrySettings.model_validate(cache)).values():
            host, _, prefix = place.partition("/")
            assert host == f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
            assert 2 <= len(prefix) <= 30
            assert self.PREFIX.fullmatch(prefix)

    def test_only_registries_that_ask_for_it_get_a_secret(self) -> None:
        secrets = {
            each.inputs["upstreamRegistryUrl"]: each.inputs.get("credentialArn")
            for each in registry(CACHE).of_type(RULE)
        }
        assert {url for url, secret in secrets.items() if secret} == {"registry-1.docker.io"}
        assert secrets["registry-1.docker.io"] == SECRET

    def test_images_are_named_by_where_they_are_kept(self) -> None:
        places = mirrors(SCOPE, RegistrySettings.model_validate(CACHE))
        host = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
        assert {image: mirrored(image, places) for image in (
            "registry.k8s.io/kubectl:1",
            "docker.io/velero/velero:v1",
            "velero/velero:v1",
            "redis:7",
            "ghcr.io/example/thing:1",
            "localhost:5000/thing",
        )} == {
            "registry.k8s.io/kubectl:1": f"{host}/production-kubernetes/kubectl:1",
            "docker.io/velero/velero:v1": f"{host}/production-docker-hub/velero/velero:v1",
            "velero/velero:v1": f"{host}/production-docker-hub/velero/velero:v1",
            "redis:7": f"{host}/production-docker-hub/library/redis:7",
            "ghcr.io/example/thing:1": "ghcr.io/example/thing:1",
            "localhost:5000/thing": "localhost:5000/thing",
        }  # fmt: skip


class TestCopies:
    """What the recovery region keeps of the registry."""

    def test_repositories_of_the_named_stacks_and_no_others_are_copied(self) -> None:
        found = registry(COPIES).one("aws:ecr/replicationConfiguration:ReplicationConfiguration")
        rules = found.inputs["replicationConfiguration"]["rules"]
        assert [rule["destinations"] for rule in rules] == [[{"region": "us-west-2", "registryId": ACCOUNT}]] * 2
        filters = [rule["repositoryFilters"] for rule in rules]
        assert filters == [
            [{"filter": "production/", "filterType": "PREFIX_MATCH"}],
            [{"filter": "staging/", "filterType": "PREFIX_MATCH"}],
        ]
        # Neither what the cache keeps, nor the repositories of a stack whose name begins alike.
        names = (
            "production/orders",
            "staging/orders",
            "production-quay/prometheus/node-exporter",
            "production2/orders",
        )
        copied = [name for name in names if any(name.startswith(each["filter"]) for (each,) in filters)]
        assert copied == ["production/orders", "staging/orders"]

    def test_copies_have_a_key_of_their_own_region_before_the_first_is_made(self) -> None:
        found = registry(COPIES)
        templates = found.of_type(TEMPLATE)
        assert {each.inputs["prefix"] for each in templates} == {"production", "staging"}
        configuration = found.one("aws:ecr/replicationConfiguration:ReplicationConfiguration")
        for template in templates:
            assert template.inputs["region"] == "us-west-2"
            assert template.inputs["appliedFors"] == ["REPLICATION"]
            assert template.inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": COPY_KEY}]
            assert template.urn in configuration.dependencies

    def test_the_role_of_templates_is_limited_to_what_they_make(self) -> None:
        make, encrypt, grant = document(registry(COPIES | CACHE).one("aws:iam/rolePolicy:RolePolicy"))
        assert make["Resource"] == [
            f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/production-*",
            f"arn:aws:ecr:us-west-2:{ACCOUNT}:repository/production/*",
            f"arn:aws:ecr:us-west-2:{ACCOUNT}:repository/staging/*",
        ]
        assert encrypt["Resource"] == grant["Resource"] == [KEY, COPY_KEY]
        assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


@pytest.mark.parametrize(("kind", "frequency"), [("BASIC", "SCAN_ON_PUSH"), ("ENHANCED", "CONTINUOUS_SCAN")])
def test_the_whole_registry_is_scanned(kind: str, frequency: str) -> None:
    found = registry({"scanning": kind}).one("aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration")
    assert found.inputs["scanType"] == kind
    filters = [{"filter": "*", "filterType": "WILDCARD"}]
    assert found.inputs["rules"] == [{"scanFrequency": frequency, "repositoryFilters": filters}]
