"""`RestAPI` of pulumi-aws-apigateway: what its routes add to the API, after `api.ts` of version 3.0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2, resource_pb2

from local.providers.apigateway import RestApis
from local.providers.values import UNKNOWN, Reference, Values, decode, encode
from tests.unit.standins import AbortedError, FakeEngine, Registration, instance, monitor, urn

FUNCTION = urn("aws:lambda/function:Function", "function")
GUARD = urn("aws:lambda/function:Function", "guard")
ARN = "arn:aws:lambda:us-east-1:210987654321:function:%s"
INVOKED = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}/invocations"
ANY = "x-amazon-apigateway-any-method"
POOLS: Values = {
    "parameterName": "Authorization",
    "identitySource": ["method.request.header.Authorization", "method.request.header.Other"],
    "providerARNs": ["arn:aws:cognito-idp:us-east-1:210987654321:userpool/us-east-1_a"],
}
BY_FUNCTION: Values = {
    "parameterName": "token",
    "parameterLocation": "query",
    "authType": "custom",
    "type": "request",
    "identitySource": ["method.request.querystring.token"],
    "identityValidationExpression": "^x-",
    "authorizerResultTtlInSeconds": 60,
    "handler": Reference(GUARD, "guard"),
}


class Api(FakeEngine):
    """A fake engine with two functions, and what one API registered with it."""

    def __init__(self, *routes: Values, preview: bool = False, **inputs: Any) -> None:
        super().__init__(preview=preview)
        self.every: list[Registration] = []
        for each in (FUNCTION, GUARD):
            name = each.rpartition("::")[2]
            self.given[each] = {"arn": ARN % name, "name": name, "invokeArn": INVOKED % name}
        with monitor(self) as address:
            request = provider_pb2.ConstructRequest(
                type="aws-apigateway:index:RestAPI",
                name="api",
                inputs=encode({**({"routes": list(routes)} if routes else {}), **inputs}),
                monitorEndpoint=address,
                dryRun=preview,
            )
            instance(RestApis()).construct(request)

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest, context: object) -> Any:  # noqa: N802
        response = super().RegisterResource(request, context)
        self.every.append(Registration(request, decode(request.object), decode(response.object)))
        return response

    @property
    def rest_api(self) -> Values:
        return self.found("aws:apigateway/restApi:RestApi")[0]

    @property
    def document(self) -> Values:
        document: Values = json.loads(self.rest_api["body"])
        return document

    def found(self, kind: str) -> list[Values]:
        """The inputs of all resources of a type."""
        return [each.inputs for each in self.every if each.request.type == kind]


def to_function(path: str = "/", **options: Any) -> Values:
    return {"path": path, "method": "GET", "eventHandler": Reference(FUNCTION, "function"), **options}


def test_pools_of_cognito_authorize() -> None:
    api = Api(to_function(authorizers=[{**POOLS, "methodsToAuthorize": ["films/watch"]}]))
    assert api.document["securityDefinitions"] == {
        "api-authorizer-0": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "cognito_user_pools",
            "x-amazon-apigateway-authorizer": {
                "type": "cognito_user_pools",
                "identitySource": "method.request.header.Authorization, method.request.header.Other",
                "providerARNs": POOLS["providerARNs"],
            },
        }
    }
    assert api.document["paths"]["/"]["get"]["security"] == [{"api-authorizer-0": ["films/watch"]}]
    assert api.found("aws:iam/role:Role") == []


def test_a_function_authorizes_by_a_role_of_its_own() -> None:
    api = Api(to_function(authorizers=[BY_FUNCTION]))
    definition = api.document["securityDefinitions"]["api-authorizer-0"]
    role = api.registered["api-authorizer-0-authorizer-role"]
    assert definition == {
        "type": "apiKey",
        "name": "token",
        "in": "query",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "request",
            "authorizerUri": INVOKED % "guard",
            "authorizerCredentials": role.outputs["arn"],
            "identitySource": "method.request.querystring.token",
            "identityValidationExpression": "^x-",
            "authorizerResultTtlInSeconds": 60,
        },
    }
    [trust] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": ["lambda.amazonaws.com", "apigateway.amazonaws.com"]}
    policy = api.registered["api-authorizer-0-invocation-policy"].inputs
    [allowed] = json.loads(policy["policy"])["Statement"]
    assert allowed == {"Action": "lambda:InvokeFunction", "Effect": "Allow", "Resource": ARN % "guard"}
    assert policy["role"] == role.inputs.get("name", role.outputs["name"])
    assert [each["function"] for each in api.found("aws:lambda/permission:Permission")] == ["function"]


def test_a_key_is_asked_for_in_its_header() -> None:
    api = Api(to_function(apiKeyRequired=True), apiKeySource="AUTHORIZER")
    assert api.document["securityDefinitions"] == {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
    assert api.document["paths"]["/"]["get"]["security"] == [{"api_key": []}]
    assert api.rest_api["apiKeySource"] == api.document["x-amazon-apigateway-api-key-source"] == "AUTHORIZER"
    assert Api(to_function()).document["x-amazon-apigateway-api-key-source"] == "HEADER"


def test_names_count_what_is_defined_and_given_ones_are_shared() -> None:
    named = {**POOLS, "authorizerName": "users"}
    api = Api(
        to_function("a", apiKeyRequired=True),
        to_function("b", authorizers=[POOLS, BY_FUNCTION], apiKeyRequired=True),
        to_function("c", authorizers=[named]),
        to_function("d", authorizers=[named]),
    )
    document = api.document
    assert set(document["securityDefinitions"]) == {"api_key", "api-authorizer-1", "api-authorizer-2", "users"}
    assert document["paths"]["/b"]["get"]["security"] == [
        {"api-authorizer-1": []},
        {"api-authorizer-2": []},
        {"api_key": []},
    ]
    assert document["paths"]["/c"]["get"]["security"] == document["paths"]["/d"]["get"]["security"] == [{"users": []}]


def test_requests_are_validated_and_signed() -> None:
    required = {"in": "query", "name": "q"}
    api = Api(
        to_function("a", requiredParameters=[required], requestValidator="ALL", iamAuthEnabled=True),
        to_function("b"),
        requestValidator="PARAMS_ONLY",
    )
    document = api.document
    operation = document["paths"]["/a"]["get"]
    assert operation["parameters"] == [{**required, "required": True}]
    assert operation["x-amazon-apigateway-request-validator"] == "ALL"
    assert operation["x-amazon-apigateway-auth"] == {"type": "AWS_IAM"}
    assert document["paths"]["/b"]["get"].keys() == {"x-amazon-apigateway-integration"}
    assert document["x-amazon-apigateway-request-validator"] == "PARAMS_ONLY"
    assert document["x-amazon-apigateway-request-validators"] == {
        "ALL": {"validateRequestBody": True, "validateRequestParameters": True},
        "BODY_ONLY": {"validateRequestBody": True, "validateRequestParameters": False},
        "PARAMS_ONLY": {"validateRequestBody": False, "validateRequestParameters": True},
    }


def test_each_operation_of_a_route_is_guarded_but_for_raw_ones(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>")
    guarded: Values = {
        "apiKeyRequired": True,
        "authorizers": [POOLS],
        "requiredParameters": [{"in": "path", "name": "p"}],
    }
    api = Api(
        {"path": "folder", "localPath": str(tmp_path), **guarded},
        {"path": "file", "localPath": str(tmp_path / "index.html"), **guarded},
        {"path": "web", "target": {"type": "http_proxy", "uri": "https://example.com"}, **guarded},
        {"path": "raw", "method": "POST", "data": {"summary": "s"}, **guarded},
    )
    paths = api.document["paths"]
    assert {path: set(methods) for path, methods in paths.items()} == {
        "/folder/": {"get"},
        "/folder/{proxy+}": {ANY},
        "/file": {"get"},
        "/web/": {ANY},
        "/web/{proxy+}": {ANY},
        "/raw": {"post"},
    }
    assert paths.pop("/raw") == {"post": {"summary": "s"}}
    proxied = {"in": "path", "name": "proxy", "required": True, "type": "string"}
    for path, methods in paths.items():
        [operation] = methods.values()
        names = [each["name"] for each in operation["parameters"]]
        assert [len(each) for each in operation["security"]] == [1, 1]
        assert names == (["proxy", "p"] if "{proxy+}" in path else ["p"])
        assert (proxied in operation["parameters"]) == ("{proxy+}" in path)
    below = paths["/web/{proxy+}"][ANY]["x-amazon-apigateway-integration"]
    assert below == {
        "uri": "https://example.com/{proxy}",
        "type": "http_proxy",
        "passthroughBehavior": "when_no_match",
        "httpMethod": "ANY",
        "responses": {"default": {"statusCode": "200"}},
        "requestParameters": {"integration.request.path.proxy": "method.request.path.proxy"},
    }
    assert paths["/web/"][ANY]["x-amazon-apigateway-integration"]["uri"] == "https://example.com/"


def test_a_specification_has_the_name_that_it_says() -> None:
    titled = Api(swaggerString='{"swagger": "2.0", "info": {"title": "films"}, "paths": {}}')
    assert titled.rest_api["name"] == "films"
    untitled = Api(swaggerString='{"swagger": "2.0", "paths": {}}')
    assert (untitled.rest_api["name"], untitled.document["info"]) == ("api", {"title": "api"})


def test_a_preview_knows_the_name_and_not_the_document() -> None:
    api = Api(to_function(authorizers=[BY_FUNCTION]), preview=True)
    assert (api.rest_api["name"], api.rest_api["body"]) == ("api", UNKNOWN)
    known = Api(to_function(authorizers=[POOLS]), preview=True)
    assert "securityDefinitions" in known.document


@pytest.mark.parametrize(
    ("routes", "path", "reason"),
    [
        (
            [to_function("a", authorizers=[{**each, "authorizerName": "n"}]) for each in (POOLS, BY_FUNCTION)],
            "routes[1].authorizers[0]",
            "Multiple authorizers with the same name 'n' but different configurations are not allowed.",
        ),
        (
            [to_function(authorizers=[{**POOLS, "authorizerName": "api_key"}], apiKeyRequired=True)],
            "routes[0].authorizers[0]",
            "Defined a non-apikey security definition with the name api_key",
        ),
        ([to_function(authorizers=[{"parameterName": "a"}])], "routes[0].authorizers[0]", "providerARNs"),
        (
            [to_function(authorizers=[{**BY_FUNCTION, "handler": {"uri": "u"}}])],
            "routes[0].authorizers[0].handler",
            "takes a function here",
        ),
        ([{"path": "/", "data": {}}], "routes[0].method", "Route missing required [method] property"),
        ([{"path": "/", "method": "GET"}], "routes[0]", "has none of"),
    ],
)
def test_what_is_refused(routes: list[Values], path: str, reason: str) -> None:
    with pytest.raises(AbortedError) as refused:
        Api(*routes)
    assert [(at, reason in said) for at, said in refused.value.failures] == [(path, True)]
