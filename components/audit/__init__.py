"""The record of the account's API calls, and what exists once per account."""

from components.audit.audit import Audit, AuditArgs, RecoveryPlace
from components.audit.settings import REGIONAL_SWITCHES, AccountSettings

__all__ = ["REGIONAL_SWITCHES", "AccountSettings", "Audit", "AuditArgs", "RecoveryPlace"]
