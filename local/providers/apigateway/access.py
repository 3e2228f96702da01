"""Who may call a route, and what a request has to bring: authorizers, keys, IAM, validators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from local.providers.check import Failure
from local.providers.monitor import Monitor, Output, Registered, combine
from local.providers.values import Values

BUILT = ("eventHandler", "localPath", "target")
"""What a route may lead to for which the component makes the operations."""

_KEY = "api_key"
_VALIDATOR = "x-amazon-apigateway-request-validator"
_VALIDATORS = {
    name: {"validateRequestBody": body, "validateRequestParameters": parameters}
    for name, body, parameters in (("ALL", True, True), ("BODY_ONLY", True, False), ("PARAMS_ONLY", False, True))
}
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            **{"Sid": "AllowAssumeRole", "Effect": "Allow", "Action": "sts:AssumeRole"},
            "Principal": {"Service": ["lambda.amazonaws.com", "apigateway.amazonaws.com"]},
        }
    ],
}


def failures(routes: list[Values]) -> Iterator[Failure]:
    """What is wrong with the authorizers, in the words of the real component where it has some."""
    named: dict[str, Values] = {}
    for index, route in enumerate(routes):
        for position, authorizer in enumerate(_authorizers(route)):
            path = f"routes[{index}].authorizers[{position}]"
            if isinstance(authorizer.get("handler"), dict):
                yield Failure(f"{path}.handler", "the stand-in for aws-apigateway takes a function here")
            elif not authorizer.keys() & {"handler", "providerARNs"}:
                yield Failure(path, "an authorizer has a handler or providerARNs")
            name = authorizer.get("authorizerName")
            if name and named.setdefault(name, authorizer) != authorizer:
                reason = f"Multiple authorizers with the same name '{name}' but different configurations"
                yield Failure(path, f"{reason} are not allowed.")
            if name == _KEY and any(each.get("apiKeyRequired") for each in routes):
                yield Failure(path, "Defined a non-apikey security definition with the name api_key")


def validation(monitor: Monitor) -> Values:
    """What the API says of validators; routes may name others of them."""
    asked = monitor["requestValidator"].value
    return {"x-amazon-apigateway-request-validators": _VALIDATORS, _VALIDATOR: asked} if asked else {}


class Access:
    """The security definitions of one API, as routes ask for them."""

    def __init__(self, monitor: Monitor, component: Registered) -> None:
        self._monitor = monitor
        self._component = component
        self.definitions: dict[str, Any] = {}

    def of(self, route: Values) -> Values:
        """What the options of a route add to each of its operations."""
        security: list[dict[str, list[str]]] = [self._authorizer(each) for each in _authorizers(route)]
        if route.get("apiKeyRequired"):
            self.definitions[_KEY] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
            security.append({_KEY: []})
        required = [{**each, "required": True} for each in route.get("requiredParameters") or []]
        return {
            "parameters": required or None,
            "security": security or None,
            _VALIDATOR: route.get("requestValidator"),
            "x-amazon-apigateway-auth": {"type": "AWS_IAM"} if route.get("iamAuthEnabled") else None,
        }

    def _authorizer(self, given: Values) -> dict[str, list[str]]:
        """The reference to an authorizer, which is defined when it is new."""
        name = given.get("authorizerName") or f"{self._monitor.name}-authorizer-{len(self.definitions)}"
        by_function = given.get("handler") is not None
        if name not in self.definitions:
            self.definitions[name] = {
                **{"type": "apiKey", "name": given["parameterName"]},
                "in": given.get("parameterLocation") if by_function else "header",
                "x-amazon-apigateway-authtype": given.get("authType") if by_function else "cognito_user_pools",
                "x-amazon-apigateway-authorizer": {
                    "identitySource": ", ".join(given.get("identitySource") or []),
                    **(self._function(name, given) if by_function else _pools(given)),
                },
            }
        return {name: [] if by_function else given.get("methodsToAuthorize") or []}

    def _function(self, name: str, given: Values) -> Values:
        """An authorizer that is a function, with the role by which API Gateway invokes it."""
        monitor = self._monitor
        function = monitor.read(Output(given["handler"], monitor["routes"].urns))
        trust = {"assumeRolePolicy": json.dumps(_TRUST)}
        role = monitor.resource("aws:iam/role:Role", f"{name}-authorizer-role", self._component, trust)
        policy = {"role": role["id"], "policy": combine(_invocation, function.get("arn"))}
        monitor.resource("aws:iam/rolePolicy:RolePolicy", f"{name}-invocation-policy", self._component, policy)
        return {
            "type": given.get("type"),
            "authorizerUri": function.get("invokeArn"),
            "authorizerCredentials": role["arn"],
            "identityValidationExpression": given.get("identityValidationExpression"),
            "authorizerResultTtlInSeconds": given.get("authorizerResultTtlInSeconds"),
        }


def _pools(given: Values) -> Values:
    return {"type": "cognito_user_pools", "providerARNs": given["providerARNs"]}


def _invocation(arn: str) -> str:
    statement = {"Action": "lambda:InvokeFunction", "Effect": "Allow", "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _authorizers(route: Values) -> list[Values]:
    """Those of a route that is no raw operation: what such a one says is taken as it is."""
    return route.get("authorizers") or [] if any(route.get(kind) is not None for kind in BUILT) else []
