"""What tells a node which cluster is its own, in the form that its system reads, after pulumi-eks 4.4."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Literal

import yaml

from local.providers.monitor import Output, Registered, combine
from local.providers.package import Refused
from local.providers.values import Values


@dataclass(frozen=True)
class Group:
    """A group of nodes, which starts as its kind does; nodes of the first version tell a stack that they did."""

    kind: Literal["managed", "self-managed-v1", "self-managed-v2"]
    stack: str = ""
    region: str = ""

    @property
    def signal(self) -> str:
        """The command that tells the stack."""
        if self.kind != "self-managed-v1":
            return ""
        place = f"--stack {self.stack} --resource NodeGroup --region {self.region}"
        return f"/opt/aws/bin/cfn-signal --exit-code $? {place}\n"


OPTIONS = ("bootstrapExtraArgs", "kubeletExtraArgs", "bottlerocketSettings", "nodeadmExtraOptions")
"""What says more about how a node starts."""
# What each system cannot be told; the second is a script for after the start.
_UNSUPPORTED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "AL2": (("bottlerocketSettings", "for Linux based user data"),),
    "AL2023": (
        ("bottlerocketSettings", "for nodeadm based user data"),
        ("bootstrapExtraArgs", "for nodeadm based user data"),
    ),
    "Bottlerocket": (("bootstrapExtraArgs", "with Bottlerocket"), ("kubeletExtraArgs", "with Bottlerocket")),
}


def user_data(group: Mapping[str, Any], cluster: Registered, system: Output, options: Mapping[str, Output]) -> Output:
    """The user data in base64; `group` is a `Group` made of outputs."""
    authority = cluster["certificateAuthority"].get("data")
    known = combine(_cluster, cluster["name"], cluster["endpoint"], authority, cluster["kubernetesNetworkConfig"])

    def written(group: Values, cluster: Values, system: str, options: Values) -> str:
        text = options.get("override") or _text(Group(**group), cluster, system, options)
        return base64.b64encode(text.encode()).decode()

    return combine(written, Output(group), known, system, Output(options))


def _cluster(name: str, endpoint: str, authority: str, addresses: Values) -> Values:
    cidr = addresses.get("serviceIpv6Cidr" if addresses.get("ipFamily") == "ipv6" else "serviceIpv4Cidr")
    return {"name": name, "apiServerEndpoint": endpoint, "certificateAuthority": authority, "cidr": cidr}


def _text(group: Group, cluster: Values, system: str, options: Values) -> str:
    for name, where in _UNSUPPORTED[system]:
        ignored = (group.kind, name) == ("self-managed-v1", "bottlerocketSettings")
        if options.get(name) and not ignored:
            raise Refused(f"The '{name}' argument is not supported {where}.")
    if system == "AL2":
        return _bootstrap(group, cluster, options)
    if system == "AL2023":
        last = [_script(f"#!/bin/bash\n\n{group.signal}")] if group.signal else []
        return _mime("BOUNDARY", [*_parts(cluster, options), *last])
    if options.get("script"):
        raise Refused(
            "Bottlerocket does not support running scripts as part of the user data. "
            "If you need to run scripts, please use a different OS."
        )
    return "\n".join(_toml(_settings(group, cluster, options), ()))


def _bootstrap(group: Group, cluster: Values, options: Values) -> str:
    """AL2 starts by a script of its own."""
    flags = _kubelet_flags(options)
    more = f" {options['bootstrapExtraArgs']}" if options.get("bootstrapExtraArgs") else ""
    if flags:
        more += f" --kubelet-extra-args {flags[0]}" if len(flags) == 1 else f" --kubelet-extra-args '{' '.join(flags)}'"
    where = (
        f'--apiserver-endpoint "{cluster["apiServerEndpoint"]}" --b64-cluster-ca "{cluster["certificateAuthority"]}"'
    )
    base = f'#!/bin/bash\n\n/etc/eks/bootstrap.sh {where} "{cluster["name"]}"{more}'
    if group.kind == "managed":
        return _mime("==MYBOUNDARY==", [_script(base)]).removesuffix("\n")
    own = options.get("script")
    kept = f"cat >/opt/user-data <<{group.stack}-user-data\n{own}\n{group.stack}-user-data\n" if own else ""
    run = "chmod +x /opt/user-data\n/opt/user-data\n" if own else ""
    return f"{base}\n{kept}{run}\n{group.signal}"


def _parts(cluster: Values, options: Values) -> Iterator[tuple[str, str]]:
    """AL2023 starts by `nodeadm`: https://awslabs.github.io/amazon-eks-ami/nodeadm/."""
    flags = _kubelet_flags(options)
    for spec in ({"cluster": cluster}, *([{"kubelet": {"flags": flags}}] if flags else [])):
        config = {"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": spec}
        yield "application/node.eks.aws", f"---\n{yaml.safe_dump(config, sort_keys=False)}"
    for option in options.get("nodeadmExtraOptions") or []:
        yield option["contentType"], option["content"]
    if options.get("script"):
        yield _script(options["script"])


