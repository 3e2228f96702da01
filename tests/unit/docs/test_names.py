"""Every name, key and example of the documentation is one that the platform has."""

from __future__ import annotations

import importlib.util
import keyword
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from review.imports import ids as import_ids
from tests.unit.docs.support import (
    COMMANDS,
    PAGES,
    PLAN,
    ROOT,
    SHELL,
    Block,
    blocks,
)
from tests.unit.stacks import parsed

# Options by which a page creates something under a name of its own.
CREATING = (
    *("--target-db-instance-identifier", "--new-db-instance-identifier", "--final-db-snapshot-identifier"),
    *("--db-snapshot-identifier", "--snapshot-name", "--final-snapshot-identifier"),
)
# Stacks of the accounts' foundation, the label of runners, and an instance that is restored beside another.
OTHER_NAMES = {"production-account", "production-recovery", "production-postgres-inspect-snapshot"}


def created_names() -> Iterator[str]:
    for command in COMMANDS:
        for option, value in zip(command.words, command.words[1:], strict=False):
            if option in CREATING:
                yield value


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_names_are_those_that_the_platform_gives(page: Path) -> None:
    given = set(re.findall(r"production-[a-z0-9-]+", PLAN)) | OTHER_NAMES | set(created_names())
    # The takeover is production under another name, and the next major's group will be called like the last one's.
    text = page.read_text(encoding="utf-8").replace("takeover-", "production-").replace("postgres16-", "postgres15-")
    # The account of the pages is that of the example, whoever uses the repository.
    text = re.sub(r"\b\d{12}\b", parsed("production").account_id, text)
    for name in re.findall(r"(?<![\w/.-])production-[a-z0-9-]+", text):
        # A prefix, such as that of alarms, ends with a hyphen.
        assert name in given or (name[-1] == "-" and any(each.startswith(name) for each in given)), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_log_groups_are_those_of_the_platform(page: Path) -> None:
    groups = set(re.findall(r"/aws/(?:cloudtrail|eks|rds|vpc|vendedlogs|containerinsights)/[\w/.-]+", page.read_text()))
    assert [group for group in groups if f": {group}\n" not in PLAN] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_keys_of_the_configuration_exist(page: Path) -> None:
    reference = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    known = [path.split(".") for path in re.findall(r"^\| `([\w.<>-]+)`", reference, re.MULTILINE)]
    sections = "network|kms|cluster|nodeGroups|workloads|postgres|redis|buckets|observability|account|access|recovery"
    if page.parent.name == "adr":
        return
    for key in re.findall(rf"`((?:{sections})\.[\w.<>]+)`", page.read_text(encoding="utf-8")):
        steps = key.split(".")
        assert any(
            len(steps) <= len(path)
            and all(there == step or there.startswith("<") for there, step in zip(path, steps, strict=False))
            for path in known
        ), key


def test_every_variable_of_the_guide_has_its_key() -> None:
    table = (ROOT / "docs" / "terraform.md").read_text(encoding="utf-8").split("## Variables")[1].split("\n## ")[0]
    named = set(re.findall(r"^\| `(\w+) = ", table, re.MULTILINE))
    assert named == {
        *("aws_region", "owner", "cost_center", "kubernetes_version", "cluster_endpoint_public_access_cidrs"),
        *("rds_instance_class", "rds_multi_az", "rds_backup_retention_period"),
        *("elasticache_node_type", "elasticache_num_cache_clusters"),
    }


@pytest.mark.parametrize("block", blocks("yaml", "yml", "json"), ids=str)
def test_examples_of_files_can_be_read(block: Block) -> None:
    assert list(yaml.safe_load_all(block.text))


def test_manifests_in_commands_can_be_read() -> None:
    found = [
        text for block in SHELL for text in re.findall(r"<<'YAML'\n(.*?)^ *YAML$", block.text, re.DOTALL | re.MULTILINE)
    ]
    assert len(found) >= 3
    for text in found:
        content = yaml.safe_load(text)
        assert {"apiVersion", "kind", "metadata", "spec"} == set(content)


def test_forms_of_ids_are_those_that_the_provider_documents() -> None:
    """The examples in the SDK and the forms here have the same parts."""
    for token, form in import_ids.IDS.items():
        example = documented_id(token)
        if token in import_ids.UNDOCUMENTED:
            assert example is None, f"{token} is documented by now: {example}"
            continue
        assert example, token
        parts, shown = (
            re.sub(r"arn:[^,|]*", "arn", text) for text in (re.sub(r"<[^>]*>|\{[\w.]+\}", "x", form), example)
        )
        if parts == "x" or (form.startswith("{") and example.startswith("arn:")):
            # The whole id is one input, or begins with one, whatever that looks like.
            continue
        assert [shown.count(mark) for mark in ",|:"] == [parts.count(mark) for mark in ",|:"], token
        prefix = re.match(r"[a-z]+(-|$)", parts)
        assert prefix is None or prefix[0] == "default" or shown.startswith(prefix[0]), token


def documented_id(token: str) -> str | None:
    """The id in the SDK's example of an import."""
    package, module, name = token.split(":")
    folder = module.partition("/")[0]
    folder += "_" if keyword.iskeyword(folder) else ""
    place = f"pulumi_{package}" if folder == "index" else f"pulumi_{package}.{folder}"
    spec = importlib.util.find_spec(place)
    assert spec, place
    assert spec.origin, place
    file = Path(spec.origin).parent / f"{_snake(name)}.py"
    found = re.search(rf"\$ pulumi import {re.escape(token)} \S+ '?([^\s']+)", file.read_text(encoding="utf-8"))
    return found[1] if found else None


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_the_ids_that_the_guide_shows_are_those_of_the_import_file() -> None:
    table = (ROOT / "docs" / "terraform.md").read_text(encoding="utf-8").split("Forms that are not a plain id:")[1]
    named = set(re.findall(r"`(aws:[\w:/]+)`", table.split("5. **Import")[0]))
    assert named
    assert named <= set(import_ids.IDS)
