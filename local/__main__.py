"""Command line of the offline engine: `python -m local preview --stack staging`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TextIO

from pulumi.automation import CommandError

from local import cli
from local.engine import Missing, NoStackError, Servers, Session, stand_ins, state_directory
from local.errors import LocalError
from local.outcome import Outcome
from local.packs import packs_together
from local.project import Project

ROOT = Path(__file__).resolve().parent.parent
LOOKUPS = "lookups.yaml"
"""Where a project declares what its program looks up in the cloud."""

Options = argparse.Namespace
Command = Callable[[Options], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: that of the engine, or 1 when the engine could not be run."""
    options = _parser().parse_args(arguments)
    command: Command = options.run
    try:
        return command(options)
    except LocalError as error:
        _write(f"error: {error}", sys.stderr)
        return 1
    except CommandError as error:
        # The engine's own words; they are the last lines of what the Automation API makes of them.
        _write(str(error).rpartition("stderr:")[2].strip() or str(error), sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _setup(_: Options) -> int:
    _write(f"Pulumi CLI: {cli.find().command}")
    return 0


def _preview(options: Options) -> int:
    with _session(options, missing=Missing.SCRATCH) as session:
        outcome = session.preview(expect_no_changes=options.expect_no_changes, diff=options.diff, json=options.json)
    return outcome.code or _refused(outcome)


def _up(options: Options) -> int:
    if refused := _refused_by_plan(options):
        return refused
    with _session(options, missing=Missing.CREATE) as session:
        return session.up(expect_no_changes=options.expect_no_changes, diff=options.diff).code


def _refused_by_plan(options: Options) -> int:
    """Look for what AWS refuses before anything is touched, where there is something already."""
    try:
        with replace(_session(options), packs=(), echo=lambda line: None) as session:
            return _refused(session.preview())
    except NoStackError:
        return 0


def _refused(outcome: Outcome) -> int:
    """Say what of a preview AWS refuses; 1 where there is anything, 0 otherwise."""
    for refusal in outcome.refusals:
        _write(f"error: AWS refuses this change. {refusal}", sys.stderr)
    return int(bool(outcome.refusals))


def _refresh(options: Options) -> int:
    with _session(options) as session:
        return session.refresh(expect_no_changes=options.expect_no_changes).code


def _destroy(options: Options) -> int:
    with _session(options, serve=partial(stand_ins, protects=not options.unprotect)) as session:
        if options.unprotect:
            session.unprotect()
        outcome = session.destroy()
    if any("protect" in error for error in outcome.errors):
        _write("This stack protects its resources. To delete it from the local state, add --unprotect.", sys.stderr)
    if outcome.ok:
        _write(f"The local stack {options.stack} is gone, together with its state.")
    return outcome.code


def _outputs(options: Options) -> int:
    with _session(options) as session:
        _write(session.outputs())
    return 0


def _cancel(options: Options) -> int:
    with _session(options) as session:
        session.cancel()
    return 0


def _export(options: Options) -> int:
    with _session(options, keep=False, stream=sys.stderr) as session:
        outcome = session.up()
        state = session.export() if outcome.ok else ""
    if not outcome.ok:
        return outcome.code
    if options.output:
        options.output.write_text(f"{state}\n", encoding="utf-8")
    else:
        _write(state)
    return 0


def _session(
    options: Options,
    *,
    missing: Missing = Missing.REFUSE,
    keep: bool = True,
    stream: TextIO = sys.stdout,
    serve: Callable[..., Servers] = stand_ins,
) -> Session:
    """Describe the session that the command line asks for: on the state of this checkout, or (not `keep`) on none."""
    return Session(
        project=Project.load(options.project, options.stack),
        backend=state_directory(options.project) if keep else None,
        missing=missing,
        referable=[state for state in state_directory(options.project).parent.glob("*") if state.is_dir()],
        serve=partial(serve, lookups=options.project / LOOKUPS),
        packs=_packs(options),
        exclude=getattr(options, "exclude", ()),
        echo=lambda line: _write(line, stream),
        color=stream.isatty() and "NO_COLOR" not in os.environ,
    )


def _packs(options: Options) -> Sequence[Path]:
    if not getattr(options, "policies", False):
        return ()
    packs: Sequence[Path] = options.policy_pack or packs_together(ROOT)
    return packs


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="Runs the real Pulumi engine on this project without a cloud account.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Command, purpose: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=purpose, description=purpose)
        command.set_defaults(run=run)
        if run is not _setup:
            command.add_argument("--stack", required=True, metavar="NAME", help="which Pulumi.NAME.yaml to use")
            command.add_argument(
                "--project", type=Path, default=ROOT, metavar="DIR", help="folder of another Pulumi project"
            )
        return command

    add("setup", _setup, "Find or install the Pulumi CLI.")
    for command in (
        preview := add("preview", _preview, "Show what `up` would change, in the local state or from nothing."),
        up := add("up", _up, "Deploy to the stand-in providers and keep the state on this machine."),
        export := add("export", _export, "Deploy to state that is thrown away, and write it with secrets in clear."),
    ):
        _add_policies(command)
    for command in (preview, up, export):
        command.add_argument("--exclude", action="append", default=[], metavar="URN", help="leave out, as the CLI does")
        command.add_argument("--exclude-dependents", action="store_true", help="is always so")
    for command in (preview, up):
        command.add_argument("--diff", action="store_true", help="show every property that changes")
    refresh = add("refresh", _refresh, "Compare the local state with the stand-in providers.")
    for command in (preview, up, refresh):
        command.add_argument("--expect-no-changes", action="store_true", help="fail when there is anything to change")
    preview.add_argument("--json", action="store_true", help="print the plan as JSON")
    export.add_argument("--output", type=Path, metavar="FILE", help="where to write the state (standard output)")
    destroy = add("destroy", _destroy, "Delete the local stack and its state.")
    destroy.add_argument("--unprotect", action="store_true", help="delete protected resources as well")
    add("outputs", _outputs, "Print the outputs of the local stack as JSON.")
    add("cancel", _cancel, "Unlock the local stack after a run that was killed.")
    return parser


def _add_policies(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--policy-pack", type=Path, action="append", metavar="DIR", help="use this pack (all below policies/)"
    )
    command.add_argument("--no-policies", dest="policies", action="store_false", help="use no policy pack")


def _write(line: str, stream: TextIO = sys.stdout) -> None:
    stream.write(f"{line}\n")
    stream.flush()


if __name__ == "__main__":
    # The process ends before its garbage matters, and need not look for it at its end either.
    gc.disable()
    code = main()
    gc.freeze()
    sys.exit(code)
