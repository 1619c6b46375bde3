"""The file of variable values with which a root module is applied: the one that a pipeline or a script names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

from mlops_scan.scanner import paths
from mlops_scan.scanner.formats.hcl import reader
from mlops_scan.scanner.formats.yamlnodes import Repository

_NAMED = re.compile(r"-var-file(?:\s*=\s*|\s+|[\"'],\s*[\"'])[\"']?([^\s\"'`,;]+?\.tfvars)\b")
_APPLIES = re.compile(r"\b(?:terraform|tofu|terragrunt) [^\n]{0,200}?\b(?:apply|plan)\b")
_HOLE = re.compile(r"\$\{\{[^{}]*\}\}|\$\{[^{}]*\}|\$\([^()]*\)|\{\{[^{}]*\}\}|\$\w+|%\w+%")
_SPACED = re.compile(r"(?<=\{\{)\s+|(?<!\s)\s+(?=\}\})")
_SCRIPTS = (".yml", ".yaml", ".sh", ".bash", ".mk", ".ps1", ".hcl", ".toml", ".py")
_NAMES = ("Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "Jenkinsfile")
# what runs for users comes first: it is what a review asks about
_RANKS = (r"prod|prd|live", r"stag|stg|uat|preprod", r"(?!.*(?:dev|test|sandbox|local|demo))")
_FITS = 0.8  # of the names in the file, how many the module declares


def chosen(files: Repository, folder: str, declared: Collection[str]) -> str:
    """The path of the file that holds for the root module at `folder`, or ''."""
    extra = files.memo("hcl-var-files", lambda: [path for path in files.paths if _is_extra(path)])
    if not extra or not declared:
        return ""
    patterns, applied = files.memo("hcl-var-files-named", lambda: _commands(files))
    found = [path for path in extra if any(_is_meant(path, pattern) for pattern in patterns)]
    if not found and not applied:  # somebody applies it by hand, and names a file: what runs is production
        found = [path for path in extra if paths.is_live(path.removeprefix(folder)) and path.startswith(folder)]
    own = [path for path in found if not folder or path.startswith(f"{folder}/")]
    fitting = [path for path in own or found if _fits(files, path, declared)]
    return min(fitting, key=lambda path: (_rank(path), path), default="")


def _is_extra(path: str) -> bool:
    name = posixpath.basename(path)
    return name.endswith(".tfvars") and name != "terraform.tfvars" and not name.endswith(".auto.tfvars")


def _commands(files: Repository) -> tuple[list[str], bool]:
    """(patterns of the files that commands name, whether any command applies a module at all)."""
    found = list(_patterns(files))
    return sorted({one for one in found if one}), bool(found)


def _patterns(files: Repository) -> Iterator[str]:
    """The patterns; '' for a command that names no file."""
    for path in files.paths:
        if not path.endswith(_SCRIPTS) and posixpath.basename(path) not in _NAMES:
            continue
        source = files.get(path)
        text = source.text if source is not None else ""
        if "-var-file" not in text:
            if _APPLIES.search(text):
                yield ""
            continue
        for match in _NAMED.finditer(_SPACED.sub("", text)):
            pattern = _HOLE.sub("*", match[1])
            if pattern.count("*") < 5:
                yield re.sub(r"^(?:(?:\.{1,2}|\*)/)+", "", pattern)


def _is_meant(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"*/{pattern}")


def _fits(files: Repository, path: str, declared: Collection[str]) -> bool:
    source = files.get(path)
    names = list(reader.document(source).body.attributes) if source is not None else []
    return bool(names) and sum(name in declared for name in names) >= _FITS * len(names)


def _rank(path: str) -> int:
    ranks = (rank for rank, words in enumerate(_RANKS) if re.search(words, path.lower()))
    return next(ranks, len(_RANKS))
