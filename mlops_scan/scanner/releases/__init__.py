"""Charts as they are installed: values that commands, GitOps objects and tools give them, each an environment."""

from mlops_scan.scanner.releases.render import rendered

__all__ = ["rendered"]
