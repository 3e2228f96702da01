"""No role of an environment leaves it: each known path and each action of AWS is tried."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache

import pytest

from tests.conftest import Tell
from tests.engine.deployed import deployed
from tests.iam.completeness import key_policies, own_arn
from tests.iam.escalations import is_open, published
from tests.iam.paths import NAMED, OTHERS, OURS, SHARING, TAGGED, TAKING, arn, identity, request
from tests.iam.reference import Action, actions_on
from tests.iam.roles import EVERYTHING, preview_role, role
from tests.iam.simulator import NotDecidedError, Principal, Request, decide

pytestmark = pytest.mark.engine


@cache
def maximal() -> Principal:
    """A role that the environment makes: it may do everything that its boundary leaves."""
    limit = deployed(OURS).one("aws:iam/policy:Policy", "access-boundary").inputs["policy"]
    return Principal(arn=identity(f"role/{OURS}-x"), identity=[EVERYTHING], boundary=json.loads(limit))


WHO: Mapping[str, Callable[[], Principal]] = {
    "boundary": maximal,
    "deploy": lambda: role(OURS, "deploy"),
    "admin": lambda: role(OURS, "admin"),
    "break-glass": lambda: role(OURS, "break-glass"),
    "preview": lambda: preview_role(OURS),
}


@pytest.mark.parametrize("who", WHO)
def test_no_known_path_of_escalation_is_open(who: str, tell: Tell) -> None:
    ways = published()
    found = [str(way) for way in ways if is_open(way, WHO[who]())]
    tell(f"{who}: {len(ways)} published ways to more rights must be closed, {len(ways) - len(found)} closed")
    assert len(ways) > 100
    assert found == []


def test_every_published_way_is_open_to_who_may_do_everything() -> None:
    """What is tried could be done: nothing is closed because IAM does not know the question."""
    everybody = Principal(arn=identity("role/everything"), identity=[EVERYTHING])
    assert [str(way) for way in published() if not is_open(way, everybody)] == []


@pytest.mark.parametrize("action", SHARING)
def test_nothing_is_shared_within_the_boundary(action: str) -> None:
    ours = {"aws:ResourceTag/Environment": OURS}
    assert not decide(maximal(), request(action, SHARING[action], ours))


@pytest.mark.parametrize("action", TAKING | NAMED)
def test_nothing_of_another_environment_is_taken(action: str) -> None:
    asked = request(action, (TAKING | NAMED)[action], {} if action in NAMED else TAGGED)
    who = [maximal(), role(OURS, "deploy"), role(OURS, "admin"), role(OURS, "break-glass")]
    assert [each.arn for each in who if decide(each, asked)] == []


def test_what_is_the_environment_s_own_is_left() -> None:
    ours = {"aws:ResourceTag/Environment": OURS}
    for action, resource in (TAKING | NAMED).items():
        assert decide(maximal(), request(action, resource.replace(OTHERS, OURS), ours)), action


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("oidc-provider/token.actions.githubusercontent.com", False),
        ("saml-provider/x", False),
        ("oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/0A", True),
    ],
)
def test_sessions_of_other_identity_providers_are_worth_nothing(provider: str, expected: bool) -> None:
    context = {"aws:FederatedProvider": identity(provider)}
    asked = request("s3:GetObject", f"arn:aws:s3:::{OURS}-x/y", context)
    assert decide(maximal(), asked) is expected


@cache
def neighbours() -> Mapping[tuple[str, Action], str]:
    """What another environment consists of, a resource for each action of AWS on each of its types and name shapes."""
    found: dict[tuple[str, Action], str] = {}
    for resource in deployed(OTHERS):
        if (named := own_arn(resource)) and resource.type.startswith("aws:"):
            # Log groups lie under a name for each service.
            shape = named.split(OTHERS)[0] if ":log-group:" in named else resource.type
            for each in (named, f"{named}/x") if ":s3:::" in named else (named,):
                for action in actions_on(each):
                    found.setdefault((shape, action), each)
    return found


def asked(action: Action, resource: str, tag: str | None) -> Request:
    """A request on a resource with this tag of an environment, as far as IAM sees tags there."""
    context = {"aws:ResourceTag/Environment": tag} if tag and action.knows_tags else {}
    policy = key_policies(OTHERS).get(resource)
    return Request(action=action.name, resource=resource, context=context, resource_policy=policy)


def decided(principal: Principal, question: Request) -> bool:
    """The decision; what the evaluator cannot tell, since the action has several types at once, is left out."""
    try:
        return decide(principal, question)
    except NotDecidedError:
        return False


# An alias has no tag. Its key, which AWS asks about too, has one.
ALIASES = {"kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"}
# Reads that hand out content, and not settings.
CONTENT = re.compile(
    r":(Download|Filter|GetLog|GetObject|GetSecretV|ListBucket|ListMultipart|Query|Receive|Scan|Start)"
)


@pytest.mark.parametrize("who", ["boundary", "break-glass"])
def test_no_action_of_aws_reaches_another_environment(who: str, tell: Tell) -> None:
    """The deploy role and the administrator may do less than who breaks the glass: the next test holds that."""
    principal, every = WHO[who](), neighbours()
    allowed = {action for (_, action), resource in every.items() if decided(principal, asked(action, resource, OTHERS))}
    reached = {each.name for each in allowed if not each.is_read or CONTENT.search(each.name)} - ALIASES
    reads = len({each.name for each in allowed if each.is_read})
    tell(f"{who}: {len(every)} actions on {OTHERS}, {len(reached)} reach it; {reads} settings may be read")
    assert len(every) > 900
    assert reached == set()


def test_who_breaks_the_glass_may_do_all_that_the_others_may() -> None:
    widest = role(OURS, "break-glass").identity
    for label in ("admin", "deploy"):
        beyond = [each for each in role(OURS, label).identity if each not in widest]
        assert {statement["Effect"] for each in beyond for statement in each["Statement"]} <= {"Deny"}


# A request gives new things a tag, and IAM shows that for things that exist, too. What follows from it: these make
# something, of a type that has ids instead of names,
MAKING = {"backup:CreateBackupPlan", "ec2:RunInstances", "iam:CreateOpenIDConnectProvider"}
# these concern a new rule, whose group IAM asks about as well,
RULES = {"ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"}
# and these cannot be told from tagging what is being made. ADR 8 says what that leaves.
TAGGED_BY_ID = {"backup:TagResource", "iam:TagOpenIDConnectProvider", "kms:TagResource"}
DEFAULT_GROUP = f"{OURS}-vpc-default-closed"


def test_nothing_of_a_stranger_is_taken_or_changed(tell: Tell) -> None:
    """Neither by its type's own actions nor by tagging it first, whatever tag the request would give."""
    principal, tried, changed = role(OURS, "break-glass"), 0, set()
    for (_, action), resource in neighbours().items():
        if action.is_read or re.match(r"ec2:(Allocate|Create(?!Tags))", action.name):
            continue
        gives = {"aws:RequestTag/Environment": OURS, "aws:RequestTag/Name": f"{OURS}-vpc"}
        tried += 1
        if decided(principal, request(action.name, resource.replace(OTHERS, "stranger"), gives)):
            changed.add(action.name)
    tell(f"break-glass: {tried} changes of what carries no tag tried; allowed: {sorted(changed)}")
    assert changed <= MAKING | RULES | TAGGED_BY_ID


