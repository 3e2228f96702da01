"""The command line of the offline engine on this project: what a person sees, and what is left behind."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.engine.conftest import Checkout, reason
from tests.limits import HANGING_SECONDS

pytestmark = pytest.mark.engine

STACKS = ("production", "staging", "development")
PACKS = ("trading-platform-encryption", "trading-platform-tagging", "trading-platform-baseline")


@pytest.mark.parametrize("stack", STACKS)
def test_preview_shows_the_engines_own_plan_with_every_policy_pack(checkout: Checkout, stack: str) -> None:
    before = checkout.files()
    shown = checkout.succeed("preview", "--stack", stack)
    assert f"pulumi:pulumi:Stack trading-platform-{stack} create" in shown
    assert re.search(r"^ +\+ \d+ to create$", shown, re.MULTILINE)
    assert f"run together: {', '.join(PACKS)}@" in shown
    assert checkout.files() == before
    assert not checkout.state.exists()


def test_a_stack_lives_from_up_to_destroy_across_commands(checkout: Checkout) -> None:
    before = checkout.files()
    stack = ("--stack", "development")
    checkout.succeed("up", *stack)
    checkout.succeed("preview", *stack, "--expect-no-changes")
    checkout.succeed("refresh", *stack, "--expect-no-changes")
    outputs = json.loads(checkout.succeed("outputs", *stack))
    assert outputs["vpcId"].startswith("vpc-")
    checkout.succeed("destroy", *stack)
    done = checkout.run("outputs", *stack)
    assert done.returncode == 1
    assert done.stderr == "error: nothing is deployed locally as 'development': run `up` first\n"
    assert checkout.files() == before


def test_production_is_destroyed_only_after_its_protection_is_lifted(checkout: Checkout) -> None:
    checkout.succeed("up", "--stack", "production")
    refused = checkout.run("destroy", "--stack", "production")
    assert refused.returncode == 1
    assert "because it is protected" in refused.stdout
    assert "--unprotect" in refused.stderr
    checkout.succeed("destroy", "--stack", "production", "--unprotect")


@pytest.mark.parametrize("stack", STACKS)
def test_export_knows_every_value_and_repeats_no_id(checkout: Checkout, tmp_path: Path, stack: str) -> None:
    file = tmp_path / "state.json"
    assert checkout.succeed("export", "--stack", stack, "--output", str(file)) == ""
    text = file.read_text()
    assert "04da6b54-80e4-46f7-96ec-b56ff0331ba9" not in text, "the engine's sign for an unknown value"
    resources = json.loads(text)["deployment"]["resources"]
    # What an account has once in each region has the same id in both.
    ids = [(each["type"], each.get("outputs", {}).get("region"), each["id"]) for each in resources if each.get("id")]
    assert len(ids) == len(set(ids))
    assert checkout.run("outputs", "--stack", stack).returncode == 1, "an export keeps no state"


def test_two_previews_at_once_do_not_meet(checkout: Checkout) -> None:
    both = [checkout.start("preview", "--stack", "staging") for _ in range(2)]
    told = [reason(*process.communicate(timeout=HANGING_SECONDS)) for process in both]
    assert [process.returncode for process in both] == [0, 0], told


def test_two_ups_at_once_are_told_apart_by_the_engines_lock(checkout: Checkout) -> None:
    both = [checkout.start("up", "--stack", "staging", "--no-policies") for _ in range(2)]
    told = [reason(*process.communicate(timeout=HANGING_SECONDS)) for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes[0] == 0, told
    assert codes[1] == 0 or "currently locked" in "".join(told), told
    checkout.succeed("preview", "--stack", "staging", "--expect-no-changes", "--no-policies")


def test_no_request_leaves_the_machine(checkout: Checkout) -> None:
    with _counting_proxy() as (address, requests):
        names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        proxy = dict.fromkeys(names, address) | dict.fromkeys(("no_proxy", "NO_PROXY"), "")
        checkout.succeed("preview", "--stack", "staging", **proxy)
    assert requests == []


@contextmanager
def _counting_proxy() -> Iterator[tuple[str, list[bytes]]]:
    """Listen where a proxy would, and yield the address with the first bytes of each request."""
    requests: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    requests.append(connection.recv(200))

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", requests
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_an_unknown_stack_is_answered_with_the_known_ones(checkout: Checkout) -> None:
    done = checkout.run("preview", "--stack", "prod")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "error: there is no stack 'prod'; the stacks of this project are: development, production, staging\n"
    )


def test_mistakes_in_a_stack_file_are_listed_before_anything_is_registered(checkout: Checkout) -> None:
    path = checkout.path / "Pulumi.staging.yaml"
    path.write_text(path.read_text() + "  trading-platform:colour: blue\n  trading-platform:size: 3\n")
    done = checkout.run("preview", "--stack", "staging")
    assert done.returncode == 1
    assert done.stdout.count("trading-platform:colour:") >= 1
    assert done.stdout.count("trading-platform:size:") >= 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "platform:" not in done.stdout.replace("trading-platform:", "")


def test_the_guides_own_versions_preview_with_the_dates_of_their_end(checkout: Checkout) -> None:
    checkout.replace("Pulumi.staging.yaml", 'version: "1.36"', 'version: "1.28"')
    checkout.replace("Pulumi.staging.yaml", 'engineVersion: "15"', 'engineVersion: "15.4"')
    plan = checkout.succeed("preview", "--stack", "staging")
    assert re.search(r"warning: trading-platform:cluster\.version: .*1\.28.*2025-11-26", plan)
    assert re.search(r"warning: trading-platform:postgres\.engineVersion: .*15\.4.*2025-03-31", plan)


def test_a_resource_without_the_explicit_provider_is_refused(checkout: Checkout) -> None:
    main = checkout.path / "__main__.py"
    main.write_text(main.read_text() + '\naws.s3.Bucket("stray")\n')
    done = checkout.run("preview", "--stack", "staging")
    assert done.returncode == 1
    assert "Default provider for 'aws' disabled" in done.stdout


def test_a_violation_fails_the_preview_and_names_rule_and_resource(checkout: Checkout) -> None:
    checkout.replace("config/model.py", '            "Owner": self.owner,\n', "")
    done = checkout.run("preview", "--stack", "staging")
    assert done.returncode == 1
    assert re.search(r"\[mandatory\].* tags-required  \(aws:[a-zA-Z0-9:]+: [a-z]", done.stdout)
    assert "tags are missing: Owner" in done.stdout
    checkout.succeed("preview", "--stack", "staging", "--no-policies")


def test_the_plan_can_be_had_as_json(checkout: Checkout) -> None:
    plan = json.loads(checkout.succeed("preview", "--stack", "development", "--json"))
    assert plan["changeSummary"]["create"] == len(plan["steps"])
