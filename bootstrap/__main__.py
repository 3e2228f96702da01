"""What an account needs before its first stack: a place for the state, the key of its secrets, the identity of CI."""

from __future__ import annotations

import sys
from pathlib import Path

import pulumi
import pulumi_aws as aws

# This program shares the platform's components, which lie beside its folder.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from bootstrap.settings import load
from components.access import CiIdentity, CiIdentityArgs
from components.common.scope import Scope
from components.state import StateStore, StateStoreArgs, login_url, secrets_provider, state_backend

PREFIX = "trading-platform"

settings = load()
scope = Scope(prefix=PREFIX, account_id=settings.account_id, region=settings.region)
provider = aws.Provider(
    "aws",
    region=settings.region,
    # Credentials for the wrong account stop here.
    allowed_account_ids=[settings.account_id],
    default_tags=aws.ProviderDefaultTagsArgs(
        tags={
            # Never the name of an environment: its deploy role may change every key that carries its tag.
            "Environment": pulumi.get_stack(),
            "Owner": settings.owner,
            "CostCenter": settings.cost_center,
            "Project": PREFIX,
            "ManagedBy": "Pulumi",
        }
    ),
)
opts = pulumi.ResourceOptions(provider=provider)

store = StateStore(
    "state",
    StateStoreArgs(scope=scope, key=settings.kms, deletion_protection=settings.deletion_protection),
    opts,
)
if settings.github_repository:
    ci = CiIdentity(
        "ci",
        CiIdentityArgs(
            scope=scope,
            repository=settings.github_repository,
            creates_provider=settings.creates_github_provider,
            preview_environment=settings.preview_environment,
            main_environment=settings.main_environment,
            state=state_backend(scope),
        ),
        opts,
    )
    pulumi.export("githubProviderArn", ci.provider_arn)
    pulumi.export("previewRoleArn", ci.preview_role_arn)
for service in settings.service_linked_roles:
    aws.iam.ServiceLinkedRole(service.removesuffix(".amazonaws.com"), aws_service_name=service, opts=opts)

pulumi.export("stateBucket", store.bucket_name)
pulumi.export("stateKeyArn", store.key_arn)
# In quotes, since shells take the question mark for a pattern.
pulumi.export("loginCommand", f"pulumi login '{login_url(scope)}'")
pulumi.export("secretsProvider", secrets_provider(scope))
