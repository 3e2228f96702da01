"""Resource types of the installed AWS SDK that take tags, read from its source: importing all of it takes a minute.

`python -m tests.policies.sdk_types` writes the list that the tagging pack reads.
"""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

LIST = Path(__file__).parents[2] / "policies" / "tagging" / "taggable.txt"

_TAGS_ARGUMENT = re.compile(r"^ +tags: pulumi\.Input\[Optional\[Mapping\[str,", re.MULTILINE)
_TOKEN = re.compile(r"super\((\w+), __self__\)\.__init__\(\s*'(aws:[\w/]+:\w+)'")


def _sources() -> Iterator[tuple[str, str]]:
    """Type token and source of every resource class of the SDK."""
    spec = find_spec("pulumi_aws")
    assert spec is not None
    assert spec.origin is not None
    for file in Path(spec.origin).parent.glob("*/*.py"):
        source = file.read_text()
        if token := _TOKEN.search(source):
            yield token.group(2), source


def resource_types() -> list[str]:
    """Type tokens of all resource classes, sorted."""
    return sorted(token for token, _ in _sources())


def taggable_types() -> list[str]:
    """Type tokens of the resource classes whose arguments have a map `tags`, sorted."""
    return sorted(token for token, source in _sources() if _TAGS_ARGUMENT.search(source))


if __name__ == "__main__":
    LIST.write_text("\n".join(taggable_types()) + "\n")
