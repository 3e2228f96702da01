"""Keeps compiled modules in the user's cache: such as Python cannot keep itself, or is told to keep nowhere."""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from local.cache import cache_directory

_ROOT = f"{Path(__file__).resolve().parents[1]}{os.sep}"
_INSTALLED = f"{os.sep}site-packages{os.sep}"


def keep() -> None:
    """Keep the modules of this checkout, where Python writes nothing beside them (`PYTHONDONTWRITEBYTECODE`).

    To compile them again in each run takes a tenth of a preview.
    """
    if sys.dont_write_bytecode and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(sys.meta_path.index(PathFinder), _Finder())


class _Finder:
    """Finds modules as Python does, and those of this checkout with the loader below."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where Python finds the module."""
        spec = PathFinder.find_spec(name, path, target)
        if spec and type(spec.loader) is SourceFileLoader and _is_ours(spec.loader.path):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


def _is_ours(path: str) -> bool:
    return path.startswith(_ROOT) and _INSTALLED not in path


class Loader(SourceFileLoader):
    """Compiles a module, and keeps the result in the user's cache until its source changes."""

    def get_code(self, fullname: str) -> CodeType:
        """What the module's source comes to."""
        stats = self.path_stats(self.path)
        state = (stats["mtime"], stats["size"], self.path)
        kept = _folder() / f"{fullname}-{hashlib.sha256(self.path.encode()).hexdigest()[:12]}"
        # What is not whole was written by nobody here.
        with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
            of, known = marshal.loads(kept.read_bytes())  # noqa: S302 - our own
            if of == state and isinstance(known, CodeType):
                return known
        code = self.compiled()
        with contextlib.suppress(OSError):
            _write(kept, marshal.dumps((state, code)))
        return code

    def compiled(self) -> CodeType:
        """The source compiled as Python does it."""
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


@lru_cache(1)
def _folder() -> Path:
    """The folder for this Python and this way of compiling."""
    ways = b"".join((Path(__file__).parent / name).read_bytes() for name in ("bytecode.py", "sdks.py"))
    form = hashlib.sha256(ways).hexdigest()[:8]
    return cache_directory() / "code" / f"{sys.implementation.cache_tag}-{form}"


def _write(file: Path, data: bytes) -> None:
    """Write a file at once, as others may read it meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as new:
        new.write(data)
    Path(new.name).replace(file)
