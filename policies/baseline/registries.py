"""Registries of container images: tags that stay, scans, and an end for what nobody runs."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, rule

REPOSITORIES = ("aws:ecr/repository:Repository",)
TEMPLATES = ("aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",)
LIFECYCLES = ("aws:ecr/lifecyclePolicy:LifecyclePolicy",)
SCANNING = ("aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",)


@rule(
    "ecr-tags-immutable",
    types=(*REPOSITORIES, *TEMPLATES),
    severity=Severity.MEDIUM,
    frameworks=(Control("CKV_AWS_51", types=REPOSITORIES), Control("ECR.2", types=REPOSITORIES)),
    remedy="Set imageTagMutability to IMMUTABLE, and give each image a tag of its own",
)
def ecr_tags_immutable(repository: Resource, _context: Context) -> Findings:
    """Tags of images never move to another image."""
    if repository.text("imageTagMutability") != "IMMUTABLE":
        yield "imageTagMutability is not IMMUTABLE"


@rule(
    "ecr-scan-on-push",
    types=REPOSITORIES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_163", "ECR.1"),
    remedy="Set imageScanningConfiguration.scanOnPush, or scan the whole registry by an"
    " aws.ecr.RegistryScanningConfiguration with the filter *",
    joins=SCANNING,
)
def ecr_scan_on_push(repository: Resource, context: Context) -> Findings:
    """Images are scanned for vulnerabilities when they are pushed."""
    if repository.true("imageScanningConfiguration.scanOnPush"):
        return
    if not any(_scans_everything(scanning) for scanning in context.stack.of(*SCANNING)):
        yield "images are not scanned on push, by neither the repository nor the registry"


def _scans_everything(scanning: Resource) -> bool:
    return any(
        entry.text("scanFrequency") in ("SCAN_ON_PUSH", "CONTINUOUS_SCAN")
        and any(each.text("filter") == "*" for each in entry.each("repositoryFilters"))
        for entry in scanning.each("rules")
    )


@rule(
    "ecr-lifecycle",
    types=REPOSITORIES,
    severity=Severity.LOW,
    frameworks=("ECR.3",),
    remedy="Add an aws.ecr.LifecyclePolicy",
    joins=LIFECYCLES,
)
def ecr_lifecycle(repository: Resource, context: Context) -> Findings:
    """Images that nobody runs any more expire."""
    if not context.stack.settings_of(repository, LIFECYCLES, by="repository", identity=("name", "id")):
        yield "there is no lifecycle policy"
