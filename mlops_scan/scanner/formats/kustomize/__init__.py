"""Kustomizations: which there are, which files they take, and what they render to."""

from mlops_scan.scanner.formats.kustomize.removed import without
from mlops_scan.scanner.formats.kustomize.render import Removed, Rendered, Variant, laid_over, render
from mlops_scan.scanner.formats.kustomize.sources import (
    FILE_NAMES,
    Kustomization,
    bases,
    chart_folder,
    claimed,
    first_root,
    is_root,
    kustomizations,
    references,
)

__all__ = [
    "FILE_NAMES",
    "Kustomization",
    "Removed",
    "Rendered",
    "Variant",
    "bases",
    "chart_folder",
    "claimed",
    "first_root",
    "is_root",
    "kustomizations",
    "laid_over",
    "references",
    "render",
    "without",
]
