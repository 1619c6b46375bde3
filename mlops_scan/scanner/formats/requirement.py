"""Python requirements: names, specifiers, exact pins, and the package facts that every manifest format yields."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.model import Fact, Location

_SEPARATORS = re.compile(r"[-_.]+")
_VERSION = r"\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.?post\d+)?(?:\.?dev\d+)?"
_SIMPLE = re.compile(
    r"([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:\[([\w., -]*)\])?\s*"
    rf"((?:(?:==|>=|<=|~=|!=|<|>)\s*{_VERSION}(?:\s*,\s*)?)*)\Z",
    re.ASCII,
)
_EXACT = re.compile(r"===?\s*([^\s,;]+)\Z")
_TEMPLATED = re.compile(r"([A-Za-z0-9][\w.-]*?)(?:\[[^\]]*\])?\s*([=<>~!]=?=?.*)?\Z", re.DOTALL)
_URL = re.compile(r"(?:[a-z]+\+)?(?:https?|ssh|git|file|svn|bzr|hg|s3)://\S+|git\+\S+", re.IGNORECASE)
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][\w.-]*)(?:\[([\w, -]*)\])?")
_WHEEL_NAME = re.compile(r"[A-Za-z0-9][\w.]*\Z")
_FOLDER = re.compile(r"(?:\A|&)subdirectory=(?:[^&\s]*/)?([\w.-]+)")
_REFERENCE = re.compile(r"\.git@([^#&\s]+)")
_SLASH = re.compile(r"(?<![/:])/")  # of a path, not of `https://`
_FIXED_REFERENCE = re.compile(r"[0-9a-f]{7,40}\Z|[^\d]*\d[\w.+-]*\Z")
_CONDA = re.compile(
    r"(?:(?P<channel>[\w./:-]+)::)?(?P<name>[A-Za-z0-9_][\w.-]*)(?:\[(?P<brackets>[^\]]*)\])?\s*(?P<rest>[^\[\]]*)\Z"
)
_CONDA_EXACT = re.compile(r"={1,2}\s*([^=<>!~,|\s]+)(?:[=\s]\s*[^=<>!~,|\s]+)?\Z|([\d][^=<>!~,|\s]*)(?:\s+\S+)?\Z")
PLACEHOLDER = re.compile(r"\{\{[^{}]{0,200}\}\}|\{%[^%]{0,200}%\}|@@[A-Z_]{1,80}@@|<[A-Z_]{1,80}>")
_GROUPS = (
    ("dev", "dev"),
    ("develop", "dev"),
    ("development", "dev"),
    ("test", "test"),
    ("tests", "test"),
    ("testing", "test"),
    ("docs", "docs"),
    ("doc", "docs"),
    ("documentation", "docs"),
    ("lint", "lint"),
    ("linting", "lint"),
    ("linters", "lint"),
    ("ci", "ci"),
    ("notebook", "notebook"),
    ("notebooks", "notebook"),
)


class RequirementError(ValueError):
    """Not a requirement."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement. `pinned` is the exact version ('' when there is none), `name` the PEP 503 name."""

    name: str
    specifier: str = ""
    pinned: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str = ""


def canonical(name: str) -> str:
    """The PEP 503 form of a distribution name."""
    return _SEPARATORS.sub("-", name).lower()


def exact(specifier: str) -> str:
    """The version that a specifier pins (`==1.2`; `==1.2.*`, a release line, counts as well), or ''."""
    for clause in specifier.split(","):
        if match := _EXACT.match(clause.strip()):
            return match[1]
    return ""


def parse(text: str) -> Requirement:
    """Read one PEP 508 requirement, a URL with a name, or a wheel's URL. Raises RequirementError."""
    text = text.strip()
    if len(text) > bounds.FACT_TEXT:
        raise RequirementError("longer than a requirement can be")
    if match := _SIMPLE.match(text):
        specifier = ",".join(sorted(clause for clause in "".join(match[3].split()).split(",") if clause))
        extras = tuple(sorted(extra.strip() for extra in (match[2] or "").split(",") if extra.strip()))
        return Requirement(canonical(match[1]), specifier, exact(specifier), extras)
    if PLACEHOLDER.search(text):
        return _templated(text)
    if _URL.match(text):
        return _from_url(text)
    return _by_the_book(text)


def _by_the_book(text: str) -> Requirement:
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Pep508

    try:
        read = Pep508(text)
    except (InvalidRequirement, RecursionError) as error:
        raise RequirementError(str(error).split("\n", 1)[0]) from None
    specifier = ",".join(sorted(str(clause) for clause in read.specifier))
    url = read.url or ""
    return Requirement(
        canonical(read.name),
        specifier,
        exact(specifier) or url_pin(url),
        tuple(sorted(read.extras)),
        str(read.marker) if read.marker else "",
        url,
    )


