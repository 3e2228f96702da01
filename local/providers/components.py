"""Stand-ins for packages of remote components: each is built from resources of other packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pulumi.runtime.proto import provider_pb2

from local import schema
from local.providers.check import Checker
from local.providers.monitor import Monitor
from local.providers.package import Package, Refused, Resource
from local.providers.values import Values, decode

Build = Callable[[provider_pb2.ConstructRequest, Monitor], provider_pb2.ConstructResponse]


class Components(Package):
    """A package whose resources are components, by what builds each."""

    accepts_references = True
    constructs = True
    builders: Mapping[str, Build]

    def create(self, resource: Resource) -> tuple[str, Values]:
        """There are components only, which are constructed and not created."""
        raise Refused(f"{resource.type} is not a resource of its own")

    def construct(self, request: provider_pb2.ConstructRequest) -> provider_pb2.ConstructResponse:
        """Check the inputs against the SDK and build the component."""
        found, build = schema.resource(request.type), self.builders.get(request.type)
        if found is None or build is None:
            offered = ", ".join(sorted(self.builders))
            raise Refused(f"the stand-in for {self.name} does not offer {request.type}; it offers {offered}")
        checker = Checker()
        checker.properties(found.inputs, decode(request.inputs))
        if checker.failures:
            raise Refused(f"the inputs of {request.type} {request.name!r} are invalid", tuple(checker.failures))
        with Monitor(request) as monitor:
            return build(request, monitor)
