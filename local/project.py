"""What the engine runs: a program together with the settings of its project and of one stack."""

from __future__ import annotations

import contextlib
import importlib
import re
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pulumi import RunError

import stack_files
from local.errors import LocalError
from stack_files import SafeLoader

Program = Callable[[], None]

# What the engine and its tests are made of: never part of a program, so these stay as they are while one runs.
_EQUIPMENT = frozenset({"__main__", "local", "tests"})

_ENCRYPTION_KEYS = re.compile(r"^(encryptionsalt|encryptedkey|secretsprovider):.*\n?", re.MULTILINE)


class ProjectError(LocalError):
    """The project or the stack does not exist, or cannot be used without its owner's keys."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A program with the text of its Pulumi.yaml and of the stack's file."""

    name: str
    stack: str
    program: Program
    settings: str
    """Text of Pulumi.yaml."""
    config: str
    """Text of Pulumi.<stack>.yaml."""
    directory: Path | None = None
    """Where the program's modules are, and where it runs; None for a program that is a function of this process."""

    @classmethod
    def load(cls, directory: Path, stack: str) -> Project:
        """Read the project in `directory` with the settings of `stack`.

        Raises:
            ProjectError: Pulumi.yaml is missing or names another runtime than Python, there is no program where it
                says, others but not this stack have a file, or the stack's file holds encrypted values.
        """
        directory = directory.resolve()
        text, settings = _settings(directory)
        program = _program(directory, settings)
        return cls(
            name=settings["name"],
            stack=stack,
            program=partial(_run, program),
            settings=text,
            config=_stack_file(directory / str(settings.get("stackConfigDir") or ""), stack),
            directory=program if program.is_dir() else program.parent,
        )

    @classmethod
    def inline(
        cls, program: Program, *, name: str = "inline", stack: str = "test", config: Mapping[str, object] | None = None
    ) -> Project:
        """Wrap a function of this process, with `config` as the stack's settings (keys `<namespace>:<key>`)."""
        settings = yaml.safe_dump({"name": name, "runtime": "python"})
        values = yaml.safe_dump({"config": dict(config or {})})
        return cls(name=name, stack=stack, program=program, settings=settings, config=values)

    def write(self, directory: Path) -> None:
        """Write the two settings files into `directory`.

        The engine finds the files of relative assets and archives where `main` is: in the program's own folder.
        """
        # Values stay as they are written: what `on` or `08` is, the engine reads otherwise than Python.
        settings: Any = yaml.compose(self.settings, SafeLoader)
        changed = {"stackConfigDir", *(["main"] if self.directory else [])}
        settings.value = [(key, value) for key, value in settings.value if key.value not in changed]
        if self.directory:
            settings.value.append((_text("main"), _text(str(self.directory))))
        (directory / "Pulumi.yaml").write_text(yaml.serialize(settings), encoding="utf-8")
        (directory / f"Pulumi.{self.stack}.yaml").write_text(self.config, encoding="utf-8")

    def imports(self) -> AbstractContextManager[None]:
        """Give the program a working folder and modules of its own while it runs, whatever was imported before."""
        return _surroundings(self.directory) if self.directory else nullcontext()


def _text(value: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", value)


def _run(program: Path) -> None:
    try:
        runpy.run_path(str(program), run_name="__main__")
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        folder = program if program.is_dir() else program.parent
        if (folder / f"{package}.py").exists() or (folder / package).exists():
            raise
        raise RunError(f"the program needs {package}: install it into the environment of {sys.executable}") from error


def _settings(directory: Path) -> tuple[str, dict[str, Any]]:
    """The project's settings as text and as values; the program that they stand for has to be Python's."""
    file = next((directory / name for name in ("Pulumi.yaml", "Pulumi.yml") if (directory / name).is_file()), None)
    if file is None:
        raise ProjectError(f"{directory} holds no Pulumi.yaml")
    text = file.read_text(encoding="utf-8")
    try:
        settings = yaml.load(text, SafeLoader)  # noqa: S506 a SafeLoader
    except yaml.YAMLError as error:
        raise ProjectError(f"{file} is no YAML: {error}") from error
    if not isinstance(settings, dict) or not isinstance(settings.get("name"), str):
        raise ProjectError(f"{file} does not name its project")
    runtime = settings.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "python":
        raise ProjectError(f"{file}: runtime: {language} is not supported here; only programs in Python run offline")
    return text, settings


def _program(directory: Path, settings: Mapping[str, Any]) -> Path:
    """The folder with the program's `__main__.py`, or the one file that it is."""
    program = (directory / str(settings.get("main") or "")).resolve()
    if not (program.is_file() or (program / "__main__.py").is_file()):
        raise ProjectError(f"{directory} holds no program: there is no {program / '__main__.py'}")
    return program


def _stack_file(directory: Path, stack: str) -> str:
    """Return the stack's file without the keys to its secrets: local state is encrypted in its own way."""
    path = directory / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        names = sorted(found.name.split(".")[1] for found in directory.glob("Pulumi.*.yaml"))
        if not names:
            # A project that configures nothing needs no files for its stacks.
            return ""
        raise ProjectError(f"there is no stack {stack!r}; the stacks of this project are: {', '.join(names)}")
    try:
        text, config = stack_files.read(path)
    except stack_files.StackFileError as error:
        raise ProjectError(f"{path.name} is not a valid stack file: {error}") from error
    if secret := sorted(key for key, value in config.items() if _is_encrypted(value)):
        raise ProjectError(f"{path.name} holds encrypted values, which cannot be read offline: {', '.join(secret)}")
    return _ENCRYPTION_KEYS.sub("", text)


def _is_encrypted(value: object) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(map(_is_encrypted, value.values()))
    return isinstance(value, list) and any(map(_is_encrypted, value))


@contextlib.contextmanager
def _surroundings(directory: Path) -> Iterator[None]:
    """Work in `directory`, hide modules that bear the name of one there, and forget those that the program imports."""
    names = {path.stem for path in directory.iterdir() if path.is_dir() or path.suffix == ".py"} - _EQUIPMENT

    def take() -> dict[str, object]:
        return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names}

    before = take()
    importlib.invalidate_caches()
    # The program's own folder comes first for as long as it runs, callbacks included.
    sys.path.insert(0, str(directory))
    try:
        with contextlib.chdir(directory):
            yield
    finally:
        sys.path.remove(str(directory))
        take()
        sys.modules.update(before)  # type: ignore[arg-type]  # what take() returned are modules
