"""Stack files, read and checked without the engine, for commands that need a stack's settings and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import stack_files
from config.model import StackConfig
from config.parsing import ConfigError, parse
from config.schema import NAMESPACE
from config.siblings import read_siblings

ROOT = Path(__file__).resolve().parent.parent


def values(stack: str, folder: Path = ROOT) -> dict[str, Any]:
    """The platform's values in a stack file, by top-level key.

    Raises:
        ConfigError: There is no such file, or nobody can read it.
    """
    file = folder / f"Pulumi.{stack}.yaml"
    try:
        _, content = stack_files.read(file)
    except FileNotFoundError:
        known = ", ".join(sorted(path.name.split(".")[1] for path in folder.glob("Pulumi.*.yaml")))
        raise ConfigError([f"{file.name}: there is no such file; the stacks are {known}"]) from None
    except (OSError, stack_files.StackFileError) as error:
        raise ConfigError([f"{file.name}: is no stack file: {' '.join(str(error).split())}"]) from None
    return {key.partition(":")[2]: value for key, value in content.items() if key.startswith(f"{NAMESPACE}:")}


def read(stack: str, folder: Path = ROOT) -> StackConfig:
    """The configuration of a stack by its file.

    Raises:
        ConfigError: Something is wrong; the error lists everything that is.
    """
    siblings, _ = read_siblings(folder, stack)
    return parse(stack, values(stack, folder), siblings)
