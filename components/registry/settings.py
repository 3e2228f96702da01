"""The settings of repositories for container images."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.common.settings import Principals, Section


class RepositorySettings(Section):
    """A repository for the images of one application."""

    keep_images: Annotated[int, Field(ge=1, le=1_000)] = 100
    """How many images are kept; the oldest go. What still runs must be among them."""
    untagged_days: Annotated[int, Field(ge=1, le=365)] = 14
    """How long images without a tag are kept."""
    pushers: Principals = ()
    """Roles and users, of other accounts too, that push images. Those of this account need nothing but their own
    policies."""
