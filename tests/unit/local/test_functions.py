"""Functions of providers: those that follow from their arguments, and those whose answers are declared."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import schema
from local.errors import LocalError
from local.providers.aws import ACCOUNT_LOOKUPS, Aws
from local.providers.kubernetes import Kubernetes
from local.providers.lookups import Lookups
from local.providers.package import Refused

DOCUMENT = "aws:iam/getPolicyDocument:getPolicyDocument"
PLACE = {"region": "ap-northeast-2"}

# Arguments, and the document as the provider's documentation shows it.
DOCUMENTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"statements": [{"actions": ["sts:AssumeRole"], "principals": [
            {"type": "Service", "identifiers": ["ec2.amazonaws.com"]}]}]},
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": "ec2.amazonaws.com"}}]},
    ),
    (
        {"statements": [{"sid": "1", "actions": ["s3:ListAllMyBuckets", "s3:GetBucketLocation"],
            "resources": ["arn:aws:s3:::*"]}]},
        {"Version": "2012-10-17", "Statement": [{"Sid": "1", "Effect": "Allow",
            "Action": ["s3:ListAllMyBuckets", "s3:GetBucketLocation"], "Resource": "arn:aws:s3:::*"}]},
    ),
    (
        {"policyId": "p", "version": "2008-10-17", "statements": [{"effect": "Deny", "notActions": ["iam:*"],
            "notResources": ["a"], "principals": [{"type": "*", "identifiers": ["*"]}],
            "conditions": [{"test": "StringLike", "variable": "s3:prefix", "values": ["", "home/&{aws:username}/"]},
                           {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}]}]},
        {"Version": "2008-10-17", "Id": "p", "Statement": [{"Effect": "Deny", "NotAction": "iam:*", "NotResource": "a",
            "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"},
                "StringLike": {"s3:prefix": ["", "home/${aws:username}/"]}}}]},
    ),
    (
        {"sourcePolicyDocuments": ['{"Statement": [{"Sid": "A", "Effect": "Allow", "Action": "ec2:*"}]}'],
         "statements": [{"sid": "B", "actions": ["s3:*"]}],
         "overridePolicyDocuments": ['{"Statement": {"Sid": "A", "Effect": "Deny", "Action": "ec2:*"}}']},
        {"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Deny", "Action": "ec2:*"},
            {"Sid": "B", "Effect": "Allow", "Action": "s3:*"}]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "document"), DOCUMENTS)
def test_a_policy_document_is_written_as_the_provider_writes_it(
    arguments: dict[str, Any], document: dict[str, Any]
) -> None:
    answer = Aws().invoke(DOCUMENT, arguments, {})
    assert json.loads(answer["json"]) == json.loads(answer["minifiedJson"]) == document
    assert answer["json"] == json.dumps(json.loads(answer["json"]), indent=2)
    assert " " not in answer["minifiedJson"].replace("home/", "")


def test_a_statement_that_two_sources_have_is_refused() -> None:
    source = '{"Statement": [{"Sid": "A", "Effect": "Allow", "Action": "*"}]}'
    with pytest.raises(Refused, match="the Sid 'A' is not unique"):
        Aws().invoke(DOCUMENT, {"sourcePolicyDocuments": [source, source]}, {})


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        ("getArn", {"arn": "arn:aws:rds:eu-west-1:123456789012:db:mysql-db"},
         {"partition": "aws", "service": "rds", "region": "eu-west-1", "account": "123456789012",
          "resource": "db:mysql-db"}),
        ("getBillingServiceAccount", {}, {"arn": "arn:aws:iam::386209384616:root"}),
        ("getDefaultTags", {}, {"tags": {"Owner": "sre"}}),
        ("getServicePrincipal", {"serviceName": "s3"}, {"name": "s3.amazonaws.com", "region": "eu-west-1"}),
        ("getPartition", {}, {"dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}),
    ],
)  # fmt: skip
def test_what_follows_from_arguments_and_configuration(
    function: str, arguments: dict[str, Any], expected: dict[str, Any]
) -> None:
    config = {"region": "eu-west-1", "defaultTags": {"tags": {"Owner": "sre"}}}
    assert expected.items() <= Aws().invoke(f"aws:index/{function}:{function}", arguments, config).items()


def test_manifests_are_read_without_a_cluster() -> None:
    text = "kind: A\n---\n---\nkind: B\nmetadata: {name: b}\n"
    answer = Kubernetes().invoke("kubernetes:yaml:decode", {"text": text}, {})
    assert answer == {"result": [{"kind": "A"}, {"kind": "B", "metadata": {"name": "b"}}]}


def aws(*files: Path) -> Aws:
    package = Aws()
    package.lookups = Lookups.read(*files, ACCOUNT_LOOKUPS)
    return package


def test_a_lookup_that_nobody_declared_says_how() -> None:
    with pytest.raises(Refused) as refused:
        aws().invoke("aws:ec2/getVpc:getVpc", {"tags": {"Name": "shared"}}, {})
    assert (
        'lookups.yaml beside Pulumi.yaml:\n  aws:ec2/getVpc:getVpc:\n    - arguments: {tags: {"Name": "shared"}}'
        in str(refused.value)
    )


def test_what_is_declared_is_answered_first(tmp_path: Path) -> None:
    file = tmp_path / "lookups.yaml"
    file.write_text(
        "aws:ec2/getVpc:getVpc:\n- arguments: {tags: {Name: shared}}\n  result: {id: vpc-1, cidrBlock: 10.9.0.0/16}\n"
        "aws:index/getAvailabilityZones:getAvailabilityZones:\n- result: {names: ['{region}z']}\n"
    )
    package = aws(file)
    assert package.invoke("aws:ec2/getVpc:getVpc", {"tags": {"Name": "shared"}}, {})["id"] == "vpc-1"
    zones = package.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", {}, PLACE)
    assert zones["names"] == ["ap-northeast-2z"]


MANAGED = "aws:iam/getPolicy:getPolicy"


# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("AdministratorAccess", "/"),
        ("IAMFullAccess", "/"),
        ("SystemAdministrator", "/job-function/"),
        ("AWSLambdaBasicExecutionRole", "/service-role/"),
        ("AmazonEKSServiceRolePolicy", "/aws-service-role/"),
    ],
)
@pytest.mark.parametrize(("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_policies_of_aws_are_found_by_name_and_arn(name: str, path: str, region: str, partition: str) -> None:
    arn, config = f"arn:{partition}:iam::aws:policy{path}{name}", {"region": region}
    found = aws().invoke(MANAGED, {"name": name}, config)
    assert (found["arn"], found["id"], found["name"], found["path"]) == (arn, arn, name, path)
    assert found == aws().invoke(MANAGED, {"arn": arn}, config)
    assert found == aws().invoke(MANAGED, {"name": name, "pathPrefix": path}, config)


def test_what_a_policy_of_aws_allows_is_told_where_it_is_known_or_declared(tmp_path: Path) -> None:
    everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    document = json.loads(aws().invoke(MANAGED, {"name": "AdministratorAccess"}, {})["policy"])
    assert document == {"Version": "2012-10-17", "Statement": everything}
    assert "policy" not in aws().invoke(MANAGED, {"name": "IAMFullAccess"}, {})
    file = tmp_path / "lookups.yaml"
    file.write_text(f"{MANAGED}:\n- arguments: {{name: IAMFullAccess}}\n  result: {{policy: mine}}\n")
    assert aws(file).invoke(MANAGED, {"name": "IAMFullAccess"}, {}) == {"policy": "mine"}


@pytest.mark.parametrize(
    "arguments",
    [{"name": "mine"}, {"arn": "arn:aws:iam::1:policy/mine"}, {"name": "SystemAdministrator", "pathPrefix": "/mine/"}],
)
def test_policies_of_others_are_declared(arguments: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="Declare its answer"):
        aws().invoke(MANAGED, arguments, {})


@pytest.mark.parametrize("text", ["[", "a", "t: {}", "t: [{}]", "t: [{result: {}, argument: {}}]"])
def test_a_file_of_another_form_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "lookups.yaml"
    file.write_text(text)
    with pytest.raises(LocalError, match=r"lookups\.yaml"):
        Lookups.read(file)


@pytest.mark.parametrize(
    ("region", "zone"),
    [("us-east-1", "use1-az1"), ("ap-northeast-2", "apne2-az1"), ("eu-central-1", "euc1-az1"),
     ("us-gov-west-1", "usgw1-az1"), ("cn-northwest-1", "cnnw1-az1"), ("me-south-1", "mes1-az1")],
)  # fmt: skip
def test_a_region_has_zones_with_ids_as_aws_abbreviates_them(region: str, zone: str) -> None:
    answer = aws().invoke(
        "aws:index/getAvailabilityZones:getAvailabilityZones", {"state": "available"}, {"region": region}
    )
    assert answer["names"][0] == f"{region}a"
    assert answer["zoneIds"][0] == zone


def test_an_image_is_the_same_for_the_same_question_only() -> None:
    def image(name: str) -> str:
        arguments = {"owners": ["amazon"], "filters": [{"name": "name", "values": [name]}]}
        return str(aws().invoke("aws:ec2/getAmi:getAmi", arguments, {})["id"])

    assert image("al2023-*") == image("al2023-*") != image("al2-*")


def test_the_accounts_answers_have_properties_of_the_sdk() -> None:
    for token, answers in yaml.safe_load(ACCOUNT_LOOKUPS.read_text()).items():
        provider, module, function = token.split(":")
        folder = module.partition("/")[0]
        package = importlib.import_module(f"pulumi_{provider}" if folder == "index" else f"pulumi_{provider}.{folder}")
        known = schema._getters(getattr(package, f"G{function[1:]}Result"))
        for answer in answers:
            assert answer["result"].keys() <= known.keys(), token
