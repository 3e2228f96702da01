"""The stand-in for Kubernetes takes what an API server takes, names what is not named, and stores it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local.providers.kubernetes import Kubernetes
from local.providers.package import Refused
from local.providers.values import UNKNOWN, Secret, Values
from tests.unit.standins import Instance, instance, urn

NAMESPACE = "kubernetes:core/v1:Namespace"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
PRIORITY_CLASS = "kubernetes:scheduling.k8s.io/v1:PriorityClass"
SECRET = "kubernetes:core/v1:Secret"
SERVICE = "kubernetes:core/v1:Service"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
STORAGE_CLASS_PATCH = "kubernetes:storage.k8s.io/v1:StorageClassPatch"
CLUSTER_ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
NODE_CLASS = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
RELEASE = "kubernetes:helm.sh/v3:Release"


def kubernetes(**configuration: Any) -> Instance:
    return instance(Kubernetes(), **configuration)


def frame(kind: str, **rest: Any) -> Values:
    """The inputs that every object has."""
    group, name = kind.split(":")[1:]
    version = group.removeprefix("core/")
    return {"apiVersion": version, "kind": name.removesuffix("Patch"), **rest}


def deployment(**pod: Any) -> Values:
    spec = {"containers": [{"name": "c", "image": "i"}], **pod}
    template = {"metadata": {"labels": {"app": "a"}}, "spec": spec}
    return frame(DEPLOYMENT, spec={"selector": {"matchLabels": {"app": "a"}}, "template": template})


class TestNames:
    def test_an_object_without_a_name_gets_one_and_keeps_it(self) -> None:
        first, _ = kubernetes().check(urn(CONFIG_MAP, "settings"), frame(CONFIG_MAP))
        again, _ = kubernetes().check(urn(CONFIG_MAP, "settings"), frame(CONFIG_MAP), old=first, seed=b"1" * 32)
        assert re.fullmatch("settings-[0-9a-f]{8}", first["metadata"]["name"])
        assert first["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
        assert again == first

    def test_objects_are_in_the_default_namespace_unless_none_holds_their_kind(self) -> None:
        assert kubernetes().create(urn(CONFIG_MAP), frame(CONFIG_MAP, metadata={"name": "a"})).id == "default/a"
        assert kubernetes(namespace="b").create(urn(CONFIG_MAP), frame(CONFIG_MAP, metadata={"name": "a"})).id == "b/a"
        assert kubernetes().create(urn(NAMESPACE), frame(NAMESPACE, metadata={"name": "a"})).id == "a"

    def test_a_release_is_named_too(self) -> None:
        known = kubernetes().create(urn(RELEASE, "velero"), {"chart": "velero", "namespace": "backup"})
        assert re.fullmatch("backup/velero-[0-9a-f]{8}", known.id)

    def test_a_patch_names_what_it_changes(self) -> None:
        _, failures = kubernetes().check(urn(STORAGE_CLASS_PATCH), frame(STORAGE_CLASS_PATCH))
        assert list(failures) == ["metadata.name"]


class TestCheck:
    @pytest.mark.parametrize(
        ("inputs", "path"),
        [
            (deployment(fooBar=1), "spec.template.spec.fooBar"),
            (deployment(hostNetwork="yes"), "spec.template.spec.hostNetwork"),
            (deployment(containers=[{"image": "i"}]), "spec.template.spec.containers[0].name"),
            (deployment(containers=[{"name": "c", "env": [{"name": "A", "value": 1}]}]), "spec.template.spec.containers[0].env[0].value"),  # noqa: E501
            (frame(DEPLOYMENT), "spec"),
            (frame(DEPLOYMENT, spec={"template": {}}), "spec.selector"),
            ({**deployment(), "apiVersion": "apps/v1beta1"}, "apiVersion"),
            ({**deployment(), "metadata": {"name": "Upper"}}, "metadata.name"),
            ({**deployment(), "metadata": {"name": "a", "labels": {"app": "two words"}}}, "metadata.labels.app"),
            ({**deployment(), "metadata": {"name": "a", "labels": {"-app": "a"}}}, 'metadata.labels["-app"]'),
        ],
    )  # fmt: skip
    def test_what_an_api_server_refuses(self, inputs: Values, path: str) -> None:
        _, failures = kubernetes().check(urn(DEPLOYMENT), inputs)
        assert path in failures

    def test_quantities_may_be_numbers(self) -> None:
        container = {"name": "c", "resources": {"requests": {"cpu": 1, "memory": "1Gi"}}}
        assert kubernetes().check(urn(DEPLOYMENT), deployment(containers=[container]))[1] == {}

    def test_names_of_roles_may_have_colons(self) -> None:
        role = frame(CLUSTER_ROLE, metadata={"name": "platform:viewers"}, rules=[])
        assert kubernetes().check(urn(CLUSTER_ROLE), role)[1] == {}

    def test_custom_resources_are_open_but_for_their_metadata(self) -> None:
        inputs = frame(NODE_CLASS, metadata={"name": "a"}, spec={"anything": [1, {"goes": True}]})
        assert kubernetes().check(urn(NODE_CLASS), inputs)[1] == {}
        _, failures = kubernetes().check(urn(NODE_CLASS), {**inputs, "metadata": {"name": "a", "label": {}}})
        assert list(failures) == ["metadata.label"]

    def test_values_of_a_release_are_open_and_its_options_are_not(self) -> None:
        inputs = {"chart": "velero", "values": {"any": {"thing": [1]}}, "repositoryOpts": {"repo": "https://x"}}
        assert kubernetes().check(urn(RELEASE), inputs)[1] == {}
        _, failures = kubernetes().check(urn(RELEASE), {**inputs, "repositoryOpts": {"url": "https://x"}})
        assert list(failures) == ["repositoryOpts.url"]

    def test_unknown_values_pass(self) -> None:
        assert kubernetes().check(urn(CONFIG_MAP), frame(CONFIG_MAP, metadata={"name": UNKNOWN}, data=UNKNOWN))[1] == {}
        assert kubernetes().check(urn(CONFIG_MAP), frame(CONFIG_MAP, metadata=UNKNOWN))[1] == {}


class TestOutputs:
    def test_a_stored_object_has_an_identity(self) -> None:
        outputs = kubernetes().create(urn(NAMESPACE), frame(NAMESPACE, metadata={"name": "a"})).outputs
        assert re.fullmatch(r"[0-9a-f-]{36}", outputs["metadata"]["uid"])
        assert outputs["metadata"]["name"] == "a"

    def test_a_service_has_an_address(self) -> None:
        service = frame(SERVICE, metadata={"name": "a"}, spec={"ports": [{"port": 80}]})
        assert kubernetes().create(urn(SERVICE), service).outputs["spec"]["clusterIP"].startswith("172.20.")

    def test_a_release_has_a_status(self) -> None:
        inputs = {"chart": "velero", "name": "v", "namespace": "n", "version": "1.2.3"}
        status = kubernetes().create(urn(RELEASE), inputs).outputs["status"]
        assert (status["name"], status["namespace"], status["version"], status["status"]) == (
            "v",
            "n",
            "1.2.3",
            "deployed",
        )

    def test_a_preview_does_not_know_what_a_release_becomes(self) -> None:
        assert kubernetes().preview(urn(RELEASE), {"chart": "velero"})["status"] is UNKNOWN


class TestChanges:
    @pytest.mark.parametrize(
        ("kind", "old", "new", "replaces"),
        [
            (CONFIG_MAP, {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, ["metadata.name"]),
            (CONFIG_MAP, {"metadata": {"name": "a"}, "data": {"k": "1"}}, {"data": {"k": "2"}}, ["data.k"]),
            (CONFIG_MAP, {"metadata": {"name": "a"}}, {"metadata": {"name": "a", "labels": {"x": "y"}}}, []),
            (
                STORAGE_CLASS,
                {"metadata": {"name": "a"}, "provisioner": "p"},
                {"parameters": {"t": "gp3"}},
                ["parameters"],
            ),
            (STORAGE_CLASS, {"metadata": {"name": "a"}, "provisioner": "p"}, {"allowVolumeExpansion": True}, []),
        ],
    )
    def test_what_replaces_an_object(self, kind: str, old: Values, new: Values, replaces: list[str]) -> None:
        cluster = kubernetes()
        known = cluster.create(urn(kind), frame(kind, **old))
        assert list(cluster.diff(known, frame(kind, **{**old, **new})).replaces) == replaces

    def test_a_name_of_the_programs_choice_has_to_be_free_first(self) -> None:
        cluster = kubernetes()
        named = cluster.create(urn(CONFIG_MAP), frame(CONFIG_MAP, metadata={"name": "a"}, data={"k": "1"}))
        automatic = cluster.create(urn(CONFIG_MAP), frame(CONFIG_MAP, data={"k": "1"}))
        assert cluster.diff(named, frame(CONFIG_MAP, metadata={"name": "a"}, data={"k": "2"})).deleteBeforeReplace
        assert not cluster.diff(automatic, frame(CONFIG_MAP, data={"k": "2"})).deleteBeforeReplace

    def test_contents_change_in_place_where_the_provider_is_told_so(self) -> None:
        for kind, switch in ((CONFIG_MAP, "enableConfigMapMutable"), (SECRET, "enableSecretMutable")):
            cluster = kubernetes(**{switch: True})
            for more, replaces in (({}, []), ({"immutable": True}, ["data.k"])):
                known = cluster.create(urn(kind), frame(kind, metadata={"name": "a"}, data={"k": "1"}, **more))
                assert (
                    list(cluster.diff(known, frame(kind, metadata={"name": "a"}, data={"k": "2"}, **more)).replaces)
                    == replaces
                )

    def test_what_is_gone_with_all_around_it_replaces_nothing(self) -> None:
        cluster = kubernetes()
        service = frame(SERVICE, metadata={"name": "a"}, spec={"clusterIP": "172.20.7.7", "ports": [{"port": 80}]})
        assert (
            list(cluster.diff(cluster.create(urn(SERVICE), service), frame(SERVICE, metadata={"name": "a"})).replaces)
            == []
        )

    @pytest.mark.parametrize("preview", [True, False])
    @pytest.mark.parametrize(
        ("kind", "old", "new", "taken"),
        [
            (STORAGE_CLASS, {"provisioner": "p", "reclaimPolicy": "Retain"}, {"provisioner": "p"}, False),
            (STORAGE_CLASS, {"provisioner": "p", "reclaimPolicy": "Delete"}, {"provisioner": "p"}, True),
            (PRIORITY_CLASS, {"value": 1}, {"value": 2}, False),
            (PRIORITY_CLASS, {"value": 1}, {"value": 1, "preemptionPolicy": "PreemptLowerPriority"}, True),
            (CONFIG_MAP, {"immutable": True}, {"immutable": False}, False),
            (CONFIG_MAP, {"immutable": False}, {"immutable": True}, True),
        ],
    )
    def test_what_an_api_server_never_changes(
        self, kind: str, old: Values, new: Values, taken: bool, preview: bool
    ) -> None:
        cluster, name = kubernetes(), {"metadata": {"name": "a"}}
        known = cluster.create(urn(kind), frame(kind, **name, **old))
        if taken:
            assert cluster.update(known, frame(kind, **name, **new), preview=preview).id == known.id
        else:
            with pytest.raises(Refused, match="field is immutable"):
                cluster.update(known, frame(kind, **name, **new), preview=preview)


class TestForm:
    def test_nobody_reads_a_secret(self) -> None:
        given = frame(SECRET, metadata={"name": "a"}, stringData={"password": "example"})
        inputs, _ = kubernetes().check(urn(SECRET), given)
        assert inputs["data"] == Secret({"password": "ZXhhbXBsZQ=="})
        assert "stringData" not in inputs
        assert kubernetes().create(urn(SECRET), given).outputs["data"] == inputs["data"]

    def test_what_is_empty_is_nothing(self) -> None:
        inputs, _ = kubernetes().check(
            urn(CONFIG_MAP), frame(CONFIG_MAP, metadata={"name": "a", "labels": {}}, data={})
        )
        assert inputs == frame(CONFIG_MAP, metadata={"name": "a"})
        pod = deployment(volumes=[{"name": "scratch", "emptyDir": {}}])
        checked, _ = kubernetes().check(urn(DEPLOYMENT), {**pod, "metadata": {"name": "a"}})
        assert checked["spec"] == pod["spec"]
