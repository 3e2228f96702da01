"""The stand-in for the AWS provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from local import schema
from local.providers.aws import validation
from local.providers.aws.databases import INSTANCE as _DATABASE
from local.providers.aws.databases import Databases
from local.providers.aws.facts import Facts, Place, Shape
from local.providers.aws.forms import CHOICES, DESCRIBED, DESCRIPTION, NAMES, TAGGED_LATE, Naming
from local.providers.aws.functions import FUNCTIONS, Caller
from local.providers.aws.replacements import refuse, replacement
from local.providers.aws.shapes import SHAPES
from local.providers.aws.text import computed_text
from local.providers.check import Checker, Failure
from local.providers.derive import Deriving
from local.providers.identity import Identity
from local.providers.package import DEFAULTS, Package, Refused, Replacement, Resource, without_defaults
from local.providers.values import UNKNOWN, Values, is_unknown, json_document, reveal

_ACCOUNT = "123456789012"
_REGION = "us-east-1"
_RANDOM_DIGITS = 7
ACCOUNT_LOOKUPS = Path(__file__).with_name("lookups.yaml")
"""What programs find in a new account."""
_PROTECTIONS = ("deletionProtection", "deletionProtectionEnabled", "enableDeletionProtection")
_NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
_LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
# Changes of a launch template that do not make a new version of it.
_UNVERSIONED = frozenset(("defaultVersion", "tags", "tagsAll", "updateDefaultVersion"))


class Aws(Package):
    """AWS without AWS: names, tags and regions as the provider fills them in, ids and ARNs in AWS's own form."""

    name = "aws"

    def __init__(self, *, protects: bool = True) -> None:
        self._protects = protects
        # What exists, by id, since AWS reports some of it with other resources.
        self._known: dict[str, Values] = {}
        self._databases = Databases(self._known)

    def check(self, resource: Resource, old: Values, seed: bytes) -> tuple[Values, list[Failure]]:
        """Give the resource a region, a name, a description and the default tags, and check the result."""
        found = schema.resource(resource.type)
        if found is None:
            return super().check(resource, old, seed)
        chosen = dict(_defaults(resource, old, seed, found))
        inputs = {**_with_documents(found, resource.inputs), **chosen}
        known = dict(found.inputs)
        if _is_tagged(found) and resource.type not in TAGGED_LATE:
            inputs["tagsAll"] = _merged_tags(resource)
            known["tagsAll"] = found.outputs["tagsAll"]
        checker = Checker(choices=CHOICES.get(resource.type, {}))
        checked = checker.properties(known, inputs)
        return {**checked, DEFAULTS: sorted(chosen)}, [*checker.findings, *validation.failures(resource.type, checked)]

    def create(self, resource: Resource) -> tuple[str, Values]:
        """Give the resource an identity, and everything that AWS computes."""
        _refuse_sizes(resource)
        if resource.type == _DATABASE:
            self._databases.refuse(resource.inputs)
        found = schema.existing(resource.type)
        shape = SHAPES.get(resource.type, Shape("{hex:17}"))
        facts = self._facts(resource, shape)
        inputs = facts.inputs
        deriving = Deriving(partial(computed_text, facts, resource.type.split(":")[1].split("/")[0]))
        outputs: Values = {"tagsAll": _merged_tags(resource)} if _is_tagged(found) else {}
        for name, known in found.outputs.items():
            if name in inputs or name in outputs:
                continue
            if name in shape.computed or name == "region":
                outputs[name] = facts[name]
            elif known.required:
                outputs[name] = deriving.value(known, settable=name in found.inputs)
        completed = {name: facts.computed(name) for name in shape.completes}
        given = {name: value for name, value in outputs.items() if value is not None}
        return str(facts["id"]), {**given, **inputs, **completed}

    def preview(self, resource: Resource) -> Values:
        """Inputs and tags are known; of what AWS adds to an input, nothing is."""
        found = schema.existing(resource.type)
        outputs = super().preview(resource)
        if _is_tagged(found):
            outputs["tagsAll"] = _merged_tags(resource)
        for name in SHAPES.get(resource.type, Shape(None)).completes:
            kind = found.outputs[name].type
            if isinstance(kind, schema.Object) and isinstance(outputs[name], dict):
                outputs[name] = {**dict.fromkeys(kind.properties, UNKNOWN), **outputs[name]}
        return outputs

    def update(self, resource: Resource, old: Values, changed: frozenset[str], preview: bool) -> Values:
        """Recompute what follows from the inputs; a launch template gets a new version."""
        if not preview:
            _refuse_sizes(resource)
            refuse(resource, old, changed)
            if resource.type == _DATABASE:
                self._databases.refuse(resource.inputs, changed)
        outputs = super().update(resource, old, changed, preview)
        if resource.type == _LAUNCH_TEMPLATE:
            version = old.get("latestVersion", 1)
            if changed - _UNVERSIONED:
                version = UNKNOWN if preview else version + 1
            follows = resource.inputs.get("updateDefaultVersion") is True
            default = version if follows else resource.inputs.get("defaultVersion", old.get("defaultVersion", 1))
            outputs = {**outputs, "latestVersion": version, "defaultVersion": default}
        return outputs

    def delete(self, resource: Resource, identifier: str) -> None:
        """Refuse what AWS refuses: protected resources, and databases that would leave no snapshot behind."""
        if self._protects and any(resource.inputs.get(protection) is True for protection in _PROTECTIONS):
            raise Refused(f"{identifier} is protected from deletion; switch its deletion protection off first")
        if resource.type != _DATABASE:
            return
        keeps = not resource.inputs.get("skipFinalSnapshot", False) and not resource.inputs.get("replicateSourceDb")
        if keeps and not resource.inputs.get("finalSnapshotIdentifier"):
            raise Refused(f"{identifier}: finalSnapshotIdentifier is required when skipFinalSnapshot is false")
        self._databases.forget(resource.inputs)

    def replacement(self, resource: Resource) -> Replacement:
        """What replaces a resource of this type."""
        return replacement(resource.type)

    def delete_before_replace(self, resource: Resource, old: Values) -> bool:
        """A name that the program chose cannot be given to two resources at once."""
        name = NAMES.get(resource.type, Naming()).property
        chosen = name in resource.inputs and name not in resource.inputs.get(DEFAULTS, [])
        return chosen and resource.inputs[name] == old.get(name)

    def observe(self, resource_type: str, identifier: str, outputs: Values) -> None:
        """Remember the resource, and what came with it."""
        self._known[identifier] = outputs
        if resource_type == _DATABASE:
            self._known |= {str(outputs.get(name)): outputs for name in ("arn", "identifier")}
        if resource_type == "aws:ec2/vpc:Vpc":
            owned = ("defaultNetworkAclId", "defaultRouteTableId", "defaultSecurityGroupId")
            self._known |= {str(outputs.get(name)): {"vpcId": identifier} for name in owned}

    def invoke(self, token: str, arguments: Values, config: Mapping[str, Any]) -> Values:
        """What is declared, or follows from the arguments and the configuration; everything else is refused."""
        known, declared = FUNCTIONS.get(token), self.lookups.find(token, arguments, self.place(arguments, config))
        answer = known(arguments, _caller(arguments, config)) if known and not declared else declared
        return answer or super().invoke(token, arguments, config)

    def place(self, arguments: Values, config: Mapping[str, Any]) -> Mapping[str, str]:
        """The region and account that a lookup is about."""
        caller = _caller(arguments, config)
        return {
            "account": caller.account,
            "partition": caller.partition,
            "region": caller.region,
            "zone": caller.zone,
        }

    def _facts(self, resource: Resource, shape: Shape) -> Facts:
        inputs = without_defaults(resource.inputs)
        # Changes of these make another resource, with an identity of its own.
        deciding = {path.partition(".")[0] for path in replacement(resource.type).paths}
        identity = Identity(resource.urn, {name: inputs[name] for name in sorted(deciding) if name in inputs})
        region = str(inputs.get("region", resource.config.get("region", _REGION)))
        inputs |= _name_from_prefix(resource, identity)
        return Facts(shape, inputs, identity, Place(region, _account(resource.config), self._known))


