"""A stack whose settings change from one deployment to the next."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from local.engine import Session, state_directory
from local.outcome import Outcome
from local.packs import policy_packs
from local.project import Project
from tests.engine.conftest import Checkout
from tests.engine.deployed import Deployed, view


class Stack:
    """Development in a checkout of its own, deployed again and again with other settings."""

    def __init__(self, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(checkout.state))
        self.checkout = checkout
        self.file = checkout.path / "Pulumi.development.yaml"
        self.content = yaml.safe_load(self.file.read_text(encoding="utf-8"))

    def settings(self, section: str) -> dict[str, Any]:
        """A section of the stack file, to change."""
        found: dict[str, Any] = self.content["config"][f"trading-platform:{section}"]
        return found

    def write(self) -> None:
        self.file.write_text(yaml.safe_dump(self.content), encoding="utf-8")

    def session(self) -> Session:
        self.write()
        path = self.checkout.path
        return Session(
            project=Project.load(path, "development"), backend=state_directory(path), packs=policy_packs(path)
        )

    def refusal(self) -> str:
        """What a deployment says that AWS stops; in a process that ends with what it leaves behind."""
        self.write()
        done = self.checkout.run("up", "--stack", "development", "--no-policies")
        assert done.returncode != 0
        return done.stdout + done.stderr

    def up(self) -> tuple[Outcome, Deployed]:
        with self.session() as session:
            outcome = session.up()
            return outcome, view(json.loads(session.export()))
