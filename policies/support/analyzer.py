"""The server that the engine talks to: the analyzer protocol around a pack's rules.

The SDK's own `PolicyPack` reads each resource once for every policy, turns a mandatory policy that meets an unknown
value into a nameless note, and takes any configuration. This server reads a resource once, names the property that is
unknown under the rule's own name, settles what the finished graph can settle, and refuses wrong settings.
"""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent import futures
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2 as protocol
from pulumi.runtime.proto import analyzer_pb2_grpc, plugin_pb2
from pulumi_policy import EnforcementLevel, Severity

from policies.support import coverage
from policies.support.configuration import EXEMPTIONS_SCHEMA, ConfigurationError, configure, defaults, read
from policies.support.resources import STACK_TYPE, Resource, Stack
from policies.support.rules import Pack, Rule
from policies.support.values import decode
from policies.support.verdicts import Outcome, Verdict, exemption_problems, judge

_LARGEST_MESSAGE = 400 * 1024 * 1024
_LEVELS = {
    EnforcementLevel.ADVISORY: protocol.ADVISORY,
    EnforcementLevel.MANDATORY: protocol.MANDATORY,
    EnforcementLevel.DISABLED: protocol.DISABLED,
}
_LEVEL_NAMES = {number: level.value for level, number in _LEVELS.items()} | {protocol.REMEDIATE: "remediate"}
_SEVERITIES = {
    Severity.LOW: protocol.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: protocol.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: protocol.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: protocol.POLICY_SEVERITY_CRITICAL,
}


