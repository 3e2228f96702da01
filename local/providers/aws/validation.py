"""What AWS refuses although the schema allows it: names, texts, policy documents, tags and combinations of inputs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local.providers.aws.forms import EXACTLY_ONE, JSON_LIMITS, NAMES, NOT_TOGETHER, PATTERNS, Naming
from local.providers.check import Failure, join
from local.providers.values import Values

_LONGEST_KEY, _LONGEST_VALUE, _MOST_TAGS = 128, 256, 50
_TAG_TEXT = r"[\w\s.:/=+@-]*"
# EC2 takes any character in its tags, and others what all take (EC2 User Guide, "Tag restrictions").
_OF_EC2 = re.compile(r"aws:(ec2|ebs|vpc|ec2transitgateway|ec2clientvpn)/")


def failures(token: str, inputs: Values) -> Iterator[Failure]:
    """What AWS refuses in the inputs of a resource; what is unknown yet is left alone."""
    yield from _name_failures(NAMES.get(token, Naming()), inputs)
    yield from _text_failures(token, inputs)
    yield from _document_failures(token, inputs)
    yield from _combination_failures(token, inputs)
    for property_name in ("tags", "tagsAll"):
        if isinstance(tags := inputs.get(property_name), dict):
            yield from _tag_failures(property_name, tags, "(?s:.*)" if _OF_EC2.match(token) else _TAG_TEXT)
            return


def _name_failures(naming: Naming, inputs: Values) -> Iterator[Failure]:
    name = inputs.get(naming.property)
    if not isinstance(name, str):
        return
    if len(name) > naming.longest:
        yield Failure(naming.property, f"{name!r} has {len(name)} characters; {naming.longest} are allowed")
    elif not re.fullmatch(naming.pattern, name, re.ASCII):
        yield Failure(naming.property, f"{name!r} does not have the form {naming.pattern}")


def _text_failures(token: str, inputs: Values) -> Iterator[Failure]:
    for name, pattern in PATTERNS.get(token, {}).items():
        value = inputs.get(name)
        if isinstance(value, str) and not re.fullmatch(pattern, value, re.ASCII):
            # The value is not shown: it may be a secret.
            yield Failure(name, f"does not have the form {pattern}")


def _document_failures(token: str, inputs: Values) -> Iterator[Failure]:
    """JSON that is none, or is longer than AWS takes; blanks do not count."""
    for name, limit in JSON_LIMITS.get(token, {}).items():
        text = inputs.get(name)
        if not isinstance(text, str):
            continue
        try:
            document = json.loads(text)
        except ValueError as error:
            yield Failure(name, f"is not JSON: {error}")
            continue
        length = len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
        if length > limit:
            yield Failure(name, f"has {length} characters without blanks; {limit} are allowed")


def _combination_failures(token: str, inputs: Values) -> Iterator[Failure]:
    for names in NOT_TOGETHER.get(token, ()):
        given = [name for name in names if name in inputs]
        if len(given) > 1:
            yield Failure(given[0], f"cannot be combined with {' and '.join(given[1:])}")
    for names in EXACTLY_ONE.get(token, ()):
        given = [name for name in names if name in inputs]
        if len(given) != 1:
            yield Failure(given[0] if given else names[0], f"exactly one of {', '.join(names)} has to be set")


def _tag_failures(property_name: str, tags: Mapping[str, Any], text: str) -> Iterator[Failure]:
    if len(tags) > _MOST_TAGS:
        yield Failure(property_name, f"{len(tags)} tags; {_MOST_TAGS} are allowed")
    for key, value in tags.items():
        path = join(property_name, key)
        if not key or len(key) > _LONGEST_KEY or key.lower().startswith("aws:") or not re.fullmatch(text, key):
            yield Failure(path, "is not a key that AWS accepts")
        if isinstance(value, str) and (len(value) > _LONGEST_VALUE or not re.fullmatch(text, value)):
            yield Failure(path, "is not a value that AWS accepts")
