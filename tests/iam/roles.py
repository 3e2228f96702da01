"""The roles of a deployed stack and of its account's foundation, as IAM sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from itertools import chain
from typing import Any

import yaml

from tests.engine.deployed import ROOT, Deployed, Resource, deploy, deployed, view
from tests.iam.simulator import Document, Principal
from tests.unit.stacks import parsed

ACCOUNT = parsed("production").account_id
EVERYTHING: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@cache
def foundation(stack: str) -> Deployed:
    """What `bootstrap/` makes in the account and region of a stack."""
    settings = parsed(stack)
    for file in sorted(ROOT.glob("bootstrap/Pulumi.*.yaml")):
        (section,) = (
            each for key, each in yaml.safe_load(file.read_text())["config"].items() if key.endswith(":bootstrap")
        )
        if (section["accountId"], section["region"]) == (settings.account_id, settings.region):
            return view(deploy(ROOT / "bootstrap", file.name.split(".")[1]))
    raise LookupError(f"the account of {stack} has no foundation")


def documents(found: Deployed, role: Resource) -> list[Document]:
    """The policies of a role that the program writes itself: attached ones and inline ones."""
    policies = {policy["arn"]: policy for policy in found.of_type("aws:iam/policy:Policy")}
    attached = (
        policies[each["policyArn"]]
        for each in found.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if each["role"] == role["name"] and each["policyArn"] in policies
    )
    inline = (each for each in found.of_type("aws:iam/rolePolicy:RolePolicy") if each["role"] == role["name"])
    return [_document(each) for each in chain(attached, inline)]


def _document(policy: Resource) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(policy["policy"])
    return found


@cache
def role(stack: str, label: str) -> Principal:
    """The role `deploy` or `admin` of a stack."""
    found = deployed(stack)
    resource = found.one("aws:iam/role:Role", f"access-{label}")
    return Principal(arn=resource["arn"], identity=documents(found, resource))


@cache
def preview_role(stack: str) -> Principal:
    """The role for previews of a stack's account."""
    found = foundation(stack)
    resource = found.one("aws:iam/role:Role", "ci-preview")
    return Principal(arn=resource["arn"], identity=documents(found, resource))


def account_administrator() -> Principal:
    """Somebody with `AdministratorAccess`, who deploys the foundation."""
    return Principal(arn=f"arn:aws:iam::{ACCOUNT}:role/Administrator", identity=[EVERYTHING])
