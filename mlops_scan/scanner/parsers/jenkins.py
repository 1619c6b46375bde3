"""Jenkinsfiles: stages with their steps and conditions, container agents, variables, triggers and approvals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser


class Jenkins(Parser):
    """Jenkinsfile, Jenkinsfile-nightly, JenkinsfileTraining, *.jenkinsfile."""

    patterns: ClassVar[tuple[str, ...]] = ("Jenkinsfile*", "jenkinsfile*", "*.jenkinsfile", "*.Jenkinsfile")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.parsers.parts import jenkins_stages  # few repositories need it

        yield from jenkins_stages.facts(source, tree)
