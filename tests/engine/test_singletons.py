"""What an account or a region has once: it can be left out or imported, and the reference says what AWS says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, get_args

import botocore.session  # type: ignore[import-untyped]
import pytest

from bootstrap.settings import BootstrapSettings, LinkedService
from components.audit import AccountSettings
from review.imports.ids import IDS
from review.preflight import checks, needs
from tests.engine.deployed import ROOT, Resource, changed, deployed

pytestmark = pytest.mark.engine


class Once(NamedTuple):
    """How a second one comes into being, and whether it does."""

    service: str
    operation: str
    """Operation of botocore's model."""
    error: str | None
    """What AWS answers where there is one; None where the call takes the place of what is there."""
    setting: str


# Sources: the services' API references, and the quotas of AWS Config, Access Analyzer and CloudTrail in the AWS General
# Reference.
ONCE: Mapping[str, Once] = {
    "aws:guardduty/detector:Detector": Once("guardduty", "CreateDetector", "BadRequestException", "guard_duty"),
    "aws:securityhub/account:Account": Once(
        "securityhub", "EnableSecurityHub", "ResourceConflictException", "security_hub"
    ),
    "aws:cfg/recorder:Recorder": Once(
        "config",
        "PutConfigurationRecorder",
        "MaxNumberOfConfigurationRecordersExceededException",
        "config_recorder",
    ),
    "aws:cfg/deliveryChannel:DeliveryChannel": Once(
        "config", "PutDeliveryChannel", "MaxNumberOfDeliveryChannelsExceededException", "config_recorder"
    ),
    "aws:accessanalyzer/analyzer:Analyzer": Once(
        "accessanalyzer", "CreateAnalyzer", "ServiceQuotaExceededException", "access_analyzer"
    ),
    "aws:cloudtrail/trail:Trail": Once(
        "cloudtrail", "CreateTrail", "MaximumNumberOfTrailsExceededException", "cloud_trail"
    ),
    "aws:iam/accountPasswordPolicy:AccountPasswordPolicy": Once(
        "iam", "UpdateAccountPasswordPolicy", None, "password_policy"
    ),
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": Once(
        "s3control", "PutPublicAccessBlock", None, "s3_public_access_block"
    ),
    "aws:ebs/encryptionByDefault:EncryptionByDefault": Once(
        "ec2", "EnableEbsEncryptionByDefault", None, "ebs_encryption_by_default"
    ),
    "aws:ebs/defaultKmsKey:DefaultKmsKey": Once("ec2", "ModifyEbsDefaultKmsKeyId", None, "ebs_encryption_by_default"),
    "aws:backup/regionSettings:RegionSettings": Once("backup", "UpdateRegionSettings", None, "backup_opt_in"),
    # Settings of the registry have switches of their own.
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": Once(
        "ecr", "PutRegistryScanningConfiguration", None, "registry.scanning"
    ),
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": Once(
        "ecr", "PutReplicationConfiguration", None, "registry.replicatedStacks"
    ),
}
REFUSED = {type_: once for type_, once in ONCE.items() if once.error}
_SECOND = re.compile(r"Exists|Conflict|MaxNumber|MaximumNumber|Exceeded|^BadRequest")
# Stand for themselves, as many as one likes.
_MANY = {"aws:ec2/vpc:Vpc", "aws:kms/key:Key"}
_NAME = re.compile(r"^name$|Name$|^namePrefix$|^identifier$|GroupId$|^fqdn$|^bucket$")


@pytest.mark.parametrize("type_", ONCE)
def test_aws_refuses_a_second_or_takes_it_for_a_change(type_: str) -> None:
    once = ONCE[type_]
    model = botocore.session.get_session().get_service_model(once.service).operation_model(once.operation)
    errors = {shape.name for shape in model.error_shapes if _SECOND.search(shape.name)}
    if once.error:
        assert once.error in errors
    else:
        assert not errors - {"LimitExceededException"}, "quotas of IAM have nothing to do with a policy that is there"


@pytest.mark.parametrize("type_", REFUSED)
def test_the_reference_says_what_aws_says(type_: str) -> None:
    once = REFUSED[type_]
    assert f"`{once.error}`" in str(AccountSettings.model_fields[once.setting].description)


@pytest.mark.parametrize("type_", ONCE)
def test_a_stack_can_leave_it_out_and_can_import_it(type_: str) -> None:
    assert any(changed(base).of_type(type_) for base in ("production", "published", "existing"))
    # Production without the account's switches and without a registry of its own.
    assert not changed("full").of_type(type_) or "registry" in ONCE[type_].setting
    assert not deployed("development").of_type(type_)
    assert type_ in IDS


@pytest.mark.parametrize("type_", sorted(set(REFUSED) - {"aws:cloudtrail/trail:Trail"}))
def test_preflight_looks_for_what_is_refused(type_: str) -> None:
    assert type_ in needs.SINGLETONS
    assert type_ in checks._SINGLE


def _stands_alone(resource: Resource, stack: Mapping[str, Resource]) -> bool:
    """Whether nothing tells it from a second one: no name, and nothing of the stack that it belongs to."""
    owners = [stack[urn].type for urn in resource.dependencies if urn in stack]
    belongs = any(not type_.startswith(("pulumi:", "platform:", "aws:kms/", "random:")) for type_ in owners)
    return not belongs and not any(_NAME.search(key) for key in resource.inputs)


def test_whatever_has_neither_name_nor_owner_is_known() -> None:
    found = {
        resource.type
        for base in ("production", "full", "published", "measured")
        for resource in changed(base)
        if resource.type.startswith("aws:") and _stands_alone(resource, changed(base).resources)
    }
    assert found <= {*ONCE, *_MANY}, sorted(found - {*ONCE, *_MANY})
    assert len(found) > 6


def test_roles_of_services_are_made_by_the_services_and_can_be_made_before_or_left_out() -> None:
    needed = {service for roles in needs.SERVICE_ROLES.values() for service, _ in roles}
    assert needed <= set(get_args(LinkedService))
    assert BootstrapSettings.model_fields["service_linked_roles"].default == ()
    for base in ("production", "full", "published", "measured"):
        assert not changed(base).of_type("aws:iam/serviceLinkedRole:ServiceLinkedRole")


def test_getting_started_says_what_to_do_with_what_is_there() -> None:
    page = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
    for type_ in REFUSED:
        assert type_ in page, type_
