"""Terraform modules: which folders are one, what each declares, and who calls it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlops_scan.scanner import paths
from mlops_scan.scanner.formats.circles import settled
from mlops_scan.scanner.formats.hcl import jsonsyntax, reader, terragrunt, varfiles
from mlops_scan.scanner.formats.hcl.nodes import Attribute, Block, Body
from mlops_scan.scanner.formats.hcl.reader import Document
from mlops_scan.scanner.formats.yamlnodes import Repository
from mlops_scan.scanner.model import Note

_LOCAL = re.compile(r"(?<![\w.-])local\.([A-Za-z_][\w-]*)")
SUFFIXES = (".tf", ".tofu", *jsonsyntax.SUFFIXES)
_CALL = re.compile(
    r"""^[ \t]*module[ \t]+"?(?P<name>[\w-]+)"?[ \t]*\{"""
    r"""|(?:^|(?<=\{))[ \t]*source[ \t]*=[ \t]*"(?P<source>\.{1,2}/[^"\n]*)\"""",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True, order=True)
class Caller:
    """`module "name"` in the folder `folder`."""

    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class Module:
    """What the files of one folder declare."""

    folder: str
    blocks: tuple[Block, ...]
    variables: Mapping[str, Block]
    outputs: Mapping[str, Block]
    calls: Mapping[str, Block]
    resources: Mapping[tuple[str, str], Block]
    data: Mapping[tuple[str, str], Block]
    locals: Mapping[str, tuple[Attribute, str]]
    settings: Mapping[str, tuple[Attribute, str]] = field(default_factory=dict)  # of tfvars files
    notes: tuple[Note, ...] = ()


def folders(files: Repository) -> dict[str, tuple[str, ...]]:
    """Folder -> its Terraform files, sorted. Of `x.tf` and `x.tofu` the latter counts."""
    return files.memo("hcl-folders", lambda: _folders(files))


def _folders(files: Repository) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for path in files.paths:
        if path.endswith(SUFFIXES) or path.rpartition("/")[2] == terragrunt.NAME:
            found.setdefault(path.rpartition("/")[0], []).append(path)
    return {
        folder: tuple(path for path in sorted(own) if not (path.endswith(".tf") and f"{path[:-3]}.tofu" in own))
        for folder, own in found.items()
    }


def module(files: Repository, folder: str) -> Module:
    """The module at `folder`, put together once (it is kept with its first file)."""
    own = folders(files).get(folder, ())
    anchor = files.get(own[0]) if own else None
    if anchor is None:
        return _module(folder, [], [])
    return anchor.memo("hcl-module", lambda: _read(files, folder, own))


def _read(files: Repository, folder: str, own: tuple[str, ...]) -> Module:
    documents = [(path, reader.document(source)) for path in own if (source := files.get(path)) is not None]
    names = [posixpath.join(folder, "terraform.tfvars")]
    names += sorted(path for path in _auto_files(files).get(folder, ()))
    declared = {
        block.labels[0]
        for _, document in documents
        for block in document.body.blocks
        if block.kind == "variable" and len(block.labels) == 1
    }
    if declared and not callers(files, folder):
        names += [path for path in (varfiles.chosen(files, folder, declared),) if path]
    settings = [(path, reader.document(source)) for path in names if (source := files.get(path)) is not None]
    documents, given = terragrunt.taken(files, folder, documents)
    return _module(folder, documents, [*settings, *given])


def taken_in(files: Repository, folder: str, path: str) -> Module:
    """The file at `path` as a configuration of Terragrunt in `folder` takes it in: its locals, and its inputs."""
    blocks, inputs = terragrunt.parts(files, folder, path)
    return _module(folder, [(path, Document(Body({}, blocks), ()))], [(path, Document(Body(inputs, ()), ()))])


def includes(files: Repository, folder: str) -> Mapping[str, str]:
    """What the Terragrunt configuration of a folder includes: files by label."""

    def read() -> Mapping[str, str]:
        path = posixpath.join(folder, terragrunt.NAME)
        source = files.get(path)
        if source is None:
            return {}
        return terragrunt.configuration(files, folder, path, reader.document(source).body).includes

    return files.memo(f"terragrunt includes {folder}", read)


def _auto_files(files: Repository) -> dict[str, list[str]]:
    return files.memo("hcl-auto-tfvars", lambda: _by_folder(files, ".auto.tfvars"))


def _by_folder(files: Repository, suffix: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in files.paths:
        if path.endswith(suffix):
            found.setdefault(path.rpartition("/")[0], []).append(path)
    return found


def _module(folder: str, documents: list[tuple[str, Document]], settings: list[tuple[str, Document]]) -> Module:
    blocks = tuple(block for _, document in documents for block in document.body.blocks)

    def one_label(kind: str) -> dict[str, Block]:
        return {block.labels[0]: block for block in blocks if block.kind == kind and len(block.labels) == 1}

    def two_labels(kind: str) -> dict[tuple[str, str], Block]:
        return {
            (block.labels[0], block.labels[1]): block
            for block in blocks
            if block.kind == kind and len(block.labels) == 2
        }

    return Module(
        folder,
        blocks,
        one_label("variable"),
        one_label("output"),
        one_label("module"),
        two_labels("resource"),
        two_labels("data"),
        {
            name: (attribute, block.path)
            for block in blocks
            if block.kind == "locals"
            for name, attribute in block.body.attributes.items()
        },
        {name: (one, path) for path, document in settings for name, one in document.body.attributes.items()},
        tuple(note for _, document in (*documents, *settings) for note in document.notes),
    )


def circular_local(one: Module) -> str:
    """The first local of a circle of them, whether or not anything uses it; '' where there is none."""
    after = {
        name: [other for other in dict.fromkeys(_LOCAL.findall(found[0].value.source)) if other in one.locals]
        for name, found in one.locals.items()
    }
    left = after.keys() - set(settled(after))  # circles, and what leads to one
    name = min(left, default="")
    path: dict[str, None] = {}
    while name and name not in path:
        path[name] = None
        name = next(other for other in after[name] if other in left)
    circle = list(path)
    return min(circle[circle.index(name) :]) if name else ""


def local_source(folder: str, source: str) -> str | None:
    """The folder that a local module source names, or None when it leaves the repository or is no local one."""
    if not source.startswith(("./", "../")):
        return None
    found = posixpath.normpath(posixpath.join(folder, source.replace("//", "/")))
    return None if found.startswith("..") else "" if found == "." else found


def callers(files: Repository, folder: str) -> tuple[Caller, ...]:
    """The calls that put the module at `folder` to use, sorted; tests and examples count only for their own modules."""
    found = files.memo("hcl-callers", lambda: _callers(files)).get(folder, ())
    roles = ("production", paths.role(f"{folder}/"))
    return tuple(caller for caller in found if paths.role(f"{caller.folder}/") in roles)


def _callers(files: Repository) -> dict[str, list[Caller]]:
    """By a look at the text alone: reading every module of a repository for this would cost more than all else."""
    found: dict[str, set[Caller]] = {}
    for folder, own in folders(files).items():
        for path in own:
            source = files.get(path)
            if source is not None and not path.endswith(SUFFIXES[:2]):
                documents, _ = terragrunt.taken(files, folder, [(path, reader.document(source))])
                for block in (one for _, document in documents for one in document.body.blocks):
                    target = local_source(folder, block.body.text("source")) if block.kind == "module" else None
                    if target is not None and target != folder and len(block.labels) == 1:
                        found.setdefault(target, set()).add(Caller(folder, block.labels[0]))
                continue
            name = ""
            for match in _CALL.finditer(source.text) if source is not None else ():
                if match["name"]:
                    name = match["name"]
                    continue
                target = local_source(folder, match["source"])
                if name and target is not None and target != folder:
                    found.setdefault(target, set()).add(Caller(folder, name))
                name = ""
    return {folder: sorted(callers) for folder, callers in found.items()}
