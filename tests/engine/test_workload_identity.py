"""Roles of service accounts by IRSA and by Pod Identity, and the way from one to the other on the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.conftest import Checkout
from tests.engine.deployed import Deployed, Resource
from tests.engine.iam import Context, is_allowed
from tests.engine.stacks import Stack

pytestmark = pytest.mark.engine

ROLE = "aws:iam/role:Role"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
ADDON = "aws:eks/addon:Addon"
ANNOTATION = "eks.amazonaws.com/role-arn"
# Every service account with a role: namespace and name, as add-ons, charts and the stack file make them.
ACCOUNTS = {
    ("kube-system", "aws-node"),
    ("kube-system", "ebs-csi-controller-sa"),
    ("kube-system", "cluster-autoscaler"),
    ("kube-system", "aws-load-balancer-controller"),
    ("amazon-cloudwatch", "cloudwatch-agent"),
    ("velero", "velero"),
    ("trading", "trading"),
    ("ml", "ml"),
    ("data", "data"),
}


def roles(d: Deployed) -> dict[tuple[str, str], Resource]:
    """The roles of service accounts, which say whose they are."""
    start = "Assumed by the service account "
    found = {}
    for role in d.of_type(ROLE):
        if str(role.inputs.get("description", "")).startswith(start):
            namespace, name = role.inputs["description"].removeprefix(start).split("/")
            found[namespace, name] = role
    return found


def trusts(role: Resource, action: str, context: Context) -> bool:
    """Whether a role may be assumed: trust names no resource, the role itself is meant."""
    statements = [{**each, "Resource": "*"} for each in role.document("assumeRolePolicy")]
    return is_allowed(statements, action, role["arn"], context)


def by_token(d: Deployed, account: tuple[str, str]) -> Context:
    issuer = d.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "cluster-oidcProvider")["url"]
    host = issuer.removeprefix("https://")
    return {f"{host}:sub": "system:serviceaccount:" + ":".join(account), f"{host}:aud": "sts.amazonaws.com"}


def by_agent(d: Deployed, account: tuple[str, str]) -> Context:
    cluster = d.one("aws:eks/cluster:Cluster")
    return {
        "aws:SourceAccount": cluster["arn"].split(":")[4],
        "aws:SourceArn": cluster["arn"],
        "aws:RequestTag/kubernetes-namespace": account[0],
        "aws:RequestTag/kubernetes-service-account": account[1],
    }


def forms(d: Deployed) -> Iterator[tuple[tuple[str, str], bool, bool]]:
    """Each account, and whether its pods come to their role by a token and by the agent."""
    associated = {
        (each.inputs["namespace"], each.inputs["serviceAccount"]): each["roleArn"] for each in d.of_type(ASSOCIATION)
    }
    annotated = set(named_roles(d))
    for account, role in roles(d).items():
        token = trusts(role, "sts:AssumeRoleWithWebIdentity", by_token(d, account)) and role["arn"] in annotated
        agent = all(trusts(role, f"sts:{action}", by_agent(d, account)) for action in ("AssumeRole", "TagSession"))
        yield account, token, agent and associated.get(account) == role["arn"]


def named_roles(d: Deployed) -> Iterator[str]:
    """ARNs of roles that service accounts name, in objects, charts and add-ons."""
    yield from (
        each.inputs["serviceAccountRoleArn"] for each in d.of_type(ADDON) if "serviceAccountRoleArn" in each.inputs
    )
    yield from _values(ANNOTATION, [dict(each.inputs) for each in d if each.type.startswith("kubernetes:")])


def _values(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == key:
                yield item
            else:
                yield from _values(key, item)
    elif isinstance(value, list):
        for item in value:
            yield from _values(key, item)


def test_every_role_moves_to_pod_identity_and_back_without_a_gap(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack(checkout, monkeypatch)
    arns: dict[tuple[str, str], str] = {}
    for mode in ("IRSA", "BOTH", "POD_IDENTITY", "BOTH", "IRSA"):
        stack.settings("cluster")["workloadIdentity"] = mode
        outcome, d = stack.up()
        assert outcome.ok, outcome.errors
        expected = (mode != "POD_IDENTITY", mode != "IRSA")
        assert {account: tuple(found) for account, *found in forms(d)} == dict.fromkeys(ACCOUNTS, expected), mode
        now = {account: role["arn"] for account, role in roles(d).items()}
        assert now == (arns or now), "no role is made again"
        arns = now


def test_no_pod_comes_to_the_role_of_another(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack(checkout, monkeypatch)
    stack.settings("cluster")["workloadIdentity"] = "BOTH"
    _, d = stack.up()
    for account, role in roles(d).items():
        for other in (ACCOUNTS - {account}) | {("default", account[1]), (account[0], "default")}:
            assert not trusts(role, "sts:AssumeRoleWithWebIdentity", by_token(d, other))
            assert not trusts(role, "sts:AssumeRole", by_agent(d, other))
        stranger = {**by_agent(d, account), "aws:SourceArn": by_agent(d, account)["aws:SourceArn"] + "-other"}
        assert not trusts(role, "sts:AssumeRole", stranger)


def test_the_file_names_the_setting(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack(checkout, monkeypatch)
    stack.settings("cluster")["workloadIdentity"] = "irsa"
    assert "cluster.workloadIdentity" in json.dumps(stack.refusal())
