"""What several test files share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mlops_scan import engine
from mlops_scan.scanner import reading, walk
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.graph import Graph

Understand = Callable[[Mapping[str, str]], Graph]


@pytest.fixture
def understand(tmp_path: Path) -> Understand:
    """Files (path -> text) to the graph of a repository that holds them, through the real pipeline."""

    def understood(files: Mapping[str, str]) -> Graph:
        for path, text in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        config = Config(jobs=1)
        tree = walk.discover(tmp_path).tree
        return engine.understand(reading.read(tree, config.jobs).facts, tree.paths, config)

    return understood
