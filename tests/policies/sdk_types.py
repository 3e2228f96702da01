"""Resource types of the installed AWS SDK and their properties, read from its source: importing it takes a minute.

`python -m tests.policies.sdk_types` writes the list of taggable types that the tagging pack reads, and names the types
that the reviewed tables of the other packs lack.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from policies.baseline.sharing import read_table as read_policies
from policies.encryption.stores import read_table as read_stores

LIST = Path(__file__).parents[2] / "policies" / "tagging" / "taggable.txt"

_TAGS_ARGUMENT = re.compile(r"^ +tags: pulumi\.Input\[Optional\[Mapping\[str,", re.MULTILINE)
_TOKEN = re.compile(r"super\((\w+), __self__\)\.__init__\(\s*'(aws:[\w/]+:\w+)'")
_ARGUMENTS = re.compile(
    r"^class (\w+Args):\n    def __init__\(__self__, \*,\n(.*?)\):\n(.*?)(?=^class |^@pulumi|\Z)", re.M | re.S
)
_ARGUMENT = re.compile(r"^ +(\w+): (.*?)(?: = None)?,?$", re.MULTILINE)
_NAME = re.compile(r'@pulumi\.getter\(name="(\w+)"\)\s*\n    def (\w+)\(')
_NESTED = re.compile(r"'(?:[\w.]*\.)?(\w+Args)'")
_DEEPEST = 6

# How the SDK names what encrypts: keys, switches, and versions of TLS.
_ENCRYPTION = re.compile(
    r"[kK]ms|[eE]ncrypt|\bsse[A-Z]|Sse[A-Z]|customerManagedKey|^keyArn$|keyIdentifier"
    r"|tlsPolicy|tlsSecurity|tlsEnabled|sslMode|inTransit"
)
_POLICIES = re.compile(r"^(policy|policyDocument|access_?[pP]olic(y|ies)|resourcePolicy|deliveryDestinationPolicy)$")


def _folder() -> Path:
    spec = find_spec("pulumi_aws")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _sources() -> Iterator[tuple[str, str, str, Path]]:
    """Type token, class, and source of every resource class of the SDK, with its file."""
    for file in _folder().glob("*/*.py"):
        source = file.read_text()
        if token := _TOKEN.search(source):
            yield token.group(2), token.group(1), source, file


def classes() -> dict[str, str]:
    """Type tokens by module and class, such as `sqs.Queue`."""
    return {f"{file.parent.name}.{name}": token for token, name, _, file in _sources()}


def resource_types() -> list[str]:
    """Type tokens of all resource classes, sorted."""
    return sorted(token for token, *_ in _sources())


def taggable_types() -> list[str]:
    """Type tokens of the resource classes whose arguments have a map `tags`, sorted."""
    return sorted(token for token, _, source, _ in _sources() if _TAGS_ARGUMENT.search(source))


@cache
def properties() -> Mapping[str, frozenset[str]]:
    """Dotted paths of the input properties of every resource type, those of nested blocks included."""
    inputs = {file.parent: _classes(file.read_text()) for file in _folder().glob("*/_inputs.py")}
    return {
        token: frozenset(_paths(_own(name, source), inputs.get(file.parent, {})))
        for token, name, source, file in _sources()
    }


def _own(name: str, source: str) -> Mapping[str, str]:
    """The arguments of a resource class; where a resource is called so itself, the SDK says `…InitArgs`."""
    classes = _classes(source)
    return classes.get(f"{name}Args") or classes.get(f"{name}InitArgs") or {}


def _classes(source: str) -> dict[str, dict[str, str]]:
    """Property and annotation of each argument, by class."""
    found = {}
    for name, head, body in _ARGUMENTS.findall(source):
        names = {python: wire for wire, python in _NAME.findall(body)}
        found[name] = {names.get(python) or _camel(python): kind for python, kind in _ARGUMENT.findall(head)}
    return found


def _camel(name: str) -> str:
    first, *others = name.rstrip("_").split("_")
    return first + "".join(map(str.title, others))


def _paths(own: Mapping[str, str], inputs: Mapping[str, Mapping[str, str]], way: tuple[str, ...] = ()) -> Iterator[str]:
    for name, kind in own.items():
        yield name
        for nested in _NESTED.findall(kind):
            if nested in inputs and nested not in way and len(way) < _DEEPEST:
                yield from (f"{name}.{path}" for path in _paths(inputs[nested], inputs, (*way, nested)))


def with_encryption() -> set[str]:
    """Types with a property that encrypts."""
    return {
        token
        for token, paths in properties().items()
        if any(_ENCRYPTION.search(path.rpartition(".")[2]) for path in paths)
    }


def with_policy() -> set[str]:
    """Types with a policy document."""
    return {token for token, paths in properties().items() if any(_POLICIES.match(path) for path in paths)}


if __name__ == "__main__":
    LIST.write_text("\n".join(taggable_types()) + "\n")
    missing = {
        "stores.txt": with_encryption() - read_stores().keys(),
        "resource_policies.txt": with_policy() - read_policies().keys(),
    }
    for table, types in missing.items():
        sys.stdout.writelines(f"{table} lacks {token}\n" for token in sorted(types))
    sys.exit(any(missing.values()))
