"""Commands to the targets and tasks that they name: make, just, npm, tox, nox, pixi and their like."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link import live
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import working_folder
from mlops_scan.scanner.model import Edge, Fact
from mlops_scan.scanner.paths import above

_OWNED = ("make", "just", "config")  # where a target's own commands say they stand


@dataclass(frozen=True, slots=True)
class _Maker:
    """A program that runs targets: the files that hold them, words before a target, options that name one."""

    files: tuple[str, ...]
    skipped: frozenset[str] = frozenset()
    named: tuple[str, ...] = ()  # options whose value is a target, or several with commas
    folder: tuple[str, ...] = ()  # options whose value is the folder
    first: bool = False  # without a word the first target is made
    default: str = ""  # without a word this target is made


_NPM = _Maker(("package.json",), frozenset(("run", "run-script")), folder=("--prefix", "--cwd", "-C"))
_MAKERS = {
    "make": _Maker(("Makefile", "makefile", "GNUmakefile"), folder=("-C", "--directory"), first=True),
    "just": _Maker(("justfile", "Justfile", ".justfile"), first=True),
    "task": _Maker(
        ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "Taskfile.dist.yml"),
        folder=("-d", "--dir"),
        default="default",
    ),
    "mise": _Maker(("mise.toml", ".mise.toml"), frozenset(("run", "r", "exec", "x"))),
    "npm": _NPM,
    "yarn": _NPM,
    "pnpm": _NPM,
    "bun": _NPM,
    "poe": _Maker(("pyproject.toml",)),
    "task.py": _Maker(("pyproject.toml",)),
    "pdm": _Maker(("pyproject.toml",), frozenset(("run",))),
    "tox": _Maker(
        ("tox.ini", "tox.toml", "pyproject.toml", "setup.cfg"),
        frozenset(("run", "r", "run-parallel", "p")),
        ("-e", "--env"),
        ("-c", "--conf"),
        default="env_list",
    ),
    "nox": _Maker(("noxfile.py",), named=("-s", "-e", "--session", "--sessions"), folder=("-f", "--noxfile")),
    "invoke": _Maker(("tasks.py",)),
    "inv": _Maker(("tasks.py",)),
}
_FALLBACK = {"tox": "testenv"}  # the section of an environment that has none of its own
# runners that were taken off a command, and may have meant a task by its first word
_TAKEN_OFF = (
    ("pixi run", ("pixi.toml", "pyproject.toml")),
    ("hatch", ("pyproject.toml", "hatch.toml")),
    ("pdm run", ("pyproject.toml",)),
    ("rye run", ("pyproject.toml",)),
    ("uv run poe", ("pyproject.toml",)),
)


class Targets(Link):
    """`job:ci.yml#test` runs `target:Makefile#lint`; a target runs those that it needs."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        known: dict[str, Fact] = {}
        for fact in graph.all_facts("command"):
            if fact.says.get("where") in _OWNED:
                known.setdefault(str(fact.says.get("owner")), fact)
        found = _Targets(known)
        for command in graph.once(live.commands) if known else ():
            if not str(command.says.get("where", "")).startswith("dockerfile"):
                for target in found.of(command):
                    if f"target:{target}" != owner_id(command):
                        yield Edge(owner_id(command), "runs", f"target:{target}", command.at)


