"""Which places of models mean one model: paths of which one ends the other, or that an image copies over."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from mlops_scan.scanner.model import Fact
from mlops_scan.scanner.paths import shared

_SCHEME = re.compile(r"[A-Za-z][\w+.-]*:/{1,3}")
# where a platform puts what it hands over, and folders of one run: they tell nothing of the model
_PLATFORM = re.compile(r"/opt/ml/.*/")
_SCRATCH = re.compile(r"/(?:tmp|var/tmp|dev/shm|content|kaggle/working|workspace)/")
_MANY = 60  # different folders of models of one name; beyond that their names say nothing, and all go by their folder

Folders = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A model as `file` names it: the folders known, which are all there are where the path is `far` (absolute)."""

    file: str
    name: str
    folders: Folders = ()
    far: bool = False


def place(file: str, text: str, name: str, *, partial: bool = False) -> Place:
    """Where a text in `file` says that the model `name` is; of a partial text only the end is known."""
    path = text.replace("\\", "/")
    scheme = _SCHEME.match(path)
    far = scheme is not None or (path.startswith("/") and not partial)
    if scheme:
        path = path[scheme.end() :]
    elif far and (local := _PLATFORM.match(path) or _SCRATCH.match(path)):
        path, far = path[local.end() :], False
    elif path.startswith("../"):
        path = posixpath.join(posixpath.dirname(file), path)
    parts = [part for part in posixpath.normpath(path.strip("/")).split("/") if part not in ("..", ".", "~")]
    while parts and parts[-1] != name:
        parts.pop()
    folders = tuple(parts[:-1])
    return Place(file, name, folders, far and bool(folders))


def nodes(places: Iterable[Place], stages: Sequence[Fact] = ()) -> Mapping[Place, str]:
    """Every place with the id of its model: by its name alone where there is but one model of that name."""
    named: dict[str, list[Place]] = defaultdict(list)
    for one in dict.fromkeys(places):
        named[one.name].append(one)
    found: dict[Place, str] = {}
    copies = list(_copies(stages)) if any(len(same) > 1 for same in named.values()) else []
    for name, same in named.items():
        found.update(_told_apart(name, same, copies))
    return found


def _told_apart(
    name: str, same: Sequence[Place], copies: Sequence[tuple[Folders, Folders]]
) -> Iterator[tuple[Place, str]]:
    groups = _grouped({one.folders for one in same if one.folders}, {one.folders for one in same if one.far}, copies)
    if len(set(groups.values())) < 2:
        yield from ((one, f"model:{name}") for one in same)
        return
    told: dict[Folders, list[str]] = defaultdict(list)  # group -> the folders of the files that name it in full
    for one in same:
        if one.folders in groups:
            told[groups[one.folders]].append(posixpath.dirname(one.file))
    for one in same:
        group = groups.get(one.folders) or _nearest(one, groups, told)
        yield one, f"model:{'/'.join((*group, name))}"


def _grouped(
    known: set[Folders], far: set[Folders], copies: Sequence[tuple[Folders, Folders]]
) -> dict[Folders, Folders]:
    """Folders -> those that stand for their group; folders that fit several groups are left out."""
    ends: dict[Folders, list[Folders]] = defaultdict(list)  # what folders end in, for each the folders
    for one in known:
        for start in range(1, len(one)):
            ends[one[start:]].append(one)
    heads = sorted(known - ends.keys())
    groups = {one: one for one in heads}
    for one, other in combinations(heads, 2) if len(heads) <= _MANY else ():
        if any(_copied(one, other, copy) or _copied(other, one, copy) for copy in copies):
            first, second = groups[one], groups[other]
            groups = {key: first if value == second else value for key, value in groups.items()}
    for one in sorted(known - set(heads)):
        fitting = {groups[head] for head in ends[one] if head in groups}
        if len(fitting) == 1:
            groups[one] = fitting.pop()
    members: dict[Folders, list[Folders]] = defaultdict(list)
    for one, group in groups.items():
        members[group].append(one)
    if len(members) == 2 and len({far.issuperset(same) for same in members.values()}) == 2:
        # one is a path of a machine, an image or a store, to which the only model of the repository comes somehow
        return dict.fromkeys(groups, min(members))
    return {one: min(members[group], key=lambda same: (len(same), same)) for one, group in groups.items()}


def _nearest(one: Place, groups: Mapping[Folders, Folders], told: Mapping[Folders, list[str]]) -> Folders:
    """The group that a place with few folders means: by the folders around its file, else by who stands near."""
    around = posixpath.dirname(one.file)
    while around:
        if found := groups.get((*around.split("/"), *one.folders)):
            return found
        around = posixpath.dirname(around)
    here = one.file.split("/")[:-1]
    near: dict[int, list[Folders]] = defaultdict(list)
    for group, folders in told.items():
        if _ends(group, one.folders):
            near[max(shared(here, folder.split("/")) for folder in folders)].append(group)
    best = near[max(near)] if near and max(near) else []
    return best[0] if len(best) == 1 else one.folders


def _ends(whole: Folders, end: Folders) -> bool:
    return not end or whole[-len(end) :] == end


def _agree(one: Folders, other: Folders) -> bool:
    return _ends(one, other) or _ends(other, one)


def _copied(one: Folders, other: Folders, copy: tuple[Folders, Folders]) -> bool:
    """Whether a copy of a folder takes a file in folders `one` to folders `other`."""
    source, target = copy
    return any(_agree(one[:end], source) and _agree((*target, *one[end:]), other) for end in range(1, len(one) + 1))


def _copies(stages: Sequence[Fact]) -> Iterator[tuple[Folders, Folders]]:
    """(folder copied from, folder copied to) of images, where both are told."""
    for stage in stages:
        for copy in stage.get("copies") or ():
            source, target = str(copy.get("src") or ""), str(copy.get("dst") or "")
            if "." in posixpath.basename(source.rstrip("/")):
                source = posixpath.dirname(source)
                target = (
                    target
                    if target.endswith("/") or "." not in posixpath.basename(target)
                    else posixpath.dirname(target)
                )
            into = posixpath.normpath(posixpath.join(str(stage.get("workdir") or ""), target))
            folders = _folders(posixpath.normpath(source)), _folders(into)
            if all(folders):
                yield folders


def _folders(path: str) -> Folders:
    return tuple(part for part in path.split("/") if part not in ("", ".", ".."))
