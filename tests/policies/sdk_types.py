"""Resource types of the installed AWS SDK that take tags, read from its source: importing all of it takes a minute.

`python -m tests.policies.sdk_types` writes the list that the tagging pack reads.
"""

import re
from importlib.util import find_spec
from pathlib import Path

LIST = Path(__file__).parents[2] / "policies" / "tagging" / "taggable.txt"

_TAGS_ARGUMENT = re.compile(r"^ +tags: pulumi\.Input\[Optional\[Mapping\[str,", re.MULTILINE)
_TOKEN = re.compile(r"super\((\w+), __self__\)\.__init__\(\s*'(aws:[\w/]+:\w+)'")


def taggable_types() -> list[str]:
    """Type tokens of the resource classes whose arguments have a map `tags`, sorted."""
    spec = find_spec("pulumi_aws")
    assert spec is not None
    assert spec.origin is not None
    tokens = set()
    for file in Path(spec.origin).parent.glob("*/*.py"):
        source = file.read_text()
        token = _TOKEN.search(source)
        if token and _TAGS_ARGUMENT.search(source):
            tokens.add(token.group(2))
    return sorted(tokens)


if __name__ == "__main__":
    LIST.write_text("\n".join(taggable_types()) + "\n")
