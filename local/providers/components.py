"""Stand-ins for packages of remote components: each is built from resources of other packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pulumi.runtime.proto import provider_pb2

from local import schema
from local.providers.check import Checker
from local.providers.monitor import Monitor, Output, flatten
from local.providers.package import Package, Refused, Resource
from local.providers.values import Values, decode, encode

Build = Callable[[provider_pb2.ConstructRequest, Monitor], provider_pb2.ConstructResponse]
Method = Callable[[Monitor], Output]
"""What a method answers; the component itself is its argument `__self__`."""


class Components(Package):
    """A package whose resources are components, by what builds each, with methods."""

    accepts_references = True
    constructs = True
    builders: Mapping[str, Build]
    methods: Mapping[str, Method] = {}

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

    def call(self, request: provider_pb2.CallRequest) -> provider_pb2.CallResponse:
        """Answer with the method's result, and the resources that it comes from."""
        method = self.methods.get(request.tok)
        if method is None:
            return super().call(request)
        asked = provider_pb2.ConstructRequest(monitorEndpoint=request.monitorEndpoint, inputs=request.args)
        for name, behind in request.argDependencies.items():
            asked.inputDependencies[name].urns.extend(behind.urns)
        with Monitor(asked) as monitor:
            result, urns = flatten(method(monitor))
        response = provider_pb2.CallResponse()
        # The field's name is a keyword.
        getattr(response, "return").CopyFrom(encode({"result": result}))
        response.returnDependencies["result"].urns.extend(sorted(urns))
        return response
