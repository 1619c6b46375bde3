"""Kubernetes objects as facts, wherever they were written: raw YAML, a chart, a kustomization, Terraform, code."""

from mlops_scan.scanner.formats.kube.data import Locate
from mlops_scan.scanner.formats.kube.objects import facts, is_object, workload_id

__all__ = ["Locate", "facts", "is_object", "workload_id"]
