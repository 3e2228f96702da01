"""Rules of the address that span several sections of a stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from components.address import CONTROLLERS_CLASS, AddressSettings
from components.common import catalogue
from components.common.settings import Problem
from components.workloads import WorkloadsSettings

# Names of load balancers (Elastic Load Balancing API, CreateLoadBalancer).
LOAD_BALANCER_NAME_MAX = 32
_RESERVED_PREFIX = "internal-"


def load_balancers_have_names(stack: str, address: AddressSettings | None) -> Iterator[Problem]:
    """`<stack>-<class>` is a name that load balancers can have."""
    for label in address.classes if address else ():
        name, path = f"{stack}-{label}", ("address", "classes", label)
        if len(name) > LOAD_BALANCER_NAME_MAX:
            yield Problem(
                path,
                f"{name} has {len(name)} characters, and names of load balancers at most {LOAD_BALANCER_NAME_MAX};"
                " choose a shorter label",
            )
        if name.startswith(_RESERVED_PREFIX):
            yield Problem(path, f"{name} begins with {_RESERVED_PREFIX}, which load balancers refuse")


def classes_are_for_namespaces(address: AddressSettings | None, workloads: WorkloadsSettings) -> Iterator[Problem]:
    """Classes are limited to namespaces that there are."""
    known = workloads.namespace_quotas
    for label, settings in address.classes.items() if address else ():
        for index, namespace in enumerate(settings.namespaces):
            if namespace not in known:
                path = ("address", "classes", label, "namespaces", str(index))
                yield Problem(path, f"{namespace} is not a namespace of applications; there are {', '.join(known)}")


def checks_are_told_of(region: str, address: AddressSettings | None) -> Iterator[Problem]:
    """Route 53 tells of health checks in us-east-1, which GovCloud and China do not reach."""
    partition = catalogue.partition_of(region)
    if address and address.health_checks and partition != "aws":
        yield Problem(
            ("address", "healthChecks"),
            f"are told of in us-east-1, and region ({region}) is in the partition {partition}; leave them out",
        )


def ingresses_have_classes(address: AddressSettings | None, workloads: WorkloadsSettings) -> Iterator[Problem]:
    """Ingresses may name classes that there are: where there is a domain, the controller's own one goes."""
    if not address or address.keep_controller_class or not workloads.admission:
        return
    for index, name in enumerate(workloads.admission.ingress_classes):
        if name == CONTROLLERS_CLASS:
            yield Problem(
                ("workloads", "admission", "ingressClasses", str(index)),
                f"{name} goes where there is an address; name one of address.classes"
                f" ({', '.join(address.classes)}), or set address.keepControllerClass",
            )


RULES: tuple[Callable[..., Iterator[Any]], ...] = (
    load_balancers_have_names,
    classes_are_for_namespaces,
    checks_are_told_of,
    ingresses_have_classes,
)
