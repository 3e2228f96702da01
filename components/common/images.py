"""Names of container images, and where they are pulled from instead."""

from __future__ import annotations

from collections.abc import Mapping

DOCKER_HUB = "docker.io"

_AUTOSCALER = "registry.k8s.io/autoscaling/cluster-autoscaler"

DIGESTS: Mapping[str, str | None] = {
    "docker.io/velero/velero:v1.18.1": "sha256:11459094b1b21ec7c817b08f8067d9e89380835547915cac9c4132ff05b55b90",
    "docker.io/velero/velero-plugin-for-aws:v1.14.2": (
        "sha256:0751144c1c8e52d52c48717fbd13ad5a3061e612ae4d7ad744a946cd5b139d1a"
    ),
    "nvcr.io/nvidia/k8s-device-plugin:v0.20.0": (
        "sha256:a61ba9fd8efb82f3a79f877f7580e02c1e8e7593f62473644bc9c79e315c3312"
    ),
    "public.ecr.aws/eks/aws-load-balancer-controller:v3.5.0": (
        "sha256:298acdff5a571731276aaea3d5cc450a264e4ad710a5bddf3e518f68a3f9f6cb"
    ),
    "public.ecr.aws/neuron/neuron-device-plugin:2.22.4.0": None,
    "registry.k8s.io/external-dns/external-dns:v0.21.0": (
        "sha256:f53faaf71cb270d1ca9dce6ea0c94bfebf1a18696263487f0fbc74b9bf2bd7ff"
    ),
    f"{_AUTOSCALER}:v1.28.2": "sha256:83de5778b666329b7fff80ec233e4a986d859792f0f7e3ae4bb2e3329cd2ff03",
    f"{_AUTOSCALER}:v1.29.0": "sha256:808185c1090107f06ea69b0a5e507e387ad2ee3a3b12b7cd08ea0dac730cf58b",
    f"{_AUTOSCALER}:v1.30.0": "sha256:1b3a4e800f9be5119e9b73862b3cec7e38e1eca8fd4d438789f99f642d4cecee",
    f"{_AUTOSCALER}:v1.31.0": "sha256:6d4c51c35f344d230341d71bb6d35f2c2f0c0a6f205a7887ae44e6d852fb5b5f",
    f"{_AUTOSCALER}:v1.32.0": "sha256:656d21dacb015b8ccfdaec5047963499c10ad6e2598a29c450138c75d533010c",
    f"{_AUTOSCALER}:v1.33.6": "sha256:7b44e0f075b2c8f9952e339b6c396cd4d1c3831c24c0fe092a3e708c45e6ec51",
    f"{_AUTOSCALER}:v1.34.5": "sha256:5c3a56440ffc76eac79e7d7e840153c1fbe7b6e02d415e76a45ba2e0ef99a266",
    f"{_AUTOSCALER}:v1.35.2": "sha256:aac369dc283927a623deb1af54696efcc722ae79255aa07788422e495bab887d",
    f"{_AUTOSCALER}:v1.36.1": "sha256:461388d03eb5b55db58941ee7a81d9a619dd15302b01cbab9f5a9946715994b4",
    f"{_AUTOSCALER}:v1.37.0": None,
}
"""Images that the platform runs, and their digests as of 2026-11-29; none where no digest has been published.

The digest is that of the index, in which nodes of every architecture find theirs. Those of the autoscaler are from its
promotions (kubernetes/k8s.io, `k8s-staging-autoscaling`), the others as users of the images have pinned them, the same
in each case for at least two who do not know of each other.
"""


def mirrored(image: str, mirrors: Mapping[str, str]) -> str:
    """The image as the mirror of its registry names it; the image itself where its registry has none.

    `mirrors` maps a registry, such as `quay.io`, to what stands in its place. An image without a registry is one of
    Docker Hub, as everywhere.
    """
    registry, _, path = image.partition("/")
    if not path or not ("." in registry or ":" in registry):
        registry, path = DOCKER_HUB, image if "/" in image else f"library/{image}"
    return f"{mirrors[registry]}/{path}" if registry in mirrors else image


def pulled(image: str, mirrors: Mapping[str, str]) -> str:
    """The image as nodes pull it: from the mirror of its registry, by its digest where that is known."""
    digest = DIGESTS.get(image)
    return mirrored(image, mirrors) + (f"@{digest}" if digest else "")


def image_values(repository: str, tag: str, mirrors: Mapping[str, str]) -> dict[str, str]:
    """A chart's values of its image: the tag, and the repository where it is another than the chart's own.

    The charts put a colon between the two and nothing behind, so the tag takes the digest along.
    """
    found, _, suffix = pulled(f"{repository}:{tag}", mirrors).partition(f":{tag}")
    return {"tag": f"{tag}{suffix}"} if found == repository else {"repository": found, "tag": f"{tag}{suffix}"}
