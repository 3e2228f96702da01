"""The functions of the AWS provider that follow from their arguments and from the provider's own configuration."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.providers.package import Refused
from local.providers.partitions import partition_of
from local.providers.values import Values, reveal

_VERSION = "2012-10-17"
_ARN_PARTS = 6
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/billing-getting-started.html
_BILLING = "386209384616"


@dataclass(frozen=True)
class Caller:
    """Who asks, and where."""

    account: str
    region: str
    default_tags: Mapping[str, str]

    @property
    def partition(self) -> str:
        """The partition of the region."""
        return partition_of(self.region)[0]

    @property
    def suffix(self) -> str:
        """The domain of the partition's services."""
        return partition_of(self.region)[1]


def _caller_identity(_: Values, caller: Caller) -> Values:
    user = f"arn:{caller.partition}:iam::{caller.account}:user/offline"
    return {"accountId": caller.account, "arn": user, "id": caller.account, "userId": "AIDAOFFLINE0000000000"}


def _partition(_: Values, caller: Caller) -> Values:
    reverse = ".".join(reversed(caller.suffix.split(".")))
    return {
        "id": caller.partition,
        "partition": caller.partition,
        "dnsSuffix": caller.suffix,
        "reverseDnsPrefix": reverse,
    }


def _region(_: Values, caller: Caller) -> Values:
    region = caller.region
    endpoint = f"ec2.{region}.{caller.suffix}"
    return {"id": region, "name": region, "region": region, "endpoint": endpoint, "description": region}


def _default_tags(_: Values, caller: Caller) -> Values:
    return {"id": caller.partition, "tags": dict(caller.default_tags)}


def _billing_account(_: Values, caller: Caller) -> Values:
    return {"id": _BILLING, "arn": f"arn:{caller.partition}:iam::{_BILLING}:root"}


def _arn(arguments: Values, _: Caller) -> Values:
    parts = str(arguments.get("arn", "")).split(":", 5)
    if len(parts) != _ARN_PARTS or parts[0] != "arn":
        raise Refused(f"{arguments.get('arn')!r} is no ARN")
    names = ("partition", "service", "region", "account", "resource")
    return {"id": arguments["arn"], "arn": arguments["arn"], **dict(zip(names, parts[1:], strict=True))}


def _service_principal(arguments: Values, caller: Caller) -> Values:
    service, suffix = arguments["serviceName"], "amazonaws.com"
    name = f"{service}.{suffix}"
    return {
        "id": f"{service}.{caller.region}.{suffix}",
        "name": name,
        "region": caller.region,
        "serviceName": service,
        "suffix": suffix,
    }


def _policy_document(arguments: Values, _: Caller) -> Values:
    """The document as the provider writes it: lists are sorted backwards, those with one member become this member."""
    given = reveal(arguments)
    statements = [each for text in given.get("sourcePolicyDocuments", []) for each in _statements(text)]
    known = [each["Sid"] for each in statements if each.get("Sid")]
    if repeated := {sid for sid in known if known.count(sid) > 1}:
        raise Refused(f"sourcePolicyDocuments: the Sid {min(repeated)!r} is not unique")
    for each in map(_statement, given.get("statements", [])):
        _take(statements, each)
    for text in given.get("overridePolicyDocuments", []):
        for each in _statements(text):
            _take(statements, each)
    document = {"Version": given.get("version", _VERSION), "Id": given.get("policyId"), "Statement": statements}
    document = {name: value for name, value in document.items() if value is not None}
    minified = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return {"id": str(zlib.crc32(text.encode())), "json": text, "minifiedJson": minified}


def _statements(text: str) -> list[Values]:
    try:
        found = json.loads(text).get("Statement", [])
    except (ValueError, AttributeError) as error:
        raise Refused(f"a policy document to build on is not one: {error}") from error
    return [found] if isinstance(found, dict) else list(found)


def _take(statements: list[Values], new: Values) -> None:
    """Add a statement, or put it in the place of the one with its Sid."""
    for index, known in enumerate(statements):
        if new.get("Sid") and known.get("Sid") == new["Sid"]:
            statements[index] = new
            return
    statements.append(new)


def _statement(given: Values) -> Values:
    written = {
        "Sid": given.get("sid"),
        "Effect": given.get("effect", "Allow"),
        "Action": _listed(given.get("actions")),
        "NotAction": _listed(given.get("notActions")),
        "Resource": _listed(given.get("resources")),
        "NotResource": _listed(given.get("notResources")),
        "Principal": _principals(given.get("principals")),
        "NotPrincipal": _principals(given.get("notPrincipals")),
        "Condition": _conditions(given.get("conditions")),
    }
    return {name: value for name, value in written.items() if value}


def _listed(values: Sequence[str] | None) -> Any:
    # `&{…}` stands for a variable of IAM's, whose own spelling programs use for other things.
    found = sorted({value.replace("&{", "${") for value in values or ()}, reverse=True)
    return found[0] if len(found) == 1 else found


def _principals(given: Sequence[Values] | None) -> Any:
    kinds: dict[str, list[str]] = {}
    for each in given or ():
        kinds.setdefault(each["type"], []).extend(each["identifiers"])
    return "*" if kinds == {"*": ["*"]} else {kind: _listed(names) for kind, names in kinds.items()}


def _conditions(given: Sequence[Values] | None) -> dict[str, dict[str, Any]]:
    tests: dict[str, dict[str, list[str]]] = {}
    for each in given or ():
        tests.setdefault(each["test"], {}).setdefault(each["variable"], []).extend(each["values"])
    return {
        test: {variable: _in_order(values) for variable, values in sorted(variables.items())}
        for test, variables in sorted(tests.items())
    }


def _in_order(values: Sequence[str]) -> Any:
    found = [value.replace("&{", "${") for value in values]
    return found[0] if len(found) == 1 else found


FUNCTIONS: Mapping[str, Callable[[Values, Caller], Values]] = {
    "aws:index/getArn:getArn": _arn,
    "aws:index/getBillingServiceAccount:getBillingServiceAccount": _billing_account,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getDefaultTags:getDefaultTags": _default_tags,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getServicePrincipal:getServicePrincipal": _service_principal,
    "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
}