def _refuse_sizes(resource: Resource) -> None:
    """EKS gets all three sizes of a node group with each request, and wants the desired one within the bounds."""
    if resource.type != _NODE_GROUP:
        return
    sizes = resource.inputs["scalingConfig"]
    smallest, desired, largest = (sizes[name] for name in ("minSize", "desiredSize", "maxSize"))
    if smallest > desired:
        raise Refused(
            f"InvalidParameterException: Minimum capacity {smallest:g} can't be greater than desired size {desired:g}"
        )
    if desired > largest:
        raise Refused(
            f"InvalidParameterException: desired capacity {desired:g} can't be greater than max size {largest:g}"
        )


def _account(config: Mapping[str, Any]) -> str:
    allowed = config.get("allowedAccountIds") or [_ACCOUNT]
    return str(allowed[0])


def _caller(arguments: Values, config: Mapping[str, Any]) -> Caller:
    region = str(arguments.get("region") or config.get("region", _REGION))
    return Caller(_account(config), region, reveal(config.get("defaultTags", {})).get("tags", {}))


def _with_documents(found: schema.Resource, inputs: Values) -> Values:
    """The inputs with JSON for documents that are given as objects, as the bridge's `TransformJSONDocument` has it."""
    written = {
        name: json_document(value)
        for name, value in inputs.items()
        if isinstance(value, dict | list) and name in found.inputs and _is_document(found.inputs[name].type)
    }
    return {**inputs, **written}


