"""Documents that programs give as objects: the bridge of the provider makes JSON of them (`TransformJSONDocument`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi_aws
import pytest

from local.providers.package import DEFAULTS
from local.providers.values import UNKNOWN, Secret
from tests.unit.standins import instance, urn

# How the SDK's sources say that a property takes the text of a document, or the document.
_DOCUMENT = re.compile(r"def (\w+)\(self\) -> pulumi\.Input\[(?:Optional\[)?Union\[_builtins\.str, '\w*DocumentArgs'\]")
_TOKEN = re.compile(r'@pulumi\.type_token\("(.+)"\)')


def documents() -> Iterator[tuple[str, str]]:
    """The types of resources and their properties that are documents."""
    for file in sorted(Path(pulumi_aws.__file__).parent.glob("*/*.py")):
        source = file.read_text(encoding="utf-8")
        if token := _TOKEN.search(source):
            for name in dict.fromkeys(_DOCUMENT.findall(source)):
                yield token[1], re.sub("_([a-z])", lambda letter: letter[1].upper(), name)


DOCUMENTS = list(documents())
# One statement instead of a list of them, and a principal that is not in the SDK's classes: IAM takes both.
GIVEN: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": {"Sid": "é", "Effect": "Allow", "Principal": {"AWS": "*", "Service": ["a"]}, "Action": "a<b>&c"},
}
# As Go's encoding/json documents it: keys of maps sorted, and <, > and & escaped.
WRITTEN = (
    r'{"Statement":{"Action":"a\u003cb\u003e\u0026c","Effect":"Allow",'
    r'"Principal":{"AWS":"*","Service":["a"]},"Sid":"é"},"Version":"2012-10-17"}'
)


def test_the_sdk_has_such_properties() -> None:
    assert {("aws:iam/role:Role", "assumeRolePolicy"), ("aws:ecr/lifecyclePolicy:LifecyclePolicy", "policy")} <= {
        *DOCUMENTS
    }


@pytest.mark.parametrize(("kind", "name"), DOCUMENTS)
def test_an_object_becomes_text(kind: str, name: str) -> None:
    def checked(value: Any) -> Any:
        inputs, failures = instance().check(urn(kind), {name: value})
        assert name not in failures
        return inputs[name]

    assert checked(GIVEN) == WRITTEN
    assert checked({**GIVEN, "Id": Secret("s")}) == Secret(WRITTEN.replace('{"St', '{"Id":"s","St'))
    assert checked({**GIVEN, "Id": UNKNOWN}) is UNKNOWN
    assert checked(WRITTEN) == WRITTEN
    assert checked([GIVEN]) == f"[{WRITTEN}]"


def test_a_resource_has_the_text_and_nothing_to_change() -> None:
    aws, kind = instance(), "aws:iam/policy:Policy"
    assert aws.preview(urn(kind), {"policy": GIVEN})["policy"] == WRITTEN
    known = aws.create(urn(kind), {"policy": {**GIVEN, "Id": Secret("s")}})
    assert known.outputs["policy"] == known.inputs["policy"]
    assert isinstance(known.outputs["policy"], Secret)
    assert list(aws.diff(known, {"policy": {**GIVEN, "Id": Secret("s")}}).diffs) == []
    assert list(aws.diff(known, {"policy": {**GIVEN, "Id": "t"}}).diffs) == ["policy"]
    assert "policy" not in known.inputs[DEFAULTS]


def test_an_object_is_no_text_where_the_sdk_says_so() -> None:
    _, failures = instance().check(urn("aws:kms/key:Key"), {"policy": GIVEN})
    assert failures["policy"] == "must be a string, not an object"
