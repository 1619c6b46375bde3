"""What a path says about the file before it is read: test, documentation, example, or the thing itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

_TEST = re.compile(
    r"(?:^|/)\.(?:devcontainer|vscode|idea)/|(?:^|/)(?:tests?|testing|__tests__|mocks?|mock[-_][\w-]+|e2e|testdata|test[-_](?:data|configs?|values|resources|cases?)|fixtures?|[\w-]*(?:integration|unit|smoke|e2e)[-_]?tests?(?:[-_]data)?|"
    r"(?!(?:[\w-]*[-_])?(?:ab|a-b|load|stress)[-_]tests?/)[\w-]+[-_]tests?)/"
    r"|(?:^|/)(?<!\.github/workflows/)(?:test_[^/]*|[^/]*_test|conftest)\.(?:py|ipynb|sh|ya?ml)$|\.(?:test|spec)\.[jt]sx?$"
    r"|(?:^|/)\.github/(?!workflows/[^/]*$|actions/|[^/]*$)[^/]+/.*(?:\.ya?ml|dockerfile[^/]*)$",
    re.IGNORECASE,
)
_DOCUMENTATION = re.compile(r"(?:^|/)(?:docs?|documentation|website)/|\.(?:md|rst|adoc)$", re.IGNORECASE)
_EXAMPLE = re.compile(
    r"(?:^|/)(?:(?:examples?|samples?)(?:[-_](?:models?|data|configs?|manifests?))?|demos?|tutorials?|quick-?starts?|playground|experiment(?:s|ation)?|notebooks?|getting[-_]started|benchmark(?:s|ing)?)/",
    re.IGNORECASE,
)
_TUTORIAL = re.compile(
    r"(?:^|/)(?:examples?|samples?|demos?|tutorials?|quick-?starts?|getting[-_]started)/", re.IGNORECASE
)
_LIVE = re.compile(r"(?:^|[^a-z])(?:prod|prd|production|live)(?:[^a-z]|$)", re.IGNORECASE)
_SAMPLE = re.compile(
    r"\.env[\w.-]*\.?(?:example|sample|template|dist)\b|(?:example|sample)\.env$|[^/]\.(?:example|sample|dist)$",
    re.IGNORECASE,
)
_VENDORED = re.compile(r"(?:^|/)(?:vendor|third[-_]party|node_modules|site-packages)/", re.IGNORECASE)
_DEVELOPMENT = re.compile(
    r"(?:^|[/._-])(?:dev|develop(?:ment)?|local|minikube|kind|k3d|sandbox|override|debug|lint|ci)(?:[/._-]|$)",
    re.IGNORECASE,
)

_RELEASE = re.compile(r"v?\d+(?:\.\d+)+(?:[-.+]?(?:rc|alpha|beta|a|b|dev|pre)[-.]?\d*)?\Z", re.IGNORECASE)
_REMEMBERED = 1 << 16  # paths: every fact, rule and subject asks again
_KEPT_RELEASES = 3  # from so many folders named by version on, the earlier ones are an archive


def superseded(files: Iterable[str]) -> frozenset[str]:
    """Folders named by the version of a release beside a later one: what was shipped once, kept for reference."""
    beside: dict[str, set[str]] = {}
    for folder in {path.rpartition("/")[0] for path in files}:
        parts = folder.split("/")
        for index, part in enumerate(parts):
            if _RELEASE.match(part):
                beside.setdefault("/".join(parts[:index]), set()).add(part)
    return frozenset(
        f"{around}/{name}".lstrip("/")
        for around, names in beside.items()
        if len(names) >= _KEPT_RELEASES
        for name in names - {max(names, key=_release)}
    )


def _release(name: str) -> tuple[tuple[int, ...], bool, str]:
    """Sort key of a version: its numbers, then final releases after what came before them."""
    numbers = re.match(r"v?(\d+(?:\.\d+)+)", name, re.IGNORECASE)
    figures = numbers[1] if numbers else ""
    return tuple(int(one[:9]) for one in figures.split(".") if one), name.lower().lstrip("v") == figures, name


@lru_cache(maxsize=_REMEMBERED)
def is_test(path: str) -> bool:
    """Tests, their data and an editor's set-up are no evidence and no target of a rule."""
    return bool(_TEST.search(path))


@lru_cache(maxsize=_REMEMBERED)
def is_documentation(path: str) -> bool:
    """Documentation is no evidence."""
    return bool(_DOCUMENTATION.search(path))


@lru_cache(maxsize=_REMEMBERED)
def is_example(path: str) -> bool:
    """Beside the system: examples, samples, demos, experiments."""
    return bool(_EXAMPLE.search(path))


def above(folder: str) -> Iterator[str]:
    """A folder and all that it lies in, the nearest first."""
    yield folder
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder


def shared(one: Iterable[str], other: Iterable[str]) -> int:
    """How many parts of two paths agree from the start."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def is_sample(path: str) -> bool:
    """A file that somebody is to copy and fill in: what it says takes no effect."""
    return bool(_SAMPLE.search(path))


def is_vendored(path: str) -> bool:
    """Somebody else's code, copied in."""
    return bool(_VENDORED.search(path))


@lru_cache(maxsize=_REMEMBERED)
def is_development(path: str) -> bool:
    """An environment that is not production, by its name."""
    return bool(_DEVELOPMENT.search(path))


def is_tutorial(path: str) -> bool:
    """An example by its folder that nobody may take for work in progress."""
    return bool(_TUTORIAL.search(path))


@lru_cache(maxsize=_REMEMBERED)
def is_live(path: str) -> bool:
    """An environment that is production, by its name."""
    return bool(_LIVE.search(path))


def role(path: str) -> str:
    """production, test, documentation, vendored or example, by path alone."""
    if is_vendored(path):
        return "vendored"
    if is_test(path):
        return "test"
    if is_documentation(path):
        return "documentation"
    return "example" if is_example(path) else "production"