def test_a_stranger_s_key_is_none_of_ours_for_a_tag() -> None:
    key, tagged = arn("kms", "key/1"), {"aws:ResourceTag/Environment": OURS, "aws:RequestTag/Environment": OURS}
    changes = [action for action in actions_on(key) if not action.is_read]
    assert len(changes) > 20
    for label in ("deploy", "break-glass"):
        assert [each.name for each in changes if decided(role(OURS, label), request(each.name, key, tagged))] == []


def test_the_default_group_of_a_new_network_is_adopted_and_only_loses_its_rules() -> None:
    group, gives = arn("ec2", "security-group/sg-1"), {"aws:RequestTag/Environment": OURS}
    for label in ("deploy", "admin"):
        who = role(OURS, label)
        for name, expected in ((DEFAULT_GROUP, True), (f"{OURS}-alb", False)):
            assert decide(who, request("ec2:CreateTags", group, {**gives, "aws:RequestTag/Name": name})) is expected
        adopted = {"aws:ResourceTag/Environment": OURS, "aws:ResourceTag/Name": DEFAULT_GROUP}
        renamed = {**adopted, **gives, "aws:RequestTag/Name": f"{OURS}-alb"}
        assert not decide(who, request("ec2:CreateTags", group, renamed))
        changes = (each.name for each in actions_on(group) if not each.is_read and each.name != "ec2:CreateTags")
        allowed = {name for name in changes if decided(who, request(name, group, adopted))}
        # What makes something behind the group, or puts an endpoint there, changes nothing of the group.
        beside = r"ec2:(Create|Run|ModifyVpcEndpoint|Revoke|UpdateSecurityGroupRuleD)"
        assert [name for name in allowed if not re.match(beside, name)] == []


# Who would delete what carries no tag has to tag it first.
UNTAGGED = {
    "ec2:CreateTags": ("security-group/sg-1", "vpc/vpc-1", "subnet/subnet-1", "internet-gateway/igw-1"),
    "ec2:DeleteVpc": ("vpc/vpc-1",),
    "ec2:DeleteSecurityGroup": ("security-group/sg-1",),
    "ec2:AuthorizeSecurityGroupIngress": ("security-group/sg-1",),
    "ec2:CreateRoute": ("route-table/rtb-1",),
}


@pytest.mark.parametrize("label", ["deploy", "admin"])
@pytest.mark.parametrize("action", UNTAGGED)
def test_what_carries_no_tag_is_neither_tagged_nor_changed(label: str, action: str) -> None:
    tag = {"aws:RequestTag/Environment": OURS}
    for resource in UNTAGGED[action]:
        assert not decide(role(OURS, label), request(action, arn("ec2", resource), tag))
