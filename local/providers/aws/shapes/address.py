"""Shapes of what a public address is made of: certificates, web ACLs, hosted zones, records, health checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.providers.aws.facts import Facts, Shape
from local.providers.aws.shapes.building import arn, with_arn
from local.providers.identity import Identity


def _validation(facts: Facts) -> list[dict[str, Any]]:
    """A record for each name; a name and all names of its level have the same one."""
    names = [facts["domainName"], *(facts.inputs.get("subjectAlternativeNames") or ())]
    return [_record(str(facts["account"]), str(name)) for name in dict.fromkeys(names)]


def _record(account: str, name: str) -> dict[str, Any]:
    host = name.removeprefix("*.")
    token = Identity(f"{account}/{host}", {})
    return {
        "domainName": name,
        "resourceRecordName": f"_{token.hex(32)}.{host}.",
        "resourceRecordType": "CNAME",
        "resourceRecordValue": f"_{token.hex(32, 'value')}.{token.letters(10, 'zone')}.acm-validations.aws.",
    }


def _servers(facts: Facts) -> list[str]:
    """The four servers of a zone, each under another domain."""
    domains = ("com", "net", "org", "co.uk")
    return [
        f"ns-{512 * place + facts.identity.number(0, 511, domain)}.awsdns-{place:02}.{domain}"
        for place, domain in enumerate(domains)
    ]


def _global_arn(service: str, resource: str) -> str:
    """Of a service whose ARNs have neither region nor account."""
    return f"arn:{{partition}}:{service}:::{resource}"


SHAPES: Mapping[str, Shape] = {
    "aws:acm/certificate:Certificate": with_arn(
        arn("acm", "certificate/{uuid:}"),
        domainValidationOptions=_validation,
        keyAlgorithm="RSA_2048",
        renewalEligibility="INELIGIBLE",
        status="PENDING_VALIDATION",
        type="AMAZON_ISSUED",
    ),
    "aws:acm/certificateValidation:CertificateValidation": Shape("2026-01-01 00:00:00 +0000 UTC"),
    "aws:route53/zone:Zone": Shape(
        "{zoneId}",
        {
            "arn": _global_arn("route53", "hostedzone/{zoneId}"),
            "zoneId": "Z{upper:20}",
            "nameServers": _servers,
            "primaryNameServer": lambda facts: _servers(facts)[0],
        },
    ),
    "aws:route53/record:Record": Shape(
        lambda facts: f"{facts['zoneId']}_{str(facts['name']).rstrip('.')}_{facts['type']}",
        {"fqdn": lambda facts: str(facts["name"]).rstrip(".")},
    ),
    "aws:route53/healthCheck:HealthCheck": Shape("{uuid:}", {"arn": _global_arn("route53", "healthcheck/{id}")}),
    "aws:wafv2/webAcl:WebAcl": Shape(
        "{uuid:}", {"arn": arn("wafv2", "regional/webacl/{name}/{id}"), "lockToken": "{uuid:/lock}"}
    ),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": Shape("{resourceArn}"),
}
