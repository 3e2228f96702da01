"""The VPC CNI add-on as pulumi-eks configures it: environment variables of the plugin from the component's options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.providers.monitor import Monitor, Output, Registered, json_text

# Option of the component → variable of the plugin, and what the component sets when the option is not given.
_VARIABLES: Mapping[str, tuple[str, str | None]] = {
    "nodePortSupport": ("AWS_VPC_CNI_NODE_PORT_SUPPORT", None),
    "warmEniTarget": ("WARM_ENI_TARGET", "1"),
    "warmIpTarget": ("WARM_IP_TARGET", None),
    "warmPrefixTarget": ("WARM_PREFIX_TARGET", None),
    "enablePrefixDelegation": ("ENABLE_PREFIX_DELEGATION", None),
    "logLevel": ("AWS_VPC_K8S_CNI_LOGLEVEL", "DEBUG"),
    "logFile": ("AWS_VPC_K8S_CNI_LOG_FILE", "/host/var/log/aws-routed-eni/ipamd.log"),
    "vethPrefix": ("AWS_VPC_K8S_CNI_VETHPREFIX", "eni"),
    "eniMtu": ("AWS_VPC_ENI_MTU", "9001"),
    "eniConfigLabelDef": ("ENI_CONFIG_LABEL_DEF", None),
    "pluginLogLevel": ("AWS_VPC_K8S_PLUGIN_LOG_LEVEL", "DEBUG"),
    "pluginLogFile": ("AWS_VPC_K8S_PLUGIN_LOG_FILE", "/var/log/aws-routed-eni/plugin.log"),
    "enablePodEni": ("ENABLE_POD_ENI", "false"),
    "cniConfigureRpfilter": ("AWS_VPC_K8S_CNI_CONFIGURE_RPFILTER", None),
    "cniCustomNetworkCfg": ("AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", "false"),
    "cniExternalSnat": ("AWS_VPC_K8S_CNI_EXTERNALSNAT", "false"),
}


def register_vpc_cni(
    monitor: Monitor, name: str, component: Registered, options: Mapping[str, Any], tags: Output
) -> Registered:
    """Register the add-on; `options` are those of the component, with the cluster's name in them."""
    return monitor.resource(
        "aws:eks/addon:Addon",
        name,
        component,
        {
            "clusterName": options["clusterName"],
            "addonName": "vpc-cni",
            "addonVersion": options.get("addonVersion"),
            "resolveConflictsOnCreate": options.get("resolveConflictsOnCreate", "OVERWRITE"),
            "resolveConflictsOnUpdate": options.get("resolveConflictsOnUpdate", "OVERWRITE"),
            "preserve": True,
            "serviceAccountRoleArn": options.get("serviceAccountRoleArn"),
            "configurationValues": json_text(_configuration(options)),
            "tags": tags,
        },
    )


def _configuration(options: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(options.get("configurationValues") or {})
    environment = {variable: _text(options.get(option, default)) for option, (variable, default) in _VARIABLES.items()}
    init = {"DISABLE_TCP_EARLY_DEMUX": _text(options.get("disableTcpEarlyDemux", "false"))}
    if "enableNetworkPolicy" in options:
        given.setdefault("enableNetworkPolicy", _text(options["enableNetworkPolicy"]))
    given_init = given.get("init", {})
    return {
        **given,
        "env": {**environment, **given.get("env", {})},
        "init": {**given_init, "env": {**init, **given_init.get("env", {})}},
    }


def _text(value: Any) -> Any:
    """The value as the environment has it; outputs are left alone."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
