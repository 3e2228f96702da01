"""The configuration of an account's foundation: one section of the stack file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pulumi
from pydantic import ValidationError

from components.common.settings import DISTINCT, LIST, AccountId, Region, Section, TagValue, text
from components.kms import KmsSettings
from config.errors import Censor, complaints
from config.rules import STACK_NAME, STACK_NAME_MAX
from config.schema import NAMESPACE, key_path

KEY = "bootstrap"

# Services whose roles the platform relies on, by the name that IAM knows them under.
LinkedService = Literal[
    "access-analyzer.amazonaws.com",
    "autoscaling.amazonaws.com",
    "backup.amazonaws.com",
    "eks.amazonaws.com",
    "eks-nodegroup.amazonaws.com",
    "elasticache.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "guardduty.amazonaws.com",
    "grafana.amazonaws.com",
    "rds.amazonaws.com",
    "scraper.aps.amazonaws.com",
    "securityhub.amazonaws.com",
    "spot.amazonaws.com",
    "transitgateway.amazonaws.com",
    "wafv2.amazonaws.com",
]


class BootstrapSettings(Section):
    """What an account gets before its first stack."""

    region: Region
    """AWS region of the state, the one of the account's stacks."""
    account_id: AccountId
    """The 12 digits of the AWS account, in quotes. A deployment to any other account is refused."""
    owner: TagValue
    """Tag Owner of every resource."""
    cost_center: TagValue
    """Tag CostCenter of every resource."""
    github_repository: Annotated[str, text("owner/repository", r"[\w.-]+/[\w.-]+")] | None = None
    """Repository whose workflows may preview. None where the account's foundation in another region has it."""
    creates_github_provider: bool = True
    """Create the identity provider of GitHub Actions. An account has one; IAM refuses a second
    (`EntityAlreadyExistsException`), so that this is false where another program has made it. Its audience must be
    `sts.amazonaws.com`."""
    preview_environment: Annotated[str, text("a GitHub environment, such as preview", r"[\w.-]+")] = "preview"
    """GitHub environment of workflows that preview what a branch proposes: it has reviewers."""
    main_environment: Annotated[str, text("a GitHub environment, such as main", r"[\w.-]+")] = "main"
    """GitHub environment of workflows that preview what main says: it has no reviewers, and takes no other branch."""
    deletion_protection: bool = True
    """Whether the state bucket and its key refuse deletion."""
    kms: KmsSettings = KmsSettings()
    """Rotation and deletion of the key."""
    service_linked_roles: Annotated[tuple[LinkedService, ...], LIST, DISTINCT] = ()
    """Roles of AWS services to create. AWS makes them by itself at the first use of a service by who may create them.
    One that exists already is refused (`InvalidInputException`, has been taken in this account): leave it out."""


def load() -> BootstrapSettings:
    """Read the configuration of the current stack.

    Its name becomes the tag Environment, and roles of an environment may change what carries theirs: it must be none
    that an environment can have.

    Raises:
        pulumi.RunError: Something is wrong; the message has a line for each mistake.
    """
    stack = pulumi.get_stack()
    if STACK_NAME.fullmatch(stack) and len(stack) <= STACK_NAME_MAX:
        raise pulumi.RunError(
            f"the name of the stack ({stack!r}) could be that of an environment, whose roles would reach the state's"
            f" key; take one with more than {STACK_NAME_MAX} characters, such as production-account"
        )
    try:
        value: Any = pulumi.Config(NAMESPACE).get_object(KEY)
    except pulumi.ConfigTypeError:
        raise pulumi.RunError(f"{key_path(KEY)}: must be a mapping") from None
    try:
        return BootstrapSettings.model_validate(value or {}, by_alias=True, by_name=False)
    except ValidationError as error:
        raise pulumi.RunError("\n".join(complaints(KEY, BootstrapSettings, error, Censor(())))) from None
