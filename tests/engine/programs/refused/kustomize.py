"""An overlay of Kustomize."""

import pulumi_kubernetes as k8s

k8s.kustomize.Directory("k", directory="https://github.com/kubernetes-sigs/kustomize/tree/v3.3.1/examples/helloWorld")
