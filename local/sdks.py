"""Loads the SDKs of clouds without working out the annotations of their thousands of classes: half the time.

Python 3.14 does so by itself. Before, it is what `from __future__ import annotations` does, which the SDKs do not say.
"""

from __future__ import annotations
import __future__

import contextlib
import marshal
import sys
import tempfile
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from local.cli import cache_directory

_PREFIX = "pulumi_"
_DEFERS_ITSELF = (3, 14)


def defer_annotations() -> None:
    """Have this process load SDKs in this way from now on; modules that it has loaded already stay as they are."""
    if sys.version_info < _DEFERS_ITSELF and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


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


class _Loader(SourceFileLoader):
    """Compiles a module with its annotations as text, and keeps the result in the user's cache."""

    def get_code(self, fullname: str) -> CodeType:
        """What the module's source comes to."""
        stats = self.path_stats(self.path)
        name = f"{fullname}-{stats['mtime']:.0f}-{stats['size']}"
        kept = cache_directory() / "sdks" / str(sys.implementation.cache_tag) / name
        # What is not whole was written by nobody here.
        with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
            code: CodeType = marshal.loads(kept.read_bytes())  # noqa: S302 - our own
            return code
        flags = __future__.annotations.compiler_flag
        code = compile(self.get_data(self.path), self.path, "exec", flags, dont_inherit=True)
        with contextlib.suppress(OSError):
            _write(kept, marshal.dumps(code))
        return code


def _write(file: Path, data: bytes) -> None:
    """Write a file at once, as others may read it meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as new:
        new.write(data)
    Path(new.name).replace(file)