class _Targets:
    """Targets by their file and name."""

    def __init__(self, known: dict[str, Fact]) -> None:
        self._known = known
        self._by_name: dict[str, list[str]] = {}
        self._first: dict[str, str] = {}
        self._paths: set[str] = set()
        for owner in known:
            path, _, name = owner.partition("#")
            self._paths.add(path)
            self._by_name.setdefault(name, []).append(owner)
            if known[owner].get("default"):
                self._first.setdefault(path, owner)

    def of(self, command: Fact) -> Iterator[str]:
        """The targets that a command runs."""
        argv = [str(word) for word in command.says.get("argv") or ()]
        if argv[:2] == ["python", "-m"]:
            argv = argv[2:]
        maker = _MAKERS.get(argv[0]) if argv else None
        if maker is not None:
            yield from self._made(command, maker, argv)
            return
        inside = f"{command.at.path}#{command.name}"
        if command.says.get("where") == "config" and inside in self._known:  # a script that names another of its file
            yield inside
            return
        raw = str(command.says.get("raw") or "") if command.name in self._by_name else ""
        for runner, files in _TAKEN_OFF:
            if runner in raw:
                yield from self._nearest(command.name, working_folder(command), files)

    def _made(self, command: Fact, maker: _Maker, argv: Sequence[str]) -> Iterator[str]:
        names, folder = _words(argv, maker)
        start = working_folder(command)
        if folder:
            start = self._told(folder, start, maker.files)
        for name in names:
            found = list(self._nearest(name, start, maker.files))
            if not found and argv[0] in _FALLBACK:
                found = list(self._nearest(_FALLBACK[argv[0]], start, maker.files))
            if not found and argv[0] in ("invoke", "inv"):
                found = self._of_namespace(name)
            yield from found
        if names:
            return
        if maker.default:
            yield from self._nearest(maker.default, start, maker.files)
        elif maker.first:
            yield from self._first_of(start, maker.files)
        elif argv[0] == "nox":
            yield from (one for one in self._known if one.partition("#")[0].endswith("noxfile.py"))

    def _told(self, folder: str, start: str, files: Sequence[str]) -> str:
        """The folder (or file) that an option says, seen from where the command stands or from a parent of it."""
        seen = [posixpath.normpath(posixpath.join(base, folder)) for base in above(start)]
        held = (one for one in seen if one in self._paths or any(f"{one}/{file}" in self._paths for file in files))
        return next(held, seen[0])

    def _nearest(self, name: str, folder: str, files: Sequence[str]) -> Iterator[str]:
        """The target of the nearest file: in the command's folder, its parents, then anywhere."""
        owners = self._by_name.get(name)
        if not owners or folder.startswith(".."):
            return
        while True:
            for file in files:
                if (target := f"{folder}/{file}#{name}".lstrip("/")) in self._known:
                    yield target
                    return
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        anywhere = [one for one in sorted(owners) if _is_one_of(one.partition("#")[0], files)]
        yield from anywhere[:1]

    def _of_namespace(self, name: str) -> list[str]:
        """`projects.train` is a task of the module `projects`; a module alone means its default task."""
        space, _, task = name.rpartition(".")
        owners = sorted(self._by_name.get(task, ()))
        within = [one for one in owners if one.partition("#")[0].rpartition("/")[2] == f"{space}.py"]
        whole = [
            one for one in sorted(self._by_name.get("all", ())) if f"/{one}".partition("#")[0].endswith(f"/{name}.py")
        ]
        return (within or owners or whole)[:1] if space else (owners or whole)[:1]

    def _first_of(self, folder: str, files: Sequence[str]) -> Iterator[str]:
        while True:
            for file in files:
                if (path := f"{folder}/{file}".lstrip("/")) in self._first:
                    yield self._first[path]
                    return
            if not folder or folder.startswith(".."):
                return
            folder = folder.rpartition("/")[0]


def _is_one_of(path: str, files: Sequence[str]) -> bool:
    name = path.rpartition("/")[2]
    if "justfile" in files and name.endswith(".just"):  # imported
        return True
    return name in files or ("Makefile" in files and (name.startswith("Makefile") or name.endswith(".mk")))


def _words(argv: Sequence[str], maker: _Maker) -> tuple[list[str], str]:
    """(targets that the words name, the folder or file they say)."""
    names: list[str] = []
    folder, index = "", 1
    while index < len(argv):
        word = argv[index]
        option, equals, value = word.partition("=")
        following = argv[index + 1] if index + 1 < len(argv) else ""
        if word == "--":
            break
        if option in maker.named:
            if equals:
                names += value.split(",")
            else:  # some take several words
                while index + 1 < len(argv) and not argv[index + 1].startswith("-"):
                    index += 1
                    names += argv[index].split(",")
        elif option in maker.folder:
            folder = value if equals else following
            index += not equals
        elif not word.startswith("-") and not equals and word not in maker.skipped and not maker.named:
            names.append(word)
        index += 1
    return [name.partition("(")[0] for name in names if name], folder
