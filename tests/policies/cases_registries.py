"""Scenarios for the rules about registries of container images."""

from __future__ import annotations

from tests.policies.support import REMOVED, Case, Given, hidden

REPOSITORY = Given(
    "aws:ecr/repository:Repository",
    "images",
    {"name": "images", "imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}},
)
UNSCANNED = Given("aws:ecr/repository:Repository", "images", {"name": "images", "imageTagMutability": "IMMUTABLE"})
LIFECYCLE = Given(
    "aws:ecr/lifecyclePolicy:LifecyclePolicy", "images-expire", {"repository": "images"}, {"repository": ["images"]}
)
SCANNING = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"


def _scanning(pattern: str, frequency: str) -> Given:
    rules = [{"scanFrequency": frequency, "repositoryFilters": [{"filter": pattern, "filterType": "WILDCARD"}]}]
    return Given(SCANNING, "scanning", {"scanType": "BASIC", "rules": rules})


CASES = [
    Case(
        rule="ecr-tags-immutable",
        good=[REPOSITORY],
        bad={
            "tags that move": [("images", "imageTagMutability", "MUTABLE")],
            "nothing said": [("images", "imageTagMutability", REMOVED)],
            "some tags that move": [("images", "imageTagMutability", "IMMUTABLE_WITH_EXCLUSION")],
            "a template": [
                Given(
                    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
                    "template",
                    {"prefix": "a", "imageTagMutability": "MUTABLE"},
                )
            ],
        },
        unknown=hidden("images", "imageTagMutability"),
    ),
    Case(
        rule="ecr-scan-on-push",
        good=[REPOSITORY],
        bad={
            "off": [("images", "imageScanningConfiguration.scanOnPush", False)],
            "nothing said": [("images", "imageScanningConfiguration", REMOVED)],
            "others are scanned": [UNSCANNED, _scanning("other*", "SCAN_ON_PUSH")],
            "by hand": [UNSCANNED, _scanning("*", "MANUAL")],
        },
        also_good={"by the registry": [UNSCANNED, _scanning("*", "CONTINUOUS_SCAN")]},
        unknown=hidden("images", "imageScanningConfiguration.scanOnPush"),
    ),
    Case(
        rule="ecr-lifecycle",
        good=[REPOSITORY, LIFECYCLE],
        bad={
            "none": [REPOSITORY],
            "that of another": [
                REPOSITORY,
                Given("aws:ecr/lifecyclePolicy:LifecyclePolicy", "others-expire", {"repository": "others"}),
            ],
        },
        unknown=None,
    ),
]
