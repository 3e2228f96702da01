"""A real Kubernetes API server for tests: built once from its Go modules, started on this machine only.

It validates, admits and stores objects as a cluster of the same version does. There are no nodes and no controllers, so
pods never run.
"""
