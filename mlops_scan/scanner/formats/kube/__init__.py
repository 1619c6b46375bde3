"""Kubernetes objects as facts, wherever they were written: raw YAML, a chart, a kustomization, Terraform, code."""

from mlops_scan.scanner.formats.kube.containers import script_place
from mlops_scan.scanner.formats.kube.data import Locate, Scene, last_lines, texts
from mlops_scan.scanner.formats.kube.manifests import manifests
from mlops_scan.scanner.formats.kube.objects import distinct, facts, held, is_object, objects, workload_id

__all__ = [
    "Locate",
    "Scene",
    "distinct",
    "facts",
    "held",
    "is_object",
    "last_lines",
    "manifests",
    "objects",
    "script_place",
    "texts",
    "workload_id",
]
