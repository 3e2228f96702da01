"""Scenarios for the rules about what cannot be undone."""

from __future__ import annotations

from dataclasses import replace

from policies.baseline.losses import HOLDING
from tests.policies.support import REMOVED, Case, Given, hidden

KEY = Given("aws:kms/key:Key", "key", {}, protected=True)
STORES = {token: Given(token, "store", {}) for token in HOLDING}
VAULT_LOCK = Given(
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
    "recovery-vault",
    {"backupVaultName": "recovery", "minRetentionDays": 30},
)
LOCK = Given(
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
    "models",
    {"bucket": "models", "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}},
)
LASTING = {"bucket": "models", "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 30}}}

CASES = [
    Case(
        rule="data-protected",
        good=[KEY],
        bad={token: [store, replace(KEY, name="other")] for token, store in STORES.items()},
        unknown=None,
        not_applicable={
            "nothing is protected": [STORES["aws:rds/instance:Instance"], replace(KEY, protected=False)],
            "what is protected holds nothing": [
                STORES["aws:s3/bucket:Bucket"],
                Given("aws:iam/role:Role", "role", {}, protected=True),
            ],
        },
        also_good={token: [replace(store, protected=True)] for token, store in STORES.items()},
    ),
    Case(
        rule="irreversible-agreed",
        good=[LOCK],
        bad={
            "a lock that may not be shortened": [("models", "rule.defaultRetention.mode", "COMPLIANCE")],
            "a vault's lock": [replace(VAULT_LOCK, properties={**VAULT_LOCK.properties, "changeableForDays": 3})],
        },
        unknown=hidden("models", "rule.defaultRetention.mode"),
        not_applicable={"agreed": [replace(LOCK, name="buckets-compliance", properties=LASTING)]},
        also_good={"a vault's lock": [VAULT_LOCK], "no rule": [("models", "rule", REMOVED)]},
    ),
]
