"""The settings of repositories for container images, and of the registry that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.common.settings import DISTINCT, LIST, Principals, Problem, Section, text


class RepositorySettings(Section):
    """A repository for the images of one application."""

    keep_images: Annotated[int, Field(ge=1, le=1_000)] = 100
    """How many images are kept; the oldest go. What still runs must be among them."""
    untagged_days: Annotated[int, Field(ge=1, le=365)] = 14
    """How long images without a tag are kept."""
    pushers: Principals = ()
    """Roles and users, of other accounts too, that push images. Those of this account need nothing but their own
    policies."""
    github_repository: Annotated[str, text("owner/repository", r"[\w.-]+/[\w.-]+")] | None = None
    """Repository on GitHub whose workflows push, by a role that may do nothing else. None: there is no such role."""
    github_environment: Annotated[str, text("a GitHub environment, such as production", r"[\w.-]+")] | None = None
    """GitHub environment in which those workflows must run."""

    def problems(self) -> Iterator[Problem]:
        """Both of GitHub's names, or none: a repository without an environment would trust every branch."""
        if (self.github_repository is None) != (self.github_environment is None):
            missing = "githubEnvironment" if self.github_repository else "githubRepository"
            yield Problem((missing,), "is missing; githubRepository and githubEnvironment go together")


# A secret of Secrets Manager by the name that ECR reads (ECR user guide, Storing upstream registry credentials).
_UPSTREAM_SECRET = text(
    "the ARN of a secret whose name begins with ecr-pullthroughcache/",
    r"arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:ecr-pullthroughcache/[\w/+=.@-]+",
)


class PullThroughCacheSettings(Section):
    """Copies of public images, made when a node first pulls them."""

    docker_hub_secret_arn: Annotated[str, _UPSTREAM_SECRET]
    """Secret with `username` and `accessToken` of Docker Hub, which gives images to those who sign in only; under the
    key `aws/secretsmanager`."""
    github_secret_arn: Annotated[str, _UPSTREAM_SECRET] | None = None
    """The same of GitHub's registry, ghcr.io. Without it, images from there are pulled from there."""

    @property
    def secret_arns(self) -> list[str]:
        """Of all registries that ask for a sign-in."""
        return [arn for arn in (self.docker_hub_secret_arn, self.github_secret_arn) if arn]


class RegistrySettings(Section):
    """The registry of account and region: what it keeps of others, what others keep of it, and how it scans."""

    pull_through_cache: PullThroughCacheSettings | None = None
    """Pulls the images of the platform's charts through the registry. None by default."""
    replicated_stacks: Annotated[
        tuple[Annotated[str, text("the name of a stack", r"[a-z](-?[a-z0-9])*", 14)], ...],
        LIST,
        DISTINCT,
        Field(max_length=10),
    ] = ()
    """Stacks whose repositories are copied to the recovery region. A registry has one configuration of it, so one stack
    names all of its account and region that want it, itself among them; at most 10. Images that were pushed before are
    not copied."""
    scanning: Literal["BASIC", "ENHANCED"] | None = None
    """How all repositories of account and region are scanned: on push for vulnerabilities of the operating system, or
    continuously and with the packages of languages by Inspector, for a price. One stack sets it. None: as each
    repository says, on push."""