def _settings(group: Group, cluster: Values, options: Values) -> Values:
    """Bottlerocket starts by settings: https://bottlerocket.dev/en/os/1.20.x/api/settings/."""
    own = options.get("bottlerocketSettings") or {}
    settings = own.get("settings") or {}
    kubernetes = {
        "cluster-name": cluster["name"],
        "api-server": cluster["apiServerEndpoint"],
        "cluster-certificate": cluster["certificateAuthority"],
        # The tenth address of the services, as the system's own scripts have it.
        "cluster-dns-ip": str(ip_network(cluster["cidr"], strict=False)[10]),
        "node-labels": options.get("labels"),
        "node-taints": {
            key: f"{taint.get('value') or ''}:{taint['effect']}" for key, taint in (options.get("taints") or {}).items()
        }
        or None,
    }
    merged = {**settings, "kubernetes": {**kubernetes, **(settings.get("kubernetes") or {})}}
    if group.signal:
        signal = {"should-signal": True, "stack-name": group.stack, "logical-resource-id": "NodeGroup"}
        merged["cloudformation"] = {**signal, **(settings.get("cloudformation") or {})}
    return {**own, "settings": merged}


def _kubelet_flags(options: Values) -> list[str]:
    """What the kubelet registers its node with."""
    flags = [*(options.get("kubeletExtraArgs") or "").split()]
    if labels := options.get("labels"):
        flags.append("--node-labels=" + ",".join(f"{key}={value}" for key, value in labels.items()))
    if taints := options.get("taints"):
        marks = (
            f"{key}={each['value']}:{each['effect']}" if each.get("value") else f"{key}:{each['effect']}"
            for key, each in taints.items()
        )
        flags.append("--register-with-taints=" + ",".join(marks))
    return flags


def _script(text: str) -> tuple[str, str]:
    return 'text/x-shellscript; charset="us-ascii"', text


def _mime(boundary: str, parts: list[tuple[str, str]]) -> str:
    text = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{boundary}"\n\n'
    text += "".join(f"--{boundary}\nContent-Type: {kind}\n\n{content}\n" for kind, content in parts)
    return f"{text}--{boundary}--\n"


def _toml(table: Values, path: tuple[str, ...]) -> Iterator[str]:
    """The lines of a table, plain values first."""
    given = {key: value for key, value in sorted(table.items()) if value is not None}
    plain = {key: value for key, value in given.items() if not isinstance(value, dict)}
    if plain and path:
        yield f"[{'.'.join(map(_key, path))}]"
    for key, value in plain.items():
        yield f"{_key(key)} = {_inline(value)}"
    if plain:
        yield ""
    for key, value in given.items():
        if key not in plain:
            yield from _toml(value, (*path, key))


def _inline(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_key(key)} = {_inline(item)}' for key, item in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return (
        key
        if key.replace("-", "").replace("_", "").isalnum() and key.isascii()
        else json.dumps(key, ensure_ascii=False)
    )