def serve(pack: Pack) -> None:
    """Serve a pack until the engine ends the process. The engine reads the port from standard output."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4),
        interceptors=[_NoRemediation()],
        options=[("grpc.max_receive_message_length", _LARGEST_MESSAGE)],
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(pack), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # What is there now stays to the end, so that no garbage collection has to look through it.
    gc.freeze()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):  # how the engine asks it to end
        server.wait_for_termination()


class _NoRemediation(grpc.ServerInterceptor):  # type: ignore[type-arg]
    """Refuses to change resources, without a look at them: the packs judge, they do not rewrite."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """No handler for remediation, which the engine takes for a pack without any."""
        return None if handler_call_details.method.endswith("/Remediate") else continuation(handler_call_details)


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """One pack during one preview or update."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._pack_names = {rule.name: part.name for part in pack.parts or (pack,) for rule in part.rules}
        self._stack = ""
        self._today = datetime.now(UTC).date()
        self._settings = {rule.name: defaults(rule) for rule in pack.rules}
        self._preview = True
        self._providers: dict[str, dict[str, object]] = {}
        self._inputs: dict[str, dict[str, object]] = {}
        self._undecided: list[tuple[Rule, str]] = []
        self._untold: set[str] = set()
        self._reported: set[tuple[str, str, str]] = set()
        self._by_type: dict[str, list[Rule]] = defaultdict(list)
        for rule in pack.rules:
            for token in () if rule.joined else rule.types:
                self._by_type[token].append(rule)

    def Handshake(  # noqa: N802 - named by the protocol, as are the methods below
        self, request: protocol.AnalyzerHandshakeRequest, context: grpc.ServicerContext
    ) -> protocol.AnalyzerHandshakeResponse:
        """Accept the engine; the pack needs nothing of it."""
        return protocol.AnalyzerHandshakeResponse()

    def ConfigureStack(  # noqa: N802
        self, request: protocol.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> protocol.AnalyzerStackConfigureResponse:
        """Learn which stack this is, and whether this is a preview."""
        self._stack = request.stack
        self._preview = request.dry_run
        return protocol.AnalyzerStackConfigureResponse()

    def GetPluginInfo(  # noqa: N802
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """No version of its own: the one in PulumiPolicy.yaml counts."""
        return plugin_pb2.PluginInfo()

    def GetAnalyzerInfo(  # noqa: N802
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> protocol.AnalyzerInfo:
        """Describe the pack and its rules; one that has parts begins with their configuration for the stack."""
        try:
            own = [_committed(part, self._stack) for part in self._pack.parts]
        except ConfigurationError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"configuration of {self._pack.name}:\n{error}")
        return protocol.AnalyzerInfo(
            name=self._pack.name,
            displayName=self._pack.title,
            supportsConfig=True,
            policies=[*map(_describe, self._pack.rules), _describe_coverage()],
            initialConfig={name: entry for entries in own for name, entry in entries.items()},
            provider="aws",
        )

    def Configure(  # noqa: N802
        self, request: protocol.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Take the configuration, or refuse it with everything that is wrong with it."""
        entries = {
            name: {
                **json_format.MessageToDict(entry.properties),
                "enforcementLevel": _LEVEL_NAMES[entry.enforcementLevel],
            }
            for name, entry in request.policyConfig.items()
            if name != coverage.NAME
        }
        try:
            self._settings = configure(self._pack.rules, entries)
        except ConfigurationError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"configuration of {self._pack.name}:\n{error}")
        return empty_pb2.Empty()

    def Analyze(  # noqa: N802
        self, request: protocol.AnalyzeRequest, context: grpc.ServicerContext
    ) -> protocol.AnalyzeResponse:
        """Judge the inputs of one resource before it is created or updated."""
        self._inputs[request.urn] = decode(request.properties)
        resource = self._resource(request)
        response = protocol.AnalyzeResponse()
        if resource.custom and not resource.properties:
            self._untold.add(request.urn)
        for rule in self._by_type.get(request.type, ()):
            if self._settings[rule.name].level is EnforcementLevel.DISABLED:
                continue
            if request.urn in self._untold:
                self._undecided.append((rule, request.urn))
                continue
            outcome = judge(rule, resource, self._settings[rule.name], Stack([]), self._today)
            if outcome.verdict is Verdict.UNKNOWN:
                self._undecided.append((rule, request.urn))
            else:
                response.diagnostics.extend(self._diagnostics(outcome))
        return response

    def AnalyzeStack(  # noqa: N802
        self, request: protocol.AnalyzeStackRequest, context: grpc.ServicerContext
    ) -> protocol.AnalyzeResponse:
        """Judge what needs the whole stack, settle what was unknown, and look after the exemptions."""
        left_out = self._left_out(request.resources)
        everything = [self._resource(message) for message in request.resources]
        stack = Stack(resource for resource in everything if resource.urn not in left_out)
        pending = [(rule, stack.resources[urn]) for rule, urn in self._undecided if urn in stack.resources]
        pending += [(rule, resource) for rule in self._enabled(joined=True) for resource in stack.of(*rule.types)]
        response = protocol.AnalyzeResponse()
        for rule, resource in pending:
            outcome = judge(rule, resource, self._settings[rule.name], stack, self._today)
            response.diagnostics.extend(self._diagnostics(outcome))
        response.diagnostics.extend(self._exemption_diagnostics(Stack(everything)))
        response.diagnostics.extend(self._coverage_diagnostics(stack, left_out.values()))
        return response

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """Nothing is under way when the engine says that it ends."""
        return empty_pb2.Empty()

    def _left_out(self, resources: Iterable[protocol.AnalyzerResource]) -> dict[str, str]:
        """URN and type of what the engine was told to leave out (`--target`, `--exclude`), and so does not make.

        It tells neither inputs nor outputs of those. What merely takes no arguments has outputs, or marks for them.
        """
        return {each.urn: each.type for each in resources if each.urn in self._untold and not each.properties.fields}

    def _enabled(self, *, joined: bool) -> Iterator[Rule]:
        for rule in self._pack.rules:
            if rule.joined is joined and self._settings[rule.name].level is not EnforcementLevel.DISABLED:
                yield rule

    def _resource(self, message: protocol.AnalyzeRequest | protocol.AnalyzerResource) -> Resource:
        """The resource with its inputs; one that this run does not register is seen with its outputs."""
        inputs = self._inputs.get(message.urn)
        provider: Mapping[str, object] = {}
        if message.HasField("provider"):
            urn = message.provider.urn
            provider = self._providers.get(urn) or self._providers.setdefault(urn, decode(message.provider.properties))
        dependencies = {}
        arn = ""
        if isinstance(message, protocol.AnalyzerResource):
            dependencies = {name: list(edges.urns) for name, edges in message.propertyDependencies.items()}
            arn = _arn(message)
        properties = decode(message.properties) if inputs is None else inputs
        custom = message.HasField("provider")
        return Resource(
            message.urn,
            properties,
            provider=provider,
            dependencies=dependencies,
            arn=arn,
            custom=custom,
            protected=message.options.protect,
        )

    def _diagnostics(self, outcome: Outcome) -> Iterator[protocol.AnalyzeDiagnostic]:
        if outcome.verdict is Verdict.VIOLATED:
            for finding in outcome.findings:
                yield from self._once(
                    outcome, f"{finding}. {outcome.rule.remedy}.", self._settings[outcome.rule.name].level
                )
        elif outcome.verdict is Verdict.UNKNOWN and self._preview:
            note = f"undecided: {outcome.findings[0]} is unknown until the update, where this rule decides"
            yield from self._once(outcome, note, EnforcementLevel.ADVISORY)
        elif outcome.verdict is Verdict.UNKNOWN:
            problem = f"undecided: {outcome.findings[0]} is unknown even now"
            yield from self._once(outcome, problem, self._settings[outcome.rule.name].level)

    def _exemption_diagnostics(self, stack: Stack) -> Iterator[protocol.AnalyzeDiagnostic]:
        root = next((resource.urn for resource in stack.of(STACK_TYPE)), "")
        for rule in (*self._enabled(joined=False), *self._enabled(joined=True)):
            settings = self._settings[rule.name]
            for problem in exemption_problems(rule, settings, stack, self._today):
                level = settings.level if problem.expired else EnforcementLevel.ADVISORY
                yield _diagnostic(self._pack_names[rule.name], rule, root, problem.message, level)

    def _coverage_diagnostics(self, stack: Stack, left_out: Iterable[str]) -> Iterator[protocol.AnalyzeDiagnostic]:
        """One note of each pack, or of those that run together, about what it does not decide."""
        told = list(coverage.notes(stack, self._pack.rules, self._settings, left_out))
        if told:
            yield protocol.AnalyzeDiagnostic(
                policyName=coverage.NAME,
                policyPackName=self._pack.name,
                description=_COVERAGE,
                message="\n".join([_COVERAGE, *told]),
                enforcementLevel=protocol.ADVISORY,
                severity=protocol.POLICY_SEVERITY_LOW,
                urn=next((resource.urn for resource in stack.of(STACK_TYPE)), ""),
            )

    def _once(self, outcome: Outcome, message: str, level: EnforcementLevel) -> Iterator[protocol.AnalyzeDiagnostic]:
        """The diagnostic, unless an earlier look at the same resource has told it."""
        key = (outcome.rule.name, outcome.urn, message)
        if key not in self._reported:
            self._reported.add(key)
            yield _diagnostic(self._pack_names[outcome.rule.name], outcome.rule, outcome.urn, message, level)


def _arn(message: protocol.AnalyzerResource) -> str:
    """The ARN among the outputs of a resource that is there; before, the engine has its inputs or a mark only."""
    arn = message.properties.fields["arn"].string_value if "arn" in message.properties.fields else ""
    return arn if arn.startswith("arn:") else ""


def _diagnostic(pack: str, rule: Rule, urn: str, message: str, level: EnforcementLevel) -> protocol.AnalyzeDiagnostic:
    return protocol.AnalyzeDiagnostic(
        policyName=rule.name,
        policyPackName=pack,
        description=rule.description,
        message=f"{rule.description}\n{message}",
        enforcementLevel=_LEVELS[level],
        severity=_SEVERITIES[rule.severity],
        urn=urn,
    )


_COVERAGE = "What no rule judges, and what rules were told to leave alone."


def _describe_coverage() -> protocol.PolicyInfo:
    """The note about what is not judged is listed, so that the engine knows its name; it has no settings."""
    return protocol.PolicyInfo(
        name=coverage.NAME,
        description=_COVERAGE,
        enforcementLevel=protocol.ADVISORY,
        policy_type=protocol.POLICY_TYPE_STACK,
        severity=protocol.POLICY_SEVERITY_LOW,
    )


def _committed(pack: Pack, stack: str) -> dict[str, protocol.PolicyConfig]:
    """The pack's own configuration for a stack, by rule; nothing where it has none."""
    file = pack.configuration(stack)
    if not file.exists():
        return {}
    entries = read(file, pack.rules)
    configure(pack.rules, entries)
    return {name: _policy_config(entry) for name, entry in entries.items() if name != "all" and isinstance(entry, dict)}


def _policy_config(entry: Mapping[str, object]) -> protocol.PolicyConfig:
    level = EnforcementLevel(str(entry.get("enforcementLevel", EnforcementLevel.MANDATORY.value)))
    config = protocol.PolicyConfig(enforcementLevel=_LEVELS[level])
    parameters = {name: value for name, value in entry.items() if name != "enforcementLevel"}
    json_format.ParseDict(parameters, config.properties)
    return config


def _describe(rule: Rule) -> protocol.PolicyInfo:
    properties = {parameter.name: parameter.schema() for parameter in rule.parameters}
    schema = protocol.PolicyConfigSchema()
    json_format.ParseDict({**properties, "exemptions": EXEMPTIONS_SCHEMA}, schema.properties)
    return protocol.PolicyInfo(
        name=rule.name,
        description=rule.description,
        enforcementLevel=protocol.MANDATORY,
        policy_type=protocol.POLICY_TYPE_STACK if rule.joined else protocol.POLICY_TYPE_RESOURCE,
        severity=_SEVERITIES[rule.severity],
        remediation_steps=rule.remedy,
        tags=rule.frameworks,
        framework=protocol.PolicyComplianceFramework(reference=", ".join(rule.frameworks)),
        configSchema=schema,
    )
