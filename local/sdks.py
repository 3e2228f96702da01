"""Loads the SDKs of clouds without what only type checkers read, and each module when it is asked for.

The SDKs have thousands of classes, of which a program uses some dozens. Pulumi defers their packages, such as
`aws.ec2`; here the modules of a package wait, too. Annotations stay text, as they do by themselves from Python 3.14 on,
typed dictionaries have no keys, and there are no overloads.
"""

from __future__ import annotations
import __future__

import ast
import importlib.util
import json
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from pulumi import _utils

from local.bytecode import Loader

_PREFIX = "pulumi_"
# Where a package that waits keeps the module of each name.
_MODULES = "__modules_by_name__"
# Python 3.11 counts the depth of syntax trees for all threads together, and fails where two of them make one.
_PARSING = threading.Lock()
# What a module that waits keeps for the threads that ask for it.
_LOCK, _LOADS = "__lock__", "__loads__"
# What is known of a module before it loads. Python asks for a package's path to import what is in it.
_OUTSIDE = frozenset({"__file__", "__name__"})


def defer() -> None:
    """Have this process load SDKs in this way from now on; modules that it has loaded already stay as they are."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
        # The SDK's own way shows a module to other threads before all of it is there.
        _utils.lazy_import = _lazily
        for module in [each for each in sys.modules.values() if type(each) is _utils._LazyModule]:
            spec = object.__getattribute__(module, "__spec__")
            if spec.name.startswith(_PREFIX):
                spec.loader = _Loader(spec.name, spec.origin)
                _have_wait(module)


@cache
def installed() -> Mapping[str, str]:
    """The packages of Pulumi of which an SDK is installed, each with the SDK's module."""
    found: dict[str, str] = {}
    for file in (each for folder in sys.path for each in Path(folder).glob("pulumi*/pulumi-plugin.json")):
        says = json.loads(file.read_text(encoding="utf-8"))
        # One that is parameterized is served by another package's provider.
        if "name" in says and "parameterization" not in says:
            found.setdefault(says["name"], file.parent.name)
    return found


def module(name: str) -> ModuleType:
    """A module of an SDK, found as programs find it, from its package on.

    Python's own import makes another one of what waits, which threads then see while it loads.
    """
    package, *parts = name.split(".")
    found: ModuleType = reduce(getattr, parts, importlib.import_module(package))
    return found


class _Finder:
    """Finds the modules of SDKs; others are left to Python."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module where Python finds it, with the loader below."""
        spec = PathFinder.find_spec(name, path, target) if name.startswith(_PREFIX) else None
        if spec and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Waiting(ModuleType):
    """A module that loads when it is asked for something; threads that ask meanwhile wait until all of it is there."""

    def __getattribute__(self, name: str) -> object:
        known = object.__getattribute__(self, "__dict__")
        # `inspect` asks all modules where they are.
        if name in _OUTSIDE and name in known:
            return known[name]
        with known[_LOCK]:
            # The thread that loads the module sees what there is of it.
            if type(self) is _Waiting and not known[_LOADS]:
                known[_LOADS] = True
                try:
                    known["__spec__"].loader.exec_module(self)
                    if type(self) is _Waiting:
                        self.__class__ = ModuleType  # type: ignore[assignment]
                finally:
                    known[_LOADS] = False
            return super().__getattribute__(name) if type(self) is _Waiting else getattr(self, name)


def _lazily(name: str) -> ModuleType:
    """The module, which loads at first use unless it has been imported already."""
    if name not in sys.modules and (spec := importlib.util.find_spec(name)):
        module = importlib.util.module_from_spec(spec)
        _have_wait(module)
        # The search for it may have come past here before.
        return sys.modules.setdefault(name, module)
    return sys.modules[name]


def _have_wait(module: ModuleType) -> None:
    """Have a module that has not been loaded load at first use."""
    object.__getattribute__(module, "__dict__").update({_LOCK: threading.RLock(), _LOADS: False})
    module.__class__ = _Waiting


class _Loader(Loader):
    """Compiles a module in its lighter form."""

    def compiled(self) -> CodeType:
        """The source without what only type checkers read; annotations stay text."""
        with _PARSING:
            tree = _lighter(ast.parse(self.get_data(self.path)), Path(self.path))
            code: CodeType = compile(tree, self.path, "exec", __future__.annotations.compiler_flag, dont_inherit=True)
        return code

    def exec_module(self, module: ModuleType) -> None:
        """Load the module; one that is a package of others gets them later."""
        super().exec_module(module)
        if _MODULES in vars(module):
            module.__class__ = _Package
            module.__dict__["__all__"] = [name for name in dir(module) if not name.startswith("_")]


class _Package(ModuleType):
    """A package whose modules load when one of their names is asked for."""

    def __getattr__(self, name: str) -> object:
        modules: Mapping[str, str] = vars(self).get(_MODULES, {})
        if name in modules:
            value: object = getattr(importlib.import_module(f"{self.__name__}.{modules[name]}"), name)
            setattr(self, name, value)
            return value
        if name in modules.values():
            return importlib.import_module(f"{self.__name__}.{name}")
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        modules: Mapping[str, str] = vars(self)[_MODULES]
        return sorted({*vars(self), *modules, *modules.values()})

    def __setattr__(self, name: str, value: object) -> None:
        # Python sets a module that it has imported, where the SDK has the function that bears the module's name.
        if isinstance(value, ModuleType) and name in vars(self)[_MODULES]:
            value = getattr(value, name)
        super().__setattr__(name, value)


def _lighter(tree: ast.Module, file: Path) -> ast.Module:
    """The module without what only type checkers read, and without the modules that it imports to have their names."""
    names: dict[str, str] = {}
    body: list[ast.stmt] = []
    for statement in tree.body:
        if file.name == "__init__.py" and (module := _whole_module(statement)):
            exported = _exported(file.with_name(f"{module}.py"))
            names |= dict.fromkeys(exported, module)
            if exported:
                continue
        body.append(_Lighter().visit(statement))
    if names:
        body[:0] = ast.parse(f"{_MODULES} = {names!r}").body
    return ast.fix_missing_locations(ast.Module(body, tree.type_ignores))


class _Lighter(ast.NodeTransformer):
    """Takes the keys of typed dictionaries and overloads out."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        if any(isinstance(base, ast.Name) and base.id == "TypedDict" for base in node.bases):
            node.body = [ast.Pass()]
        else:
            node.body = [each for each in node.body if not _is_overload(each)]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return node


def _is_overload(statement: ast.stmt) -> bool:
    decorators = statement.decorator_list if isinstance(statement, ast.FunctionDef) else ()
    return any(isinstance(each, ast.Name) and each.id == "overload" for each in decorators)


def _whole_module(statement: ast.stmt) -> str | None:
    """The module beside this one of which the statement imports all names."""
    if isinstance(statement, ast.ImportFrom) and statement.level == 1 and statement.names[0].name == "*":
        return statement.module
    return None


def _exported(file: Path) -> Sequence[str]:
    """The names that a module says it has; none where it does not say."""
    for statement in ast.parse(file.read_bytes()).body if file.is_file() else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=names):
                return tuple(ast.literal_eval(names))
    return ()
