"""What commands of the AWS CLI mean in the models that it is made from."""

from __future__ import annotations

from functools import cache

import pytest
from botocore import xform_name  # type: ignore[import-untyped]
from botocore.exceptions import UnknownServiceError  # type: ignore[import-untyped]
from botocore.loaders import Loader  # type: ignore[import-untyped]
from botocore.model import OperationModel, ServiceModel  # type: ignore[import-untyped]

LOADER = Loader()
# What the AWS CLI adds to the services' own operations and parameters.
CLI_COMMANDS = {("configure", "export-credentials"), ("eks", "update-kubeconfig"), ("s3", "rm")}
# Services that the AWS CLI calls by other names.
CLI_SERVICES = {"s3api": "s3", "configservice": "config"}
CLI_OPTIONS = {"query", "output", "region", "profile", "max-items", "page-size"}
CLI_OPTIONS_OF = {("rds", "start-db-instance-automated-backups-replication"): {"source-region"}}


@cache
def service(name: str) -> ServiceModel:
    return ServiceModel(LOADER.load_service_model(name, "service-2"), name)


def operation(words: list[str]) -> OperationModel:
    """The operation that a command of the AWS CLI calls; of a waiter, the one that it repeats."""
    _, name, command, *rest = words
    try:
        model = service(CLI_SERVICES.get(name, name))
    except UnknownServiceError:
        pytest.fail(f"there is no service {name}")
    if command == "wait":
        waiters = LOADER.load_service_model(name, "waiters-2")["waiters"]
        found = {xform_name(each, "-"): content["operation"] for each, content in waiters.items()}
        assert rest[0] in found, f"{name} waits for {sorted(found)}"
        return model.operation_model(found[rest[0]])
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    assert command in operations, f"{name} has no operation {command}"
    return model.operation_model(operations[command])
