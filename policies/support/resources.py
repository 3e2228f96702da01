"""Resources and stacks as rules see them, with the edges that the engine knows between them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from policies.support.values import UnknownValueError, Values

STACK_TYPE = "pulumi:pulumi:Stack"


class Resource(Values):
    """A resource with its inputs as the provider has checked them, so with defaults and `tagsAll`."""

    def __init__(  # noqa: PLR0913 - what the engine tells of a resource
        self,
        urn: str,
        properties: Mapping[str, object],
        *,
        provider: Mapping[str, object] | None = None,
        dependencies: Mapping[str, Sequence[str]] | None = None,
        arn: str = "",
        custom: bool = True,
        protected: bool = False,
    ) -> None:
        super().__init__(properties)
        self.urn = urn
        self.arn = arn
        """What AWS called the resource; empty until it is there."""
        self.custom = custom
        """Whether a provider makes the resource; a component is not."""
        self.protected = protected
        """Whether the engine refuses to delete it."""
        self._provider = provider or {}
        self.dependencies = dependencies or {}
        """URNs of the resources that each property comes from. Known once the whole stack is."""

    @cached_property
    def provider(self) -> Values:
        """The settings of the resource's provider."""
        return Values({name: _decoded(value) for name, value in self._provider.items()}, "provider")

    @property
    def type(self) -> str:
        """Type token, such as `aws:kms/key:Key`."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """Logical name."""
        return self.urn.split("::", 3)[3]

    @property
    def stack(self) -> str:
        """Name of the stack that the resource belongs to."""
        return self.urn.split("::")[0].removeprefix("urn:pulumi:")


def _decoded(value: object) -> object:
    """A setting of a provider: the engine keeps what is no plain text as JSON."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


class Stack:
    """All resources of a stack."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = {resource.urn: resource for resource in resources}
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources.values():
            self._by_type[resource.type].append(resource)

    @cached_property
    def arns(self) -> tuple[str, ...]:
        """The ARNs that AWS gave, as far as they are known."""
        return tuple(resource.arn for resource in self.resources.values() if resource.arn)

    def of(self, *types: str) -> list[Resource]:
        """The resources of these types."""
        return [resource for token in types for resource in self._by_type.get(token, ())]

    def sources(self, resource: Resource, path: str) -> list[Resource]:
        """The resources that a property of a resource comes from."""
        urns = resource.dependencies.get(path.split(".", maxsplit=1)[0], ())
        return [self.resources[urn] for urn in urns if urn in self.resources]

    @cached_property
    def _users(self) -> dict[str, list[Resource]]:
        users: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources.values():
            for urn in {urn for urns in resource.dependencies.values() for urn in urns}:
                users[urn].append(resource)
        return users

    def users_of(self, resource: Resource) -> list[Resource]:
        """The resources of which some property comes from this one; components are none."""
        return [user for user in self._users.get(resource.urn, ()) if user.custom]

    def only_from(self, resource: Resource, path: str, types: Container[str]) -> bool:
        """Whether a property comes from resources of these types and from nothing else, as far as the graph tells."""
        sources = self.sources(resource, path)
        return bool(sources) and all(source.type in types for source in sources)

    def settings_of(
        self, subject: Resource, types: Sequence[str], by: str, identity: Sequence[str] = ()
    ) -> list[Resource]:
        """The resources of these types whose property `by` points at the subject.

        An edge of the graph decides. Without one, the value does, when it equals one of the subject's `identity`
        properties.
        Raises `UnknownValueError` when none points at the subject but one may.
        """
        found = []
        undecided: UnknownValueError | None = None
        for setting in self.of(*types):
            try:
                if self._points_at(setting, by, subject, identity):
                    found.append(setting)
            except UnknownValueError:
                undecided = UnknownValueError(f"{by} of {setting.name}")
        if undecided and not found:
            raise undecided
        return found

    def _points_at(self, setting: Resource, by: str, subject: Resource, identity: Sequence[str]) -> bool:
        origins = list(self._origins(setting, by))
        if any(origin.type == subject.type for origin in origins):
            return subject in origins
        value = setting.text(by)
        return value is not None and value in _known_texts(subject, identity)

    def _origins(self, resource: Resource, by: str) -> Iterator[Resource]:
        """Where a property comes from, also by way of other settings of the same subject."""
        for source in self.sources(resource, by):
            yield source
            yield from self._origins(source, by)


def _known_texts(resource: Resource, paths: Sequence[str]) -> set[str]:
    texts = set()
    for path in paths:
        try:
            texts.add(resource.text(path) or "")
        except UnknownValueError:
            continue
    return texts - {""}
