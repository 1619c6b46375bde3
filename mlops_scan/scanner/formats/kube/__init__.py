"""Kubernetes objects as facts, wherever they were written: raw YAML, a chart, a kustomization, Terraform, code."""

from mlops_scan.scanner.formats.kube.data import Locate
from mlops_scan.scanner.formats.kube.manifests import manifests
from mlops_scan.scanner.formats.kube.objects import distinct, facts, is_object, objects, workload_id

__all__ = ["Locate", "distinct", "facts", "is_object", "manifests", "objects", "workload_id"]
