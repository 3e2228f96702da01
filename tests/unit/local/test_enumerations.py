"""Which values are refused: those outside of an enumeration of the SDK that is as complete as the service's own."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import botocore.loaders  # type: ignore[import-untyped]
import pulumi_aws
import pytest

from local import schema
from local.providers.check import Checker
from local.schema import Choice, Matching, Property, Scalar

# Valid values, each of which a description leaves out or an enumeration of the SDK lacks.
VALID = [
    ("aws:lb/listener:Listener", {"defaultActions": [{"type": "fixed-response", "fixedResponse": {
        "contentType": "text/plain", "statusCode": "404"}}], "loadBalancerArn": "arn"}),
    ("aws:lambda/function:Function", {"role": "arn", "sourceCodeHash": "q1BpJ0wYyqYk3UOQy8wZ8J0LhW9a2Vn5m3rYt6bX4eE="}),
    ("aws:ec2/instance:Instance", {"tenancy": "host", "instanceType": "m9g.medium"}),
    ("aws:elb/loadBalancer:LoadBalancer", {"listeners": [
        {"instancePort": 80, "instanceProtocol": "http", "lbPort": 80, "lbProtocol": "http"}]}),
    ("aws:rds/clusterInstance:ClusterInstance",
     {"clusterIdentifier": "c", "engine": "aurora-postgresql", "instanceClass": "db.serverless"}),
    ("aws:ssm/association:Association", {"name": "d", "targets": [{"key": "tag:Name", "values": ["x"]}]}),
    ("aws:route53/record:Record", {"name": "n", "type": "HTTPS", "zoneId": "Z", "records": ["1 ."], "ttl": 60}),
]  # fmt: skip

# Enumerations of the SDK, and the service's own by botocore: service and shape.
PUBLISHED = {
    "alb.LoadBalancerType": ("elbv2", "LoadBalancerTypeEnum"),
    "alb.IpAddressType": ("elbv2", "IpAddressType"),
    "applicationloadbalancing.LoadBalancerType": ("elbv2", "LoadBalancerTypeEnum"),
    "applicationloadbalancing.IpAddressType": ("elbv2", "IpAddressType"),
    "ec2.InstancePlatform": ("ec2", "CapacityReservationInstancePlatform"),
    "ec2.InstanceType": ("ec2", "InstanceType"),
    "ec2.PlacementStrategy": ("ec2", "PlacementGroupStrategy"),
    "ec2.Tenancy": ("ec2", "Tenancy"),
    "lambda_.Runtime": ("lambda", "Runtime"),
    "route53.RecordType": ("route53", "RRType"),
    "s3.CannedAcl": ("s3", "BucketCannedACL"),
    "ssm.ParameterType": ("ssm", "ParameterType"),
}


# Enumerations that the SDK alone has, and the description of the service's own argument that lists the values.
DESCRIBED = {
    "autoscaling.Metric": ("autoscaling", "EnableMetricsCollectionQuery", "Metrics"),
    "autoscaling.MetricsGranularity": ("autoscaling", "EnableMetricsCollectionQuery", "Granularity"),
    "autoscaling.NotificationType": ("autoscaling", "NotificationConfiguration", "NotificationType"),
    "rds.EngineMode": ("rds", "CreateDBClusterMessage", "EngineMode"),
    "rds.EngineType": ("rds", "CreateDBClusterMessage", "Engine"),
    "rds.StorageType": ("rds", "CreateDBInstanceMessage", "StorageType"),
}
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
DOCUMENTED = {
    "ecr.LifecyclePolicyActionType": ("expire", "transition"),
    "ecr.LifecyclePolicyCountType": ("imageCountMoreThan", "sinceImagePushed", "sinceImagePulled"),
    "ecr.LifecyclePolicyTagStatus": ("tagged", "untagged", "any"),
    "iam.PolicyDocumentVersion": ("2012-10-17", "2008-10-17"),
    "iam.PolicyStatementEffect": ("Allow", "Deny"),
}
# What no list can be complete for: numbers of protocols, policies, classes of servers, regions.
OPEN = {
    "Region": "mx-central-1",
    "ec2.ProtocolType": "50",
    "iam.ManagedPolicy": "arn:aws:iam::aws:policy/NewerThanTheSdk",
    "rds.InstanceType": "db.r9g.48xlarge",
}


def enumerations() -> dict[str, type[Enum]]:
    """Every enumeration of the SDK, by its module and name."""
    root = Path(pulumi_aws.__file__).parent
    told = {}
    for file in root.rglob("_enums.py"):
        module = ".".join(file.relative_to(root).parts[:-1])
        for name, each in vars(importlib.import_module(f"pulumi_aws.{module}._enums".replace("..", "."))).items():
            if isinstance(each, type) and issubclass(each, Enum) and each.__module__.endswith("_enums"):
                told[f"{module}.{name}".lstrip(".")] = each
    return told


def kind_of(name: str) -> schema.Type:
    return Property("value", enumerations()[name], {}, required=False, doc="").type


def test_each_enumeration_of_the_sdk_is_held_to_an_authority() -> None:
    assert set(enumerations()) == {*PUBLISHED, *DESCRIBED, *DOCUMENTED, *OPEN}


@pytest.mark.parametrize("name", DESCRIBED)
def test_an_enumeration_has_every_value_that_the_service_describes(name: str) -> None:
    service, shape, member = DESCRIBED[name]
    model = botocore.loaders.Loader().load_service_model(service, "service-2")["shapes"][shape]
    told = set(re.findall(r"<code>([\w:-]+)</code>", model["members"][member]["documentation"]))
    # Descriptions name other arguments, too.
    values = told - {"Granularity", "Iops"}
    assert values
    assert not [value for value in values if refuses(kind_of(name), value)]


@pytest.mark.parametrize("name", [*DOCUMENTED, *OPEN])
def test_an_enumeration_has_what_the_documentation_has(name: str) -> None:
    values = DOCUMENTED.get(name) or (OPEN[name],)
    assert not [value for value in values if refuses(kind_of(name), value)]


def found(token: str, inputs: dict[str, Any]) -> Checker:
    checker = Checker()
    checker.properties(schema.existing(token).inputs, inputs)
    return checker


@pytest.mark.parametrize(("token", "inputs"), VALID, ids=[token for token, _ in VALID])
def test_a_valid_value_is_accepted(token: str, inputs: dict[str, Any]) -> None:
    assert not found(token, inputs).failures


def refuses(kind: schema.Type, value: str) -> bool:
    checker = Checker()
    checker.value(kind, value, "value")
    return bool(checker.failures)


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_enumeration_has_every_value_that_the_service_publishes(name: str) -> None:
    module, _, enumeration = name.partition(".")
    enums = importlib.import_module(f"pulumi_aws.{module}._enums")
    kind = Property("value", getattr(enums, enumeration), {}, required=False, doc="").type
    service, shape = PUBLISHED[name]
    published = botocore.loaders.Loader().load_service_model(service, "service-2")["shapes"][shape]["enum"]
    assert not [value for value in published if refuses(kind, value)]


def test_what_is_no_type_of_a_database_server_is_refused() -> None:
    checker = found(
        "aws:rds/clusterInstance:ClusterInstance",
        {"clusterIdentifier": "c", "engine": "aurora-postgresql", "instanceClass": "db.r6g.huge"},
    )
    assert [failure.path for failure in checker.failures] == ["instanceClass"]


MODULES = (
    "alb",
    "cloudwatch",
    "ec2",
    "elasticache",
    "elb",
    "iam",
    "kms",
    "lambda_",
    "lb",
    "rds",
    "route53",
    "s3",
    "ssm",
)


def _described(module: str) -> Iterator[tuple[str, Property]]:
    """The text inputs of a module's resources and nested objects that the SDK gives no enumeration for."""
    package = importlib.import_module(f"pulumi_aws.{module}")
    inputs = vars(importlib.import_module(f"{package.__name__}._inputs"))
    for parts in pkgutil.iter_modules(package.__path__):
        inputs = {**inputs, **vars(importlib.import_module(f"{package.__name__}.{parts.name}"))}
    for name, cls in inputs.items():
        if isinstance(cls, type) and name.endswith("Args") and cls.__module__.startswith(package.__name__):
            for known in schema._arguments(cls).values():
                if "Enum" not in str(known.annotation) and known.type == Scalar("string"):
                    yield f"{name}.{known.name}", known


