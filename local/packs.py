"""The policy packs of a run: where they are, and what they are told."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from local.errors import LocalError

_ALL_PACKS = "all"


def policy_packs(project: Path) -> list[Path]:
    """Return the folders below policies/ that hold a policy pack, without the one that runs them all."""
    found = sorted(path.parent for path in project.glob("policies/*/PulumiPolicy.yaml"))
    return [pack for pack in found if pack.name != _ALL_PACKS]


def packs_together(project: Path) -> list[Path]:
    """Return the one folder below policies/ whose pack runs all others, in less than half of their time."""
    return [project / "policies" / _ALL_PACKS]


def policy_configuration(pack: Path, stack: str) -> Path:
    """Return the pack's configuration for a stack; where it has none, an empty file, so that its defaults hold."""
    file = pack.resolve() / "config" / f"{stack}.json"
    return file if file.exists() else Path(os.devnull)


def check_virtual_environments(packs: Sequence[Path], command: Path) -> None:
    """Refuse packs whose virtual environment is missing: a language host would wait for it without end.

    A CLI without a language host starts packs with this process's own Python, and so needs no such environment.

    Raises:
        LocalError: a pack names a virtual environment that does not exist.
    """
    if not shutil.which("pulumi-language-python", path=f"{command.parent}{os.pathsep}{os.environ.get('PATH', '')}"):
        return
    for pack in packs:
        runtime = yaml.safe_load((pack / "PulumiPolicy.yaml").read_text(encoding="utf-8")).get("runtime")
        options = runtime.get("options", {}) if isinstance(runtime, dict) else {}
        if "virtualenv" in options and not (pack / options["virtualenv"] / "bin" / "python").exists():
            raise LocalError(
                f"the policy pack {pack} names the virtual environment {options['virtualenv']}, "
                "which does not exist: run `make setup`"
            )
