"""The stand-in for pulumi-aws-apigateway: an API of routes, with the resources behind them, after version 3.0."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.providers.apigateway import access
from local.providers.apigateway.operations import of_function, of_object, of_target, with_options
from local.providers.check import Failure
from local.providers.components import Build, Components
from local.providers.monitor import Monitor, Options, Output, Registered, combine, flatten, short_digest
from local.providers.package import Refused
from local.providers.values import Reference, Values
from local.wire import SIGNATURE

_API = "aws:apigateway/restApi:RestApi"
_FILE = {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17"}
_FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            **{"Sid": "", "Effect": "Allow", "Action": "sts:AssumeRole"},
            "Principal": {"Service": "apigateway.amazonaws.com"},
        }
    ],
}
_KINDS = (*access.BUILT, "data")
"""What a route may lead to; the first that it has counts."""
_ANY = "x-amazon-apigateway-any-method"
_PASSED = ("description", "disableExecuteApiEndpoint", "tags")
_MESSAGE = {"application/json": '{"message": "404 Not found" }'}
_RESPONSES: Values = {
    "MISSING_AUTHENTICATION_TOKEN": {"statusCode": 404, "responseTemplates": _MESSAGE},
    "ACCESS_DENIED": {"statusCode": 404, "responseTemplates": _MESSAGE},
}


class RestApis(Components):
    """`RestAPI` with functions, files, integrations and raw operations behind its routes."""

    name = "aws-apigateway"

    def __init__(self) -> None:
        self.builders: Mapping[str, Build] = {"aws-apigateway:index:RestAPI": _construct}


def _construct(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    routes: list[Values] = monitor["routes"].value or []
    if failures := (*_failures(routes), *access.failures(routes)):
        raise Refused(f"the routes of {request.name!r} are invalid", failures)
    if not routes and not monitor["swaggerString"].value:
        raise Refused("API must specify either [swaggerString] or as least one of the [route] options.")
    return _Api(monitor, monitor.component(request.parent)).construct(routes)


def _failures(routes: list[Values]) -> Iterator[Failure]:
    """Routes that lead nowhere, or for no method."""
    for index, route in enumerate(routes):
        kind = next((kind for kind in _KINDS if route.get(kind) is not None), None)
        if kind is None:
            yield Failure(f"routes[{index}]", f"has none of {', '.join(_KINDS)}")
        elif kind in ("eventHandler", "data") and route.get("method") is None:
            yield Failure(f"routes[{index}].method", "Route missing required [method] property")


def _method(method: str) -> str:
    return _ANY if method == "ANY" else method.lower()


def _titled(name: str, text: str) -> Values:
    """A specification of the program's, with the name of the API unless it has a title."""
    specification: Values = json.loads(text)
    return {**specification, "info": {"title": name, **specification.get("info", {})}}