@pytest.mark.parametrize("module", MODULES)
def test_what_only_a_description_lists_is_advice(module: str) -> None:
    described = dict(_described(module))
    assert described
    refused = []
    for path, known in described.items():
        checker = Checker()
        checker.properties({known.name: known}, {known.name: "a value that no description has"})
        assert bool(checker.advice) is bool(known.suggested)
        refused += [path] if checker.failures else []
    assert not refused


def test_advice_names_the_value_and_what_is_listed() -> None:
    checker = found("aws:kms/key:Key", {"keyUsage": "ENCRYPT"})
    assert not checker.failures
    (advice,) = checker.advice
    assert (advice.path, advice.refused) == ("keyUsage", False)
    assert "'ENCRYPT'" in advice.reason
    assert "ENCRYPT_DECRYPT, SIGN_VERIFY" in advice.reason


def test_only_enumerations_of_the_sdk_are_closed() -> None:
    """Every closed type of a property stands for an enumeration, by itself or as it is known to be completed."""
    for module in ("ec2", "lb", "rds"):
        enums = importlib.import_module(f"pulumi_aws.{module}._enums") if module != "lb" else pulumi_aws.alb._enums
        known = {name for name, cls in vars(enums).items() if isinstance(cls, type) and issubclass(cls, Enum)}
        package = vars(importlib.import_module(f"pulumi_aws.{module}._inputs"))
        for name, cls in package.items():
            if not (isinstance(cls, type) and name.endswith("Args")):
                continue
            for each in schema._arguments(cls).values():
                if isinstance(each.type, Choice | Matching):
                    assert any(enumeration in str(each.annotation) for enumeration in known), f"{name}.{each.name}"
