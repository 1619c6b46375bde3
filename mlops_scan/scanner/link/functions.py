"""Functions of a cloud to the file of their handler: in the folder, file or archive that their code is packed from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlops_scan.scanner.model import Fact

_PACKED = ("source_dir", "source_file", "source_path", "code", "source")  # what an archive or a function is made of
_ALONE = "."  # an archive's own root
_HOPS = 3  # function -> object of a store -> archive
_HANDLERS = ("handler", "entry_point")
_MOST = 40
_USE = re.compile(r"\[[^\]]*\](?=#)")  # which use of a module
_ENTRY = "main.py"  # where a function is named and its file is not


def of_properties(resource: Fact, pairs: Sequence[tuple[str, str]], files: frozenset[str]) -> str:
    """The file of a function's handler in a template: `app.main` in its folder of code."""
    properties = (resource.get("data") or {}).get("Properties") or {}
    for folder, handler in pairs:
        where, name = properties.get(folder), properties.get(handler)
        if isinstance(where, str) and isinstance(name, str):
            found = upwards if resource.get("origin") == "python" else beside  # a program runs where it is started
            return found(resource.at.path, posixpath.join(where, _module(name)), files)
    return ""


class Packed:
    """What resources are packed from: told themselves, or by an archive that they name."""

    def __init__(self, resources: Sequence[Fact], files: frozenset[str]) -> None:
        self._files = files
        self._known = {str(one.get("id")): one for one in resources}
        for one in resources:  # of a module: that of one use stands for that of another
            self._known.setdefault(_USE.sub("", str(one.get("id"))), one)
        self._made: dict[tuple[str, str], Fact] = {}  # (folder, name of the archive) -> what makes it
        for one in resources:
            if isinstance(path := (one.get("data") or {}).get("output_path"), str):
                self._made.setdefault((posixpath.dirname(one.at.path), posixpath.normpath(path)), one)

    def handler(self, one: Fact) -> str:
        """The file of the handler of a function, or of a module that makes one; '' where it is not known."""
        data = one.get("data")
        name = _handler(data) if isinstance(data, Mapping) else ""
        if not name or not isinstance(data, Mapping):
            return ""
        found = (self._inside(code, name, one.at.path) for code in self._codes(one, data, _HOPS))
        return next((path for path in found if path), "")

    def _codes(self, one: Fact, data: Mapping[str, Any], left: int) -> Iterator[Any]:
        """What the code is packed from: folders, files, or mappings of an archive's names to them."""
        yield from (data[key] for key in _PACKED if key in data)
        yield from one.get("files") or ()
        if not left:
            return
        home = str(one.get("id") or "").partition("#")[0] or f"terraform:{posixpath.dirname(one.at.path)}"
        for text in _leads(data):
            other = self._known.get(f"{home}#{text}") or self._known.get(_USE.sub("", f"{home}#{text}"))
            other = other or self._known.get(f"{home}#{text.replace('.', '/', 1)}")
            other = other or self._made.get((posixpath.dirname(one.at.path), posixpath.normpath(text)))
            if other is not None and other is not one and isinstance(inner := other.get("data"), Mapping):
                yield from self._codes(other, inner, left - 1)

    def _inside(self, code: Any, name: str, origin: str) -> str:
        if isinstance(code, list):  # several: the one that has the handler
            return next((path for item in code[:_MOST] if (path := self._inside(item, name, origin))), "")
        if isinstance(code, Mapping) and isinstance(code.get("parts"), list):  # `dirname(__file__)` and more
            known = str(code["parts"][-1]).strip("/")
            return self._inside(known, name, origin) if known and "__file__" in str(code.get("expr")) else ""
        if isinstance(code, Mapping):
            return self._in_archive(code, name, origin)
        if not isinstance(code, str) or not code:
            return ""
        whole = code if code.endswith(".py") and posixpath.basename(code) == posixpath.basename(_module(name)) else ""
        return upwards(origin, whole or posixpath.join(code, _module(name)), self._files)

    def _in_archive(self, code: Mapping[str, Any], name: str, origin: str) -> str:
        if "expr" in code or not all(isinstance(one, str) for one in code.values()):
            inner = code.get("path") or code.get("source_dir")
            return self._inside(inner, name, origin) if isinstance(inner, str) else ""
        file = code.get(_module(name))
        if file is not None:
            return upwards(origin, str(file), self._files)
        if isinstance(inner := code.get(_ALONE, code.get("path")), str):
            return self._inside(inner, name, origin)
        first, _, rest = name.partition("/")
        return self._inside(code[first], rest, origin) if rest and first in code else ""


def _handler(data: Mapping[str, Any]) -> str:
    """`train.handler`; for a function that only names its entry, the file in which such are looked for."""
    if isinstance(data.get("handler"), str):
        return str(data["handler"])
    for one in built(data):
        if isinstance(one.get("entry_point"), str):
            return _ENTRY.replace(".py", ".run") if "python" in str(one.get("runtime")) else ""
    return ""


def built(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What declares a function: itself, and what says how its code is built."""
    build = data.get("build_config")
    yield from (one for one in (data, *(build if isinstance(build, list) else [build])) if isinstance(one, Mapping))


def _module(handler: str) -> str:
    """The file of a handler: `app.main` and `app/main.run` stand in `app.py` and `app/main.py`."""
    return handler.rpartition(".")[0].replace(".", "/") + ".py"


def _leads(value: Any, depth: int = 0) -> Iterator[str]:
    """Addresses of resources and names of archives inside."""
    if isinstance(value, Mapping) and depth < 6:
        if isinstance(value.get("ref"), str):
            yield value["ref"]
        for inner in value.values():
            yield from _leads(inner, depth + 1)
    elif isinstance(value, list) and depth < 6:
        for inner in value[:_MOST]:
            yield from _leads(inner, depth + 1)
    elif isinstance(value, str) and value.endswith(".zip"):
        yield value


def beside(origin: str, name: Any, files: frozenset[str]) -> str:
    """The file that a path names in the folder of another one."""
    if not isinstance(name, str) or not name:
        return ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), name.removeprefix("file:")))
    return path if path in files else ""


def upwards(origin: str, name: str, files: frozenset[str]) -> str:
    """Beside the file that says it, else from the folder in which its program starts, up to the top."""
    path = beside(origin, name, files)
    while not path and posixpath.dirname(origin):
        origin = posixpath.dirname(origin)
        path = beside(origin, name, files)
    return path
