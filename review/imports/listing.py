"""Writes a file for `pulumi import`, for who brings existing resources along: `python -m review.imports`.

The engine itself lists what a deployment from nothing would create; the ids are filled in as far as they follow from
the configuration. What stands in angle brackets must be looked up.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.engine import Missing, Session
from local.errors import LocalError
from local.project import Project
from review import previews
from review.errors import ReviewError
from review.imports.ids import import_id
from review.resources import Inventory, Resource

ROOT = Path(__file__).resolve().parents[2]

Entry = dict[str, Any]


def import_file(root: Path, stack: str) -> tuple[list[Entry], Inventory]:
    """The engine's own list of everything that the stack would create, and the resources with their inputs.

    Raises:
        ReviewError: the program fails.
    """
    project = Project.load(root, stack)
    with (
        tempfile.TemporaryDirectory(prefix="imports-") as folder,
        Session(project=project, missing=Missing.SCRATCH) as session,
    ):
        path = Path(folder) / "import.json"
        outcome = session.preview(import_file=path)
        if not outcome.ok:
            raise ReviewError(f"the preview failed: {outcome.errors[0] if outcome.errors else outcome.stderr}")
        entries: list[Entry] = json.loads(path.read_text(encoding="utf-8"))["resources"]
        return entries, previews.from_events(outcome.events).after


def completed(entries: Sequence[Entry], inventory: Inventory, packages: Sequence[str]) -> list[Entry]:
    """The entries of these packages with their ids, the components around them, and the providers that they need."""
    resources = {(str(resource.type), resource.name): resource for resource in inventory.values()}
    account, region = _place(inventory)
    found = []
    for entry in entries:
        package = str(entry["type"]).partition(":")[0]
        if entry.get("component") or (package == "pulumi" and str(entry["type"]).rpartition(":")[2] in packages):
            found.append(entry)
        elif package in packages:
            resource = resources[str(entry["type"]), str(entry.get("logicalName", entry["name"]))]
            found.append({**entry, "id": import_id(resource, account, region)})
    return found


def _place(inventory: Inventory) -> tuple[str, str]:
    """Account and region of the stack, from its provider."""
    provider: Resource = next(inventory.of_type("pulumi:providers:aws"))
    accounts = provider.inputs["allowedAccountIds"]
    known: Sequence[str] = json.loads(accounts) if isinstance(accounts, str) else accounts
    return known[0], str(provider.inputs["region"])


def open_ids(entries: Sequence[Mapping[str, Any]]) -> int:
    """How many ids must still be looked up."""
    return sum("<" in str(entry.get("id", "")) for entry in entries)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m review.imports", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--stack", required=True, metavar="NAME", help="which Pulumi.NAME.yaml to use")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write (import-NAME.json)")
    parser.add_argument(
        "--package",
        action="append",
        choices=("aws", "kubernetes", "random"),
        help="leave other packages out (aws and random are kept)",
    )
    options = parser.parse_args(arguments)
    output: Path = options.output or Path(f"import-{options.stack}.json")
    try:
        entries, inventory = import_file(ROOT, options.stack)
    except (ReviewError, LocalError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    found = completed(entries, inventory, options.package or ("aws", "random"))
    output.write_text(json.dumps({"resources": found}, indent=2) + "\n", encoding="utf-8")
    with_id = sum("id" in entry for entry in found)
    sys.stdout.write(f"{output}: {with_id} resources, {open_ids(found)} of which need an id from AWS\n")
    return 0
