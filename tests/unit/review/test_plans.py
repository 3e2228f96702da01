"""Plans: readable, without secrets, and the same in every run."""

from __future__ import annotations

import json
from typing import Any

import yaml

from review.plans import plans
from tests.unit.reviews import STACK, entry, inventory, secret

KEY, BUCKET = "aws:kms/key:Key", "aws:s3/bucket:Bucket"
ARN = "arn:aws:kms:us-east-1:123456789012:key/72587776-9f84-41a2-a023-6e093c48801d"


def plan(*entries: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(plans.render(inventory(*entries, outputs=outputs), "test"))
    return found


def key(**more: Any) -> dict[str, Any]:
    outputs = {"arn": ARN, "description": "logs", "region": "us-east-1"}
    return {**entry(KEY, "logs", {"description": "logs"}), "outputs": outputs, "id": ARN.rpartition("/")[2], **more}


def properties(inputs: dict[str, Any], **more: Any) -> Any:
    """What the plan says of a bucket with these inputs, beside the key."""
    return plan(key(), entry(BUCKET, "store", inputs, **more))["data"]["aws:s3:Bucket store"]


def test_what_others_compute_is_told_by_its_origin() -> None:
    inputs = {"kmsKeyId": ARN, "id": ARN.rpartition("/")[2], "list": [f"{ARN}/grants"], "region": "us-east-1"}
    assert properties(inputs) == {
        "kmsKeyId": "${Key logs.arn}",
        "id": "${Key logs.id}",
        "list": ["${Key logs.arn}/grants"],
        "region": "us-east-1",
    }


def test_a_value_that_only_begins_like_another_stays() -> None:
    assert properties({"arn": f"{ARN}0"}) == {"arn": f"{ARN}0"}


def test_the_issuer_of_tokens_is_known_without_its_scheme() -> None:
    issuer = "https://oidc.eks.us-east-1.amazonaws.com/id/DA1D9A00615B1DC99AD51DE47E560481"
    cluster = {**entry("aws:eks/cluster:Cluster", "main"), "outputs": {"issuer": issuer}}
    trust = json.dumps({"Condition": {"StringEquals": {f"{issuer.removeprefix('https://')}:aud": "sts.amazonaws.com"}}})
    role = entry("aws:iam/role:Role", "pod", {"assumeRolePolicy": trust})
    assert plan(cluster, role)["data"]["aws:iam:Role pod"]["assumeRolePolicy"] == {
        "Condition": {"StringEquals": {"${Cluster main.issuer}:aud": "sts.amazonaws.com"}}
    }


def test_policy_documents_are_structure_and_broken_ones_text() -> None:
    inputs = {"policy": json.dumps({"Resource": [ARN]}), "broken": "{no json", "tags": "[secret]"}
    assert properties(inputs) == {"policy": {"Resource": ["${Key logs.arn}"]}, "broken": "{no json", "tags": "[secret]"}


def test_secrets_are_hidden_wherever_they_are() -> None:
    store = entry(BUCKET, "store", {"password": secret(), "nested": [{"token": secret()}]})
    text = plans.render(inventory(store, outputs={"kubeconfig": secret()}), "test")
    assert text.count("'[secret]'") == 3
    assert "v1:abc" not in text


def test_a_secret_is_no_origin_of_other_secrets() -> None:
    password = {**entry("random:index/randomPassword:RandomPassword", "p"), "outputs": {"result": secret()}}
    assert plan(password, entry(BUCKET, "store", {"password": secret()}))["data"]["aws:s3:Bucket store"] == {
        "password": "[secret]"
    }


def test_what_providers_choose_is_left_out() -> None:
    inputs = {"bucket": "store-1a2b3c4", "region": "us-east-1", "tagsAll": {"Owner": "me"}, "tags": {"Name": "store"}}
    assert properties({**inputs, "__defaults": ["bucket", "region"]}) == {"tags": {"Name": "store"}}


def test_a_chosen_name_is_told_by_its_origin_where_others_use_it() -> None:
    inputs = {"name": "node-9a385fa", "__defaults": ["name"]}
    role = {**entry("aws:iam/role:Role", "node", inputs), "id": "node-9a385fa"}
    attachment = entry("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "node", {"role": "node-9a385fa"})
    assert plan(role, attachment)["data"]["aws:iam:RolePolicyAttachment node"] == {"role": "${Role node.id}"}


def test_options_that_decide_about_life_and_death_are_told() -> None:
    assert properties({}, protect=True, retainOnDelete=True, ignoreChanges=["b", "a"]) == {
        "$protect": True,
        "$retainOnDelete": True,
        "$ignoreChanges": ["a", "b"],
    }


def test_the_order_of_registration_does_not_matter() -> None:
    entries = [key(), entry(BUCKET, "a", {"y": 1, "x": 2}), entry(BUCKET, "b")]
    assert plans.render(inventory(*entries), "test") == plans.render(inventory(*reversed(entries)), "test")


def test_components_are_headings_and_default_providers_are_left_out() -> None:
    provider = entry("pulumi:providers:aws", "aws", {"region": "us-east-1", "version": "7.51.1"}, parent=STACK)
    default = entry("pulumi:providers:random", "default_4_21_4", {"version": "4.21.4"}, parent="")
    assert plan(provider, default, key(), outputs={"keyArn": ARN}) == {
        "data": {"aws:kms:Key logs": {"description": "logs"}},
        "outputs": {"keyArn": "${Key logs.arn}"},
        "stack": {"pulumi:providers:aws aws": {"region": "us-east-1"}},
    }
