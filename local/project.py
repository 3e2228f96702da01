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

import yaml

from local import stack_file
from local.errors import LocalError

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
    """Where the program's modules are; None for a program that is a function of this process."""

    @classmethod
    def load(cls, directory: Path, stack: str) -> Project:
        """Read the project in `directory` with the settings of `stack`.

        Raises:
            ProjectError: one of the two files is missing, or the stack's file holds encrypted values.
        """
        if not (directory / "Pulumi.yaml").is_file():
            raise ProjectError(f"{directory} holds no Pulumi.yaml")
        settings = (directory / "Pulumi.yaml").read_text(encoding="utf-8")
        return cls(
            name=yaml.safe_load(settings)["name"],
            stack=stack,
            program=partial(_run_directory, directory),
            settings=settings,
            config=_stack_file(directory, stack),
            directory=directory,
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
        """Write the two settings files into `directory`."""
        (directory / "Pulumi.yaml").write_text(self.settings, encoding="utf-8")
        (directory / f"Pulumi.{self.stack}.yaml").write_text(self.config, encoding="utf-8")

    def imports(self) -> AbstractContextManager[None]:
        """Give the program modules of its own while it runs, whatever this process has imported before."""
        return _fresh_modules(self.directory) if self.directory else nullcontext()


def _run_directory(directory: Path) -> None:
    runpy.run_path(str(directory), run_name="__main__")


def _stack_file(directory: Path, stack: str) -> str:
    """Return the stack's file without the keys to its secrets: local state is encrypted in its own way."""
    path = directory / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        names = sorted(found.name.split(".")[1] for found in directory.glob("Pulumi.*.yaml"))
        raise ProjectError(f"there is no stack {stack!r}; the stacks of this project are: {', '.join(names) or 'none'}")
    try:
        text, config = stack_file.read(path)
    except stack_file.StackFileError as error:
        raise ProjectError(f"{path.name} is not a valid stack file: {error}") from error
    if secret := sorted(key for key, value in config.items() if _is_encrypted(value)):
        raise ProjectError(f"{path.name} holds encrypted values, which cannot be read offline: {', '.join(secret)}")
    return _ENCRYPTION_KEYS.sub("", text)


def _is_encrypted(value: object) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(map(_is_encrypted, value.values()))
    return isinstance(value, list) and any(map(_is_encrypted, value))


@contextlib.contextmanager
def _fresh_modules(directory: Path) -> Iterator[None]:
    """Hide modules that bear the name of one in `directory`, and forget those that the program imports."""
    names = {path.stem for path in directory.iterdir() if path.is_dir() or path.suffix == ".py"} - _EQUIPMENT

    def take() -> dict[str, object]:
        return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names}

    before = take()
    importlib.invalidate_caches()
    # The program's own folder comes first for as long as it runs, callbacks included.
    sys.path.insert(0, str(directory))
    try:
        yield
    finally:
        sys.path.remove(str(directory))
        take()
        sys.modules.update(before)  # type: ignore[arg-type]  # what take() returned are modules
