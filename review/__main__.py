"""Command line of the reviews: `python -m review summary --stack staging`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from local.errors import LocalError
from review import agreement, base, gallery, offline, previews, resources, settings, upgrades
from review.cost import estimate as cost
from review.cost import fetch, prices, use
from review.cost import report as cost_report
from review.errors import ReviewError
from review.plans import plans
from review.previews import Preview
from review.resources import Inventory
from review.summary import summary

ROOT = Path(__file__).resolve().parent.parent
PLANS = ROOT / "plans"
GALLERY = ROOT / "docs" / "review.md"
UPGRADES = ROOT / "docs" / "upgrades.md"
SETTINGS = ROOT / "changes" / "settings.json"

Options = argparse.Namespace
Command = Callable[[Options], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 1 when the change cannot be deployed, 2 when nothing can be said."""
    options = _parser().parse_args(arguments)
    command: Command = options.run
    try:
        return command(options)
    except (ReviewError, LocalError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        return 130


def _summary(options: Options) -> int:
    """Summarise what a change does to a stack."""
    if options.preview:
        preview, compared = previews.read(options.preview), "what is deployed"
    else:
        preview, compared = _preview_offline(options)
    costs = tuple(cost.estimate_of(inventory) for inventory in (preview.before, preview.after))
    context = summary.Context(stack=options.stack, compared=compared, link=options.link)
    _write(summary.render(preview, (costs[0], costs[1]), context), options.output)
    return int(preview.failed)


def _preview_offline(options: Options) -> tuple[Preview, str]:
    """Preview the working tree against another revision of it; the program is the only thing that differs."""
    echo = partial(print, file=sys.stderr) if options.verbose else lambda line: None
    commit = base.revision(ROOT, options.base)
    if commit is None:
        return offline.preview(ROOT, options.stack, echo=echo), "nothing (offline engine)"
    with base.checkout(ROOT, commit) as folder:
        if not offline.has_stack(folder, options.stack):
            compared = f"nothing: {base.short(commit)} has no such stack (offline engine)"
            return offline.preview(ROOT, options.stack, echo=echo), compared
        return offline.preview(ROOT, options.stack, folder, echo), f"{base.short(commit)} (offline engine)"


def _agrees(options: Options) -> int:
    """Say whether a preview is the one that was reviewed; 1 when it is not, with every difference."""
    found = agreement.differences(previews.read(options.reviewed), previews.read(options.preview))
    if found:
        print("What would be deployed is not what was reviewed:", *found, sep="\n- ")  # noqa: T201
        return 1
    print("What would be deployed is what was reviewed.")  # noqa: T201
    return 0


def _plans(options: Options) -> int:
    """Write the plan of each stack."""
    PLANS.mkdir(exist_ok=True)
    for stack in options.stack or offline.stacks(ROOT):
        file = PLANS / f"{stack}.yaml"
        file.write_text(plans.render(offline.deployed(ROOT, stack), stack), encoding="utf-8")
        print(os.path.relpath(file))  # noqa: T201
    return 0


def _upgrades(_: Options) -> int:
    """Preview everyday changes of production and write what each does."""
    UPGRADES.write_text(upgrades.render(list(upgrades.effects(ROOT))), encoding="utf-8")
    print(os.path.relpath(UPGRADES))  # noqa: T201
    return 0


def _gallery(_: Options) -> int:
    """Preview dangerous changes of production and write what their reviewer reads."""
    gallery.write(GALLERY, ROOT)
    print(os.path.relpath(GALLERY))  # noqa: T201
    return 0


def _settings(_: Options) -> int:
    """Change each setting of a deployed stack and write what each change does."""
    found = settings.records(ROOT, settings.defined())
    SETTINGS.write_text(settings.render(found), encoding="utf-8")
    print(os.path.relpath(SETTINGS))  # noqa: T201
    return 0


def _cost(options: Options) -> int:
    """Estimate what a stack costs a month."""
    inventory = _state(options.state) if options.state else offline.deployed(ROOT, options.stack, options.exclude)
    estimate = cost.estimate_of(inventory, use.load(options.use))
    if options.json:
        _write(json.dumps(cost_report.to_data(estimate, options.stack), indent=2) + "\n", options.output)
    else:
        _write(cost_report.to_markdown(estimate, options.stack), options.output)
    return 0


def _prices(options: Options) -> int:
    """Write the price table of a region from the price list of AWS."""
    target, missing = fetch.write(options.region, datetime.now(tz=UTC).date())
    print(os.path.relpath(target))  # noqa: T201
    for source, names in prices.load(options.region).sources.items():
        print(f"{len(names)} from {source}")  # noqa: T201
    if unconfirmed := prices.load(prices.MODEL).unconfirmed:
        print(f"of these no publication was found, even for {prices.MODEL}: {', '.join(unconfirmed)}")  # noqa: T201
    if missing:
        print(f"no price, or none that is clear: {', '.join(missing)}", file=sys.stderr)  # noqa: T201
    return 0


def _state(file: Path) -> Inventory:
    try:
        return resources.from_state(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReviewError(f"{file} is not what `pulumi stack export` writes: {error}") from None


def _write(text: str, file: Path | None) -> None:
    if file:
        file.write_text(text, encoding="utf-8")
    else:
        print(text, end="")  # noqa: T201


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m review", description="What to read before a change is deployed.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Command) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        return command

    command = add("summary", _summary)
    command.add_argument("--stack", required=True, metavar="NAME", help="which stack")
    source = command.add_mutually_exclusive_group()
    source.add_argument(
        "--preview", type=Path, metavar="FILE", help="engine events (`pulumi preview --event-log`) or `--json` output"
    )
    source.add_argument(
        "--base",
        metavar="REVISION",
        help=f"compare with it, or with nothing ({base.NOTHING}); where the branch left main",
    )
    command.add_argument(
        "--verbose", action="store_true", help="show what the offline engine prints, on standard error"
    )
    command.add_argument("--link", default="", metavar="URL", help="where the whole preview can be read")
    command.add_argument("--output", type=Path, metavar="FILE", help="where to write (standard output)")
    command = add("agrees", _agrees)
    for name in ("reviewed", "preview"):
        command.add_argument(f"--{name}", type=Path, required=True, metavar="FILE", help="engine events")
    command = add("plans", _plans)
    command.add_argument("--stack", action="append", metavar="NAME", help="which stack (all)")
    add("upgrades", _upgrades)
    add("gallery", _gallery)
    add("settings", _settings)
    command = add("cost", _cost)
    command.add_argument("--stack", required=True, metavar="NAME", help="which stack")
    command.add_argument("--state", type=Path, metavar="FILE", help="price this exported state, not a local deployment")
    command.add_argument(
        "--use", type=Path, default=use.DEFAULT, metavar="FILE", help="assumptions on the use of a month"
    )
    command.add_argument("--exclude", action="append", default=[], metavar="URN", help="leave out, as the CLI does")
    command.add_argument("--exclude-dependents", action="store_true", help="is always so")
    command.add_argument("--json", action="store_true", help="write JSON, every resource by itself")
    command.add_argument("--output", type=Path, metavar="FILE", help="where to write (standard output)")
    command = add("prices", _prices)
    command.add_argument("--region", required=True, metavar="REGION", help="whose prices")
    return parser


if __name__ == "__main__":
    sys.exit(main())
