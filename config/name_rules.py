"""Rules about the names of stacks, by which permissions tell one environment from another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.common.settings import Problem
from config.sibling import Sibling


def names_are_apart(stack: str, project: str, account_id: str, siblings: Mapping[str, Sibling]) -> Iterator[Problem]:
    """What permissions call `<stack>-*` has nothing of another environment, or of the account's foundation, in it."""
    if f"{project}-".startswith(f"{stack}-"):
        yield Problem(
            (),
            f"the name of the stack ({stack!r}) is how the names of the account's foundation begin ({project}-state);"
            " its roles would reach it; choose another name",
        )
    for name, sibling in siblings.items():
        shorter, longer = sorted((stack, name), key=len)
        if sibling.account_id == account_id and longer.startswith(f"{shorter}-"):
            yield Problem(
                (),
                f"the name of the stack ({stack!r}) and that of stack {name} of the same account ({account_id}) must"
                f" not begin alike: the roles of {shorter} may do what they do to {shorter}-*; choose another one",
            )
