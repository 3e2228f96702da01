"""Runs the real Pulumi engine without a cloud account: on local state, against stand-in providers.

A `Session` holds one stack of one project. Its engine gets a private PULUMI_HOME and working folder, so that nothing
lands in the project's folder and two sessions at once do not meet; where they share a backend the engine's own lock
decides. The engine makes no outbound request.
"""

from __future__ import annotations

import gc
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar
from unittest import mock

from pulumi.automation import (
    CommandError,
    LocalWorkspace,
    StackAlreadyExistsError,
    StackNotFoundError,
)
from pulumi.automation._stack import StackInitMode

from local import cli, launchers, packs, warmup
from local.errors import LocalError
from local.language import language_host
from local.outcome import Outcome
from local.processes import signals_left_to_children
from local.project import Project
from local.references import any_organization, link_stacks
from local.stack import LocalStack

if TYPE_CHECKING:
    from local.providers import Hook

Servers = AbstractContextManager[Mapping[str, int]]
Serve = Callable[[], Servers]
Echo = Callable[[str], object]
T = TypeVar("T")

# Local state describes resources that do not exist, so that the passphrase protects nothing. It only has to be the same
# for every run, because the engine encrypts secrets in its state whatever they are worth.
_PASSPHRASE = "local-state-only"  # noqa: S105

# The engine writes the whole state after each step, for a cloud that would outlive a crash: nine tenths of its time for
# a stack of 500 resources. Here one write at the end is enough, also after a failure or an interruption.
_WRITE_STATE_ONCE = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}

_HALF_WRITTEN = "failed to load checkpoint"
_READ_ATTEMPTS = 20
_READ_SECONDS = 0.25


class Missing(Enum):
    """What a session does where its backend lacks the stack."""

    REFUSE = "refuse"
    CREATE = "create"
    SCRATCH = "scratch"
    """Start from nothing, in a backend that ends with the session."""


class NoStackError(LocalError):
    """The backend holds no such stack."""


def stand_ins(*, protects: bool = True, hook: Hook | None = None, lookups: Path | None = None) -> Servers:
    """Start the stand-in providers of this repository.

    With `protects` off, deletion protection does not count. `hook` hears of every operation before it happens.
    `lookups` is a file with what programs may look up.
    """
    from local import providers  # noqa: PLC0415 - loads whole SDKs, which commands on state alone do without

    return providers.serve(hook, protects=protects, lookups=lookups)


