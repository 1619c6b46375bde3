"""Dockerfiles: stages, base images, commands at their line, users, copies and variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import dockerfile
from mlops_scan.scanner.formats.dockerstages import Stages
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_NAMED = re.compile(
    r"(?:dockerfile|containerfile)(?:[._-].*)?\Z|.*[._-](?:dockerfile|containerfile)\Z|.*\.docker\Z", re.IGNORECASE
)
_CANDIDATE = re.compile(r"[^.]+\Z")  # a name without suffix, as in docker/api
_OTHER = re.compile(
    r"\.(?:md|rst|adoc|dockerignore|containerignore|py|sh|go|js|ts|java|rb|html|json|ya?ml|toml|pdf|png|svg|lock|bak)\Z",
    re.IGNORECASE,
)
_BEGIN = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*(?:ARG|FROM)\s", re.IGNORECASE)
_BODY = re.compile(rb"^[ \t]*(?:RUN|COPY|ADD|CMD|ENTRYPOINT|WORKDIR|ENV|USER|EXPOSE)\s", re.IGNORECASE | re.MULTILINE)
_PROBLEMS = 5  # odd lines named one by one


class DockerfileParser(Parser):
    """`stage`, `image`, `command` and `env` facts of a Dockerfile."""

    patterns = (
        *("Dockerfile*", "dockerfile*", "DOCKERFILE*", "*[._-]Dockerfile", "*[._-]dockerfile", "*.docker"),
        *("Containerfile*", "containerfile*", "*[._-]Containerfile", "*[._-]containerfile"),
    )

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        name = source.name
        if _NAMED.match(name) and not _OTHER.search(name):
            return True
        if not _CANDIDATE.match(name) or not 0 < source.size < 200_000:
            return False
        head = source.data[:20_000]
        return bool(_BEGIN.match(head) and _BODY.search(head))

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        if b"\0" in source.data[:4000]:
            yield Note(Location(source.path), "not text")
            return
        read = dockerfile.read(source.text)
        for line, reason in read.problems[:_PROBLEMS]:
            yield Note(Location(source.path, line), reason)
        if len(read.problems) > _PROBLEMS:
            yield Note(Location(source.path), f"{len(read.problems) - _PROBLEMS} more lines could not be read")
        if not any(instruction.keyword == "FROM" for instruction in read.instructions):
            yield Note(Location(source.path), "a Dockerfile without FROM")
            return
        yield from Stages(source.path, read.instructions, source.text.split("\n")).facts()
