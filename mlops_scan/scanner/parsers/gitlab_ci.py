"""GitLab CI: the root's file with its local includes and their inputs, child pipelines, `extends`, `!reference`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser


class GitlabCi(Parser):
    """`.gitlab-ci.yml`; elsewhere than at the root it is an offer."""

    patterns: ClassVar[tuple[str, ...]] = (".gitlab-ci.yml", ".gitlab-ci.yaml")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.parsers.parts import gitlab_pipelines  # few repositories need it

        yield from gitlab_pipelines.facts(source, tree)
