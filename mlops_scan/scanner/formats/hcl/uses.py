"""The uses of a module: each local call that leads to it, with its arguments."""

from __future__ import annotations

from mlops_scan.scanner.formats.hcl import modules
from mlops_scan.scanner.formats.hcl.frames import Budget
from mlops_scan.scanner.formats.hcl.scope import MAX_INSTANCES, Scope
from mlops_scan.scanner.formats.yamlnodes import Repository

MAX_USES = 8  # calls of one module that are looked at
MAX_FOLDERS = 64  # modules above one module


def uses(files: Repository, folder: str) -> list[Scope]:
    """The module at `folder` as each of its local calls uses it; on its own when no other module calls it."""
    return _uses(files, folder, Budget(), {})


def _uses(files: Repository, folder: str, budget: Budget, found: dict[str, list[Scope]]) -> list[Scope]:
    if folder in found:  # also a module that is on its way: a circle of calls
        return found[folder]
    found[folder] = []
    scopes: list[Scope] = []
    if len(found) <= MAX_FOLDERS:
        for caller in modules.callers(files, folder)[:MAX_USES]:
            for above in _uses(files, caller.folder, budget, found):
                if len(scopes) < MAX_INSTANCES:
                    scopes += [child for child in above.children(caller.name) if child.module.folder == folder]
    found[folder] = scopes[:MAX_INSTANCES] or [Scope(files, modules.module(files, folder), budget, root=folder)]
    return found[folder]
