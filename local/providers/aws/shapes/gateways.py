"""Shapes of API gateways and of AppSync.

https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html,
https://docs.aws.amazon.com/appsync/latest/eventapi/event-api-custom-domains.html.
"""

from __future__ import annotations

from collections.abc import Mapping

from local.providers.aws.facts import Facts, Shape
from local.providers.aws.shapes.building import arn, texts
from local.providers.identity import CREATED


def _called(facts: Facts) -> str:
    """Where the stage of a second-generation API is called; its default stage has no name there."""
    stage = "" if facts["name"] == "$default" else facts["name"]
    return f"https://{facts['apiId']}.execute-api.{facts.region}.{facts.suffix}/{stage}"


_OWN = "arn:{partition}:apigateway:{region}::"
_EXECUTED = "arn:{partition}:execute-api:{region}:{account}:"
# AppSync's hosts are not named by the id of the API.
_QUERIES, _EVENTS = (f"{{alnum:26/host}}.appsync{kind}.{{region}}.{{suffix}}" for kind in ("-api", "-realtime-api"))

SHAPES: Mapping[str, Shape] = {
    "aws:apigateway/deployment:Deployment": Shape("{alnum:6}", {"createdDate": CREATED}),
    "aws:apigateway/restApi:RestApi": Shape(
        "{alnum:10}",
        {
            "arn": f"{_OWN}/restapis/{{id}}",
            "createdDate": CREATED,
            "executionArn": f"{_EXECUTED}{{id}}",
            "rootResourceId": "{alnum:10/root}",
        },
    ),
    "aws:apigateway/stage:Stage": Shape(
        "ags-{restApi}-{stageName}",
        {
            "arn": f"{_OWN}/restapis/{{restApi}}/stages/{{stageName}}",
            "executionArn": f"{_EXECUTED}{{restApi}}/{{stageName}}",
            "invokeUrl": "https://{restApi}.execute-api.{region}.{suffix}/{stageName}",
        },
    ),
    "aws:apigatewayv2/api:Api": Shape(
        "{alnum:10}",
        {
            "apiEndpoint": "https://{id}.execute-api.{region}.{suffix}",
            "arn": f"{_OWN}/apis/{{id}}",
            "executionArn": f"{_EXECUTED}{{id}}",
        },
    ),
    "aws:apigatewayv2/stage:Stage": Shape(
        "{name}",
        {
            "arn": f"{_OWN}/apis/{{apiId}}/stages/{{name}}",
            "executionArn": f"{_EXECUTED}{{apiId}}/{{name}}",
            "invokeUrl": _called,
        },
    ),
    "aws:appsync/api:Api": Shape(
        "{apiId}",
        {
            "apiArn": arn("appsync", "apis/{apiId}"),
            "apiId": "{alnum:26}",
            "dns": texts(HTTP=_QUERIES, REALTIME=_EVENTS),
            "wafWebAclArn": "",
        },
    ),
    "aws:appsync/graphQLApi:GraphQLApi": Shape(
        "{alnum:26}",
        {
            "arn": arn("appsync", "apis/{id}"),
            "uris": texts(GRAPHQL=f"https://{_QUERIES}/graphql", REALTIME=f"wss://{_EVENTS}/graphql"),
        },
    ),
}
