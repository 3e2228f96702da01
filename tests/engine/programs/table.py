"""Writes the page on programs that were tried offline, from the programs that the suite deploys and has refused."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.engine import test_programs

TARGET = Path("docs/programs.md")
INTRODUCTION = """\
# Programs that were tried offline

By `make docs` from [what the suite tries](../tests/engine/test_programs.py): small programs, written for the purpose in
the manner of public ones. Each that runs is deployed, and a preview has nothing to change afterwards.

"""
_PACKAGES = re.compile(r"\bpulumi_(\w+)\b")


def _kind(program: Path) -> str:
    """What the program says that it is."""
    return (ast.get_docstring(ast.parse(program.read_text(encoding="utf-8"))) or "").removesuffix(".")


def _packages(text: str) -> str:
    return ", ".join(dict.fromkeys(_PACKAGES.findall(text)))


def page() -> str:
    """The page: what runs by kind, and what is refused with the words that say so."""
    deployed = {kind: "".join(files.values()) for kind, files in test_programs.PROGRAMS.items()}
    deployed |= {_kind(path): path.read_text(encoding="utf-8") for path in test_programs.DEPLOYED}
    refused = {kind: said for kind, (_, said) in test_programs.REFUSED.items()}
    refused |= {_kind(path): test_programs.SAID[path.stem] for path in test_programs.NOT_DEPLOYED}
    counts = f"{len(deployed) + len(refused)} programs were tried: {len(deployed)} run, {len(refused)} are refused."
    runs = [f"| {kind[0].upper()}{kind[1:]} | {_packages(text)} |" for kind, text in deployed.items()]
    stops = [f"| {kind[0].upper()}{kind[1:]} | `{said}` |" for kind, said in refused.items()]
    head = ["## Run", "", "| Program | Packages |", "|---|---|"]
    other = ["", "## Refused", "", "| Program | The refusal says |", "|---|---|"]
    return INTRODUCTION + "\n".join([counts, "", *head, *runs, *other, *stops]) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
