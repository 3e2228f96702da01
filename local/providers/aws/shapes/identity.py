"""Shapes of identities, keys and secrets."""

from __future__ import annotations

from collections.abc import Mapping

from local.providers.aws.facts import Facts, Shape
from local.providers.aws.shapes.building import arn, with_arn, with_name
from local.providers.identity import CREATED


def _oidc_arn(facts: Facts) -> str:
    return facts.arn("iam", f"oidc-provider/{str(facts['url']).removeprefix('https://')}", regional=False)


def _service_linked_name(facts: Facts) -> str:
    service = str(facts["awsServiceName"]).split(".", 1)[0]
    return f"AWSServiceRoleFor{service.capitalize()}"


def _target_key(facts: Facts) -> str:
    target = str(facts["targetKeyId"])
    return target if target.startswith("arn:") else facts.arn("kms", f"key/{target}")


SHAPES: Mapping[str, Shape] = {
    "aws:iam/accountPasswordPolicy:AccountPasswordPolicy": Shape("iam-account-password-policy"),
    "aws:iam/group:Group": with_name(arn("iam", "group{path}{name}", False), path="/", uniqueId="AGPA{upper:17}"),
    "aws:iam/instanceProfile:InstanceProfile": with_name(
        arn("iam", "instance-profile{path}{name}", False), path="/", uniqueId="AIPA{upper:17}", createDate=CREATED
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Shape(
        "{arn}", {"arn": _oidc_arn, "thumbprintLists": lambda facts: [facts.identity.hex(40)]}
    ),
    "aws:iam/policy:Policy": with_arn(arn("iam", "policy{path}{name}", False), path="/", policyId="ANPA{upper:17}"),
    "aws:iam/role:Role": with_name(
        arn("iam", "role{path}{name}", False), path="/", uniqueId="AROA{upper:17}", createDate=CREATED
    ),
    "aws:iam/rolePolicy:RolePolicy": Shape("{role}:{name}"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Shape("{role}-{digits:26}"),
    "aws:iam/serviceLinkedRole:ServiceLinkedRole": with_arn(
        arn("iam", "role{path}{name}", False),
        createDate=CREATED,
        name=_service_linked_name,
        path="/aws-service-role/{awsServiceName}/",
        uniqueId="AROA{upper:17}",
    ),
    "aws:iam/user:User": with_name(arn("iam", "user{path}{name}", False), path="/", uniqueId="AIDA{upper:17}"),
    "aws:kms/alias:Alias": with_name(arn("kms", "{name}"), targetKeyArn=_target_key),
    "aws:kms/key:Key": Shape("{uuid:}", {"arn": arn("kms", "key/{id}"), "keyId": "{id}", "rotationPeriodInDays": 365}),
    "aws:secretsmanager/secret:Secret": with_arn(arn("secretsmanager", "secret:{name}-{mixed:6}")),
    "aws:secretsmanager/secretPolicy:SecretPolicy": Shape("{secretArn}"),
    "aws:secretsmanager/secretRotation:SecretRotation": Shape("{secretId}", {"rotationEnabled": lambda _: True}),
    "aws:secretsmanager/secretVersion:SecretVersion": Shape(
        "{secretId}|{versionId}",
        {
            "arn": "{secretId}",
            "secretArn": "{secretId}",
            "versionId": "terraform-{digits:26}",
            "versionStages": ["AWSCURRENT"],
        },
    ),
}
