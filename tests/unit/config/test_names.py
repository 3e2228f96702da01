"""Names of stacks, by which permissions tell one environment from another."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.name_rules import names_are_apart
from config.rules import STACK_NAME_MAX
from config.sibling import Sibling
from tests.unit.stacks import mistakes, values_of

ACCOUNT = "123456789012"
PROJECT = "trading-platform"
NAMES = st.from_regex(rf"[ab](-?[ab1]){{0,{STACK_NAME_MAX - 1}}}", fullmatch=True).filter(
    lambda name: len(name) <= STACK_NAME_MAX
)


def found(stack: str, other: str, account: str = ACCOUNT) -> list[str]:
    siblings = {other: Sibling(account_id=account)}
    return [problem.message for problem in names_are_apart(stack, PROJECT, ACCOUNT, siblings)]


@given(stack=NAMES, other=NAMES, label=st.sampled_from(["data-1", "deploy", "eks-cluster"]))
def test_what_permissions_call_ours_is_never_another_s(stack: str, other: str, label: str) -> None:
    """IAM's own comparison, of each one's names with the other's pattern, says which pairs have to be refused."""
    if stack == other:
        return
    overlaps = fnmatchcase(f"{other}-{label}", f"{stack}-*") or fnmatchcase(f"{stack}-{label}", f"{other}-*")
    assert bool(found(stack, other)) is overlaps
    assert found(stack, other, account="999999999999") == []


@pytest.mark.parametrize(
    ("stack", "other", "refused"),
    [
        ("staging", "staging-b", True),
        ("staging-b", "staging", True),
        ("a", "a-b-c", True),
        ("staging", "staging2", False),
        ("staging-a", "staging-b", False),
        ("b-staging", "staging", False),
    ],
)
def test_one_name_is_not_the_other_s_beginning(stack: str, other: str, refused: bool) -> None:
    assert bool(found(stack, other)) is refused
    # Both ways: whichever of the two is deployed says so.
    assert bool(found(other, stack)) is refused


def test_the_message_names_both_stacks_and_the_account() -> None:
    (message,) = mistakes(
        values_of("staging"), siblings={"staging-b": Sibling(account_id="210987654321")}, stack="staging"
    )
    assert message.strip() == (
        "the name of the stack ('staging') and that of stack staging-b of the same account (210987654321) must not"
        " begin alike: the roles of staging may do what they do to staging-*; choose another one"
    )


@pytest.mark.parametrize("stack", ["trading", "trading-platform"])
def test_the_account_s_foundation_is_no_part_of_a_stack(stack: str) -> None:
    """Its bucket, key and roles are called trading-platform-…"""
    assert len(list(names_are_apart(stack, PROJECT, ACCOUNT, {}))) == 1


def test_other_names_are_free() -> None:
    assert list(names_are_apart("tradin", PROJECT, ACCOUNT, {})) == []
