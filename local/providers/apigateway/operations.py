"""Operations of OpenAPI that pass requests on: to functions, objects of a bucket, other servers."""

from __future__ import annotations

from typing import Any

from local.providers.monitor import Output, combine
from local.providers.values import Values

_INTEGRATION = "x-amazon-apigateway-integration"
_PROXY = {"parameters": [{"name": "proxy", "in": "path", "required": True, "type": "string"}]}
_PASSED_PATH = {"requestParameters": {"integration.request.path.proxy": "method.request.path.proxy"}}
_CONTENT_TYPES = ("Content-Type", "content-type")


def with_options(operation: Values, options: Values) -> Values:
    """The operation with what the route's options add to it."""
    parameters = [*operation.get("parameters", []), *(options.get("parameters") or [])]
    return {**operation, **options, "parameters": parameters or None}


def of_function(arn: Output, place: str) -> Values:
    """What invokes a function."""
    uri = combine(lambda known: f"{place}2015-03-31/functions/{known}/invocations", arn)
    return {
        _INTEGRATION: {"uri": uri, "passthroughBehavior": "when_no_match", "httpMethod": "POST", "type": "aws_proxy"}
    }


def of_object(uri: Output, role: Output, proxied: bool) -> Values:
    """What hands out an object of a bucket, or those of a folder."""
    passed = {f"method.response.header.{name}": f"integration.response.header.{name}" for name in _CONTENT_TYPES}
    headers = {name: {"type": "string"} for name in _CONTENT_TYPES}
    return {
        "responses": {
            "200": {"description": "200 response", "schema": {"type": "object"}, "headers": headers},
            **{code: {"description": f"{code} response"} for code in ("400", "500")},
        },
        **(_PROXY if proxied else {}),
        _INTEGRATION: {
            **{"credentials": role, "uri": uri, "type": "aws"},
            **{"passthroughBehavior": "when_no_match", "httpMethod": "GET"},
            "responses": {
                "4\\d{2}": {"statusCode": "400"},
                "default": {"statusCode": "200", "responseParameters": passed},
                "5\\d{2}": {"statusCode": "500"},
            },
            **(_PASSED_PATH if proxied else {}),
        },
    }


def of_target(target: Any, proxied: bool) -> Values:
    """What passes requests on to another server, at its root or below."""
    given = Output(target)
    uri = combine(lambda known: f"{known.removesuffix('/')}/{'{proxy}' if proxied else ''}", given.get("uri"))
    return {
        **(_PROXY if proxied else {}),
        _INTEGRATION: {
            **{name: given.get(name) for name in ("connectionType", "connectionId")},
            **{"uri": uri, "httpMethod": "ANY", "responses": {"default": {"statusCode": "200"}}},
            "type": given.get("type").otherwise("http_proxy"),
            "passthroughBehavior": given.get("passthroughBehavior").otherwise("when_no_match"),
            **(_PASSED_PATH if proxied else {}),
        },
    }
