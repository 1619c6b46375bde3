"""Files that a Terraform module names: by a path relative to it, to its root, or made from `path.module`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mlops_scan.scanner.formats.hcl import reader
from mlops_scan.scanner.formats.hcl.nodes import Expression
from mlops_scan.scanner.formats.hcl.values import Text, Unknown, Value, placed
from mlops_scan.scanner.formats.yamlnodes import Readable, Repository

_TEMPLATES = re.compile(r"""(?:templatefile\(\s*|template\s*=\s*\$?\{?file\(\s*)\\?"([^"\\]+)""")
_STARS = 8  # each may cost the length of a path times what the others cost
_GLOBS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def place(which: str, folder: str, root: str, source: str) -> Value:
    """What `path.module`, `path.root` and `path.cwd` stand for."""
    if which == "module":
        return f"./{folder}" if folder else "."
    if which in ("root", "cwd"):
        return f"./{root}" if root else "."
    return Unknown(source)


def is_template(files: Repository, path: str) -> bool:
    """Whether a Terraform module gives the file at `path` its values: as it stands it says less."""
    named = files.memo("hcl-template-names", lambda: frozenset(_template_names(files)))
    return posixpath.basename(path) in named


def _template_names(files: Repository) -> Iterator[str]:
    for path in files.paths:
        source = files.get(path) if path.endswith((".tf", ".tofu", ".tf.json")) else None
        for match in _TEMPLATES.finditer(source.text) if source is not None else ():
            yield posixpath.basename(match[1])


def text(files: Repository, path: str, folder: str, root: str) -> Text | None:
    """The text of the file that `path` names in the module at `folder`."""
    source = _file(files, path, folder, root)
    if source is None:
        return None
    return placed(source.text, source.path, range(1, source.text.count("\n") + 2))


def template(files: Repository, path: str, folder: str, root: str) -> tuple[Expression, str] | None:
    """A file as a template, and its path."""
    source = _file(files, path, folder, root)
    if source is None:
        return None
    found = source.memo("hcl-template", lambda: reader.template_file(source.text))
    return (found, source.path) if found is not None else None


def names(files: Repository, where: str, pattern: str, folder: str, root: str) -> list[str] | None:
    """The files below the folder `where` that fit a glob, relative to it, sorted."""
    for base in _places(where, folder, root):
        own = files.under(base)
        if own:
            fits = re.compile(_glob(pattern))
            start = len(base) + 1 if base else 0
            return [path[start:] for path in own if fits.fullmatch(path[start:])]
    return None


def _file(files: Repository, path: str, folder: str, root: str) -> Readable | None:
    return next((source for place in _places(path, folder, root) if (source := files.get(place)) is not None), None)


def _places(path: str, folder: str, root: str) -> list[str]:
    """Where in the repository a path may lie."""
    bases = ("", folder, root) if path.startswith("./") else (folder, root)
    places = (posixpath.normpath(posixpath.join(base, path)) for base in dict.fromkeys(bases))
    return ["" if place == "." else place for place in places if not place.startswith(("/", ".."))]


def _glob(pattern: str) -> str:
    """A `fileset` glob as a regular expression: `*` stays in its folder, `**` does not; braces are alternatives."""
    if pattern.count("*") > _STARS:
        return "(?!)"
    parts = re.split(r"(\*\*/|\*+|\?|\{[^{}]*\})", pattern[:200])
    return "".join(_GLOBS.get(part) or _alternatives(part) for part in parts)


def _alternatives(part: str) -> str:
    if part.startswith("{") and part.endswith("}"):
        return "(?:" + "|".join(_glob(one) for one in part[1:-1].split(",")) + ")"
    return re.escape(part)
