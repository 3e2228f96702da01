"""Names of container images, and where they are pulled from instead."""

from __future__ import annotations

from collections.abc import Mapping

DOCKER_HUB = "docker.io"


def mirrored(image: str, mirrors: Mapping[str, str]) -> str:
    """The image as the mirror of its registry names it; the image itself where its registry has none.

    `mirrors` maps a registry, such as `quay.io`, to what stands in its place. An image without a registry is one of
    Docker Hub, as everywhere.
    """
    registry, _, path = image.partition("/")
    if not path or not ("." in registry or ":" in registry):
        registry, path = DOCKER_HUB, image if "/" in image else f"library/{image}"
    return f"{mirrors[registry]}/{path}" if registry in mirrors else image


def image_values(repository: str, tag: str, mirrors: Mapping[str, str]) -> dict[str, str]:
    """A chart's values of its image: the tag, and the repository where it is another than the chart's own."""
    found = mirrored(repository, mirrors)
    return {"tag": tag} if found == repository else {"repository": found, "tag": tag}
