"""Prints where a stack lives and which roles act on it, one `name=value` a line: `python .ci/coordinates.py staging`.

All of it follows from the stack's file, so that workflows need no settings of their own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from components.access import preview_role_arn
from components.common.scope import Scope
from components.state import login_url

ROOT = Path(__file__).resolve().parent.parent


def coordinates(stack: str) -> dict[str, str]:
    """Region, state and roles of a stack; the names are those that `bootstrap/` and the stack itself give."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["name"]
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    account, region = str(config[f"{project}:accountId"]), str(config[f"{project}:region"])
    foundation = Scope(prefix=project, account_id=account, region=region)
    environment = Scope(prefix=stack, account_id=account, region=region)
    return {
        "region": region,
        "backend": login_url(foundation),
        "preview-role": preview_role_arn(foundation),
        "deploy-role": environment.global_arn("iam", f"role/{environment.name('deploy')}"),
    }


if __name__ == "__main__":
    for name, value in coordinates(sys.argv[1]).items():
        print(f"{name}={value}")  # noqa: T201 - the output is for the workflow
