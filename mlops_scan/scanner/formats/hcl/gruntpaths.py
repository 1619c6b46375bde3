"""Paths as Terragrunt's functions make them: of the file's own folder, of folders above it, of the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from mlops_scan.scanner.formats.hcl.nodes import Call, Expression, Literal, Template
from mlops_scan.scanner.formats.yamlnodes import Repository

_NAMES = ("terragrunt.hcl", "root.hcl")
_ROOT = frozenset(("get_repo_root", "get_path_to_repo_root"))
_HERE = frozenset(("get_terragrunt_dir", "get_original_terragrunt_dir"))
_ABOVE = "find_in_parent_folders"


def file_of(files: Repository, folder: str, value: Expression, includes: Mapping[str, str]) -> str:
    """The file of the repository that an expression of a configuration in `folder` names; '' for none."""
    path = _path(files, folder, value, includes)
    return path if path is not None and files.get(path) is not None else ""


def nearest(files: Repository, folder: str, name: str = "") -> str:
    """The nearest file of a name (by default, that of a configuration) in the folders above `folder`; '' for none."""
    above = folder
    while above:
        above = posixpath.dirname(above)
        for one in (name,) if name else _NAMES:
            path = f"{above}/{one}" if above else one
            if files.get(path) is not None:
                return path
    return ""


def source(files: Repository, folder: str, value: Expression, includes: Mapping[str, str]) -> str:
    """A source as a module call would write it: a path of the repository relative to the folder; '' where unknown."""
    if isinstance(value, Literal):
        return str(value.value)
    path = _path(files, folder, value, includes)
    if path is None:
        return ""
    found = posixpath.relpath(path or ".", folder or ".")
    return found if found.startswith("..") else f"./{found}"


def _path(files: Repository, folder: str, value: Expression, includes: Mapping[str, str]) -> str | None:
    """A path in the repository, where all of it is known; None where it is not, or leads out."""
    if isinstance(value, Literal):
        found = posixpath.join(folder, str(value.value).replace("//", "/"))
    elif isinstance(value, Call):
        made = _called(files, folder, value, includes)
        return None if made is None else _inside(made)
    elif isinstance(value, Template) and value.parts:
        first, *rest = value.parts
        if not all(isinstance(part, str) for part in rest):
            return None
        start = first if isinstance(first, str) else _first(files, folder, first, includes)
        if start is None:
            return None
        tail = "".join(str(part) for part in rest).replace("//", "/")
        if isinstance(first, str):
            found = posixpath.join(folder, start + tail)
        else:
            found = posixpath.join(start, tail.lstrip("/"))
    else:
        return None
    return _inside(found)


def _first(files: Repository, folder: str, value: object, includes: Mapping[str, str]) -> str | None:
    return _called(files, folder, value, includes) if isinstance(value, Call) else None


def _called(files: Repository, folder: str, call: Call, includes: Mapping[str, str]) -> str | None:
    """What one of Terragrunt's functions gives: a folder or a file."""
    argument = call.args[0] if call.args else None
    text = str(argument.value) if isinstance(argument, Literal) else ""
    if call.name in _ROOT:
        return ""
    if call.name in _HERE:
        return folder
    if call.name == _ABOVE:
        return nearest(files, folder, text) or None
    if call.name == "get_parent_terragrunt_dir":
        path = includes.get(text) or next(iter(includes.values()), "")
        return posixpath.dirname(path) if path else None
    if call.name == "dirname" and isinstance(argument, Call):
        inner = _called(files, folder, argument, includes)
        return posixpath.dirname(inner) if inner else None
    return None


def _inside(path: str) -> str | None:
    found = posixpath.normpath(path) if path else ""
    return None if found.startswith(("..", "/")) else "" if found == "." else found