class _Api:
    """One API under construction."""

    def __init__(self, monitor: Monitor, component: Registered) -> None:
        self.monitor = monitor
        self.component = component
        self.access = access.Access(monitor, component)
        self.paths: dict[str, dict[str, Any]] = {}
        self.functions: dict[str, Output] = {}
        """What may be invoked, by method and path."""
        self.bucket: Registered | None = None

    def construct(self, routes: list[Values]) -> provider_pb2.ConstructResponse:
        """Register the API and what its routes need, and hand out the outputs."""
        monitor, name = self.monitor, self.monitor.name
        for route in routes:
            path = "/" + str(route["path"]).removeprefix("/")
            if route.get("eventHandler") is not None:
                self._function(path, route)
            elif route.get("localPath") is not None:
                self._files(path, Path(route["localPath"]), route)
            elif route.get("target") is not None:
                self._proxy(path, route)
            else:
                self._operation(path, _method(route["method"]), route["data"])
        media = monitor["binaryMediaTypes"].otherwise(["*/*"])
        given = monitor["swaggerString"]
        document = combine(lambda text: _titled(name, text), given) if given.value else self._document(media)
        body = combine(lambda known: json.dumps(known, sort_keys=True), document)
        inputs: Values = {
            **{each: monitor[each] for each in _PASSED},
            "name": combine(lambda known: known["info"]["title"], document) if given.value else name,
            "binaryMediaTypes": media,
            "body": body,
            "apiKeySource": monitor["apiKeySource"],
        }
        api = monitor.resource(_API, name, self.component, inputs)
        version = combine(short_digest, body)
        inputs = {"restApi": api["id"], "variables": {"version": version}}
        deployment = monitor.resource("aws:apigateway/deployment:Deployment", name, self.component, inputs)
        allowed = tuple(self._allow(api, place, function) for place, function in self.functions.items())
        inputs = {
            **{"restApi": api["id"], "deployment": deployment["id"], "tags": monitor["tags"]},
            "stageName": monitor["stageName"].otherwise("stage"),
        }
        stage = monitor.resource("aws:apigateway/stage:Stage", name, self.component, inputs, Options(allowed))
        outputs = {
            **{"api": api.reference, "deployment": deployment.reference, "stage": stage.reference},
            "url": combine(lambda url: f"{url}/", stage["invokeUrl"]),
        }
        return monitor.finish(self.component, outputs)

    def _document(self, media: Output) -> Output:
        """The API as OpenAPI 2 says it."""
        document = {
            "swagger": "2.0",
            "info": {"title": self.monitor.name, "version": "1.0"},
            "paths": self.paths,
            "securityDefinitions": self.access.definitions or None,
            **access.validation(self.monitor),
            "x-amazon-apigateway-binary-media-types": media,
            "x-amazon-apigateway-gateway-responses": {
                **_RESPONSES,
                **(self.monitor["gatewayResponses"].value or {}),
            },
            "x-amazon-apigateway-api-key-source": self.monitor["apiKeySource"].otherwise("HEADER"),
        }
        return Output(*flatten(document))

    def _operation(self, path: str, method: str, operation: Any) -> None:
        self.paths.setdefault(path, {})[method] = operation

    def _place(self, service: str) -> str:
        """How the URIs of integrations with a service begin."""
        partition = self.monitor.invoke("aws:index/getPartition:getPartition", {}).get("partition").value
        region = self.monitor.invoke("aws:index/getRegion:getRegion", {}).get("region").value
        return f"arn:{partition}:apigateway:{region}:{service}:path/"

    def _function(self, path: str, route: Values) -> None:
        """A route to a function."""
        handler = Output(route["eventHandler"], self.monitor["routes"].urns)
        function = self.monitor.read(handler)
        method = str(route["method"])
        operation = with_options(of_function(function.get("arn"), self._place("lambda")), self.access.of(route))
        self._operation(path, _method(method), operation)
        self.functions[f"{'*' if method == 'ANY' else method}{path}"] = function.get("name")

    def _proxy(self, path: str, route: Values) -> None:
        """A route to another server, and to all below it."""
        options, root = self.access.of(route), path if path.endswith("/") else f"{path}/"
        self._operation(root, _ANY, with_options(of_target(route["target"], False), options))
        self._operation(f"{root}{{proxy+}}", _ANY, with_options(of_target(route["target"], True), options))

    def _allow(self, api: Registered, place: str, function: Output) -> Registered:
        inputs = {
            **{"action": "lambda:invokeFunction", "function": function, "principal": "apigateway.amazonaws.com"},
            "sourceArn": combine(lambda arn: f"{arn}/*/{place}", api["executionArn"]),
        }
        kind, name = "aws:lambda/permission:Permission", f"{self.monitor.name}-{short_digest(place)}"
        return self.monitor.resource(kind, name, self.component, inputs)

    def _files(self, path: str, local: Path, route: Values) -> None:
        """A route to a file, or to all files of a folder; the program's folder is the working folder."""
        if self.bucket is None:
            given = self.monitor["staticRoutesBucket"].value
            if isinstance(given, Reference):
                self.bucket = Registered(given.urn, given.id, {"bucket": given.id})
            else:
                safe = "".join(each for each in self.monitor.name.lower() if each.isalnum() or each == "-")
                self.bucket = self.monitor.resource("aws:s3/bucket:Bucket", safe, self.component, given or {})
        options = self.access.of(route)
        if local.is_file():
            key = f"{self.monitor.name}{short_digest(f'get:{path}')}"
            self._object(key, local, route.get("contentType"))
            self._operation(path, "get", self._from_bucket(key, self._role(key), options))
            return
        if not local.is_dir():
            raise Refused(f"{local}: no such file or folder, where the program runs")
        served = path if path.endswith("/") else f"{path}/"
        key = f"{self.monitor.name}{short_digest(f'get:{served}')}"
        role = self._role(key)
        index = route.get("index")
        first = None if index is False else index if isinstance(index, str) else "index.html"
        for file in sorted(each for each in local.rglob("*") if each.is_file()):
            below = file.relative_to(local).as_posix()
            self._object(f"{key}/{below}", file, None)
            if below == first:
                self._operation(served, "get", self._from_bucket(f"{key}/{below}", role, options))
        self._operation(f"{served}{{proxy+}}", _ANY, self._from_bucket(f"{key}/{{proxy}}", role, options))

    def _role(self, key: str) -> Registered:
        inputs = {"assumeRolePolicy": json.dumps(_TRUST), "tags": self.monitor["tags"]}
        role = self.monitor.resource("aws:iam/role:Role", key, self.component, inputs)
        kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
        self.monitor.resource(kind, key, self.component, {"role": role["name"], "policyArn": _FULL_ACCESS})
        return role

    def _object(self, key: str, file: Path, kind: str | None) -> None:
        bucket = self.bucket
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        inputs = {
            "bucket": bucket["id"] if bucket else None,
            "key": key,
            "tags": self.monitor["tags"],
            "source": {**_FILE, "hash": content, "path": str(file.resolve())},
            "contentType": kind or mimetypes.guess_type(file.name)[0],
        }
        self.monitor.resource("aws:s3/bucketObject:BucketObject", key, self.component, inputs)

    def _from_bucket(self, key: str, role: Registered, options: Values) -> Values:
        place, bucket = self._place("s3"), self.bucket["bucket"] if self.bucket else Output(None)
        uri = combine(lambda name: f"{place}{name}/{key}", bucket)
        return with_options(of_object(uri, role["arn"], key.endswith("{proxy}")), options)
