"""What is measured: the platform, an empty program, and a flat program with the plain resources of the platform."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
from pulumi import _types

from local import schema
from local.project import Program, Project
from local.wire import SECRET_SIGNATURE, SIGNATURE

ROOT = Path(__file__).parents[1]
STACK = "production"
# What the engine or a provider adds to inputs, and no program gives.
_ADDED = ("__defaults", "tagsAll", "__internal", "version")

_EMPTY = '"""Nothing: what the engine takes by itself."""\n'


def write_empty(folder: Path) -> Path:
    """A project without resources."""
    return _write(folder, _EMPTY)


def platform(copies: int) -> Project:
    """The platform with all of its components, `copies` times in one stack."""
    project = Project.load(ROOT, STACK)
    return replace(project, program=partial(_run_copies, project.program, copies))


def _run_copies(program: Program, copies: int) -> None:
    """Run a program several times; every resource gets the number of its copy behind its name."""
    register = pulumi.Resource.__init__
    for copy in range(copies):
        suffix = f"-{copy}" if copy else ""

        def numbered(
            self: pulumi.Resource, kind: str, name: str, *args: Any, suffix: str = suffix, **more: Any
        ) -> None:
            register(self, kind, name + suffix, *args, **more)

        with mock.patch.object(pulumi.Resource, "__init__", numbered):
            program()


def write_flat(folder: Path, state: Mapping[str, Any]) -> Path:
    """A program without components: the resources of a state in their order, each with its inputs written out."""
    project = _write(folder, '"""All resources, one after the other."""\n\nimport resources\n')
    (project / "resources.py").write_text("\n".join(_flat_lines(state)) + "\n", encoding="utf-8")
    return project


def _write(folder: Path, program: str) -> Path:
    """Write a project with the settings of the platform's stack."""
    folder.mkdir()
    (folder / "__main__.py").write_text(program, encoding="utf-8")
    for name in ("Pulumi.yaml", f"Pulumi.{STACK}.yaml"):
        (folder / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def _flat_lines(state: Mapping[str, Any]) -> Iterator[str]:
    yield "import pulumi"
    yield from (f"import pulumi_{package}" for package in ("aws", "kubernetes", "random"))
    variables: dict[str, str] = {}
    for entry in state["deployment"]["resources"]:
        if not entry.get("custom") or entry["urn"].endswith(f"::{_default(entry)}"):
            continue
        variables[entry["urn"]] = f"r{len(variables)}"
        yield f"{variables[entry['urn']]} = {_call(entry, variables)}"


def _default(entry: Mapping[str, Any]) -> str:
    """The name that the engine gives to a provider of its own, or nothing that a URN ends with."""
    name = str(entry["urn"].rpartition("::")[2])
    return name if entry["type"].startswith("pulumi:providers:") and name.startswith("default") else " "


def _call(entry: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    """The constructor's call."""
    kind, name = entry["type"], entry["urn"].split("::", 3)[3]
    is_provider = kind.startswith("pulumi:providers:")
    found = schema.provider(kind.rpartition(":")[2]) if is_provider else schema.existing(kind)
    names = {wire: python for python, wire in _types.input_type_py_to_pulumi_names(found.arguments).items()}
    sources = entry.get("propertyDependencies") or {}
    arguments = [
        f"{names.get(wire, wire)}={_value(value, sources.get(wire) or (), variables, is_provider)}"
        for wire, value in (entry.get("inputs") or {}).items()
        if wire not in (*_ADDED, *entry.get("inputs", {}).get("__defaults", ()))
    ]
    # Two copies of one name, one by another program's parent, would be one resource.
    # Names are unique among all resources here, as those of a stack are among resources of one type and parent.
    logical = f"{variables[entry['urn']]}-{name}"
    return f"{_class(found.cls)}({', '.join([repr(logical), *arguments, _options(entry, variables)])})"


def _class(cls: type) -> str:
    package, _, module = cls.__module__.rpartition(".")
    return f"{package if module else cls.__module__}.{cls.__name__}"


def _value(value: Any, sources: Any, variables: Mapping[str, str], is_provider: bool) -> str:
    """The value, or an output of the resource that it comes from."""
    known = _plain(value)
    # The engine keeps the configuration of providers as text.
    if is_provider and isinstance(known, str) and known[:1] in "[{":
        known = json.loads(known)
    origin = next((variables[urn] for urn in sources if urn in variables), None)
    return f"{origin}.id.apply(lambda _: {known!r})" if origin else repr(known)


def _options(entry: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    given = set().union(*(urns or () for urns in (entry.get("propertyDependencies") or {}).values()))
    named = [variables[urn] for urn in entry.get("dependencies") or () if urn in variables and urn not in given]
    provider = variables.get(entry.get("provider", "").rpartition("::")[0])
    parts = [f"provider={provider}"] if provider else []
    parts += [f"depends_on=[{', '.join(named)}]"] if named else []
    return f"opts=pulumi.ResourceOptions({', '.join(parts)})"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET_SIGNATURE and "plaintext" in value:
            return json.loads(value["plaintext"])
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
