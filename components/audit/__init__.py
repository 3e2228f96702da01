"""The record of the account's API calls, and what exists once per account."""

from components.audit.audit import Audit, AuditArgs
from components.audit.settings import AccountSettings

__all__ = ["AccountSettings", "Audit", "AuditArgs"]
