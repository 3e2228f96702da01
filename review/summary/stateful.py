"""What holds data: where a replacement or a deletion loses something that no deployment brings back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from review.previews import Change, Kind, Preview, changed
from review.resources import Resource, type_of

HOLDS: Mapping[str, str] = {
    "aws:backup/vault:Vault": "recovery points",
    "aws:cloudtrail/trail:Trail": "the audit trail",
    "aws:cloudwatch/logGroup:LogGroup": "logs",
    "aws:dynamodb/table:Table": "a table",
    "aws:ebs/volume:Volume": "a volume",
    "aws:efs/fileSystem:FileSystem": "files",
    "aws:eks/cluster:Cluster": "everything that runs in the cluster",
    "aws:elasticache/cluster:Cluster": "a cache",
    "aws:elasticache/replicationGroup:ReplicationGroup": "a cache",
    "aws:kms/key:Key": "the key of encrypted data",
    "aws:kms/replicaKey:ReplicaKey": "the key of encrypted data",
    "aws:rds/cluster:Cluster": "a database",
    "aws:rds/instance:Instance": "a database",
    "aws:s3/bucket:Bucket": "objects",
    "aws:secretsmanager/secret:Secret": "a secret",
    "kubernetes:core/v1:Namespace": "everything in the namespace",
    "kubernetes:core/v1:PersistentVolumeClaim": "a volume",
    "random:index/randomPassword:RandomPassword": "a password in use",
}
"""What is lost with a resource, by type."""

# Inputs that keep data from being lost, with the value that does; all are false where the program does not say.
_GUARDS: Mapping[str, bool] = {
    "deletionProtection": True,
    "deletionProtectionEnabled": True,
    "enableDeletionProtection": True,
    "skipFinalSnapshot": False,
    "forceDestroy": False,
    "storageEncrypted": True,
    "atRestEncryptionEnabled": True,
}
# Inputs that say for how long data is kept or can be brought back, in days.
_RETENTIONS = (
    "backupRetentionPeriod",
    "snapshotRetentionLimit",
    "retentionInDays",
    "recoveryWindowInDays",
    "deletionWindowInDays",
)


def endangered(preview: Preview) -> list[Change]:
    """Deletions and replacements of what holds data, deletions first."""
    found = [change for change in changed(preview) if change.kind in (Kind.DELETE, Kind.REPLACE)]
    return sorted(
        (change for change in found if type_of(change.urn) in HOLDS), key=lambda each: (each.kind.value, each.urn)
    )


def weakened(preview: Preview) -> list[tuple[Change, str]]:
    """Changes that leave a resource in place, but with less protection of its data; each with what is less."""
    found = []
    for change in changed(preview):
        if change.before and change.after:
            found += [(change, what) for what in _weaker(change.before, change.after)]
    return found


def _weaker(before: Resource, after: Resource) -> Iterator[str]:
    if before.protect and not after.protect:
        yield "protection from deletion is lifted"
    for name, safe in _GUARDS.items():
        old, new = before.inputs.get(name, False), after.inputs.get(name, False)
        if old is safe and new is (not safe):
            yield f"`{name}` is no longer {str(safe).lower()}"
    for name in _RETENTIONS:
        old, new = before.inputs.get(name), after.inputs.get(name)
        kept_forever = name == "retentionInDays" and new == 0
        if isinstance(old, int | float) and isinstance(new, int | float) and new < old and not kept_forever:
            yield f"`{name}` falls from {old:g} to {new:g} days"
