"""Who administers and who deploys: roles, their policies, the permissions boundary."""

from components.access.access import Access, AccessArgs
from components.access.ci_identity import CiIdentity, CiIdentityArgs, preview_role_arn
from components.access.deployment import Deployment, StateBackend
from components.access.people import admin_trust
from components.access.settings import AccessSettings

__all__ = [
    "Access",
    "AccessArgs",
    "AccessSettings",
    "CiIdentity",
    "CiIdentityArgs",
    "Deployment",
    "StateBackend",
    "admin_trust",
    "preview_role_arn",
]
