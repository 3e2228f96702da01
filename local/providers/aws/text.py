"""What the text that AWS computes looks like, where no shape names the property."""

from __future__ import annotations

from collections.abc import Mapping

from local.providers.aws.facts import Facts
from local.providers.derive import text_by_name
from local.providers.identity import CREATED
from local.schema import Property


def computed_text(facts: Facts, service: str, known: Property) -> str:
    """The text of a computed property of a resource of a service."""
    made_up = facts.identity
    parts = {
        "account": facts.account,
        "host": made_up.letters(12, known.name),
        "kind": known.name.removesuffix("Arn") if known.name != "arn" else "resource",
        "partition": facts["partition"],
        "region": facts.region,
        "service": service,
        "suffix": facts.suffix,
        "token": made_up.hex(17, known.name),
    }
    return text_by_name(_BY_NAME, known.name, parts, otherwise="")


_BY_NAME: Mapping[str, str] = {
    r"^arn$|Arn$": "arn:{partition}:{service}:{region}:{account}:{kind}/{token}",
    r"^(owner|account|registry|awsAccount|customerAws)(Id)?$": "{account}",
    r"^region$|Region$": "{region}",
    r"[aA]vailabilityZone$": "{region}a",
    r"^vpcId$": "vpc-{token}",
    r"[sS]ubnetId$": "subnet-{token}",
    r"[sS]ecurityGroupId$": "sg-{token}",
    r"[nN]etworkInterfaceId$": "eni-{token}",
    r"([uU]rl|[uU]ri)$": "https://{host}.{service}.{region}.{suffix}",
    r"([eE]ndpoint|[dD]nsName|[dD]omainName|[aA]ddress|[hH]ost)$": "{host}.{service}.{region}.{suffix}",
    r"(At|Date|Time|Timestamp|Modified)$": CREATED,
    r"([sS]tatus|[sS]tate)$": "ACTIVE",
    r"[vV]ersion$": "1",
    r"([iI]d|[kK]ey|Sha256|[fF]ingerprint|[eE]tag)$": "{token}",
}
