"""What a command line names of the repository: manifests it installs, files and modules it starts."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Collection, Iterator, Sequence

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact

_MODULE_TARGET = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_]\w*(?:\(\))?\Z")  # uvicorn app.main:app
_IMPORTS = re.compile(  # in a program of one line
    r"(?:^|[;\n\"'])[ \t]*"
    r"(?:from\s+(?P<from>[A-Za-z_][\w.]*)\s+import\s+\(?(?P<names>[\w, \t]*)|import\s+(?P<name>[A-Za-z_][\w.]*))"
)
_SUFFIXES = (".py", ".sh", ".ipynb", ".R", ".bash", ".py.tmpl", ".py.j2", ".py.jinja")
_SHELLS = frozenset(("bash", "sh", "zsh", "source", "exec", "env"))
_MODULE_SERVERS = frozenset(
    ("uvicorn", "gunicorn", "hypercorn", "daphne", "waitress-serve", "celery", "functions-framework")
)
_INSTALLERS = frozenset(("pip", "pip3", "uv", "conda", "mamba", "micromamba", "pipenv", "pixi"))  # they take -r or -f
_BY_PROJECT = {  # (installer, command) -> what it reads without being told
    ("uv", "sync"): ("uv.lock", "pyproject.toml"),
    ("poetry", "install"): ("poetry.lock", "pyproject.toml"),
    ("poetry", "sync"): ("poetry.lock", "pyproject.toml"),
    ("pdm", "install"): ("pdm.lock", "pyproject.toml"),
    ("pdm", "sync"): ("pdm.lock", "pyproject.toml"),
    ("pipenv", "install"): ("Pipfile.lock", "Pipfile"),
    ("pipenv", "sync"): ("Pipfile.lock", "Pipfile"),
    ("pixi", "install"): ("pixi.lock", "pixi.toml"),
}

IN_CONTAINERS = ("container", "compose")  # where commands are that run inside of an image
ASKS_HELP = "--help"
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")
_MAKERS = ("make", "gmake", "just")  # whose words may be variables that hold a command
_TASK_FOLDERS = ("mise-tasks", ".mise-tasks", "mise/tasks", ".mise/tasks", ".config/mise/tasks")  # a task is a file


def working_folder(command: Fact) -> str:
    """The folder in which a command runs, as far as the file tells: its own, or where it changes to."""
    inside = str(command.says.get("cwd") or "")
    if not inside:
        return command.at.path.rpartition("/")[0]
    folder = posixpath.normpath(inside)
    return "" if folder == "." or folder.startswith("..") else folder


class Named:
    """The files that words name from a folder: what they run, and what they install; asked of by many jobs alike."""

    def __init__(self, graph: Graph) -> None:
        self._files = frozenset(graph.files)
        self._known: dict[tuple[tuple[str, ...], str], tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def of(self, argv: tuple[str, ...], folder: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What they run, and what they install."""
        if (argv, folder) not in self._known:
            runs = tuple(entry_files(argv, folder, self._files))
            self._known[argv, folder] = runs, tuple(installed_manifests(argv, folder, self._files))
        return self._known[argv, folder]


def manifest_names(argv: Sequence[str]) -> Iterator[str]:
    """Requirement, environment and lock files that an install command reads, as the command names them."""
    yield from _BY_PROJECT.get((posixpath.basename(argv[0]), argv[1]) if len(argv) > 1 else ("", ""), ())
    if _INSTALLERS.isdisjoint(posixpath.basename(word) for word in argv[:4]):
        return
    for index, word in enumerate(argv):
        if word in ("-r", "--requirement", "--requirements", "-f", "--file", "-c") and index + 1 < len(argv):
            yield argv[index + 1]
        elif word.startswith(("-r", "--requirement=", "--file=")) and len(word) > 2:
            yield word.partition("=")[2] or word[2:]


def installed_manifests(argv: Sequence[str], folder: str, files: Collection[str]) -> Iterator[str]:
    """The same, as paths of the repository."""
    for name in manifest_names(argv):
        if path := locate(name, folder, files):
            yield path


def entry_files(argv: Sequence[str], folder: str, files: Collection[str]) -> Iterator[str]:
    """Scripts, notebooks and Python modules that a command starts, as paths of the repository."""
    words = [] if ASKS_HELP in argv else list(argv)  # tells how to start it, as a trial of an image or a package does
    yield from _task_files(words, folder, files)
    if words[:1] == ["%run"] and len(words) > 1:
        if path := notebook_file(words[1], folder, files):
            yield path
        return
    if words[:1] == ["python"]:
        found = list(_python_code(words, folder, files))
        yield from found
        if found or _program(words):
            return  # else a launcher, whose words name what it starts
    for index, written in enumerate(words):
        word = written.partition("::")[0]  # file.py::function
        if word.endswith(_SUFFIXES) or (word.startswith("./") and (not index or words[0] in _SHELLS)):
            if path := locate(word, folder, files):
                yield path
        elif ":" in word and (match := _MODULE_TARGET.match(word)):
            yield from module_files(match[1], folder, files)
    for inner in _held(words):
        yield from entry_files(inner, folder, files)
    for word in words[1:] if words[:1] and words[0] in _MODULE_SERVERS else ():
        if _DOTTED.fullmatch(word):
            yield from module_files(word, folder, files)


