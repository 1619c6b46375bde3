"""Functions on paths and URLs."""

from __future__ import annotations

import posixpath
import urllib.parse
from collections.abc import Callable, Mapping

from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.nodes import TemplateError, Value


def _base(path: Value) -> str:
    text = show(path)
    return "." if not text else posixpath.basename(text.rstrip("/")) or "/"


def _folder(path: Value) -> str:
    return posixpath.normpath(posixpath.dirname(show(path)) or ".")


def _extension(path: Value) -> str:
    name = posixpath.basename(show(path))
    return name[name.rfind(".") :] if "." in name else ""


def _parse(url: Value) -> dict[str, Value]:
    try:
        parts = urllib.parse.urlsplit(show(url))
        host = parts.hostname or ""
    except ValueError as error:
        raise TemplateError(f"unable to parse url: {error}") from None
    user, _, address = parts.netloc.rpartition("@")
    return {
        "scheme": parts.scheme,
        "host": address,
        "hostname": host,
        "path": parts.path,
        "query": parts.query,
        "fragment": parts.fragment,
        "opaque": "",
        "userinfo": user,
    }


def _join(parts: Value) -> str:
    given = parts if isinstance(parts, dict) else {}
    user = show(given.get("userinfo"))
    address = (f"{user}@" if user else "") + show(given.get("host"))
    rest = [show(given.get(key)) for key in ("path", "query", "fragment")]
    return urllib.parse.urlunsplit((show(given.get("scheme")), address, *rest))


PATHS: Mapping[str, Callable[..., Value]] = {
    "base": _base,
    "osBase": _base,
    "dir": _folder,
    "osDir": _folder,
    "ext": _extension,
    "osExt": _extension,
    "clean": lambda path: posixpath.normpath(show(path) or "."),
    "osClean": lambda path: posixpath.normpath(show(path) or "."),
    "isAbs": lambda path: show(path).startswith("/"),
    "osIsAbs": lambda path: show(path).startswith("/"),
    "urlParse": _parse,
    "urlJoin": _join,
    "urlquery": lambda *texts: urllib.parse.quote_plus("".join(show(text) for text in texts)),
}
