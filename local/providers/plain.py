"""The stand-in for every other SDK that is installed: its classes say what resources take and have."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from functools import partial

from pulumi.runtime.proto import provider_pb2

from local import schema
from local.providers.derive import Deriving, text_by_name
from local.providers.identity import CREATED, Identity
from local.providers.package import Package, Refused, Resource, without_defaults
from local.providers.values import Values
from local.schema import Property
from local.sdks import installed


class Plain(Package):
    """Resources of a package of which nothing but the SDK is known: what they compute is made up by name and type."""

    constructs = True

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def version(self) -> str:
        """The version of the installed SDK."""
        return importlib.metadata.version(installed()[self.name])

    def create(self, resource: Resource) -> tuple[str, Values]:
        """Echo the inputs, and make up the rest."""
        found = schema.existing(resource.type)
        inputs = without_defaults(resource.inputs)
        identity = Identity(resource.urn, {})
        deriving = Deriving(partial(_text, identity))
        computed = {
            name: deriving.value(known, settable=name in found.inputs)
            for name, known in found.outputs.items()
            if known.required and name not in inputs
        }
        given = {name: value for name, value in computed.items() if value is not None}
        return identity.hex(20), {**given, **inputs}

    def construct(self, request: provider_pb2.ConstructRequest) -> provider_pb2.ConstructResponse:
        """What a remote component is made of, only its own provider knows."""
        reason = "what it creates follows from its provider's own code, which does not run offline"
        raise Refused(f"{request.type}: {reason}; write the resources that it would create, or leave it out")


def _text(identity: Identity, known: Property) -> str:
    digest = identity.digest(known.name).hex()[:64]
    parts = {
        "digest": digest,
        "host": f"{identity.letters(12, known.name)}.example.com",
        "token": identity.hex(20, known.name),
    }
    return text_by_name(_BY_NAME, known.name, parts, otherwise="{token}")


_BY_NAME: Mapping[str, str] = {
    r"([uU]rl|[uU]ri)$": "https://{host}",
    r"([eE]ndpoint|[dD]nsName|[dD]omainName|[hH]ost|[hH]ostname)$": "{host}",
    r"([iI]p|[iI]pAddress|[iI]pv4|[iI]pv4Address)$": "192.0.2.1",
    r"(At|On|Date|Time|Timestamp)$": CREATED,
    r"[dD]igest$": "sha256:{digest}",
    r"([sS]tatus|[sS]tate)$": "active",
    r"[pP]rivateKey(Pem)?(Pkcs8)?$": "-----BEGIN PRIVATE KEY-----\n{token}\n-----END PRIVATE KEY-----\n",
    r"[pP]ublicKeyOpenssh$": "ssh-rsa {token}",
    r"[pP]ublicKey(Pem)?$": "-----BEGIN PUBLIC KEY-----\n{token}\n-----END PUBLIC KEY-----\n",
    r"([cC]ert(ificate)?(Pem)|[cC]ertificate)$": "-----BEGIN CERTIFICATE-----\n{token}\n-----END CERTIFICATE-----\n",
}