@dataclass(kw_only=True)
class Session:
    """One stack of a project, ready for the engine; a context manager that leaves nothing but state in `backend`.

    A program that is a directory is imported afresh by each run. Runs in one process go one after the other.
    """

    project: Project
    backend: Path | None = None
    """Folder of the state; None for one that ends with the session."""
    missing: Missing = Missing.CREATE
    """What to do where `backend` lacks the stack."""
    packs: Sequence[Path] = ()
    """Folders of the policy packs that watch `preview` and `up`."""
    exclude: Sequence[str] = ()
    """URNs, or patterns of them, that `preview` and `up` leave out together with what depends on them."""
    referable: Sequence[Path] = ()
    """Backends whose stacks the program may refer to."""
    serve: Serve = stand_ins
    """Starts the providers and yields the port of each package."""
    echo: Echo = lambda line: None
    """Is given each line that the engine prints, as it comes."""
    color: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    """More environment variables for the engine."""

    def __enter__(self) -> Self:
        with ExitStack() as resources:
            folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="pulumi-local-")))
            # Python's gRPC would send even what stays on this machine through a proxy of the environment.
            resources.enter_context(mock.patch.dict(os.environ, {"no_grpc_proxy": "127.0.0.1,localhost"}))
            self._workspace = self._prepare(folder)
            self._resources = resources
            if self.missing is not Missing.REFUSE:
                # What begins from nothing runs its program, whose SDKs load while the CLI starts.
                self._start_providers()
            self._stack = self._open(folder)
            self._resources = resources.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._resources.close()

    def preview(
        self,
        *,
        expect_no_changes: bool = False,
        diff: bool = False,
        json: bool = False,
        import_file: Path | None = None,
    ) -> Outcome:
        """Show what `up` would do, and write what it would create as a file for `pulumi import`."""
        options: dict[str, Any] = {"expect_no_changes": expect_no_changes, "diff": diff, "json": json}
        if import_file:
            options["import_file"] = str(import_file)
        return self._run(self._stack.preview, **self._policies(), **self._left_out(), **options)

    def up(self, *, expect_no_changes: bool = False, diff: bool = False, continue_on_error: bool = False) -> Outcome:
        """Create, update and delete resources so that the stack is as the program says.

        With `continue_on_error` a failure stops what depends on the resource, and nothing else.
        """
        options = {"expect_no_changes": expect_no_changes, "diff": diff, "continue_on_error": continue_on_error}
        return self._run(self._stack.up, **self._policies(), **self._left_out(), **options)

    def refresh(self, *, expect_no_changes: bool = False) -> Outcome:
        """Adopt what the providers say about the stack's resources."""
        return self._run(self._stack.refresh, expect_no_changes=expect_no_changes)

    def destroy(self, *, continue_on_error: bool = False) -> Outcome:
        """Delete all resources of the stack, then the stack itself; nothing at all while one of them is protected.

        Only a preview refuses in time: by itself the engine first deletes whatever nothing protected depends on.
        """
        foreseen = self._run(self._stack.preview_destroy)
        if not foreseen.ok:
            return foreseen
        return self._run(self._stack.destroy, remove=True, continue_on_error=continue_on_error)

    def unprotect(self) -> None:
        """Lift the protection of every resource in the state."""
        self.command("state", "unprotect", "--all", "--yes")

    def cancel(self) -> None:
        """Drop the lock that a killed run left behind."""
        self.command("cancel", "--yes")

    def outputs(self) -> str:
        """Return the stack's outputs as JSON; secrets stay hidden."""
        return self.command("stack", "output", "--json")

    def export(self) -> str:
        """Return the stack's state as JSON, with its secrets in clear."""
        return self.command("stack", "export", "--show-secrets")

    def command(self, *arguments: str) -> str:
        """Run one command of the CLI on the stack and return what it prints.

        Raises:
            LocalError: the command failed; the message is what it printed.
        """
        lines: list[str] = []
        try:
            result = self._workspace.pulumi_command.run(
                [*arguments, "--stack", self.project.stack],
                self._workspace.work_dir,
                {"PULUMI_HOME": str(self._workspace.pulumi_home), **self._workspace.env_vars},
                on_error=lines.append,
            )
        except CommandError as error:
            raise LocalError("\n".join(lines).removeprefix("error: ") or str(error)) from error
        return result.stdout

    def _left_out(self) -> dict[str, Any]:
        return {"exclude": list(self.exclude), "exclude_dependents": True} if self.exclude else {}

    def _prepare(self, folder: Path) -> LocalWorkspace:
        """Lay out the private folders of the engine below `folder`.

        The engine writes encryption salts into the stack's file and deletes that file together with the stack: it gets
        a copy.
        """
        home, work = folder / "home", folder / "work"
        work.mkdir()
        self.project.write(work)
        launchers.write(home, self.project.directory)
        # The engine logs all that it does, which takes a third of its time, unless something is in the log's way.
        (home / "logs").touch()
        return LocalWorkspace(
            work_dir=str(work),
            pulumi_home=str(home),
            pulumi_command=cli.find(),
            env_vars={
                "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
                "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
                **_WRITE_STATE_ONCE,
                **self.env,
            },
        )

    def _open(self, folder: Path) -> LocalStack:
        """Select or create the stack: in the session's backend, or in one below `folder`."""
        name = self.project.stack
        if self.backend and self.backend.is_dir():
            self._use(self.backend)
            try:
                return _patiently(LocalStack, name, self._workspace, StackInitMode.SELECT)
            except StackNotFoundError:
                pass
        if self.backend and self.missing is Missing.REFUSE:
            raise NoStackError(f"nothing is deployed locally as {name!r}: run `up` first")
        kept = self.backend if self.missing is Missing.CREATE else None
        if not kept:
            self._use(folder / "state")
            return LocalStack.begin(self.project.name, name, self._workspace, folder / "state")
        self._use(kept)
        try:
            return LocalStack(name, self._workspace, StackInitMode.CREATE)
        except StackAlreadyExistsError:
            return _patiently(LocalStack, name, self._workspace, StackInitMode.SELECT)

    def _use(self, backend: Path) -> None:
        backend.mkdir(parents=True, exist_ok=True, mode=0o700)
        link_stacks(backend, self.referable, own=f"{self.project.name}/{self.project.stack}")
        self._set("PULUMI_BACKEND_URL", f"file://{backend.resolve()}")

    def _set(self, variable: str, value: str) -> None:
        self._workspace.env_vars = {**self._workspace.env_vars, variable: value}

    def _policies(self) -> dict[str, list[str]]:
        """Return the options that put the packs to work, each with its configuration for the stack."""
        return {
            "policy_packs": [str(pack.resolve()) for pack in self.packs],
            "policy_pack_configs": [str(packs.policy_configuration(pack, self.project.stack)) for pack in self.packs],
        }

    def _run(self, operation: Callable[..., object], **options: Any) -> Outcome:
        """Run an operation of the Automation API and collect what it prints and reports."""
        self._start_providers()
        stdout: list[str] = []
        stderr: list[str] = []

        def show(lines: list[str]) -> Echo:
            def take(line: str) -> None:
                lines.append(line)
                self.echo(line)

            return take

        code = 0
        with any_organization(), self.project.imports(), language_host(), signals_left_to_children(), _garbage_kept():
            try:
                _patiently(
                    operation,
                    program=self._program,
                    on_output=show(stdout),
                    on_error=show(stderr),
                    on_event=_unheard,
                    color="always" if self.color else "never",
                    **options,
                )
            except CommandError as error:
                code = _exit_code(error)
        return Outcome(code, "\n".join(stdout), "\n".join(stderr), self._stack.events)

    def _program(self) -> None:
        self._warm_up.join()
        self.project.program()

    def _start_providers(self) -> None:
        """Start the providers once, when the engine first needs them, and then to load what the program needs."""
        if "PULUMI_DEBUG_PROVIDERS" not in self._workspace.env_vars:
            packs.check_virtual_environments(self.packs, Path(self._workspace.pulumi_command.command))
            ports = self._resources.enter_context(self.serve())
            served = ",".join(f"{package}:{port}" for package, port in ports.items())
            self._set("PULUMI_DEBUG_PROVIDERS", served)
            self._warm_up = warmup.start(self.project.directory)


def _patiently(step: Callable[..., T], *arguments: Any, **options: Any) -> T:
    """Take a step that reads the state, again where another process has written half of it: the engine writes in place.

    It reads the state before it asks for the lock that keeps two deployments apart, and before it does anything else.
    """
    for _ in range(_READ_ATTEMPTS):
        try:
            return step(*arguments, **options)
        except CommandError as error:
            if _HALF_WRITTEN not in str(error):
                raise
        time.sleep(_READ_SECONDS)
    return step(*arguments, **options)


def _unheard(_: object) -> None:
    """The stack keeps the events itself."""


def state_directory(project: Path) -> Path:
    """Return the folder that keeps the local state of the project in this checkout, outside of the checkout."""
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    path = project.resolve()
    return base / "trading-platform" / f"{path.name}-{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Put off the collection of garbage: nearly all objects of a run live until its end.

    To look through them again and again takes a quarter of this process's time, and frees a few megabytes.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _exit_code(error: CommandError) -> int:
    found = re.search(r"^ ?code: (\d+)$", str(error), re.MULTILINE)
    return int(found[1]) if found else 1
