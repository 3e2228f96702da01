"""Material for the tests of reviews: resources, states, and the events of a preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi.automation import EngineEvent

from local.wire import SECRET_SIGNATURE, SIGNATURE
from review import resources
from review.resources import Inventory

PREFIX = "urn:pulumi:test::trading-platform::"
STACK = f"{PREFIX}pulumi:pulumi:Stack::trading-platform-test"
_SECRET = {SIGNATURE: SECRET_SIGNATURE, "ciphertext": "v1:abc"}


def urn(type_: str, name: str) -> str:
    return f"{PREFIX}{type_}::{name}"


def component(name: str, parent: str = STACK) -> dict[str, Any]:
    return {"urn": urn("platform:tests:Part", name), "custom": False, "parent": parent, "outputs": {}}


def entry(type_: str, name: str, inputs: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A resource as the engine writes it, by default a child of the component `data`."""
    return {
        "urn": urn(type_, name),
        "custom": True,
        "id": f"{name}-id",
        "parent": urn("platform:tests:Part", "data"),
        "inputs": dict(inputs or {}),
        "outputs": dict(inputs or {}),
        **more,
    }


def secret() -> dict[str, str]:
    return dict(_SECRET)


def state(*entries: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A state with the stack, the component `data`, and these."""
    stack = {"urn": STACK, "custom": False, "outputs": dict(outputs or {})}
    return {"deployment": {"resources": [stack, component("data"), *entries]}}


def inventory(*entries: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> Inventory:
    return resources.from_state(state(*entries, outputs=outputs))


def step(
    op: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    diffs: Sequence[str] = (),
    keys: Sequence[str] = (),
) -> EngineEvent:
    """The event of one step."""
    about = after or before
    assert about
    metadata = {"op": op, "urn": about["urn"], "old": before, "new": after, "diffs": list(diffs), "keys": list(keys)}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "resourcePreEvent": {"metadata": metadata}})


def framed(*events: EngineEvent, packs: Mapping[str, str] | None = None) -> list[EngineEvent]:
    """The events of a whole preview: the stack and its component first, the numbers last."""
    stack = {"urn": STACK, "custom": False, "type": "pulumi:pulumi:Stack"}
    part = component("data")
    summary = {"resourceChanges": {}, "PolicyPacks": dict(packs if packs is not None else {"rules": "1.0.0"})}
    last = EngineEvent.from_json({"sequence": 2, "timestamp": 2, "summaryEvent": summary})
    return [step("same", stack, stack), step("same", part, part), *events, last]


def violation(rule: str, about: str, message: str = "Says why.\nis wrong", level: str = "mandatory") -> EngineEvent:
    policy = {
        "policyName": rule,
        "policyPackName": "rules",
        "enforcementLevel": level,
        "resourceUrn": about,
        "message": message,
    }
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "policyEvent": policy})


def failure(message: str) -> EngineEvent:
    diagnostic = {"message": message, "severity": "error"}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "diagnosticEvent": diagnostic})
