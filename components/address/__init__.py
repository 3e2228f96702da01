"""Where the platform answers: a domain, its certificate, and what stands before its load balancers."""

from components.address.address import Address, AddressArgs
from components.address.health import METRICS_REGION
from components.address.settings import CONTROLLERS_CLASS, AddressSettings, DnsSettings, IngressClassSettings

__all__ = [
    "CONTROLLERS_CLASS",
    "METRICS_REGION",
    "Address",
    "AddressArgs",
    "AddressSettings",
    "DnsSettings",
    "IngressClassSettings",
]
