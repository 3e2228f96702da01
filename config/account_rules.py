"""Rules on what exists once in an account, or once in each of its regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.audit import REGIONAL_SWITCHES, AccountSettings
from components.common.settings import Problem
from components.recovery import RecoverySettings
from config.sibling import Sibling

# Says where the other switches count, and may be on in several stacks.
_WHERE = "recovery_region"


def switches_have_one_owner(
    account_id: str, region: str, account: AccountSettings, recovery: RecoverySettings, siblings: Mapping[str, Sibling]
) -> Iterator[Problem]:
    """Two stacks of an account never own the same singleton in the same region."""
    regions = {region, *([recovery.region] if account.recovery_region else ())}
    for field, info in AccountSettings.model_fields.items():
        if getattr(account, field) is not True or field == _WHERE:
            continue
        key = info.alias or field
        for name, sibling in siblings.items():
            if sibling.account_id != account_id or key not in sibling.switches:
                continue
            if field not in REGIONAL_SWITCHES or regions & sibling.watched_regions:
                yield Problem(
                    ("account", key), f"is on in stack {name} of the same account ({account_id}) too; one stack owns it"
                )


def recovery_region_has_a_topic(account: AccountSettings, recovery: RecoverySettings) -> Iterator[Problem]:
    """Where nothing is copied there is nothing to watch."""
    if account.recovery_region and not recovery.copies:
        yield Problem(("account", "recoveryRegion"), "true needs recovery.copies; it is false")
