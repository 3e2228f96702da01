"""Customer keys: told apart from the keys that AWS manages."""

from __future__ import annotations

from policies.support.resources import Resource
from policies.support.rules import Context, Findings
from policies.support.values import UnknownValueError, Values

KEY_TYPES = frozenset(
    ("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey", "aws:kms/externalKey:ExternalKey", "aws:kms/alias:Alias")
)

# What some services take in the place of a key.
_NOT_OWN = frozenset(("AWS_OWNED_KMS_KEY", "AWS_OWNED_KEY", "AUTO"))


def customer_key(resource: Resource, path: str, context: Context) -> Findings:
    """Yield a finding unless the property names a customer key."""
    yield from key_in(resource, path, resource, path, context)


def key_in(  # noqa: PLR0913 - where the property is, and how a message names it
    values: Values, path: str, resource: Resource, top: str, context: Context, *, shown: str = ""
) -> Findings:
    """The same for a property nested below the resource's property `top`.

    A key that the update will create has no ARN yet; that it comes from a key of this stack is enough.
    """
    try:
        key = values.text(path)
    except UnknownValueError:
        if context.stack.only_from(resource, top, KEY_TYPES):
            return
        raise
    if not key or not key.strip():
        yield f"{shown or path} is not set"
    elif "alias/aws/" in key or key.startswith("aws/") or key in _NOT_OWN:
        yield f"{shown or path} is a key that AWS manages"
