"""For authors of rules: run one rule over a few files, through the real pipeline."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from mlops_scan import engine
from mlops_scan.rules.base import Rule
from mlops_scan.scanner import reading, suppress, walk
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.model import Finding


def findings(rule: type[Rule], files: Mapping[str, str]) -> tuple[Finding, ...]:
    """What `rule` finds in a repository of these files (path -> text) that nothing in them ignores."""
    with tempfile.TemporaryDirectory(prefix="mlops-scan-") as folder:
        root = Path(folder).resolve()
        for path, text in files.items():
            target = root / path
            if not target.resolve().is_relative_to(root):
                raise ValueError(f"'{path}' leads out of the repository")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="")
        config = Config(jobs=1)
        tree = walk.discover(root).tree
        graph = engine.understand(reading.read(tree, config.jobs).facts, tree.paths, config)
        told, _ = suppress.apply(engine.judge(graph, [rule]), tree, config)
    return tuple(finding for finding in told if finding.suppressed is None)


def assert_rule(rule: type[Rule], files: Mapping[str, str], expect: Collection[tuple[str, int]]) -> None:
    """Check that `rule` fires at exactly these places (path, line). AssertionError names the differences."""
    found = {(finding.at.path, finding.at.line): finding.message for finding in findings(rule, files)}
    missing = [f"{path}:{line}: nothing found" for path, line in sorted(set(expect) - set(found))]
    extra = [f"{path}:{line}: {found[path, line]}" for path, line in sorted(set(found) - set(expect))]
    if missing or extra:
        raise AssertionError("\n".join([f"{rule.name()} does not fire as expected", *missing, *extra]))
