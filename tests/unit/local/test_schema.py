"""The schema that follows from the SDKs, and what is checked with it."""

from __future__ import annotations

from typing import Any

import pytest

from local import schema
from local.providers.check import Checker
from local.providers.values import UNKNOWN
from local.schema import Choice, ListOf, MapOf, Object, Scalar, documented_values

_KEY = "aws:kms/key:Key"
_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
_DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def failures(token: str, inputs: dict[str, Any], lenient: bool = True) -> dict[str, str]:
    checker = Checker(lenient)
    checker.properties(schema.existing(token).inputs, inputs)
    return {failure.path: failure.reason for failure in checker.failures}


def test_a_resource_has_the_wire_names_of_its_properties() -> None:
    key = schema.existing(_KEY)
    assert {"enableKeyRotation", "rotationPeriodInDays", "tags"} <= key.inputs.keys()
    assert {"arn", "keyId", "tagsAll"} <= key.outputs.keys()


def test_required_inputs_are_those_without_a_default() -> None:
    assert [name for name, known in schema.existing("aws:kms/alias:Alias").inputs.items() if known.required] == [
        "targetKeyId"
    ]
    assert schema.existing(_DEPLOYMENT).inputs["spec"].required


def test_outputs_that_may_be_none_are_not_required() -> None:
    outputs = schema.existing(_KEY).outputs
    assert outputs["arn"].required
    assert not outputs["deletionWindowInDays"].required


@pytest.mark.parametrize(
    ("token", "name", "expected"),
    [
        (_KEY, "deletionWindowInDays", Scalar("integer")),
        (_KEY, "tags", MapOf(Scalar("string"))),
        (_KEY, "keyUsage", Scalar("string")),
        ("aws:ec2/instance:Instance", "tenancy", Choice(("default", "dedicated", "host"))),
        ("aws:rds/instance:Instance", "vpcSecurityGroupIds", ListOf(Scalar("string"))),
        ("eks:index:Cluster", "authenticationMode", Choice(("CONFIG_MAP", "API", "API_AND_CONFIG_MAP"))),
    ],
)
def test_types_of_properties(token: str, name: str, expected: object) -> None:
    assert schema.existing(token).inputs[name].type == expected


def test_nested_objects_are_resolved_across_modules() -> None:
    kind = schema.existing("eks:index:Cluster").inputs["upgradePolicy"].type
    assert isinstance(kind, Object)
    assert set(kind.properties) == {"supportType"}


def test_a_type_that_the_sdk_lacks() -> None:
    assert schema.resource("aws:kms/key:Kee") is None
    with pytest.raises(LookupError, match="kms/key:Kee"):
        schema.existing("aws:kms/key:Kee")


@pytest.mark.parametrize(
    ("doc", "values"),
    [
        ("Valid values are `A`, `B` and `C`. Defaults to `A`.", ("A", "B", "C")),
        ("Valid values: `NONE`, and `OVERWRITE`\nMore.", ("NONE", "OVERWRITE")),
        ('Either `"Enabled"` or `"Disabled"`. More.', ("Enabled", "Disabled")),
        ("One of Always, OnFailure, Never. In some contexts, less.", ("Always", "OnFailure", "Never")),
        ("Possible values are: 1, 3, 5, and 0.", ("1", "3", "5", "0")),
        ("Accepted values: `allow` | `deny`", ("allow", "deny")),
        ("Valid values are `sqs` and `sms`. `email` is also valid.", ()),
        ("Set it to `A` or `B`.", ()),
        ("Valid values are `A`, `B` or a positive number.", ()),
    ],
)
def test_values_that_a_description_lists_in_full(doc: str, values: tuple[str, ...]) -> None:
    assert documented_values(doc) == values


def test_an_unknown_property_names_its_path_and_what_is_close() -> None:
    found = failures(_LIFECYCLE, {"bucket": "b", "rules": [{"id": "a", "status": "Enabled", "expiry": {"days": 1}}]})
    assert list(found) == ["rules[0].expiry"]
    assert found["rules[0].expiry"].startswith("unknown property")
    assert "allowed: abortIncompleteMultipartUpload, expiration" in found["rules[0].expiry"]


def test_a_missing_property_names_its_path() -> None:
    assert failures(_LIFECYCLE, {"bucket": "b", "rules": [{"id": "a"}]}) == {
        "rules[0].status": "required property is missing"
    }


@pytest.mark.parametrize(
    ("inputs", "path", "reason"),
    [
        ({"deletionWindowInDays": "soon"}, "deletionWindowInDays", "must be an integer, not a string"),
        ({"deletionWindowInDays": 7.5}, "deletionWindowInDays", "must be an integer, not a number"),
        ({"enableKeyRotation": 1}, "enableKeyRotation", "must be a boolean, not a number"),
        ({"description": ["x"]}, "description", "must be a string, not a list"),
        ({"tags": ["x"]}, "tags", "must be a map, not a list"),
        ({"tags": {"kubernetes.io/a": {}}}, 'tags["kubernetes.io/a"]', "must be a string, not an object"),
    ],
)
def test_a_mistyped_value_names_its_path(inputs: dict[str, Any], path: str, reason: str) -> None:
    found = failures(_KEY, inputs)
    assert list(found) == [path]
    assert found[path].startswith(reason)


def test_what_the_bridge_coerces_is_coerced() -> None:
    checker = Checker()
    given = {"deletionWindowInDays": "20", "enableKeyRotation": "true", "description": 5}
    checked = checker.properties(schema.existing(_KEY).inputs, given)
    assert checked == {"deletionWindowInDays": 20, "enableKeyRotation": True, "description": "5"}
    assert not checker.failures


def test_an_api_server_coerces_nothing() -> None:
    container = {"name": "c", "env": [{"name": "PORT", "value": 80}]}
    pod = {"spec": {"containers": [container], "hostNetwork": "true"}}
    spec = {"replicas": "2", "selector": {}, "template": pod}
    assert set(failures(_DEPLOYMENT, {"spec": spec}, lenient=False)) == {
        "spec.replicas",
        "spec.template.spec.containers[0].env[0].value",
        "spec.template.spec.hostNetwork",
    }


def test_nothing_is_said_about_unknown_values() -> None:
    assert not failures(
        _LIFECYCLE, {"bucket": UNKNOWN, "rules": [{"id": UNKNOWN, "status": UNKNOWN, "filter": UNKNOWN}]}
    )
    assert not failures(_LIFECYCLE, {"bucket": "b", "rules": UNKNOWN})


def test_a_union_reports_the_option_that_was_meant() -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Permit", "Action": "*", "Resource": "*"}]}
    found = failures("aws:iam/rolePolicy:RolePolicy", {"role": "r", "policy": policy})
    assert list(found) == ["policy.Statement[0].Effect"]


def test_all_failures_are_reported_at_once() -> None:
    assert len(failures(_KEY, {"usage": "x", "tags": 1, "isEnabled": "y"})) == 3
