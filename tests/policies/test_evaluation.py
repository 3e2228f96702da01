"""Policy documents: what they decide, by an independent simulator; what they let in; and networks as sets."""

from __future__ import annotations

import fnmatch
import ipaddress
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policies.support.documents import InvalidDocumentError, parse
from policies.support.evaluation import Request, decide, matches
from policies.support.grants import every_action, lets_anyone_in, whole_services
from policies.support.networks import is_internet
from tests.conftest import Tell
from tests.policies.cases_sharing import EVERYONE, LIMITED

DECISIONS = json.loads((Path(__file__).with_name("data") / "decisions.json").read_text())
LEAST_DECISIONS = 1000


def decisions() -> Iterator[tuple[str, Request, str]]:
    for entry in DECISIONS["policies"]:
        for action, resource, principal, given, decision in entry["requests"]:
            context = {key.lower(): value if isinstance(value, list) else [value] for key, value in given.items()}
            yield json.dumps(entry["policy"]), Request(action, resource, principal, context), decision


def test_decisions_are_those_of_an_independent_simulator(tell: Tell) -> None:
    total = wrong = 0
    for policy, request, decision in decisions():
        total += 1
        wrong += decide(parse(policy), request).value != decision
    tell(f"decisions equal to the simulator's: {total - wrong}/{total}")
    assert not wrong
    assert total >= LEAST_DECISIONS


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*", **statement}})


def test_globs_match_as_those_of_the_shell_do() -> None:
    """Every pattern of up to four signs on every text of up to five, against the standard library's own matching."""
    texts = ["".join(signs) for length in range(6) for signs in itertools.product("ab", repeat=length)]
    patterns = ["".join(signs) for length in range(5) for signs in itertools.product("ab*?", repeat=length)]
    wrong = [
        (pattern, text)
        for pattern in patterns
        for text in texts
        if matches(pattern, text) is not fnmatch.fnmatchcase(text, pattern)
    ]
    assert wrong == []


@pytest.mark.parametrize("action", ["*", "**", "*:*", "*:**", "?*", "*:?*", ["s3:GetObject", "*"]])
def test_globs_that_are_every_action(action: object) -> None:
    (statement,) = parse(document(Action=action))
    assert every_action(statement)


@pytest.mark.parametrize("action", ["s3:**", "S3:*", "iam:?*", "iam:*?", "s*", "kms:***"])
def test_globs_that_are_every_action_of_a_service(action: str) -> None:
    (statement,) = parse(document(Action=action))
    assert whole_services(statement)
    assert not every_action(statement)


@pytest.mark.parametrize("action", ["s3:Get*", "s3:*Object", "*:Get*", "s3:G?tObject", "iam:*Role"])
def test_globs_that_are_neither(action: str) -> None:
    (statement,) = parse(document(Action=action))
    assert not whole_services(statement)
    assert not every_action(statement)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"text"',
        "{}",
        '{"Statement": []}',
        '{"Statement": "all"}',
        '{"Version": "2020-01-01", "Statement": {"Effect": "Allow", "Action": "*"}}',
        '{"Statement": {"Action": "*"}}',
        '{"Statement": {"Effect": "allow", "Action": "*"}}',
        '{"Statement": {"Effect": "Allow"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Principal": "all"}}',
        '{"Statement": {"Effect": "Allow", "Action": {"a": "b"}}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Condition": "never"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"All:Bool": {"a": "b"}}}}',
        '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*"}}',
        '{"Statement": {"Effect": "Deny", "effect": "Allow", "Action": "*"}}',
    ],
)
def test_what_aws_would_refuse_is_no_document(text: str) -> None:
    with pytest.raises(InvalidDocumentError):
        parse(text)


@pytest.mark.parametrize("label", [label for label in EVERYONE if label != "no JSON"])
def test_what_lets_everyone_in(label: str) -> None:
    assert list(lets_anyone_in(parse(EVERYONE[label]))) == [1]


@pytest.mark.parametrize("label", LIMITED)
def test_what_lets_nobody_unknown_in(label: str) -> None:
    assert not list(lets_anyone_in(parse(LIMITED[label])))


@pytest.mark.parametrize("pieces", [0, 1, 2, 3, 4])
def test_the_internet_in_pieces_is_the_internet(pieces: int) -> None:
    for whole in ("0.0.0.0/0", "2000::/3", "::/0"):
        network = ipaddress.ip_network(whole)
        assert is_internet([str(piece) for piece in network.subnets(prefixlen_diff=pieces)])


@pytest.mark.parametrize(
    "networks",
    [
        [],
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"],
        ["203.0.113.0/24", "198.51.100.0/24"],
        ["127.0.0.0/8", "224.0.0.0/3"],
        ["fc00::/7"],
        ["2001:db8::/32"],
        ["3.0.0.0/8"],
        ["a prefix list", "sg-0123456789abcdef0"],
    ],
)
def test_networks_of_somebody_are_not_the_internet(networks: list[str]) -> None:
    assert not is_internet(networks)
