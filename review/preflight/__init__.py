"""Whether an account is ready for a stack: quotas, zones, roles of services, versions and names."""
