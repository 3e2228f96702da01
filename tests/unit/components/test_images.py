"""How images are named: the registry that they are pulled from, and the digest that they are held to."""

from __future__ import annotations

import re

import pytest

from components.cluster.device_plugins import _IMAGES
from components.common.images import DIGESTS, image_values, pulled
from components.workloads.autoscaler import image_tag
from config.lifecycle import KUBERNETES

VELERO = "docker.io/velero/velero:v1.18.1"
MIRRORS = {"docker.io": "123456789012.dkr.ecr.us-east-1.amazonaws.com/production-docker-hub"}


def test_digests_are_those_of_images_with_a_version() -> None:
    for image, digest in DIGESTS.items():
        assert re.fullmatch(r"[a-z0-9.-]+\.[a-z]+(/[a-z0-9-]+)+:v?\d+(\.\d+)+", image)
        assert digest is None or re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
    known = [digest for digest in DIGESTS.values() if digest]
    assert len(set(known)) == len(known)


@pytest.mark.parametrize("minor", KUBERNETES)
def test_the_autoscaler_of_every_minor_is_listed(minor: str) -> None:
    assert f"registry.k8s.io/autoscaling/cluster-autoscaler:{image_tag(minor)}" in DIGESTS


def test_the_plugins_are_listed() -> None:
    assert set(_IMAGES.values()) <= DIGESTS.keys()


def test_an_image_is_pulled_by_its_digest_wherever_it_is_kept() -> None:
    assert pulled(VELERO, {}) == f"{VELERO}@{DIGESTS[VELERO]}"
    assert pulled(VELERO, MIRRORS) == f"{MIRRORS['docker.io']}/velero/velero:v1.18.1@{DIGESTS[VELERO]}"
    assert pulled("quay.io/example/thing:1", MIRRORS) == "quay.io/example/thing:1"


def test_a_chart_gets_the_digest_with_the_tag() -> None:
    tag = f"v1.18.1@{DIGESTS[VELERO]}"
    assert image_values("docker.io/velero/velero", "v1.18.1", {}) == {"tag": tag}
    kept = {"repository": f"{MIRRORS['docker.io']}/velero/velero", "tag": tag}
    assert image_values("docker.io/velero/velero", "v1.18.1", MIRRORS) == kept
    assert image_values("localhost:5000/thing", "v1", {}) == {"tag": "v1"}