def _templated(text: str) -> Requirement:
    """`name=={{ version }}`: the name is known, the version is somebody's answer to a question."""
    first = PLACEHOLDER.search(text)
    match = _TEMPLATED.match(text) if first and first.start() else None
    if match is None or not re.fullmatch(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?", match[1], re.ASCII):
        raise RequirementError("a template placeholder stands for the name")
    return Requirement(canonical(match[1]), (match[2] or "").strip())


def _from_url(text: str) -> Requirement:
    url, _, marker = text.partition(" ;")
    url = url.split()[0]
    if match := _EGG.search(url):
        extras = tuple(extra.strip() for extra in (match[2] or "").split(",") if extra.strip())
        return Requirement(canonical(match[1]), "", url_pin(url), extras, marker.strip(), url)
    if wheel := _wheel(url):
        return Requirement(canonical(wheel[0]), "", wheel[1], (), marker.strip(), url)
    inside = _FOLDER.search(url.partition("#")[2])
    name = (
        inside[1] if inside else re.sub(r"(?:\.git)?(?:@[^/]*)?(?:[#?].*)?\Z", "", url.rstrip("/")).rpartition("/")[2]
    )
    if "git" in url.split("://", 1)[0] and re.fullmatch(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?", name, re.ASCII):
        return Requirement(canonical(name), "", url_pin(url), (), marker.strip(), url)
    raise RequirementError("a URL that names no distribution")


def _wheel(url: str) -> tuple[str, str] | None:
    """Name and version in a wheel's file name: `name-version[-build]-python-abi-platform.whl`."""
    file = re.split(r"[#?]", url.rpartition("/")[2], maxsplit=1)[0]
    parts = file.removesuffix(".whl").split("-") if file.endswith(".whl") else []
    start = len(parts) - (6 if len(parts) > 5 and parts[-4][:1].isdigit() else 5)
    if start < 0 or not all(parts[start:]) or not _WHEEL_NAME.match(parts[start]):
        return None
    return parts[start], parts[start + 1]


def _reference(url: str) -> str:
    """What stands behind the `@` of a repository's path: a branch, a tag or a commit."""
    if match := _REFERENCE.search(url):
        return match[1]
    path = url.partition("#")[0]
    slash = max((one.end() for one in _SLASH.finditer(path, 0, path.rfind("@") + 1)), default=0)
    if not slash or not path.startswith("git+"):
        return ""
    return (path[slash:].partition("@")[2].partition("&")[0].split() or [""])[0]


def url_pin(url: str) -> str:
    """The version, tag or commit that a URL fixes, or '' for a branch or none."""
    if wheel := _wheel(url):
        return wheel[1]
    if reference := _reference(url):
        return reference if _FIXED_REFERENCE.match(reference) else ""
    return ""


def parse_conda(text: str) -> Requirement:
    """Read a conda match spec: `name`, `name=1.2`, `name=1.2=build`, `name>=1`, `channel::name 1.2.*`.

    `=1.2` and `=1.2.*` name one release line and count as pinned. Raises RequirementError.
    """
    match = _CONDA.match(text.split("#", 1)[0].strip())
    if match is None:
        raise RequirementError("not a conda match spec")
    specifier = match["rest"].strip()
    if not specifier and match["brackets"]:
        found = re.search(r"version\s*=\s*['\"]?([^'\",\]]+)", match["brackets"])
        specifier = found[1] if found else ""
    pin = _CONDA_EXACT.match(specifier)
    pinned = (pin[1] or pin[2]) if pin else ""
    if specifier.strip("=<> ") == "*" or pinned == "*":
        specifier = pinned = ""
    return Requirement(match["name"].lower(), specifier, pinned, (), "", "")


def group_of(path: str) -> str:
    """main, or what the file's or folder's name says it is for: dev, test, docs, lint, ci, notebook."""
    *folders, name = path.lower().split("/")
    words = set(re.split(r"[^a-z]+", name.rpartition(".")[0]))
    for word, group in _GROUPS:
        if word in words:
            return group
    for folder in reversed(folders):
        for word, group in _GROUPS:
            if folder == word:
                return group
    return "main"


def package_fact(requirement: Requirement, at: Location, group: str, *, manager: str = "pip", **more: Any) -> Fact:
    """The `package` fact of a requirement declared at `at`; empty values are left out."""
    says: dict[str, Any] = {
        "specifier": requirement.specifier,
        "pinned": requirement.pinned,
        "group": group,
        "manager": manager,
        "manifest": at.path,
    }
    optional = {
        "extras": list(requirement.extras),
        "marker": requirement.marker[: bounds.FACT_TEXT],
        "url": requirement.url[: bounds.FACT_TEXT],
    } | more
    says.update((key, value) for key, value in optional.items() if value)
    return Fact("package", requirement.name, at, says)


def at_text(path: str, line: int, column: int, length: int) -> Location:
    """A place of `length` characters on one line."""
    return Location(path, line, column, line, column + length)
