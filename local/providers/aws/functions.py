"""The functions of the AWS provider that follow from their arguments and from the provider's own configuration."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from local.providers.package import Refused
from local.providers.partitions import partition_of
from local.providers.values import Values, reveal
from local.sdks import module

_VERSION = "2012-10-17"
_ARN_PARTS = 6
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AdministratorAccess.html
_EVERYTHING = json.dumps({"Version": _VERSION, "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/billing-getting-started.html
_BILLING = "386209384616"
# The accounts from which services act, by region, as their guides list them.
_ACCOUNTS = Path(__file__).with_name("service_accounts.yaml")


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
    def zone(self) -> str:
        """How ids of zones begin: `use1` for us-east-1, `apne2` for ap-northeast-2, `usgw1` for us-gov-west-1."""
        area, *directions, number = self.region.split("-")
        short = [re.sub(r"(north|south|east|west|central|gov)", lambda word: word[0][0], each) for each in directions]
        return f"{area}{''.join(short)}{number}"

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


def _service_account(service: str, resource: str) -> Callable[[Values, Caller], Values]:
    """The account of a service in the region of the question; it has none in regions that are newer."""

    def answer(_: Values, caller: Caller) -> Values:
        account = _accounts()[service].get(caller.region)
        if account is None:
            raise Refused(f"unsupported AWS Region: {caller.region}")
        return {"id": account, "region": caller.region, "arn": f"arn:{caller.partition}:iam::{account}:{resource}"}

    return answer


@cache
def _accounts() -> Mapping[str, Mapping[str, str]]:
    accounts: Mapping[str, Mapping[str, str]] = yaml.safe_load(_ACCOUNTS.read_text(encoding="utf-8"))
    return accounts


def _canonical_user(_: Values, caller: Caller) -> Values:
    canonical = hashlib.sha256(caller.account.encode()).hexdigest()
    return {"id": canonical, "displayName": ""}


def _session_context(arguments: Values, caller: Caller) -> Values:
    """The role behind a session, or who else the ARN stands for."""
    arn = str(arguments.get("arn", ""))
    session = re.fullmatch(r"(arn:[^:]+):sts::(\d+):assumed-role/([^/]+)/(.+)", arn)
    if session is None:
        return {"id": arn, "arn": arn, "issuerArn": arn, "issuerId": "", "issuerName": "", "sessionName": ""}
    start, account, role, name = session.groups()
    issuer = f"{start}:iam::{account}:role/{role}"
    return {
        **{"id": arn, "arn": arn, "issuerArn": issuer, "issuerId": "AROAOFFLINE0000000000"},
        **{"issuerName": role, "sessionName": name},
    }


def _zone(arguments: Values, caller: Caller) -> Values:
    """One of the three zones that there are of every region, by its name or its id."""
    zones = {f"{caller.region}{letter}": f"{caller.zone}-az{number}" for number, letter in enumerate("abc", 1)}
    name = next((name for name, known in zones.items() if arguments.get("zoneId") == known), arguments.get("name"))
    if name not in zones:
        raise Refused(f"there is no zone {arguments.get('zoneId') or name!r} in {caller.region} here")
    return {
        **{"id": name, "name": name, "nameSuffix": str(name)[-1], "zoneId": zones[str(name)], "state": "available"},
        **{"region": caller.region, "groupName": caller.region, "networkBorderGroup": caller.region},
        **{"optInStatus": "opt-in-not-required", "zoneType": "availability-zone"},
        **{"parentZoneId": "", "parentZoneName": "", "groupLongName": "", "allAvailabilityZones": True},
    }


def _registry_token(arguments: Values, caller: Caller) -> Values:
    registry = arguments.get("registryId") or caller.account
    token = base64.b64encode(b"AWS:offline").decode()
    endpoint = f"https://{registry}.dkr.ecr.{caller.region}.{caller.suffix}"
    return {
        **{"id": caller.region, "region": caller.region, "authorizationToken": token, "userName": "AWS"},
        **{"password": "offline", "proxyEndpoint": endpoint, "expiresAt": "2099-01-01T00:00:00Z"},
    }


def _registry_credentials(arguments: Values, caller: Caller) -> Values:
    token = _registry_token(arguments, caller)
    return {name: token[name] for name in ("id", "authorizationToken", "expiresAt", "proxyEndpoint")} | {
        "registryId": arguments.get("registryId") or caller.account
    }


def _parameter(arguments: Values, caller: Caller) -> Values | None:
    """A public parameter of AWS, all of which name images: made up, and the same every time."""
    name = str(arguments.get("name", ""))
    if not name.startswith("/aws/service/"):
        return None
    digits = hashlib.sha256(f"{caller.region}{name}".encode()).hexdigest()[:17]
    value = f"ami-{digits}"
    if name.endswith("/recommended"):
        value = json.dumps({"image_id": value, "image_name": name.split("/")[-2]})
    arn = f"arn:{caller.partition}:ssm:{caller.region}::parameter{name}"
    return {
        **{"id": name, "name": name, "arn": arn, "value": value, "insecureValue": value, "type": "String"},
        **{"version": 1, "region": caller.region},
    }


def _managed_policy(arguments: Values, caller: Caller) -> Values | None:
    """A policy of AWS's own, as the SDK lists them; what it allows is known here of the plainest alone."""
    name, prefix = arguments.get("name"), str(arguments.get("pathPrefix") or "/")
    for listed in module("pulumi_aws.iam").ManagedPolicy:
        arn = listed.value.replace("arn:aws:", f"arn:{caller.partition}:")
        path, _, own = arn.partition(":policy")[2].rpartition("/")
        if arn == arguments.get("arn") or (own == name and f"{path}/".startswith(prefix)):
            made_up = hashlib.sha256(own.encode()).hexdigest()[:17].upper()
            known = {"policy": _EVERYTHING} if own == "AdministratorAccess" else {}
            return {
                **{"id": arn, "arn": arn, "name": own, "path": f"{path}/", "policyId": f"ANPA{made_up}"},
                **{"attachmentCount": 0, "description": "", "tags": {}, **known},
            }
    return None


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


FUNCTIONS: Mapping[str, Callable[[Values, Caller], Values | None]] = {
    "aws:cloudtrail/getServiceAccount:getServiceAccount": _service_account("cloudtrail", "root"),
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _registry_token,
    "aws:ecr/getCredentials:getCredentials": _registry_credentials,
    "aws:elb/getServiceAccount:getServiceAccount": _service_account("elb", "root"),
    "aws:iam/getPolicy:getPolicy": _managed_policy,
    "aws:iam/getSessionContext:getSessionContext": _session_context,
    "aws:index/getArn:getArn": _arn,
    "aws:index/getAvailabilityZone:getAvailabilityZone": _zone,
    "aws:index/getBillingServiceAccount:getBillingServiceAccount": _billing_account,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getDefaultTags:getDefaultTags": _default_tags,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getServicePrincipal:getServicePrincipal": _service_principal,
    "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
    "aws:s3/getCanonicalUserId:getCanonicalUserId": _canonical_user,
    "aws:ssm/getParameter:getParameter": _parameter,
}
