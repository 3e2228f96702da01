"""Commands around the packs: the compliance report, a check of the configuration, the list of rules, and a bundle."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from policies import bundle, reports, state
from policies.catalogue import catalogue
from policies.packs import PACKS
from policies.support.configuration import ConfigurationError, load

ROOT = Path(__file__).parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.run is _report and not (options.stack or options.state):
        parser.error("report needs --stack, --state or both")
    try:
        code: int = options.run(options)
    except (ConfigurationError, state.StateError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return code


def _report(options: argparse.Namespace) -> int:
    """Judge a stack, or an exported state of any program, and write the report; exit code 1 tells of a violation."""
    with tempfile.TemporaryDirectory() as folder:
        file = options.state or _export(options.stack, Path(folder) / "state.json")
        stack = state.read(file)
    name = options.stack or state.name_of(stack)
    result = reports.build(stack, name, PACKS, datetime.now(UTC), _commit())
    written = reports.write(result, options.output)
    totals = ", ".join(f"{result.totals[verdict]} {verdict.value}" for verdict in reports.ORDER)
    unjudged = f"{sum(result.not_judged.values())} resources of {len(result.not_judged)} types not judged"
    print(f"{len(result.rules)} rules: {totals}; {unjudged}")  # noqa: T201
    print(*written, sep="\n")  # noqa: T201
    return int(result.failed)


def _commit() -> str:
    """The commit of the packs, marked where files differ from it; empty outside of a repository."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    return done.stdout.strip()


def _export(stack: str, file: Path) -> Path:
    """Deploy the stack locally, without a cloud account, and write its state."""
    command = [sys.executable, "-m", "local", "export", "--stack", stack, "--output", str(file)]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise state.StateError(f"the stack {stack} could not be exported")
    return file


def _check(_options: argparse.Namespace) -> int:
    """Check every configuration file of every pack."""
    problems = []
    for pack in PACKS:
        for file in sorted(pack.folder.glob("config/*.json")):
            try:
                load(file, pack.rules)
            except ConfigurationError as error:
                problems += [f"{file.relative_to(ROOT)}: {problem}" for problem in error.problems]
    if problems:
        raise ConfigurationError(problems)
    return 0


def _rules(_options: argparse.Namespace) -> int:
    """Print the table of all rules."""
    print(catalogue(PACKS), end="")  # noqa: T201
    return 0


def _bundle(options: argparse.Namespace) -> int:
    """Write a pack as a folder that needs nothing else of this repository."""
    pack = next(pack for pack in PACKS if pack.folder.name == options.pack)
    bundle.write(pack, options.output)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m policies", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("report", help=_report.__doc__)
    command.add_argument("--stack", help="whose configuration applies; with --state, its own stack by default")
    command.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the report goes")
    command.add_argument("--state", type=Path, metavar="FILE", help="judge this exported state, not a local deployment")
    command.set_defaults(run=_report)
    commands.add_parser("check", help=_check.__doc__).set_defaults(run=_check)
    commands.add_parser("rules", help=_rules.__doc__).set_defaults(run=_rules)
    command = commands.add_parser("bundle", help=_bundle.__doc__)
    command.add_argument("--pack", required=True, choices=[pack.folder.name for pack in PACKS])
    command.add_argument("--output", type=Path, required=True, metavar="DIR", help="a folder that does not exist yet")
    command.set_defaults(run=_bundle)
    return parser


if __name__ == "__main__":
    sys.exit(main())
