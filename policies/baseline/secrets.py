"""Secrets in clear: user data, environments and definitions that many can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_policy import Severity

from policies.support.resources import Resource
from policies.support.rules import Context, Findings, NotApplicable, rule
from policies.support.secrets import holds_secret, secret_variables
from policies.support.values import Values, decoded_list

MACHINES = (
    "aws:ec2/instance:Instance",
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/launchConfiguration:LaunchConfiguration",
    "aws:ec2/spotFleetRequest:SpotFleetRequest",
    "aws:lightsail/instance:Instance",
)
TASK_DEFINITIONS = ("aws:ecs/taskDefinition:TaskDefinition",)
PROJECTS = ("aws:codebuild/project:Project",)
JOB_DEFINITIONS = ("aws:batch/jobDefinition:JobDefinition",)
_IMAGE = "sourceConfiguration.imageRepository.imageConfiguration"
ENVIRONMENTS: Mapping[str, str] = {
    "aws:lambda/function:Function": "environment.variables",
    "aws:apprunner/service:Service": f"{_IMAGE}.runtimeEnvironmentVariables",
    "aws:amplify/app:App": "environmentVariables",
    "aws:amplify/branch:Branch": "environmentVariables",
    "aws:apigateway/stage:Stage": "variables",
    "aws:apigatewayv2/stage:Stage": "stageVariables",
    "aws:glue/job:Job": "defaultArguments",
    "aws:sagemaker/model:Model": "primaryContainer.environment",
}


@rule(
    "no-secrets-in-user-data",
    types=MACHINES,
    severity=Severity.CRITICAL,
    remedy="Let the machine read the secret from Secrets Manager with its role",
)
def no_secrets_in_user_data(machine: Resource, _context: Context) -> Findings:
    """User data holds no secrets: whoever may describe a machine can read it."""
    holders = [machine, *machine.each("launchSpecifications")]
    found = [(holder, path) for holder in holders for path in ("userData", "userDataBase64") if holder.has(path)]
    if not found:
        raise NotApplicable("it has no user data")
    for holder, path in found:
        if holds_secret(holder.text(path) or ""):
            yield f"{path} holds what looks like a secret"


@rule(
    "no-secrets-in-environment",
    types=(*ENVIRONMENTS, *TASK_DEFINITIONS, *PROJECTS, *JOB_DEFINITIONS),
    severity=Severity.CRITICAL,
    remedy="Pass the ARN of a secret, or the service's own reference to one, instead of its value",
)
def no_secrets_in_environment(resource: Resource, _context: Context) -> Findings:
    """Environments of functions, containers and builds hold no secrets."""
    environments = list(_environments(resource))
    if not environments:
        raise NotApplicable("it has no environment")
    for path, variables in environments:
        for name in secret_variables(variables):
            yield f"{path} holds what looks like a secret: {name}"


def _environments(resource: Resource) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The variables of a resource, each set with the path that holds it."""
    if resource.type in TASK_DEFINITIONS:
        for container in decoded_list(resource, "containerDefinitions"):
            yield "containerDefinitions.environment", _named(container.each("environment"))
    elif resource.type in JOB_DEFINITIONS:
        for container in decoded_list(resource, "containerProperties"):
            yield "containerProperties.environment", _named(container.each("environment"))
    elif resource.type in PROJECTS:
        plain = [
            item
            for environment in resource.each("environment")
            for item in environment.each("environmentVariables")
            if (item.text("type") or "PLAINTEXT") == "PLAINTEXT"
        ]
        yield "environment.environmentVariables", _named(plain)
    else:
        path = ENVIRONMENTS[resource.type]
        for variables in resource.each(path):
            yield path, variables.properties


def _named(items: list[Values]) -> dict[str, object]:
    return {str(item.text("name")): item.properties.get("value") for item in items}
