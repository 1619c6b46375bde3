"""The names under which models and data are one subject of the graph. What would fit anybody's names nothing.

A suffix, a number, a wild card, a placeholder or a word such as `latest` says little: by it strangers would be joined.
"""

from __future__ import annotations

import posixpath
import re

# a letter before the suffix, and none of the signs of a pattern or placeholder
_WILD = re.compile(r"[*?{}<>$%\[\]|]|__\w+__")
_VERSION = re.compile(r"(?:v|version|run|step|epoch|iter|ckpt|checkpoint)?[-_. ]?\d[\d._:TZ+-]*\Z", re.IGNORECASE)
_TURNS = frozenset(
    ("latest", "last", "best", "final", "current", "new", "old", "default", "prod", "production", "staging")
)
_GENERAL = frozenset(
    (
        *("artifact", "artifacts", "output", "outputs", "out", "result", "results", "file", "files", "data", "dataset"),
        *("datasets", "models", "checkpoint", "checkpoints", "ckpt", "ckpts", "weights", "saved", "save", "export"),
        *("exports", "tmp", "temp", "cache", "build", "dist", "src", "app", "home", "root", "opt", "var", "mnt", "srv"),
        *(
            "usr",
            "content",
            "workspace",
            "work",
            "code",
            "ml",
            "input",
            "inputs",
            "runs",
            "logs",
            "log",
            "none",
            "null",
        ),
        *("true", "false", "name", "path", "filename", "model_path", "model_name"),
    )
)
_LONGEST = 300
# `train.pkl`, `X_test.joblib`: a part of data, though it be pickled as models are
_SPLIT = re.compile(
    r"(?:[xy]_?)?(?:train|test|val|valid|validation|dev)(?:_?(?:set|data|df|x|y|features|labels))?\.\w+\Z",
    re.IGNORECASE,
)
# a reference to a registry -> the name in it, without version, stage and alias
_REFERENCES = (
    re.compile(r"\w+://(?:registries|subscriptions|locations)/.*?/models/(?P<name>[\w.-]+)"),
    re.compile(r"models:/+(?P<name>[^/@]+)"),
    re.compile(r"arn:[^ ]*:model-package(?:-group)?/(?P<name>[\w-]+)"),
    re.compile(r"projects/[^/]+/locations/[^/]+/models/(?P<name>[\w-]+)"),
    re.compile(r"\w+:(?P<name>[\w.-]+)(?::[\w.-]+|@\w+)\Z"),  # `workspace:name:version`
)


def model_name(text: str) -> str:
    """The name of a model by its path or name in a registry: the last part that tells, '' where none does.

    `churn/latest` and `churn/3` are churn; `models/latest`, `.joblib` and `*.pkl` are nobody's.
    """
    if len(text) >= _LONGEST:
        return ""
    folder, name = posixpath.split(text.replace("\\", "/").rstrip("/"))
    bare, _, tag = name.partition(":")  # `churn:latest`
    if bare and (tag.lower() in _TURNS or _VERSION.match(tag)):
        name = bare
    turned = False
    while _VERSION.match(name) or name.lower() in _TURNS:
        folder, name = posixpath.split(folder)
        turned = True
    return "" if not _tells(name) or _SPLIT.match(name) or (turned and name.lower() == "model") else name


def registered(reference: str) -> str:
    """The name of a model in a registry by a reference to it, '' where the text is none."""
    return next((found["name"] for form in _REFERENCES if (found := form.match(reference))), "")


def model_id(text: str) -> str:
    """The node of a model in the graph, '' where its name tells nothing."""
    name = model_name(text)
    return f"model:{name}" if name else ""


def data_id(text: str) -> str:
    """The node of data in the graph by its whole path, address or table; '' where no part of it tells anything."""
    parts = text.partition("://")[2].split("/") if "://" in text else text.replace("\\", "/").split("/")
    return f"data:{text}" if any(_tells(part) and not _VERSION.match(part) for part in parts) else ""


def _tells(name: str) -> bool:
    """Whether a part of a path is the name of something."""
    if _WILD.search(name) or name.lower() in _GENERAL or name.lower() in _TURNS:
        return False
    stem = posixpath.splitext(name)[0]  # of `.joblib` the whole
    return bool(re.search(r"[^\W\d_]", stem)) and not stem.startswith(".") and not _VERSION.match(stem)
