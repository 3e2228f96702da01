"""Prometheus' own tools on what two examples deploy: rules, what is collected, and where alerts go.

`promtool test rules` plays each fault that an alert is for against the deployed rules, and the same metrics of
a cluster where all is well. Debian builds Prometheus without discovery in Kubernetes, so tests state what that
would discover (Prometheus documentation, kubernetes_sd_config), and Prometheus decides what it keeps.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.alerts import FAULTS, Fault, Series
from tests.engine.deployed import Deployed, Resource
from tests.engine.examples import run
from tests.servers.prometheus import amtool, promtool

pytestmark = pytest.mark.engine

WITH_METRICS = ("landing-zone", "govcloud")
ROLES = {"endpoints", "node", "pod"}
each_example = pytest.mark.parametrize("example", WITH_METRICS)


def deployed(example: str) -> Deployed:
    return run(example).resources


def one(example: str, type_: str) -> Resource:
    (found,) = deployed(example).of_type(type_)
    return found


def rules(example: str = "landing-zone") -> str:
    return str(one(example, "aws:amp/ruleGroupNamespace:RuleGroupNamespace")["data"])


def scraping(example: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(one(example, "aws:amp/scraper:Scraper")["scrapeConfiguration"])
    return found


def definition(example: str) -> dict[str, Any]:
    document = json.loads(one(example, "aws:amp/alertManagerDefinition:AlertManagerDefinition")["definition"])
    found: dict[str, Any] = json.loads(document["alertmanager_config"])
    return found


def written(folder: Path, name: str, content: str) -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


@each_example
def test_prometheus_takes_the_rules(example: str, tmp_path: Path) -> None:
    found = promtool("check", "rules", written(tmp_path, "rules.yml", rules(example)))
    assert found.returncode == 0, found.stdout + found.stderr
    assert "16 rules found" in found.stdout


@each_example
def test_prometheus_takes_what_is_collected(example: str, tmp_path: Path) -> None:
    content = scraping(example)
    assert {each["role"] for job in content["scrape_configs"] for each in job["kubernetes_sd_configs"]} <= ROLES
    file = written(tmp_path, "prometheus.yml", json.dumps(with_targets(content, {})))
    found = promtool("check", "config", "--syntax-only", file)
    assert found.returncode == 0, found.stdout + found.stderr
    # What the service takes no other value of, or none at all (AMP user guide, scraper configuration).
    assert set(content) == {"global", "scrape_configs"}
    assert int(content["global"]["scrape_interval"].removesuffix("s")) >= 30


def with_targets(content: dict[str, Any], targets: dict[str, list[Series]]) -> dict[str, Any]:
    """The same jobs on what they would discover: labels of targets by job."""
    jobs = []
    for job in content["scrape_configs"]:
        found = [{"targets": [labels["__address__"]], "labels": labels} for labels in targets.get(job["job_name"], [])]
        rest = {key: value for key, value in job.items() if key != "kubernetes_sd_configs"}
        jobs.append({**rest, "static_configs": found})
    return {**content, "scrape_configs": jobs}


def kept(job: str, targets: list[Series], folder: Path) -> list[dict[str, str]]:
    """The targets that Prometheus scrapes of those that are discovered, by address and path, with their labels."""
    discovered: list[Series] = [{f"__meta_kubernetes_{key}": value for key, value in each.items()} for each in targets]
    named: list[Series] = [{"__address__": f"10.0.1.{number}:80", **each} for number, each in enumerate(discovered, 1)]
    content = with_targets(scraping("landing-zone"), {job: named})
    file = written(folder, "prometheus.yml", json.dumps(content))
    # It waits so long, and tells what it has found by then.
    for seconds in (2, 20, 200):
        found = promtool("check", "service-discovery", f"--timeout={seconds}s", file, job)
        assert found.returncode == 0, found.stdout + found.stderr
        told = json.loads(found.stdout)
        if len(told) == len(targets):
            break
    scraped = [each["labels"] for each in told if each["labels"]]
    return sorted(scraped, key=lambda each: (each["__address__"], each["__metrics_path__"]))


POD = {
    "pod_label_trading_platform_scraped_by": "prometheus",
    "pod_container_port_number": "8080",
    "pod_phase": "Running",
    "namespace": "trading",
    "pod_name": "orders-1",
    "pod_container_name": "orders",
}


def test_pods_that_ask_for_it_are_scraped_on_their_ports_of_metrics(tmp_path: Path) -> None:
    others = (
        {"pod_label_trading_platform_scraped_by": "something-else"},
        {"pod_container_port_number": "5000"},
        {"pod_container_port_number": "18080"},
        {"pod_container_port_number": ""},
        {"pod_phase": "Succeeded"},
    )
    elsewhere = {"pod_annotation_prometheus_io_path": "/actuator/prometheus", "pod_container_port_number": "9090"}
    found = kept("pods", [POD, {**POD, **elsewhere}, *({**POD, **other} for other in others)], tmp_path)
    who = {"namespace": "trading", "pod": "orders-1", "container": "orders"}
    assert [{key: each[key] for key in who} for each in found] == [who, who]
    assert [each["__metrics_path__"] for each in found] == ["/metrics", "/actuator/prometheus"]


@pytest.mark.parametrize("job", ["apiserver", "kube-scheduler", "kube-controller-manager"])
def test_the_control_plane_is_read_at_the_api_servers_addresses(job: str, tmp_path: Path) -> None:
    api = {"namespace": "default", "service_name": "kubernetes", "endpoint_port_name": "https"}
    found = kept(job, [api, {**api, "namespace": "trading"}, {**api, "service_name": "orders"}], tmp_path)
    assert [each["__address__"] for each in found] == ["10.0.1.1:80"]
    assert {each["__scheme__"] for each in found} == {"https"}


@pytest.mark.parametrize(("job", "path"), [("kubelet", "metrics"), ("cadvisor", "metrics/cadvisor")])
def test_nodes_are_read_by_way_of_the_api_server(job: str, path: str, tmp_path: Path) -> None:
    nodes = ["ip-10-0-1-7.ec2.internal", "ip-10-0-1-8.ec2.internal"]
    found = kept(job, [{"node_name": node} for node in nodes], tmp_path)
    assert {each["__address__"] for each in found} == {"kubernetes.default.svc:443"}
    assert sorted(each["__metrics_path__"] for each in found) == [
        f"/api/v1/nodes/{node}/proxy/{path}" for node in nodes
    ]
    assert sorted(each["node"] for each in found) == nodes


def test_name_servers_are_read_at_their_port_of_metrics(tmp_path: Path) -> None:
    server = {"pod_label_k8s_app": "kube-dns", "pod_container_port_number": "9153", "pod_name": "coredns-1"}
    found = kept("coredns", [server, {**server, "pod_container_port_number": "53"}, POD], tmp_path)
    assert [each["pod"] for each in found] == ["coredns-1"]


@each_example
def test_the_alert_manager_takes_its_definition(example: str, tmp_path: Path) -> None:
    file = written(tmp_path, "alertmanager.yml", json.dumps(definition(example)))
    found = amtool("check-config", file)
    assert found.returncode == 0, found.stdout + found.stderr
    routed = amtool("config", "routes", "test", f"--config.file={file}", "alertname=NodeSilent", "severity=critical")
    assert routed.stdout.split() == ["alarms"], routed.stderr


@each_example
def test_alerts_go_to_the_alarm_topic_which_lets_them_in(example: str) -> None:
    ((receiver,),) = (each["sns_configs"] for each in definition(example)["receivers"])
    (topic,) = (each for each in deployed(example).of_type("aws:sns/topicPolicy:TopicPolicy") if each.name == "alarms")
    assert receiver["topic_arn"] == topic["arn"]
    assert receiver["sigv4"] == {"region": topic["arn"].split(":")[3]}
    allowed = [each for each in json.loads(topic["policy"])["Statement"] if "aps" in str(each["Principal"])]
    workspace = one(example, "aws:amp/workspace:Workspace")["arn"]
    assert [each["Condition"]["ArnLike"]["aws:SourceArn"] for each in allowed] == [f"{workspace.rpartition('/')[0]}/*"]
    key = next(each for each in deployed(example).of_type("aws:kms/key:Key") if each.name == "keys-sns")
    assert "aps.amazonaws.com" in key["policy"]


def test_every_alert_has_a_fault_that_it_is_for() -> None:
    groups = json.loads(rules())["groups"]
    alerts = [rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule]
    assert sorted(alerts) == sorted(fault.alert for fault in FAULTS)


def played(fault: Fault, series: Series, *, fires: bool) -> dict[str, Any]:
    """A test in promtool's form. Other alerts may fire as well; this one is asked for at several moments."""
    (rule,) = (
        rule for group in json.loads(rules())["groups"] for rule in group["rules"] if rule.get("alert") == fault.alert
    )
    expected = [{"exp_labels": {**fault.labels, **rule["labels"]}}] if fires else []
    moments = [fault.fires_at] if fires else ["12m", fault.fires_at, "30m"]
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {"eval_time": moment, "alertname": fault.alert, "exp_alerts": expected} for moment in moments
        ],
    }


