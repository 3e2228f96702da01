"""Configuration files: what they mean, and that nothing wrong in them is passed over."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pulumi_policy import EnforcementLevel

from policies.packs import PACKS
from policies.support.configuration import LONGEST_EXEMPTION, ConfigurationError, Exemption, configure, load
from policies.support.parameters import Parameter
from policies.support.rules import Rule
from tests.unit.stacks import EVERY_STACK, EXAMPLES, ROOT

ENCRYPTION = PACKS[0]
FILES = [
    pytest.param(pack, file, id=f"{pack.title}-{file.stem}")
    for pack in PACKS
    for file in pack.folder.glob("config/*.json")
]
BUCKET = "urn:pulumi:production::p::*aws:s3/bucket:Bucket::access-logs"
EXEMPTION = {"urn": BUCKET, "reason": "S3 delivers access logs to SSE-S3 only", "expires": "2027-06-30"}

# Outside of production old versions may be rehearsed; the program warns of them with the dates.
REHEARSED = {"eks-version-supported", "rds-minor-upgrades"}


def write(folder: Path, content: object) -> Path:
    file = folder / "production.json"
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize(("pack", "file"), FILES)
def test_committed_files_are_valid(pack: object, file: Path) -> None:
    load(file, next(p.rules for p in PACKS if p is pack))


def test_every_stack_has_a_file_in_every_pack() -> None:
    stacks = {frozenset(file.stem for file in pack.folder.glob("config/*.json")) for pack in PACKS}
    accounts = (file.name.split(".")[1] for file in ROOT.glob("bootstrap/Pulumi.*.yaml"))
    assert stacks == {frozenset((*EVERY_STACK, *EXAMPLES, *accounts))}


def test_production_has_every_rule_mandatory() -> None:
    for pack in PACKS:
        settings = load(pack.configuration("production"), pack.rules)
        assert {name for name, own in settings.items() if own.level is not EnforcementLevel.MANDATORY} == set()


@pytest.mark.parametrize("stack", ["staging", "development"])
def test_other_stacks_have_every_rule_mandatory_but_those_on_old_versions(stack: str) -> None:
    for pack in PACKS:
        settings = load(pack.configuration(stack), pack.rules)
        relaxed = {name for name, own in settings.items() if own.level is not EnforcementLevel.MANDATORY}
        assert relaxed <= REHEARSED
        assert {settings[name].level for name in relaxed} <= {EnforcementLevel.ADVISORY}


def test_a_level_alone_keeps_the_parameters(tmp_path: Path) -> None:
    settings = load(write(tmp_path, {"kms-deletion-window": "advisory"}), ENCRYPTION.rules)
    assert settings["kms-deletion-window"].level is EnforcementLevel.ADVISORY
    assert settings["kms-deletion-window"].parameters == {"minimumDays": 30}
    assert settings["kms-rotation"].level is EnforcementLevel.MANDATORY


def test_all_gives_the_level_of_what_is_not_named(tmp_path: Path) -> None:
    settings = load(write(tmp_path, {"all": "disabled", "kms-rotation": "mandatory"}), ENCRYPTION.rules)
    assert {name for name, own in settings.items() if own.level is EnforcementLevel.MANDATORY} == {"kms-rotation"}


def test_whole_numbers_may_arrive_as_floats() -> None:
    settings = configure(ENCRYPTION.rules, {"kms-deletion-window": {"minimumDays": 7.0}})
    assert settings["kms-deletion-window"].parameters == {"minimumDays": 7}


def test_an_exemption_has_a_last_day() -> None:
    settings = configure(ENCRYPTION.rules, {"s3-encryption": {"exemptions": [EXEMPTION]}})
    exemption = settings["s3-encryption"].exemptions[0]
    assert exemption == Exemption(BUCKET, EXEMPTION["reason"], date(2027, 6, 30))
    assert exemption.covers("urn:pulumi:production::p::aws:s3/bucket:Bucket::access-logs")
    assert exemption.covers("urn:pulumi:production::p::platform:Buckets$aws:s3/bucket:Bucket::access-logs")
    assert not exemption.covers("urn:pulumi:production::p::aws:s3/bucket:Bucket::data")
    assert not exemption.expired(date(2027, 6, 30))
    assert exemption.expired(date(2027, 7, 1))


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ({"kms-rotatoin": {}}, "kms-rotatoin: the pack has no such rule; it has kms-rotation"),
        ({"kms-rotation": {"enforcementLevel": "remediate"}}, "kms-rotation.enforcementLevel: must be one of advisory"),
        ({"kms-rotation": {"days": 1}}, "kms-rotation.days: there is no such setting"),
        ({"kms-rotation": ["advisory"]}, "kms-rotation: must be an enforcement level or an object"),
        ({"kms-deletion-window": {"minimumDays": "7"}}, "kms-deletion-window.minimumDays: must be a whole number"),
        ({"kms-deletion-window": {"minimumDays": 7.5}}, "kms-deletion-window.minimumDays: must be a whole number"),
        ({"kms-deletion-window": {"minimumDays": True}}, "kms-deletion-window.minimumDays: must be a whole number"),
        ({"all": {"minimumDays": 7}}, "all: minimumDays is not allowed"),
        ({"all": {"enforcementLevel": "strict"}}, "all.enforcementLevel: must be one of"),
        ({"kms-rotation": {"exemptions": {}}}, "kms-rotation.exemptions: must be a list"),
        ({"kms-rotation": {"exemptions": [{"urn": "*"}]}}, "exemptions[0]: needs exactly urn, reason and expires"),
        (
            {"kms-rotation": {"exemptions": [{**EXEMPTION, "reason": " "}]}},
            "exemptions[0]: urn, reason and expires must",
        ),
        ({"kms-rotation": {"exemptions": [{**EXEMPTION, "expires": "soon"}]}}, "exemptions[0].expires: must be a date"),
        ({"kms-rotation": {"exemptions": [{**EXEMPTION, "expires": "20270630"}]}}, "exemptions[0].expires: must be a"),
    ],
)
def test_what_is_wrong_is_an_error_that_names_it(entries: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        configure(ENCRYPTION.rules, entries)
    assert problem in str(error.value)


def test_all_errors_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as error:
        configure(
            ENCRYPTION.rules, {"nothing": {}, "kms-rotation": {"days": 1}, "kms-deletion-window": {"minimumDays": ""}}
        )
    assert len(error.value.problems) == 3


@pytest.mark.parametrize("ports", [["5432"], 5432, [5432.5]])
def test_lists_of_numbers_hold_whole_numbers(ports: object) -> None:
    with pytest.raises(ConfigurationError, match=r"vpc-ingress-databases\.ports: must be a"):
        configure(PACKS[2].rules, {"vpc-ingress-databases": {"ports": ports}})


@pytest.mark.parametrize("patterns", [{"Owner": "("}, {"Owner": 1}, []])
def test_patterns_must_be_regular_expressions(patterns: object) -> None:
    with pytest.raises(ConfigurationError, match="must map names to regular expressions"):
        configure(PACKS[1].rules, {"tags-values": {"patterns": patterns}})


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*::access-logs",
        "urn:pulumi:*::p::aws:s3/bucket:Bucket::access-logs",
        "urn:pulumi:production::*::aws:s3/bucket:Bucket::access-logs",
        "urn:pulumi:production::p::*::access-logs",
        "urn:pulumi:production::p::aws:s3/*:*::access-logs",
        "urn:pulumi:production::p::aws:s3/bucket:Bucket::*",
        "urn:pulumi:production::p::aws:s3/bucket:Bucket",
    ],
)
def test_an_exemption_says_which_stack_project_type_and_name(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match="must spell out stack, project and type"):
        configure(ENCRYPTION.rules, {"s3-encryption": {"exemptions": [{**EXEMPTION, "urn": pattern}]}})


def test_an_exemption_ends_in_a_year_or_so() -> None:
    later = (datetime.now(UTC).date() + timedelta(days=LONGEST_EXEMPTION + 2)).isoformat()
    with pytest.raises(ConfigurationError, match="must be within 400 days"):
        configure(ENCRYPTION.rules, {"s3-encryption": {"exemptions": [{**EXEMPTION, "expires": later}]}})


# The weakest values that each kind of parameter could have: none of them may switch its rule off.
OFF: dict[str, list[object]] = {
    "number": [0, -1, 100_000],
    "numbers": [[], [0], [70_000]],
    "strings": [[], ["*"], [""], ["??"]],
    "names": [["*"], [""], ["a*"]],
    "accounts": [["*"], ["12"], ["all"]],
    "patterns": [{}, {"Owner": ".*"}, {"Owner": "[\\s\\S]*"}],
}


@pytest.mark.parametrize(
    ("rule", "parameter", "value"),
    [
        pytest.param(rule, parameter, value, id=f"{rule.name}-{parameter.name}-{value}")
        for pack in PACKS
        for rule in pack.rules
        for parameter in rule.parameters
        for value in OFF[parameter.kind]
        if value or parameter.default  # what may be empty by default switches nothing off
    ],
)
def test_no_parameter_switches_its_rule_off(rule: Rule, parameter: Parameter, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"{rule.name}.{parameter.name}: "):
        configure([rule], {rule.name: {parameter.name: value}})


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_must_be_a_json_object(tmp_path: Path, text: str) -> None:
    file = tmp_path / "production.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"production\.json"):
        load(file, ENCRYPTION.rules)
