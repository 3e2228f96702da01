"""Which module imports which, from the source: `python -m tests.unit.imports` counts the arrows between folders."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Folders whose folders are rooms of their own.
HOUSES = ("components", "policies", "review")


@dataclass(frozen=True)
class Import:
    """What one module takes from another one of the project: the module itself, or a name in it."""

    importer: str
    module: str
    name: str | None
    place: str


def modules(root: Path = ROOT) -> dict[str, Path]:
    """The project's modules by dotted name; a package by its own."""
    tops = [path for path in root.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))]
    sources = [root / "__main__.py", *(path for top in sorted(tops) for path in sorted(top.rglob("*.py")))]
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sources
        if path.exists()
    }


def imports(known: Mapping[str, Path]) -> list[Import]:
    """All imports between some modules, those inside functions as well."""
    return [each for name, path in known.items() for each in _imports_of(name, path, known)]


def _imports_of(importer: str, path: Path, known: Mapping[str, Path]) -> Iterator[Import]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        place = f"{importer}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            yield from (Import(importer, alias.name, None, place) for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            for alias in node.names:
                if (module := f"{source}.{alias.name}") in known:
                    yield Import(importer, module, None, place)
                elif source in known:
                    yield Import(importer, source, alias.name, place)


def room(module: str, known: Mapping[str, Path]) -> str:
    """The folder that a module stands in."""
    parts = module.split(".")
    is_package = known[module].name == "__init__.py"
    deep = parts[0] in HOUSES and len(parts) > (1 if is_package else 2)
    return ".".join(parts[:2] if deep else parts[:1])


def arrows(known: Mapping[str, Path]) -> Counter[tuple[str, str]]:
    """How many imports lead from one folder to another, those of tests left out."""
    pairs = ((room(each.importer, known), room(each.module, known)) for each in imports(known))
    return Counter(pair for pair in pairs if pair[0] != pair[1] and "tests" not in pair)


def main() -> int:
    """Print the arrows between the folders with their imports."""
    found = arrows(modules())
    for source, target in sorted(found):
        sys.stdout.write(f"{source:26} -> {target:26} {found[source, target]:3}\n")
    inside = [pair for pair in found if all(place.startswith("components.") for place in pair)]
    rooms = {place for pair in inside for place in pair}
    sys.stdout.write(f"{len(found)} arrows, {len(inside)} of them between the {len(rooms)} folders of components/\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
