"""What a cluster answers the templates of a chart: its version, the APIs it has, the objects in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

from mlops_scan.scanner.formats.gotemplate.functions.semver import satisfies
from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.nodes import Value
from mlops_scan.scanner.formats.gotemplate.objects import ApiVersions
from mlops_scan.scanner.formats.gotemplate.struct import Struct

KUBERNETES = "v1.36.2"
HELM = "v4.2.3"
_OLD = "v1.18.20"  # before the versions at which charts choose: 1.19 (Ingress), 1.21, 1.23, 1.25
# what Helm 4.2.3 takes a cluster to have when it asks none: group and version, never a kind
_APIS = (
    "v1 admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1alpha1 admissionregistration.k8s.io/v1beta1"
    " internal.apiserver.k8s.io/v1alpha1 apps/v1 apps/v1beta1 apps/v1beta2 authentication.k8s.io/v1"
    " authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1 authorization.k8s.io/v1"
    " authorization.k8s.io/v1beta1 autoscaling/v1 autoscaling/v2 batch/v1 batch/v1beta1 certificates.k8s.io/v1"
    " certificates.k8s.io/v1beta1 certificates.k8s.io/v1alpha1 coordination.k8s.io/v1alpha2"
    " coordination.k8s.io/v1beta1 coordination.k8s.io/v1 discovery.k8s.io/v1 discovery.k8s.io/v1beta1"
    " events.k8s.io/v1 events.k8s.io/v1beta1 extensions/v1beta1 flowcontrol.apiserver.k8s.io/v1"
    " flowcontrol.apiserver.k8s.io/v1beta1 flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3"
    " networking.k8s.io/v1 networking.k8s.io/v1beta1 node.k8s.io/v1 node.k8s.io/v1alpha1 node.k8s.io/v1beta1"
    " policy/v1 policy/v1beta1 rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1"
    " rbac.authorization.k8s.io/v1alpha1 resource.k8s.io/v1 resource.k8s.io/v1beta2 resource.k8s.io/v1beta1"
    " resource.k8s.io/v1alpha3 scheduling.k8s.io/v1alpha2 scheduling.k8s.io/v1beta1 scheduling.k8s.io/v1"
    " storage.k8s.io/v1beta1 storage.k8s.io/v1 storage.k8s.io/v1alpha1 storagemigration.k8s.io/v1beta1"
    " apiextensions.k8s.io/v1beta1 apiextensions.k8s.io/v1"
)
_STABLE = re.compile(r"v\d+/\w+\Z")  # a version that is no trial, and a kind
_MOST, _LONGEST = 1_000, 200  # questions of one template, characters of one
_TOLD = 3  # questions that a condition names
_VERSION = "version"
# what is asked for (api, object or version), and what exactly; '' for a version that was merely read
Question = tuple[str, str]


class Kind(Enum):
    """A cluster as Helm imagines it when it asks none; one that has whatever is asked for; such a one, but old."""

    BARE = "bare"
    EQUIPPED = "equipped"
    OLD = "old"


class Cluster:
    """Answers as a cluster of one kind, and notes in `asked` what only another kind answers otherwise."""

    def __init__(self) -> None:
        self.kind = Kind.BARE
        self.asked: list[Question] = []

    def become(self, kind: Kind) -> None:
        self.kind = kind
        self.asked.clear()

    def functions(self) -> dict[str, Callable[..., Value]]:
        """The functions of templates that ask a cluster, or compare what it answered."""
        return {"lookup": self._lookup, "semverCompare": self._compare}

    def capabilities(self) -> Struct:
        """`.Capabilities`."""
        shown = _OLD if self.kind is Kind.OLD else KUBERNETES
        major, minor, _ = shown.lstrip("v").split(".")
        version = {"Version": shown, "Major": major, "Minor": minor, "GitVersion": shown}
        helm = Struct({"Version": HELM, "GitCommit": "", "GitTreeState": "", "GoVersion": ""}, HELM)
        fields = {
            "KubeVersion": Struct(version, shown),
            "APIVersions": _Apis(_APIS.split(), self._has),
            "HelmVersion": helm,
        }
        return _Capabilities(fields, lambda: self._ask(_VERSION, ""))

    def _ask(self, kind: str, what: str) -> None:
        if len(self.asked) < _MOST:
            self.asked.append((kind, what[:_LONGEST]))

    def _has(self, version: str) -> bool:
        self._ask("api", version)
        return self.kind is not Kind.BARE

    def _lookup(self, version: Value = "", kind: Value = "", namespace: Value = "", name: Value = "") -> Value:
        self._ask("object", f"{show(kind)} '{show(name)}'" if name else show(kind))
        if self.kind is Kind.BARE:
            return {}
        metadata = {"name": show(name), "namespace": show(namespace)}
        found = {"apiVersion": show(version), "kind": show(kind), "metadata": metadata}
        return found if name else {"items": [found]}

    def _compare(self, constraint: Value, text: Value) -> bool:
        wanted, given = show(constraint), show(text)
        fits = satisfies(wanted, given)
        if self.kind is Kind.OLD and given.startswith((_OLD, _OLD[1:])) and satisfies(wanted, KUBERNETES) is not fits:
            self._ask(_VERSION, wanted if fits else f"not {wanted}")
        return fits


class _Apis(ApiVersions):
    """The API versions; of one that is not among them, `ask` says whether it is there."""

    def __init__(self, versions: Iterable[str], ask: Callable[[str], bool]) -> None:
        super().__init__(versions)
        self._ask = ask

    def __contains__(self, version: object) -> bool:
        return super().__contains__(version) or self._ask(show(version))


class _Capabilities(Struct):
    """`.Capabilities`, which says when somebody reads the version."""

    __slots__ = ("_told",)

    def __init__(self, fields: Mapping[str, Any], told: Callable[[], None]) -> None:
        super().__init__(fields)
        self._told = told

    def get(self, key: str, default: Any = None) -> Any:
        if key == "KubeVersion":
            self._told()
        return super().get(key, default)


def is_version(question: Question) -> bool:
    """Whether the version of the cluster was asked for, and not what it has."""
    return question[0] == _VERSION


def _is_built_in(api: str) -> bool:
    """Whether every cluster of today has a kind of Kubernetes itself, which Helm alone does not know of."""
    version = api.rpartition("/")[0]
    return version in _APIS.split() and _STABLE.search(api) is not None


def condition(asked: Iterable[Question], api_version: str) -> str:
    """What must be true of a cluster for an object that hangs on these questions: 'the cluster has ...'.

    Of several APIs the one of the object's own group is the one that it hangs on. '' where any cluster has it.
    """
    wanted = list(dict.fromkeys(asked))
    apis = [one for kind, one in wanted if kind == "api" and not _is_built_in(one)]
    group = api_version.partition("/")[0]
    own = [one for one in apis if "/" in api_version and one.partition("/")[0] == group]
    objects = [] if own else [one for kind, one in wanted if kind == "object"]
    has = [*(own or apis), *objects][:_TOLD]
    versions = [one for kind, one in wanted if kind == _VERSION and one][:_TOLD]
    told = [f"the cluster has {' and '.join(has)}"] if has else []
    if versions:
        told.append(f"{'its' if has else 'the'} version{'' if has else ' of the cluster'} is {' and '.join(versions)}")
    asks_more = any(kind == _VERSION for kind, _ in wanted)
    return " and ".join(told) or "the cluster is of an older version" * asks_more
