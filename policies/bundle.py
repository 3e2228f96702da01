"""A pack as a folder of its own, as `pulumi policy publish` sends it."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import yaml

from policies.support.rules import Pack

_SOURCES = Path(__file__).parent
_DEPENDENCIES = ("pulumi", "pulumi-policy")


def write(pack: Pack, directory: Path) -> None:
    """Write the pack, what it shares with the others, and the packages it needs into a new folder."""
    skip = shutil.ignore_patterns("__pycache__", "__main__.py", "PulumiPolicy.yaml", "config")
    for package in (pack.folder, _SOURCES / "support"):
        shutil.copytree(package, directory / "policies" / package.name, ignore=skip)
    shutil.copy(_SOURCES / "__init__.py", directory / "policies")
    shutil.copy(pack.folder / "__main__.py", directory)
    manifest = yaml.safe_load((pack.folder / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    manifest["runtime"]["options"]["virtualenv"] = "venv"
    (directory / "PulumiPolicy.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False), encoding="utf-8")
    pins = "".join(f"{name}=={version(name)}\n" for name in _DEPENDENCIES)
    (directory / "requirements.txt").write_text(pins, encoding="utf-8")
