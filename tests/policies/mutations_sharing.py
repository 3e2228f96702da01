"""Ways to weaken a deployed stack by what one statement, list or rule more lets in."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from policies.baseline.losses import HOLDING
from policies.baseline.sharing import read_table
from policies.support import buckets, ingress
from tests.policies.cases_encryption import AWS_KEY
from tests.policies.mutations import Mutation, Properties, Weak, Weaken, added, flag, value

FOREIGN = "999988887777"
POLICIES = ("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy")
ROLES = ("aws:iam/role:Role",)
SHARED = tuple(token for token, path in read_table().items() if path == "policy" and "kms" not in token)
TEMPLATES = ("aws:ec2/launchTemplate:LaunchTemplate",)
KEYS = ("aws:kms/key:Key",)


def appended(path: str, *statements: dict[str, Any]) -> Weaken:
    """Add each of the statements to the document in a property that holds one."""

    def weaken(properties: Properties) -> Iterator[Weak]:
        text = properties.get(path)
        if not isinstance(text, str):
            return
        for statement in statements:
            document = copy.deepcopy(json.loads(text))
            document["Statement"] = [*document["Statement"], {"Effect": "Allow", **statement}]
            yield f"{path} with {json.dumps(statement)}", {**properties, path: json.dumps(document)}

    return weaken


def unprotected(properties: Properties) -> Iterator[Weak]:
    """The same resource, which the engine no longer protects."""
    yield "unprotected", dict(properties)


MUTATIONS = [
    Mutation(
        "data-customer-key",
        buckets.REPLICATIONS,
        value("rules.0.destination.encryptionConfiguration.replicaKmsKeyId", AWS_KEY),
    ),
    Mutation(
        "vpc-ingress-sum",
        ingress.GROUPS,
        added(
            ingress=[
                {"protocol": "tcp", "fromPort": 9000, "toPort": 9000, "cidrBlocks": [block]}
                for block in ("16.0.0.0/5", "24.0.0.0/5")
            ]
        ),
    ),
    Mutation(
        "resource-policy-not-public",
        SHARED,
        appended(
            "policy",
            {"Action": "*", "Resource": "*", "Principal": "*"},
            {"Action": "*", "Resource": "*", "Principal": {"AWS": ["*"]}},
            {"Action": "*", "Resource": "*", "NotPrincipal": {"AWS": FOREIGN}},
        ),
    ),
    Mutation(
        "resource-policy-own-accounts",
        (*SHARED, *KEYS),
        appended("policy", {"Action": "*", "Resource": "*", "Principal": {"AWS": FOREIGN}}),
    ),
    Mutation(
        "s3-account-public-access-block",
        ("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",),
        flag("blockPublicPolicy"),
    ),
    Mutation("eks-nodes-ssh-limited", ("aws:eks/nodeGroup:NodeGroup",), added(remoteAccess={"ec2SshKey": "key"})),
    Mutation("no-public-address", TEMPLATES, added(networkInterfaces=[{"associatePublicIpAddress": True}])),
    Mutation("s3-acl-not-public", buckets.BUCKETS, added(acl="public-read")),
    Mutation(
        "iam-no-administration",
        POLICIES,
        appended("policy", {"Action": "*:**", "Resource": "*"}, {"Action": "*", "Resource": "arn:aws:*:*:*:*"}),
    ),
    Mutation(
        "iam-no-escalation",
        POLICIES,
        appended(
            "policy",
            {"Action": "iam:PutRolePolicy", "Resource": "*"},
            {"Action": ["iam:PassRole", "ec2:RunInstances"], "Resource": "*"},
        ),
    ),
    Mutation(
        "iam-trust-not-everyone",
        ROLES,
        appended("assumeRolePolicy", {"Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}),
    ),
    Mutation(
        "iam-trust-own-accounts",
        ROLES,
        appended("assumeRolePolicy", {"Action": "sts:AssumeRole", "Principal": {"AWS": FOREIGN}}),
    ),
    Mutation("data-protected", tuple(HOLDING), unprotected),
    Mutation(
        "irreversible-agreed",
        ("aws:backup/vaultLockConfiguration:VaultLockConfiguration",),
        added(changeableForDays=3),
    ),
]
