"""The state backend and CI's identity of an account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pydantic import ValidationError

from bootstrap import settings
from bootstrap.settings import BootstrapSettings
from components.access.ci_identity import CiIdentity, CiIdentityArgs, preview_policy
from components.common.scope import Scope
from components.kms.settings import KmsSettings
from components.state.store import (
    StateStore,
    StateStoreArgs,
    login_url,
    secrets_provider,
    state_backend,
    state_key_policy,
)
from config.rules import STACK_NAME_MAX
from tests.unit.harness import Recording, document, record
from tests.unit.policy_lint import findings
from tests.unit.stacks import ROOT, STACKS, stack_file

SCOPE = Scope(prefix="trading-platform", account_id="123456789012", region="us-east-1")
BUCKET = "trading-platform-state-123456789012-us-east-1"
FILES = sorted(ROOT.glob("bootstrap/Pulumi.*.yaml"))


def store(*, deletion_protection: bool = True) -> Recording:
    args = StateStoreArgs(scope=SCOPE, key=KmsSettings(), deletion_protection=deletion_protection)
    return record(lambda: StateStore("state", args))


def identity(*, creates_provider: bool = True) -> Recording:
    args = CiIdentityArgs(
        scope=SCOPE,
        repository="org/repo",
        creates_provider=creates_provider,
        preview_environment="preview",
        main_environment="main",
        state=state_backend(SCOPE),
    )
    return record(lambda: CiIdentity("ci", args))


def section(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["config"]["trading-platform:bootstrap"]
    return found


def test_the_state_bucket_keeps_versions_under_the_key_and_is_logged() -> None:
    recording = store()
    bucket = recording.one("aws:s3/bucket:Bucket", "state-bucket")
    assert bucket.inputs["bucket"] == BUCKET == state_backend(SCOPE).bucket
    assert bucket.protect
    versioning = recording.one("aws:s3/bucketVersioning:BucketVersioning", "state-bucket")
    assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}
    encryption = recording.one(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "state-bucket"
    )
    default = encryption.inputs["rules"][0]["applyServerSideEncryptionByDefault"]
    assert default == {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:aws:mock:us-east-1:123456789012:state"}
    logging = recording.one("aws:s3/bucketLogging:BucketLogging", "state-bucket")
    assert logging.inputs["targetBucket"] == "trading-platform-access-logs-123456789012-us-east-1"
    lifecycle = recording.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "state-bucket")
    assert all("days" not in rule.get("expiration", {}) for rule in lifecycle.inputs["rules"])


def test_the_key_rotates_and_bears_the_name_that_the_secrets_provider_uses() -> None:
    recording = store()
    key = recording.one("aws:kms/key:Key").inputs
    assert key["enableKeyRotation"] is True
    assert recording.one("aws:kms/key:Key").protect
    assert recording.one("aws:kms/alias:Alias").inputs["name"] == "alias/trading-platform-state"
    assert secrets_provider(SCOPE) == "awskms://alias/trading-platform-state?region=us-east-1"
    assert login_url(SCOPE) == f"s3://{BUCKET}?region=us-east-1"


def test_nothing_is_protected_where_protection_is_off() -> None:
    assert not any(resource.protect for resource in store(deletion_protection=False).resources)


def test_workflows_preview_from_two_environments_of_one_repository() -> None:
    recording = identity()
    role = recording.one("aws:iam/role:Role")
    assert role.inputs["name"] == "trading-platform-preview"
    (statement,) = document(role, "assumeRolePolicy")
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:sub": [
                "repo:org/repo:environment:preview",
                "repo:org/repo:environment:main",
            ],
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        }
    }
    assert "aws:iam/openIdConnectProvider:OpenIdConnectProvider::ci-github" in recording.depends_on(role)


def test_an_account_that_has_the_identity_provider_keeps_its_own() -> None:
    recording = identity(creates_provider=False)
    assert not recording.of_type("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    (outputs,) = [own for urn, own in recording.outputs.items() if urn.endswith("::ci")]
    # The form of IAM's documentation (CreateOpenIDConnectProvider, response).
    assert outputs["providerArn"] == ("arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com")
    (statement,) = document(recording.one("aws:iam/role:Role"), "assumeRolePolicy")
    assert statement["Principal"] == {"Federated": outputs["providerArn"]}


def test_the_preview_role_has_no_policy_of_aws_and_reads_objects_of_the_state_only() -> None:
    recording = identity()
    assert recording.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment") == []
    statements = document(recording.one("aws:iam/rolePolicy:RolePolicy"))
    objects = [each for each in statements if "s3:GetObject" in each["Action"]]
    assert [resource.partition("/")[0] for each in objects for resource in each["Resource"]] == (
        [f"arn:aws:s3:::{BUCKET}"] * 5
    )


def test_policy_documents_are_clean() -> None:
    # The linter's data lack this key for the actions of KMS.
    found = findings(preview_policy(SCOPE, state_backend(SCOPE)))
    assert [finding for finding in found if "kms:ResourceAliases" not in finding] == []
    assert json.loads(state_key_policy(SCOPE))["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_stack_files_are_valid_and_no_environment_shares_their_name(file: Path) -> None:
    BootstrapSettings.model_validate(section(file))
    # The deploy role of an environment may change every key that carries the environment's tag.
    assert len(file.name.split(".")[1]) > STACK_NAME_MAX


def test_every_account_has_one_foundation_that_alone_owns_the_identity_provider() -> None:
    with_identity = [section(file) for file in FILES if "githubRepository" in section(file)]
    foundations = {found["accountId"]: found for found in with_identity}
    assert len(foundations) == len(with_identity)
    for stack in STACKS:
        values = {key.partition(":")[2]: value for key, value in stack_file(stack).items()}
        foundation = foundations[values["accountId"]]
        assert foundation["region"] == values["region"]
        assert foundation["githubRepository"] == values["access"]["githubRepository"]


def test_productions_recovery_region_has_a_place_for_state() -> None:
    values = {key.partition(":")[2]: value for key, value in stack_file("production").items()}
    places = {(section(file)["accountId"], section(file)["region"]) for file in FILES}
    assert (values["accountId"], values["recovery"]["region"]) in places


def test_a_mistake_names_its_key() -> None:
    with pytest.raises(ValidationError, match="accountId"):
        BootstrapSettings.model_validate({**section(FILES[0]), "accountId": "12"})


def test_the_section_is_read_from_the_stack_and_all_its_mistakes_are_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pulumi, "get_stack", lambda: "production-account")

    def read(content: dict[str, Any]) -> BootstrapSettings:
        pulumi.runtime.set_all_config({"trading-platform:bootstrap": json.dumps(content)})
        try:
            return settings.load()
        finally:
            pulumi.runtime.set_all_config({})

    assert read(section(FILES[0])).account_id == section(FILES[0])["accountId"]
    with pytest.raises(pulumi.RunError) as error:
        read({**section(FILES[0]), "accountId": "12", "serviceLinkedRoles": ["made-up.amazonaws.com"]})
    lines = str(error.value).splitlines()
    assert [line.split(":")[1].split(".")[1].split("[")[0] for line in lines] == ["accountId", "serviceLinkedRoles"]


@pytest.mark.parametrize("stack", [*STACKS, "sandbox", "a", "fourteen-chars", "account"])
def test_a_foundation_has_no_name_that_an_environment_could_have(monkeypatch: pytest.MonkeyPatch, stack: str) -> None:
    monkeypatch.setattr(pulumi, "get_stack", lambda: stack)
    with pytest.raises(pulumi.RunError, match=f"{stack!r}.*could be that of an environment"):
        settings.load()
