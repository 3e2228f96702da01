"""What the settings of all components are made of: the base of sections, and the values of stack files.

Models only: nothing here reads configuration or touches Pulumi, so that `config` can parse into these types and
components can take them as arguments. Keys are camelCase in stack files and snake_case in Python. The texts below the
fields are the configuration reference: they end up in docs/configuration.md and in the errors for missing keys. A
`Rule` knows what it allows in a check and in words, so that errors and the reference say the same. The texts are read
when somebody asks for them, by `config.schema`: pydantic would read all sources before each run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from components.common import catalogue


class Problem(NamedTuple):
    """A broken rule: the path of the key below its section, and what is wrong in words that name what is allowed."""

    path: tuple[str, ...]
    message: str


class Section(BaseModel):
    """Base of all sections: immutable, unknown keys refused, rules that span several fields reported together."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def problems(self) -> Iterator[Problem]:
        """Yield the broken rules that span several fields."""
        yield from ()

    @model_validator(mode="after")
    def _report_problems(self) -> Self:
        if found := list(self.problems()):
            raise PydanticCustomError("rules", "broken rules", {"problems": found})
        return self


class Rule:
    """A validator that knows what it allows: in words for errors and the reference, as JSON schema for editors."""

    def __init__(self, allowed: str, holds: Callable[[Any], bool], schema: Mapping[str, Any] | None = None) -> None:
        self.allowed = allowed
        self.holds = holds
        self.schema = schema or {}

    def __call__(self, value: Any) -> Any:
        """Return the value, or refuse it."""
        if not self.holds(value):
            raise PydanticCustomError("rule", "must be {allowed}", {"allowed": self.allowed})
        return value


def text(allowed: str, pattern: str, longest: int = 256) -> AfterValidator:
    """Text that matches a pattern as a whole; ASCII only, as AWS wants it."""
    compiled = re.compile(pattern, re.ASCII)
    return AfterValidator(
        Rule(
            allowed,
            lambda text: len(text) <= longest and compiled.fullmatch(text) is not None,
            {"pattern": f"^(?:{pattern})$", "maxLength": longest},
        )
    )


def _network(value: object) -> object:
    if isinstance(value, IPv4Network):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9.]+/[0-9]{1,2}", value):
        try:
            return IPv4Network(value)
        except ValueError:
            pass
    raise PydanticCustomError("rule", "must be an IPv4 network without host bits, such as 10.0.0.0/16")


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _unique(values: tuple[Any, ...]) -> bool:
    return len(set(values)) == len(values)


# A list of the stack file. Nothing may appear in it twice: each entry becomes a resource or a rule of its own.
LIST = BeforeValidator(_tuple)
DISTINCT = AfterValidator(Rule("a list without repetitions", _unique, {"uniqueItems": True}))

# Log retention periods that CloudWatch Logs accepts, in days.
LOG_RETENTION_DAYS: tuple[int, ...] = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
LOG_RETENTION_DAYS += (1096, 1827, 2192, 2557, 2922, 3288, 3653)

# Performance Insights keeps 7 days, whole months of 31 days up to 23, or 731 days.
_INSIGHTS_RETENTION_DAYS = (7, *(31 * months for months in range(1, 24)), 731)


def one_of(*numbers: int) -> AfterValidator:
    """One of some whole numbers; `Literal` would take `true` for 1."""
    return AfterValidator(Rule(f"one of {', '.join(map(str, numbers))}", numbers.__contains__, {"enum": list(numbers)}))


Cidr = Annotated[IPv4Network, BeforeValidator(_network)]
LogRetention = Annotated[int, one_of(*LOG_RETENTION_DAYS)]
InsightsRetention = Annotated[
    int, AfterValidator(Rule("7, a multiple of 31 up to 713, or 731", _INSIGHTS_RETENTION_DAYS.__contains__))
]
_REGION = r"[a-z]{2}(-gov)?-[a-z]+-\d"
Region = Annotated[
    str,
    AfterValidator(
        Rule(
            "an AWS region that is known, such as us-east-1",
            catalogue.regions().__contains__,
            {"enum": list(catalogue.regions())},
        )
    ),
]
AvailabilityZone = Annotated[str, text("an availability zone, such as us-east-1a", _REGION + "[a-z]")]


def type_of_aws(allowed: str, pattern: str) -> AfterValidator:
    """A type of instances, databases or cache nodes that some region has; which one is a rule of the stack."""
    compiled = re.compile(pattern, re.ASCII)
    return AfterValidator(
        Rule(
            f"{allowed}, that {catalogue.source()} knows",
            lambda kind: bool(compiled.fullmatch(kind)) and catalogue.exists(kind),
            {"enum": [kind for kind in catalogue.types() if compiled.fullmatch(kind)]},
        )
    )


