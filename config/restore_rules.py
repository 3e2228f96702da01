"""Rules on restores for a test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.buckets import BucketSettings
from components.common.catalogue import partition_of
from components.common.settings import Problem
from components.recovery import RecoverySettings

_PATH = ("recovery", "restoreTests")


def tested_buckets_exist(recovery: RecoverySettings, buckets: Mapping[str, BucketSettings]) -> Iterator[Problem]:
    """Only what there is can be restored."""
    for index, label in enumerate(recovery.tested_buckets):
        if label not in buckets:
            yield Problem((*_PATH, "buckets", str(index)), f"{label} is not a bucket; there are {', '.join(buckets)}")


def validator_is_within_reach(account_id: str, region: str, recovery: RecoverySettings) -> Iterator[Problem]:
    """Events go to a function of the same account and region."""
    if not (recovery.restore_tests and (arn := recovery.restore_tests.validator_arn)):
        return
    _, partition, _, place, account, _ = arn.split(":", 5)
    if (partition, place) != (partition_of(region), region):
        yield Problem((*_PATH, "validatorArn"), f"{arn} is not in region ({region}); nothing reaches it from there")
    elif account != account_id:
        yield Problem((*_PATH, "validatorArn"), f"{arn} is not in the account of the stack ({account_id})")
