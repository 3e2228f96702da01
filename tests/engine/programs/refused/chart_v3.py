"""A chart that Pulumi renders (`helm.v3.Chart`)."""

from pulumi_kubernetes.helm.v3 import Chart, ChartOpts, FetchOpts

Chart("nginx", ChartOpts(chart="nginx", version="13", fetch_opts=FetchOpts(repo="https://charts.bitnami.com/bitnami")))