def _held(words: Sequence[str]) -> Iterator[list[str]]:
    """Commands in variables that a target is given: `make run command="./deploy.sh --now"`."""
    for word in words[1:] if words[:1] and words[0] in _MAKERS else ():
        name, _, value = word.partition("=")
        if name.isidentifier() and " " in value:
            yield value.split()


def _python_code(words: list[str], folder: str, files: Collection[str]) -> Iterator[str]:
    """The module that `python -m` starts, or those that the program after `-c` imports."""
    if "-m" in words[1:4] and words.index("-m") + 1 < len(words):
        yield from module_files(words[words.index("-m") + 1], folder, files)
    else:
        yield from _imported(_program(words), folder, files)


def _program(words: list[str]) -> str:
    """The text after `python -c`: no option of a script comes before it."""
    if "-c" not in words[1:-1]:
        return ""
    at = words.index("-c", 1)
    return words[at + 1] if all(word.startswith("-") for word in words[1:at]) else ""


def _imported(code: str, folder: str, files: Collection[str]) -> Iterator[str]:
    """The modules of the repository that `python -c` imports: what they hold is what it runs."""
    for match in _IMPORTS.finditer(code):
        base = match["from"] or match["name"]
        below = [f"{base}.{name.strip()}" for name in (match["names"] or "").split(",") if name.strip().isidentifier()]
        inner = [path for one in below for path in module_files(one, folder, files)]
        yield from inner or module_files(base, folder, files)


def _task_files(words: Sequence[str], folder: str, files: Collection[str]) -> Iterator[str]:
    """The files that tasks are: `mise run data:fetch` is `mise-tasks/data/fetch`, with or without a suffix."""
    for word in words[1:] if words[:1] == ["mise"] else ():
        name = word.replace(":", "/")
        written = (f"{base}/{name}{suffix}" for base in _TASK_FOLDERS for suffix in ("", ".sh", ".py", ".bash"))
        found = (posixpath.normpath(posixpath.join(start, one)) for one in written for start in (folder, ""))
        yield from [path for path in found if path in files][:1]


def notebook_file(name: str, folder: str, files: Collection[str]) -> str:
    """The notebook or script that another one names, with or without its suffix."""
    name = name.strip("\"'")
    found = (locate(f"{name}{suffix}", folder, files) for suffix in ("", ".py", ".ipynb"))
    return next((path for path in found if path), "")


def locate(name: str, folder: str, files: Collection[str], least: int = 1) -> str:
    """The repository file that `name` means, seen from `folder` or any parent, or from an image's work directory.

    `least`: how many parts at the end of the name have to be those of the file.
    """
    name = name.strip().lstrip("/")
    parts = [part for part in name.split("/") if part not in (".", "")]
    climbs = ".." in parts
    # /app/src/x.py in an image is src/x.py here
    rests = ["/".join(parts[start:]) for start in range(len(parts) - least + 1)]
    while folder is not None:
        for rest in rests:
            path = f"{folder}/{rest}" if folder else rest
            if climbs:
                path = posixpath.normpath(path)
            if path in files:
                return path
        if not folder:
            break
        folder = folder.rpartition("/")[0]
    return ""


def module_files(dotted: str, folder: str, files: Collection[str]) -> Iterator[str]:
    """The file of a dotted module, seen from a folder."""
    base = dotted.replace(".", "/")
    known = dotted.partition(".")[0] in sys.stdlib_module_names  # `http.server` is no `server.py`
    whole = base.count("/") + 2
    for name, own in (
        (f"{base}.py", 1),
        (f"{base}/__main__.py", 2),  # not that of any package
        (f"{base}/__init__.py", 2),
        (f"src/{base}.py", whole),
        (f"src/{base}/__main__.py", whole + 1),
    ):
        if path := locate(name, folder, files, name.count("/") + 1 if known else own):
            yield path
            return


def option(argv: Sequence[str], names: Sequence[str]) -> str:
    """What a command gives to the first of its options that goes by one of the names; '' where it gives nothing."""
    for index, word in enumerate(argv):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else (argv[index + 1] if index + 1 < len(argv) else "")
    return ""
