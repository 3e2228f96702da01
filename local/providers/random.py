"""The stand-in for the random provider, whose values depend on the URN alone and so are the same in every run."""

from __future__ import annotations

import base64
import hashlib
import string
from collections.abc import Iterator

from local import schema
from local.providers.check import Failure
from local.providers.identity import Identity
from local.providers.package import Package, Refused, Replacement, Resource, without_defaults
from local.providers.values import Values, is_unknown

_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
_CLASSES = {"lower": string.ascii_lowercase, "upper": string.ascii_uppercase, "numeric": string.digits}


class Random(Package):
    """Deterministic passwords, strings, ids and UUIDs that keep the constraints that the program gives."""

    name = "random"

    def check(self, resource: Resource, old: Values, seed: bytes) -> tuple[Values, list[Failure]]:
        """Check the inputs, and that what is required fits into the length."""
        inputs, failures = super().check(resource, old, seed)
        minimums = {name: value for name, value in inputs.items() if name.startswith("min") and value}
        length = inputs.get("length", 0)
        if not failures and "length" in inputs and not is_unknown(inputs) and sum(minimums.values()) > length:
            required = f"{sum(minimums.values())} characters are required by {', '.join(sorted(minimums))}"
            failures.append(Failure("length", f"{required}; length is {length}"))
        return inputs, failures

    def create(self, resource: Resource) -> tuple[str, Values]:
        """Draw the value."""
        inputs = without_defaults(resource.inputs)
        identity = Identity(resource.urn, inputs)
        kind = resource.type.rsplit(":", 1)[-1]
        if kind in ("RandomPassword", "RandomString"):
            return _text(kind, inputs, identity)
        if draw := _DRAWS.get(kind):
            return draw(inputs, identity)
        raise Refused(f"the stand-in for random does not offer {resource.type}")

    def replacement(self, resource: Resource) -> Replacement:
        """Every change draws anew."""
        found = schema.resource(resource.type)
        return Replacement(frozenset(found.inputs) if found else frozenset())


def _pet(inputs: Values, identity: Identity) -> tuple[str, Values]:
    """Words of a length that says nothing, an animal last, in the provider's form."""
    length, separator = int(inputs.get("length", 2)), str(inputs.get("separator", "-"))
    words = [identity.letters(6, f"word{number}", string.ascii_lowercase) for number in range(length)]
    name = separator.join([*([inputs["prefix"]] if inputs.get("prefix") else []), *words])
    return name, {"length": length, "separator": separator, **inputs}


def _uuid(inputs: Values, identity: Identity) -> tuple[str, Values]:
    return identity.uuid(), {**inputs, "result": identity.uuid()}


def _integer(inputs: Values, identity: Identity) -> tuple[str, Values]:
    least, span = int(inputs["min"]), int(inputs["max"]) - int(inputs["min"]) + 1
    drawn = least + int(identity.hex(16, "integer"), 16) % span
    return str(drawn), {**inputs, "result": drawn}


def _bytes(inputs: Values, identity: Identity) -> tuple[str, Values]:
    drawn = bytes.fromhex(identity.hex(2 * int(inputs["length"]), "bytes"))
    encoded = base64.b64encode(drawn).decode()
    return encoded, {**inputs, "base64": encoded, "hex": drawn.hex()}


def _shuffle(inputs: Values, identity: Identity) -> tuple[str, Values]:
    """The items in some order, begun again where more are asked for than there are."""
    items = list(inputs["inputs"])
    wanted = int(inputs.get("resultCount") or len(items))
    rounds = range(-(-wanted // len(items)) if items else 0)
    order = [
        item
        for each in rounds
        for _, item in sorted((identity.digest(f"shuffle{each}/{index}"), item) for index, item in enumerate(items))
    ]
    return "-", {**inputs, "results": order[:wanted]}


def _text(kind: str, inputs: Values, identity: Identity) -> tuple[str, Values]:
    result = "".join(_characters(inputs, identity))
    flags = {name: inputs.get(name, True) for name in (*_CLASSES, "special")}
    counts = {name: inputs.get(name, 0) for name in ("minLower", "minNumeric", "minSpecial", "minUpper")}
    outputs = {**inputs, **flags, **counts, "number": flags["numeric"], "result": result}
    if kind == "RandomString":
        return result, outputs
    # The provider hashes with bcrypt; the form is kept, and it is no hash of anything.
    salted = base64.b64encode(hashlib.sha512(identity.digest("bcrypt")).digest(), b"./").decode()
    return identity.uuid("id"), {**outputs, "bcryptHash": f"$2a$10${salted[:53]}"}


def _characters(inputs: Values, identity: Identity) -> Iterator[str]:
    """The required characters of each class and others up to the length, in a shuffled order."""
    special = inputs.get("overrideSpecial") or _SPECIAL
    classes = {name: letters for name, letters in {**_CLASSES, "special": special}.items() if inputs.get(name, True)}
    wanted = [
        letters for name, letters in classes.items() for _ in range(int(inputs.get(f"min{name.capitalize()}", 0)))
    ]
    wanted += ["".join(classes.values())] * (int(inputs["length"]) - len(wanted))
    order = sorted(range(len(wanted)), key=lambda index: identity.digest(f"order{index}"))
    for index in order:
        yield identity.letters(1, f"character{index}", wanted[index])


def _identifier(inputs: Values, identity: Identity) -> tuple[str, Values]:
    length = int(inputs["byteLength"])
    drawn = bytes.fromhex(identity.hex(2 * length, "id"))
    prefix = inputs.get("prefix", "")
    encoded = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
    return encoded, {
        **inputs,
        "b64Std": prefix + base64.b64encode(drawn).decode(),
        "b64Url": prefix + encoded,
        "dec": prefix + str(int.from_bytes(drawn, "big")),
        "hex": prefix + drawn.hex(),
    }


_DRAWS = {
    "RandomBytes": _bytes,
    "RandomId": _identifier,
    "RandomInteger": _integer,
    "RandomPet": _pet,
    "RandomShuffle": _shuffle,
    **dict.fromkeys(("RandomUuid", "RandomUuid4", "RandomUuid7"), _uuid),
}