def outcome(test: dict[str, Any], folder: Path) -> str:
    written(folder, "rules.yml", without_annotations(rules()))
    suite = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]}
    found = promtool("test", "rules", written(folder, "test.yml", json.dumps(suite)))
    return "" if found.returncode == 0 else found.stdout + found.stderr


def without_annotations(text: str) -> str:
    """The rules without what they say, which another test reads."""
    content = json.loads(text)
    for group in content["groups"]:
        for rule in group["rules"]:
            rule.pop("annotations", None)
    return json.dumps(content)


each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.alert)


@each_fault
def test_an_alert_fires_on_its_fault(fault: Fault, tmp_path: Path) -> None:
    assert outcome(played(fault, fault.broken, fires=True), tmp_path) == ""


@each_fault
def test_an_alert_rests_while_all_is_well(fault: Fault, tmp_path: Path) -> None:
    assert outcome(played(fault, fault.well, fires=False), tmp_path) == ""


@each_fault
def test_an_alert_waits_for_its_fault_to_last(fault: Fault, tmp_path: Path) -> None:
    early = played(fault, fault.broken, fires=False)
    early["alert_rule_test"] = [{"eval_time": "2m", "alertname": fault.alert, "exp_alerts": []}]
    assert outcome(early, tmp_path) == ""


def test_the_tool_sees_an_alert_that_does_not_fire(tmp_path: Path) -> None:
    fault = FAULTS[0]
    assert "exp:" in outcome(played(fault, fault.well, fires=True), tmp_path)
