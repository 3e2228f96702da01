"""The stand-in for SDKs of which nothing but the classes is known; here those of two providers."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator

import pytest
from pulumi import ComponentResource, CustomResource, ProviderResource

from local import schema
from local.providers.check import Checker
from local.providers.plain import Plain
from local.providers.values import Values
from local.schema import Choice, ListOf, MapOf, Object, OneOf, Property, Scalar
from local.sdks import installed
from tests.unit.standins import instance, urn

PACKAGES = ("tls", "docker")


def _tokens(package: str) -> Iterator[str]:
    sdk = importlib.import_module(installed()[package])
    for part in pkgutil.iter_modules(sdk.__path__):
        for cls in vars(importlib.import_module(f"{sdk.__name__}.{part.name}")).values():
            own = isinstance(cls, type) and issubclass(cls, CustomResource) and cls.__module__.endswith(part.name)
            if own and not issubclass(cls, ProviderResource):
                yield str(cls.pulumi_type)


TOKENS = [token for package in PACKAGES for token in sorted(set(_tokens(package)))]


SMALLEST = {"string": "x", "integer": 1, "number": 1.5, "boolean": True}


def _smallest(known: schema.Type) -> object:
    """Some value of a type."""
    value: object = "x"
    match known:
        case Scalar(name):
            value = SMALLEST[name]
        case Choice(values):
            value = values[0]
        case ListOf(item):
            value = [_smallest(item)]
        case MapOf(item):
            value = {"k": _smallest(item)}
        case OneOf(options):
            value = _smallest(options[0])
        case Object():
            value = _required(known.properties.values())
    return value


def _required(properties: Iterable[Property]) -> Values:
    return {known.name: _smallest(known.type) for known in properties if known.required}


def test_there_is_something_to_try() -> None:
    assert {"tls:index/privateKey:PrivateKey", "docker:index/image:Image"} <= set(TOKENS)
    assert not any(issubclass(schema.existing(token).cls, ComponentResource) for token in TOKENS)


@pytest.mark.parametrize("token", TOKENS)
def test_a_resource_has_all_that_its_class_promises(token: str) -> None:
    found = schema.existing(token)
    given = _required(found.inputs.values())
    provider = instance(Plain(token.partition(":")[0]))
    outputs = provider.create(urn(token, "one"), given).outputs
    checker = Checker(lenient=False)
    for name, value in outputs.items():
        checker.value(found.outputs[name].type, value, name)
    assert checker.failures == []
    settable = {name for name, known in found.inputs.items() if isinstance(known.type, Object | OneOf)}
    assert {name for name, known in found.outputs.items() if known.required} - outputs.keys() <= settable
    assert given.items() <= outputs.items()


def test_two_resources_share_no_key_and_one_has_the_same_each_time() -> None:
    token = "tls:index/privateKey:PrivateKey"
    provider = instance(Plain("tls"))
    one, again, other = (provider.create(urn(token, name), {"algorithm": "RSA"}) for name in ("a", "a", "b"))
    assert one.outputs == again.outputs
    assert not {*map(str, one.outputs.values())} & {*map(str, other.outputs.values())} - {"RSA", "P224", "2048", "0"}
    assert one.outputs["privateKeyPem"].startswith("-----BEGIN")


def test_an_argument_that_the_class_lacks_is_refused() -> None:
    _, failures = instance(Plain("tls")).check(urn("tls:index/privateKey:PrivateKey"), {"algorithm": "RSA", "bits": 1})
    assert set(failures) == {"bits"}