def zone_problems(path: tuple[str, ...], zones: Iterable[str], region: str, key: str) -> Iterator[Problem]:
    """Zones of another region, and zones that the region does not have."""
    listed = catalogue.zones(region)
    for zone in zones:
        if zone[:-1] != region:
            yield Problem((*path, zone), f"is not a zone of {key} ({region})")
        elif listed and zone not in listed:
            yield Problem((*path, zone), f"is not a zone of {region}; there are {', '.join(listed)}")


AccountId = Annotated[str, text('the 12 digits of an AWS account in quotes, such as "123456789012"', r"\d{12}")]
PrincipalArn = Annotated[
    str,
    text(
        "the ARN of an IAM role or user",
        r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/([\w+=,.@-]+/)*[\w+=,.@-]{1,64}",
        2048,
    ),
    text(
        "an ARN with its path: roles of Identity Center are in aws-reserved/sso.amazonaws.com/, or below it by region",
        r"(?!.*AWSReservedSSO_).*"
        r"|.*:role/aws-reserved/sso\.amazonaws\.com(\.cn)?/([a-z0-9-]+/)?AWSReservedSSO_[\w+=,.@-]+",
        2048,
    ),
]
LambdaArn = Annotated[
    str,
    text(
        "the ARN of a Lambda function",
        r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(:[\w$-]{1,128})?",
        512,
    ),
]
Principals = Annotated[tuple[PrincipalArn, ...], LIST, DISTINCT]
Email = Annotated[str, text("an e-mail address", r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", 254)]
# The characters that every tagging AWS service accepts in a value; no blanks at the ends. Charts and add-ons hand tags
# on as plain text of YAML, where a colon before a blank or at the end would make a map of it.
TagValue = Annotated[
    str,
    text(
        "a tag value: up to 256 letters, digits, inner blanks and . : / = + - _ @, no colon before a blank or the end,"
        " not after aws: or rds:",
        r"(?!.*:( |$))(?!([aA][wW][sS]|[rR][dD][sS]):)[\w.:/=+@-]([\w .:/=+@-]*[\w.:/=+@-])?",
    ),
]
SecurityGroupId = Annotated[
    str,
    text(
        "the id of a security group, such as sg-0123456789abcdef0, behind an account and a slash if it is another's",
        r"(\d{12}/)?sg-([0-9a-f]{8}|[0-9a-f]{17})",
    ),
]
Days = Annotated[int, Field(ge=1, le=36500)]


def _number(value: object) -> object:
    """A whole number is a number, too; text and truth values are none."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else value


# A number of the stack file, whole or not.
Number = Annotated[float, BeforeValidator(_number)]
# A share that an alarm compares with: no share is over 100 %, and none under 0.
Percent = Annotated[Number, Field(gt=0, lt=100)]
Positive = Annotated[Number, Field(gt=0)]
# A label becomes part of logical and physical names. RDS refuses two hyphens in a row, so no name has them.
Label = Annotated[
    str,
    text("a label: up to 20 lowercase letters, digits and single hyphens, a letter first", r"[a-z](-?[a-z0-9])*", 20),
]

# Addresses that no public network has: RFC 1918, and RFC 6598, which landing zones take for pods and for transit.
PRIVATE_RANGES = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))


def is_private(network: IPv4Network) -> bool:
    """Whether all of its addresses are private."""
    return any(network.subnet_of(private) for private in PRIVATE_RANGES)


class ClientSettings(Section):
    """A client of a data store beside the cluster's nodes: a security group, or a private network."""

    security_group_id: SecurityGroupId | None = None
    """Group of the clients, in the private subnets of this VPC. Clients that are elsewhere are named by their network:
    access lists and routes know no groups."""
    cidr: Cidr | None = None
    """Private network of the clients. One outside of the VPC needs a way: `network.transitGateway`."""

    def problems(self) -> Iterator[Problem]:
        """One of both; never the internet."""
        if (self.security_group_id is None) == (self.cidr is None):
            yield Problem((), "needs either securityGroupId or cidr")
        if self.cidr and not is_private(self.cidr):
            allowed = ", ".join(map(str, PRIVATE_RANGES))
            yield Problem(("cidr",), f"{self.cidr} is not part of a private range ({allowed})")


# Rules of a network ACL are counted: two for each network that reaches the data stores.
Clients = Annotated[dict[Label, ClientSettings], Field(max_length=5)]


def client_problems(clients: Mapping[str, ClientSettings]) -> Iterator[Problem]:
    """The label of the platform's own client."""
    if "nodes" in clients:
        yield Problem(("clients", "nodes"), "is a client that every stack has; choose another label")
