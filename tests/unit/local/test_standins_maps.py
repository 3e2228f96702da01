"""Maps that AWS fills by itself: their keys are documented, and programs index them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pulumi_aws
import pytest

from local.providers.values import Values
from tests.unit.standins import instance, urn

_MAP = re.compile(r"def (\w+)\(self\) -> pulumi\.Output\[Mapping\[")
_INPUT = re.compile(r"def (\w+)\(self\) -> pulumi\.Input\[")
_TOKEN = re.compile(r'@pulumi\.type_token\("(.+)"\)')
_HOST = r"[a-z0-9]{26}\.appsync%s\.us-east-1\.amazonaws\.com"
_AT = r"us-east-1\.amazonaws\.com"
_MODES = ("connectionAuthModes", "defaultPublishAuthModes", "defaultSubscribeAuthModes")
TEMPLATE = "Outputs:\n  Bucket: {Value: !Ref Data}\n  Arn: {Value: !GetAtt Data.Arn}\n"

# By type and property: inputs, the id of the resource, and the keys with their values.
# AppSync: its SDK's `uris` ("https://ID.appsync-api.REGION.amazonaws.com/graphql") and the developer guide's page on
# endpoints of Event APIs; ids and ARNs: the Service Authorization Reference; endpoints of access points: S3's
# GetAccessPoint; the tag of an application: AppRegistry's administrator guide.
FILLED: dict[tuple[str, str], tuple[Values, str, dict[str, str]]] = {
    ("aws:appsync/api:Api", "dns"): (
        {"name": "a", "eventConfig": {"authProviders": [], **{key: [] for key in _MODES}}},
        "[a-z0-9]{26}",
        {"HTTP": _HOST % "-api", "REALTIME": _HOST % "-realtime-api"},
    ),
    ("aws:appsync/graphQLApi:GraphQLApi", "uris"): (
        {"name": "a", "authenticationType": "API_KEY"},
        "[a-z0-9]{26}",
        {
            "GRAPHQL": f"https://{_HOST % '-api'}/graphql",
            "REALTIME": f"wss://{_HOST % '-realtime-api'}/graphql",
        },
    ),
    ("aws:cloudformation/stack:Stack", "outputs"): (
        {"name": "s", "templateBody": TEMPLATE},
        "arn:aws:cloudformation:us-east-1:210987654321:stack/s/[0-9a-f-]{36}",
        {"Bucket": ".+", "Arn": ".+"},
    ),
    ("aws:s3/accessPoint:AccessPoint", "endpoints"): (
        {"name": "p", "bucket": "b"},
        "210987654321:p",
        {
            "ipv4": rf"s3-accesspoint\.{_AT}",
            "dualstack": rf"s3-accesspoint\.dualstack\.{_AT}",
            "fips": rf"s3-accesspoint-fips\.{_AT}",
            "fips_dualstack": rf"s3-accesspoint-fips\.dualstack\.{_AT}",
        },
    ),
    # What the template of a published application says is not known here.
    ("aws:serverlessrepository/cloudFormationStack:CloudFormationStack", "outputs"): (
        {"name": "s", "applicationId": "arn", "capabilities": []},
        "arn:aws:cloudformation:us-east-1:210987654321:stack/serverlessrepo-s/[0-9a-f-]{36}",
        {},
    ),
    ("aws:servicecatalog/appregistryApplication:AppregistryApplication", "applicationTag"): (
        {"name": "a"},
        "[a-z0-9]{26}",
        {"awsApplication": "arn:aws:resource-groups:us-east-1:210987654321:group/a/[a-z0-9]{26}"},
    ),
}


def computed_maps() -> Iterator[tuple[str, str]]:
    """The maps of the SDK that no program gives, beside all tags of a resource."""
    for file in sorted(Path(pulumi_aws.__file__).parent.glob("*/*.py")):
        source = file.read_text(encoding="utf-8")
        if token := _TOKEN.search(source):
            given = set(_INPUT.findall(source.partition("\nclass _")[0]))
            for name in set(_MAP.findall(source)) - given - {"tags_all"}:
                yield token[1], re.sub("_([a-z])", lambda letter: letter[1].upper(), name)


def test_every_map_that_aws_fills_is_here() -> None:
    assert set(computed_maps()) == FILLED.keys()


@pytest.mark.parametrize(("kind", "name"), FILLED)
def test_a_map_has_the_keys_that_are_documented(kind: str, name: str) -> None:
    inputs, identifier, filled = FILLED[kind, name]
    known = instance().create(urn(kind), inputs)
    assert re.fullmatch(identifier, known.id)
    assert known.outputs[name].keys() == filled.keys()
    for key, pattern in filled.items():
        assert re.fullmatch(pattern, known.outputs[name][key]), (key, known.outputs[name][key])


def test_other_partitions_have_their_own_domain() -> None:
    known = instance(region="cn-north-1").create(
        urn("aws:appsync/graphQLApi:GraphQLApi"), {"name": "a", "authenticationType": "API_KEY"}
    )
    assert known.outputs["uris"]["GRAPHQL"].endswith(".appsync-api.cn-north-1.amazonaws.com.cn/graphql")


def test_an_access_point_tells_where_it_is_open() -> None:
    def point(**inputs: object) -> Values:
        return instance().create(urn("aws:s3/accessPoint:AccessPoint"), {"name": "p", "bucket": "b", **inputs}).outputs

    assert point()["domainName"] == "p-210987654321.s3-accesspoint.us-east-1.amazonaws.com"
    assert point()["arn"] == "arn:aws:s3:us-east-1:210987654321:accesspoint/p"
    assert re.fullmatch("p-[a-z0-9]{34}-s3alias", point()["alias"])
    assert len(point(name="p" * 50)["alias"]) == 63  # as names of buckets
    assert point()["networkOrigin"] == "Internet"
    assert point(vpcConfiguration={"vpcId": "vpc-1"})["networkOrigin"] == "VPC"
