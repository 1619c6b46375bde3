"""Compose files: which files are one, how they extend and override each other, and what a service says."""

from mlops_scan.scanner.formats.compose.project import Service, is_compose, named_compose, services
from mlops_scan.scanner.formats.compose.service import facts

__all__ = ["Service", "facts", "is_compose", "named_compose", "services"]
