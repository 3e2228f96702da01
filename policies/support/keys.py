"""Customer keys: told apart from the keys that AWS manages."""

from __future__ import annotations

from policies.support.resources import Resource
from policies.support.rules import Context, Findings
from policies.support.values import UnknownValueError, Values

KEY_TYPES = frozenset(
    ("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey", "aws:kms/externalKey:ExternalKey", "aws:kms/alias:Alias")
)


def customer_key(resource: Resource, path: str, context: Context) -> Findings:
    """Yield a finding unless the property names a customer key."""
    yield from key_in(resource, path, resource, path, context)


def key_in(values: Values, path: str, resource: Resource, top: str, context: Context) -> Findings:
    """The same for a property nested below the resource's property `top`.

    A key that the update will create has no ARN yet; that it comes from a key of this stack is enough.
    """
    try:
        key = values.text(path)
    except UnknownValueError:
        if context.stack.only_from(resource, top, KEY_TYPES):
            return
        raise
    if not key:
        yield f"{path} is not set"
    elif "alias/aws/" in key:
        yield f"{path} is a key that AWS manages"
