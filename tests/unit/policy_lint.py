"""What the linter of IAM documents finds wrong."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # parliament leaves the files open that it reads when it is imported.
    warnings.simplefilter("ignore")
    import parliament  # type: ignore[import-untyped]  # ships no types

# parliament takes whole numbers only, and does not know the key for a few of the actions that `s3:*` stands for.
_MISUNDERSTOOD = "s3:TlsVersion"
# Actions that its data of the service authorization reference lack, or know with fewer resources than AWS by now.
_NEWER = (
    "cloudtrail:GetEventConfiguration",
    "rds:RestoreDBInstanceFromDBSnapshot",
    "sns:GetSubscriptionAttributes",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
)
_OUTDATED = ("RESOURCE_MISMATCH", "UNKNOWN_ACTION")


def all_findings(document: str) -> list[tuple[str, str]]:
    """Issue and detail of each finding on a policy document, without those that AWS's reference contradicts by now."""
    found = [(str(each.issue), str(each.detail)) for each in parliament.analyze_policy_string(document).findings]
    return [
        (issue, detail)
        for issue, detail in found
        if not (issue in _OUTDATED and any(action in detail for action in _NEWER))
    ]


def findings(document: str) -> list[str]:
    """The findings on a policy document, without those that are a misunderstanding of the linter's."""
    return [f"{issue}: {detail}" for issue, detail in all_findings(document) if _MISUNDERSTOOD not in detail]
