"""The Dockerfile that a builder of images means by what it says of file and folder."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

_START = re.compile(r"(?:dir://)?(?:\$(?:\{\{[^{}]*\}\}|\{[^{}]*\}|\([^()]*\)|\w+)|\{\{[^{}]*\}\}:?|\./)/?")
_FILES = ("Dockerfile", "Containerfile")
_GIT = re.compile(r"\w+://|git@|\w+@\w+")


class Dockerfiles:
    """The Dockerfiles of the repository, by what a builder says of file and folder."""

    def __init__(self, finals: Mapping[str, str]) -> None:
        self.stages = finals

    def find(self, file: str, context: str, folders: Sequence[str], *, inside: bool = False) -> str:
        """The stage that is built, seen from the first of the folders that has it; '' when none is."""
        context, file = _plain(context), _plain(file)
        if "$" in file or "{{" in file or ("$" in context and not file) or _GIT.match(context):
            return ""
        if "*" in file or "*" in context:
            wanted = file or f"**/{_FILES[0]}"
            found = [one for one in self.stages if fnmatchcase(f"/{one}", f"/{wanted}".replace("/**/", "*/"))]
            return self.stages[found[0]] if len(found) == 1 else ""
        names = [posixpath.join(context, one) for one in _FILES] if not file else [file]
        if file and context not in ("", "."):
            names.insert(0 if inside else 1, posixpath.join(context, file))
        for folder in folders:
            for name in names:
                path = posixpath.normpath(posixpath.join(folder, name.lstrip("/")))
                if path in self.stages:
                    return self.stages[path]
        return self._ending(names) if any(name.startswith("/") for name in names) else ""

    def _ending(self, names: Sequence[str]) -> str:
        """The only Dockerfile at the end of an absolute path: `/workspace/src/svc/Dockerfile`."""
        for name in names:
            parts = name.strip("/").split("/")
            for start in range(1, len(parts)):
                if (path := "/".join(parts[start:])) in self.stages:
                    return self.stages[path]
        return ""


def _plain(path: str) -> str:
    """A path without the folder that only the builder knows, and without a trailing slash."""
    found = _START.match(path)
    if found and found.end() and (path[found.end() :] == "" or found[0].endswith(("/", ":"))):
        path = path[found.end() :] or "."
    return path.rstrip("/") if path != "/" else "."