def _is_document(kind: schema.Type) -> bool:
    """Whether the SDK takes the text of a document, or the document."""
    return isinstance(kind, schema.OneOf) and schema.Scalar("string") in kind.options


def _is_tagged(found: schema.Resource) -> bool:
    return "tags" in found.inputs and "tagsAll" in found.outputs


def _name_from_prefix(resource: Resource, identity: Identity) -> Values:
    """The name that the provider makes of a prefix."""
    name = NAMES.get(resource.type, Naming()).property
    prefix = resource.inputs.get(f"{name}Prefix")
    return (
        {name: f"{prefix}{identity.letters(26, 'prefix', '0123456789')}"}
        if prefix and name not in resource.inputs
        else {}
    )


def _merged_tags(resource: Resource) -> Any:
    """The resource's tags over the provider's default tags; all unknown when one of them is."""
    tags, defaults = resource.inputs.get("tags", {}), resource.config.get("defaultTags", {})
    if is_unknown(tags) or is_unknown(defaults):
        return UNKNOWN
    if not isinstance(tags, dict):
        return {}
    ignored = resource.config.get("ignoreTags", {})
    merged = {**defaults.get("tags", {}), **tags}
    prefixes = tuple(ignored.get("keyPrefixes", []))
    return {
        key: value
        for key, value in merged.items()
        if key not in ignored.get("keys", []) and not key.startswith(prefixes)
    }


def _defaults(resource: Resource, old: Values, seed: bytes, found: schema.Resource) -> Iterator[tuple[str, Any]]:
    """The inputs that the provider chooses when the program does not."""
    given = resource.inputs
    if "region" in found.inputs and "region" not in given:
        yield "region", resource.config.get("region", _REGION)
    if resource.type in DESCRIBED and "description" not in given:
        yield "description", DESCRIPTION
    naming = NAMES.get(resource.type, Naming())
    if naming.property in found.inputs and not given.keys() & {naming.property, f"{naming.property}Prefix"}:
        yield naming.property, _automatic_name(resource, naming, old, seed)


def _automatic_name(resource: Resource, naming: Naming, old: Values, seed: bytes) -> Any:
    """The name that the resource has already, or a new one."""
    if naming.property in old.get(DEFAULTS, []) and naming.property in old:
        return old[naming.property]
    return resource.automatic_name(seed, _RANDOM_DIGITS, naming.lowercase)
