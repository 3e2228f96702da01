"""How the project is laid out: which folder may import which, and how long files and functions get."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.unit.imports import ROOT, Import, arrows, imports, modules, room

KNOWN = modules()
IMPORTS = imports(KNOWN)

# What the modules of a folder may import beside their own folder.
MAY_IMPORT = {
    "components": set(),
    "config": {"changes", "components", "stack_files"},
    "__main__": {"components", "config"},
    "bootstrap": {"components", "config"},
    # A pack is published by itself and starts with each preview: of the table of changes it has an extract, a file.
    "policies": set(),
    "local": {"changes", "stack_files"},
    "changes": set(),
    "stack_files": set(),
    "review": {"changes", "local"},
    "benchmarks": {"local"},
}


LONGEST_FILE = 400
LONGEST_FUNCTION = 62
"""Lines: what a screen shows."""


def top(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_what_its_place_allows(folder: str) -> None:
    allowed = MAY_IMPORT[folder] | {folder}
    own = [each for each in IMPORTS if top(each.importer) == folder]
    assert [each for each in own if top(each.module) not in allowed] == []


def test_every_folder_with_code_has_its_rule() -> None:
    assert {top(module) for module in KNOWN} - {"tests"} == set(MAY_IMPORT)


def test_only_the_offline_engine_and_tests_know_stand_ins() -> None:
    foreign = [each for each in IMPORTS if top(each.importer) not in ("local", "tests")]
    assert [each for each in foreign if each.module.startswith("local.providers")] == []


def is_private(each: Import) -> bool:
    """Whether a component takes from a sibling what that does not hand on. What is common is open to all."""
    target = room(each.module, KNOWN)
    if target in (room(each.importer, KNOWN), "components.common", "components"):
        return False
    return (each.name or each.module.rpartition(".")[2]) not in public(target)


def public(folder: str) -> set[str]:
    """What the folder's `__init__.py` hands on."""
    for node in ast.parse(KNOWN[folder].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def test_components_take_from_each_other_what_is_handed_on() -> None:
    others = [each for each in IMPORTS if top(each.module) == "components" and top(each.importer) != "tests"]
    assert [each for each in others if is_private(each)] == []
    deep = [
        each
        for each in others
        if each.name and each.module.count(".") > 1 and not each.module.startswith("components.common.")
    ]
    assert [each for each in deep if room(each.importer, KNOWN) != room(each.module, KNOWN)] == []


@pytest.mark.parametrize("folder", sorted({room(name, KNOWN) for name in KNOWN if name.startswith("components.")}))
def test_a_folder_hands_on_names_and_nothing_else(folder: str) -> None:
    tree = ast.parse(KNOWN[folder].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    body = [node for node in tree.body[1:] if not isinstance(node, ast.ImportFrom)]
    assert [ast.unparse(node.targets[0]) for node in body if isinstance(node, ast.Assign)] == ["__all__"] * len(body)


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph: dict[str, set[str]] = {}
    for each in IMPORTS:
        graph.setdefault(each.importer, set()).add(each.module)
    assert list(TopologicalSorter(graph).static_order())


def test_no_component_stands_on_itself_by_way_of_others() -> None:
    graph: dict[str, set[str]] = {}
    for source, target in arrows(KNOWN):
        if source.startswith("components."):
            graph.setdefault(source, set()).add(target)
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("module", KNOWN)
def test_files_and_functions_can_be_taken_in(module: str) -> None:
    text = KNOWN[module].read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    too_long = {node.name for node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION}
    assert too_long == set()
    assert text.count("\n") <= LONGEST_FILE


# What is about limits of time itself.
TIMED = {"tests.unit.local.test_processes"}


def seconds_in_numbers(tree: ast.AST) -> list[int]:
    """Lines with a limit of time for what a test runs."""
    given = [each for each in ast.walk(tree) if isinstance(each, ast.keyword) and each.arg == "timeout"]
    return [
        each.value.lineno for each in given if isinstance(each.value, ast.Constant) and each.value.value is not None
    ]


def test_no_test_takes_a_slow_machine_for_a_failure() -> None:
    """Limits of time are that of `tests.limits`, which nothing but what hangs meets."""
    trees = {
        name: ast.parse(KNOWN[name].read_text(encoding="utf-8"))
        for name in KNOWN
        if top(name) == "tests" and not name.startswith("tests.engine.programs.")
    }
    assert {name for name, tree in trees.items() if seconds_in_numbers(tree)} == TIMED


def test_the_scan_reads_the_whole_project(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "__init__.py").write_text("")
    (tmp_path / "one" / "a.py").write_text(
        "def late():\n    import one.b\n    from one import b\n    from one.b import name\n"
    )
    (tmp_path / "one" / "b.py").write_text("import json\n")
    assert imports(modules(tmp_path)) == [
        Import("one.a", "one.b", None, "one.a:2"),
        Import("one.a", "one.b", None, "one.a:3"),
        Import("one.a", "one.b", "name", "one.a:4"),
    ]
    assert (ROOT / "__main__.py") in KNOWN.values()
