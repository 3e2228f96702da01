"""Repositories: images that cannot change, under a customer key, kept by number and pushed by those who may."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.registry import Registry, RegistryArgs, RepositorySettings
from tests.unit.environments import environment
from tests.unit.harness import Recording, document, record

KEY = "arn:aws:kms:us-east-1:123456789012:key/ecr"
PUSHER = "arn:aws:iam::210987654321:role/build"
REPOSITORY = "aws:ecr/repository:Repository"


def registry(*, deletion_protection: bool = True, **settings: Any) -> Recording:
    args = RegistryArgs(
        environment=environment(deletion_protection=deletion_protection),
        settings={"orders": RepositorySettings(**settings)},
        key_arn=KEY,
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
