"""The graph's questions, on graphs that are built by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from mlops_scan.scanner.catalog import Match
from mlops_scan.scanner.catalog.vocabulary import Strength
from mlops_scan.scanner.graph import Deliveries, Graph, ModelFiles, Use
from mlops_scan.scanner.graph.handover import model_name
from mlops_scan.scanner.link.models import Models
from mlops_scan.scanner.model import Edge, Evidence, Fact, Location, Node, Status


def fact(kind: str, name: str, path: str, line: int = 1, /, **says: Any) -> Fact:
    return Fact(kind, name, Location(path, line), says)


def linked(*edges: tuple[str, str, str], facts: tuple[Fact, ...] = (), files: tuple[str, ...] = ()) -> Graph:
    graph = Graph(facts, files)
    for number, (source, relation, target) in enumerate(edges, start=1):
        path = source.partition(":")[2].partition("#")[0]
        graph.add_edge(Edge(source, relation, target, Location(path, number)))
    return graph


def workload(name: str, path: str = "k8s/a.yaml", kind: str = "Deployment", **says: Any) -> Fact:
    return fact("workload", name, path, id=f"{path}#{kind}/{name}", kind=kind, origin=says.pop("origin", "raw"), **says)


def container(name: str, owner: Fact, line: int = 8, **says: Any) -> Fact:
    return fact("container", name, owner.at.path, line, workload=owner.get("id"), **{"image": "example/app:1", **says})


def running(graph: Graph) -> list[str]:
    return [f"{one.name}/{inner.name}" for one, inner in graph.long_running()]


# -- links -------------------------------------------------------------------------------------------------------


def test_closure_follows_imports_only_and_survives_circles() -> None:
    graph = linked(
        ("file:a.py", "imports", "file:b.py"),
        ("file:b.py", "imports", "file:a.py"),
        ("file:b.py", "imports", "package:numpy"),
        ("file:b.py", "reads", "file:c.py"),
    )
    assert graph.closure("a.py") == {"a.py", "b.py"}
    assert graph.closure("alone.py") == {"alone.py"}


def test_files_run_by_goes_through_targets_and_scripts_to_what_they_import() -> None:
    graph = linked(
        ("job:ci#train", "runs", "target:Makefile#train"),
        ("target:Makefile#train", "runs", "file:train.sh"),
        ("file:train.sh", "runs", "file:train.py"),
        ("file:train.py", "imports", "file:model.py"),
        ("job:ci#train", "installs", "file:requirements.txt"),
        ("file:other.py", "runs", "file:unrelated.py"),
    )
    assert graph.files_run_by("job:ci#train") == {"train.sh", "train.py", "model.py"}


def way(graph: Graph, path: str, line: int = 1, subject: str = "") -> list[str]:
    return [f"{one.source} {one.relation} {one.target}" for one in graph.way_to(Location(path, line), subject)]


def test_the_way_to_a_finding_begins_with_what_stands_in_production() -> None:
    stage = fact("stage", "0", "Dockerfile", 1, final=True)
    graph = linked(
        ("resource:argo.yaml#Application/api", "applies", "file:k8s/kustomization.yaml"),
        ("file:k8s/kustomization.yaml", "includes", "file:k8s/a.yaml"),
        ("file:k8s/a.yaml", "defines", "workload:k8s/a.yaml#Deployment/api"),
        ("workload:k8s/a.yaml#Deployment/api", "runs", "image:acme/api"),
        ("stage:Dockerfile#0", "builds", "image:acme/api"),
        ("stage:Dockerfile#0", "copies", "file:load.py"),
        ("stage:Dockerfile#0", "starts", "file:app.py"),
        ("file:app.py", "imports", "file:load.py"),
        facts=(stage, workload("api")),
    )
    applied = [
        "resource:argo.yaml#Application/api applies file:k8s/kustomization.yaml",
        "file:k8s/kustomization.yaml includes file:k8s/a.yaml",
        "file:k8s/a.yaml defines workload:k8s/a.yaml#Deployment/api",
    ]
    built = ["workload:k8s/a.yaml#Deployment/api runs image:acme/api", "stage:Dockerfile#0 builds image:acme/api"]
    assert way(graph, "k8s/a.yaml", 9, "k8s/a.yaml#Deployment/api/main") == applied
    assert way(graph, "Dockerfile", 3) == [*applied, *built]
    started = ["stage:Dockerfile#0 starts file:app.py", "file:app.py imports file:load.py"]
    assert way(graph, "load.py", 7) == [*applied, *built, *started]  # what runs wins over what is only copied


def test_the_way_goes_from_a_schedule_over_its_job_to_the_script() -> None:
    graph = linked(
        ("schedule:train.yml#0 3 * * *", "triggers", "file:train.yml"),
        ("file:train.yml", "has job", "job:train.yml#fit"),
        ("job:train.yml#fit", "runs", "file:fit.sh"),
        ("file:fit.sh", "runs", "file:train.py"),
        ("job:train.yml#fit", "runs", "file:train.py"),
        ("file:other.py", "imports", "file:train.py"),
        ("file:tests/test_a.py", "imports", "file:helper.py"),
    )
    assert way(graph, "train.py", 30) == [
        "schedule:train.yml#0 3 * * * triggers file:train.yml",
        "file:train.yml has job job:train.yml#fit",
        "job:train.yml#fit runs file:train.py",
    ]
    assert way(graph, "other.py") == way(graph, "helper.py") == way(graph, "nowhere.py") == []


def test_a_way_is_bounded_and_survives_circles() -> None:
    files = [f"file:m{number}.py" for number in range(30)]
    graph = linked(
        ("workload:a.yaml#Deployment/a", "runs", files[0]),
        *((one, "imports", other) for one, other in pairwise(files)),
        (files[-1], "imports", files[0]),
    )
    assert len(way(graph, "m3.py")) == 4
    assert len(way(graph, "m29.py")) == 8


def test_path_is_the_shortest_chain_with_its_places() -> None:
    graph = linked(
        ("job:a", "runs", "file:x.py"),
        ("file:x.py", "imports", "file:y.py"),
        ("file:y.py", "imports", "file:z.py"),
        ("file:x.py", "imports", "file:z.py"),
    )
    assert [edge.target for edge in graph.path("job:a", "file:z.py")] == ["file:x.py", "file:z.py"]
    assert graph.path("file:z.py", "job:a") == ()
    assert graph.path("job:a", "job:a") == ()


def test_reachable_from_keeps_to_the_relations() -> None:
    graph = linked(("a:1", "runs", "b:1"), ("b:1", "needs", "c:1"), ("b:1", "imports", "d:1"))
    assert graph.reachable_from("a:1", relations=("runs", "needs")) == {"a:1", "b:1", "c:1"}
    assert graph.reachable_from("a:1") == {"a:1", "b:1", "c:1", "d:1"}


def test_a_repeated_link_is_kept_once_and_makes_nodes() -> None:
    graph = linked(("a:1", "runs", "b:1"), ("a:1", "runs", "b:1"), ("a:1", "calls", "b:1"))
    assert [(edge.relation, edge.target) for edge in graph.links_from("a:1")] == [("calls", "b:1"), ("runs", "b:1")]
    assert [node.id for node in graph.nodes()] == ["a:1", "b:1"]
    assert [edge.source for edge in graph.links_to("b:1", "runs")] == ["a:1"]
    graph.add_node(Node("c:1", "c", "see", Location("x")))
    assert graph.nodes()[-1].label == "see"


# -- facts and evidence ------------------------------------------------------------------------------------------


def test_facts_leave_out_tests_documentation_and_vendored_trees() -> None:
    places = ("app.py", "tests/test_app.py", "docs/conf.py", "vendor/lib.py", "test_x.py", "latest/app.py")
    graph = Graph([fact("call", "f", path) for path in places], places)
    assert [one.at.path for one in graph.facts("call")] == ["app.py", "latest/app.py"]
    assert len(graph.all_facts("call")) == len(places)


def test_facts_of_several_kinds_come_by_place() -> None:
    graph = Graph([fact("b", "2", "x", 2), fact("a", "3", "x", 3), fact("a", "1", "x", 1)], ())
    assert [one.name for one in graph.all_facts("a", "b")] == ["1", "2", "3"]
    assert [one.name for one in graph.in_file("x", "a")] == ["1", "3"]
    assert graph.in_file("y", "a") == ()


def test_only_what_takes_effect_is_had() -> None:
    graph = Graph((), ())
    for status in (Status.DECLARED, Status.DISABLED):
        graph.add_evidence([Evidence("alerting", "x", status, Location("a"), "y")])
    assert not graph.has("alerting")
    assert [one.status for one in graph.capabilities()] == [Status.DISABLED, Status.DECLARED]
    used = Evidence("alerting", "x", Status.USED, Location("b"), "y")
    graph.add_evidence([used, used])
    assert graph.evidence("alerting") == (used,)
    assert graph.has("drift-monitoring", "alerting")


@pytest.mark.parametrize(
    ("training", "example_is_production"), [(("src/train.py",), False), (("examples/train.py",), True), ((), True)]
)
def test_examples_are_beside_the_system_only_where_something_else_does_the_work(
    training: tuple[str, ...], example_is_production: bool
) -> None:
    graph = Graph((), ())
    graph.training = tuple(use("trains", fact("call", "fit", path)) for path in training)
    assert graph.is_production("examples/train.py") is example_is_production
    assert graph.is_production("src/serve.py")


def use(key: str, of: Fact, tool: str = "sklearn") -> Use:
    return Use(key, tool, "strong", of, Match(tool, "", key, Strength.STRONG, "x"))


# -- workloads ---------------------------------------------------------------------------------------------------


def test_a_workload_is_one_however_many_environments_render_it() -> None:
    plain = workload("api", replicas=1)
    prod = workload("api", replicas=3, environment="prod")
    graph = Graph(
        [
            prod,
            plain,
            container("api", plain, image="a:1"),
            container("api", prod, image="a:1", environment="prod", readiness={"tcpSocket": {}}),
        ],
        (),
    )
    (found,) = graph.workloads()
    assert found.fact is plain
    assert {variant.get("replicas") for variant in found.variants} == {1, 3}
    (only,) = found.containers
    assert not only.lacks("readiness")  # production has it
    assert len(only.variants) == 2


def test_what_only_a_trial_has_is_lacking() -> None:
    plain, trial = workload("api"), workload("api", environment="values-dev.yaml")
    probed = container("api", trial, environment="values-dev.yaml", readiness={"tcpSocket": {}})
    graph = Graph([plain, trial, container("api", plain), probed], ())
    (only,) = graph.workloads()[0].containers
    assert only.lacks("readiness")


def test_without_a_default_a_container_lacks_what_every_environment_lacks() -> None:
    dev, prod = workload("api", environment="dev"), workload("api", environment="prod")
    graph = Graph(
        [
            dev,
            prod,
            container("api", dev, environment="dev"),
            container("api", prod, environment="prod", liveness={"a": 1}),
        ],
        (),
    )
    ((found,),) = [one.containers for one in graph.workloads()]
    assert not found.lacks("liveness")
    assert found.lacks("readiness")


def test_a_switched_off_variant_is_no_default() -> None:
    off, on = workload("api", state="disabled"), workload("api", environment="values-prod.yaml")
    (found,) = Graph([off, on], ()).workloads()
    assert found.fact is on
    assert not found.disabled
    assert Graph([off], ()).workloads()[0].disabled


def test_long_running_leaves_out_what_ends_waits_or_is_not_ours() -> None:
    kept = workload("api")
    others = [
        workload("train", kind="Job"),
        workload("fine", kind="PyTorchJob"),
        workload("nightly", kind="CronJob"),
        workload("debug", kind="Pod"),
        workload("compose", kind="service", origin="compose"),
        workload("check", hook="test"),
        workload("plugin", namespace="kube-system"),
        workload("off", state="disabled"),
    ]
    idle = [workload("one"), workload("two"), workload("three")]
    commands = [["sleep", "infinity"], ["tail", "-f", "/dev/null"], ["/bin/sh", "-c", "sleep infinity"]]
    facts = [kept, *others, *idle, container("api", kept), container("fetch", kept, 5, init=True)]
    facts += [container("c", one) for one in others]
    facts += [container("c", one, command=command) for one, command in zip(idle, commands, strict=True)]
    assert running(Graph(facts, ())) == ["api/api"]


def test_a_container_that_sleeps_before_it_serves_is_not_idle() -> None:
    one = workload("api")
    busy = container("api", one, command=["sh", "-c", "sleep 5 && uvicorn app:app"])
    assert running(Graph([one, busy], ())) == ["api/api"]


def test_exposes_means_ports_or_a_service() -> None:
    with_ports, selected, alone = workload("a"), workload("b"), workload("c")
    graph = Graph(
        [
            with_ports,
            selected,
            alone,
            container("c", with_ports, ports=[{"port": 80}]),
            container("c", selected),
            container("c", alone),
        ],
        (),
    )
    graph.add_edge(Edge("resource:core/Service/b", "selects", f"workload:{selected.get('id')}", Location("s.yaml")))
    assert {one.name: graph.exposes(one, one.containers[0]) for one in graph.workloads()} == {
        "a": True,
        "b": True,
        "c": False,
    }
    assert graph.workload(f"workload:{alone.get('id')}") is not None
    assert graph.workload("workload:nothing") is None


# -- models and versions -----------------------------------------------------------------------------------------


def test_readers_of_a_model_load_name_or_ship_it() -> None:
    graph = linked(
        ("file:app.py", "reads", "model:m.joblib"),
        ("stage:Dockerfile#0", "copies", "file:models/m.joblib"),
        ("stage:all.Dockerfile#0", "copies", "file:models/m.joblib"),
        facts=(
            fact("call", "os.path.join", "b.py", 3, args=["models", "m.joblib"]),
            fact("call", "os.path.join", "tests/test_b.py", 3, args=["m.joblib"]),
            fact("stage", "0", "Dockerfile", copies=[{"src": "models/", "dst": "/", "line": 4}]),
            fact("stage", "0", "all.Dockerfile", copies=[{"src": ".", "dst": "/", "line": 4}]),
        ),
    )
    files = graph.once(ModelFiles)
    assert [str(place.at) for place in files.readers_of("models/m.joblib")] == [
        "app.py:1",
        "b.py:3",
        "Dockerfile:4",
    ]
    assert files.readers_of("models/other.joblib") == ()


@pytest.mark.parametrize(
    "says",
    [
        {"args": [{"expr": "f'models:/{name}/Production'", "parts": ["models:/", "/Production"]}]},
        {"args": [{"expr": "f'{stem}.pt'", "parts": [".pt"]}]},
        {"args": [{"expr": "f'\"{name}\"'", "parts": ['"', '"']}]},
        {"kwargs": {"stage": "Production", "description": "the best so far"}},
    ],
)
def test_what_is_no_name_of_a_model_names_none(says: dict[str, Any]) -> None:
    assert model_name(fact("call", "load", "a.py", 1, **says)) == ""


def test_handovers_join_what_training_writes_with_what_a_service_reads() -> None:
    def call(path: str, name: str, model: str) -> Fact:
        return fact("call", name, path, 1, args=[{"expr": "m"}, model] if "dump" in name else [model])

    writes = [call("train.py", "joblib.dump", "models/m.joblib"), call("app.py", "joblib.dump", "own.joblib")]
    reads = [
        call("load.py", "joblib.load", "models/m.joblib"),
        call("study.py", "joblib.load", "models/m.joblib"),
        call("app.py", "joblib.load", "own.joblib"),
    ]
    uses = [use("persists-model", one) for one in writes] + [use("loads-model", one) for one in reads]
    graph = Graph([*writes, *reads], (), uses)
    graph.add_edge(Edge("file:app.py", "imports", "file:load.py", Location("app.py")))
    graph.online = (use("web-app", fact("call", "app", "app.py")),)
    for edge in Models().edges(graph):
        graph.add_edge(edge)
    assert [(made.path, read.path) for made, read in graph.once(Deliveries).handovers()] == [("train.py", "load.py")]


def test_environment_is_what_the_image_of_the_file_installs() -> None:
    packages = [
        fact("package", "scikit-learn", "serve.txt", pinned="1.2.2", manifest="serve.txt"),
        fact("package", "scikit-learn", "requirements.txt", pinned="1.5.0", manifest="requirements.txt"),
        fact("package", "pandas", "requirements.txt", pinned="", manifest="requirements.txt"),
    ]
    graph = linked(
        ("stage:Dockerfile#0", "copies", "file:app.py"),
        ("stage:Dockerfile#0", "installs", "file:serve.txt"),
        facts=tuple(packages),
    )
    fixed = graph.once(Deliveries).environment("app.py")
    assert {name: one.get("pinned") for name, one in fixed.items()} == {"scikit-learn": "1.2.2"}


def test_environment_without_an_image_is_that_of_the_nearest_folder() -> None:
    packages = [
        fact("package", "numpy", "requirements.txt", pinned="1.0", manifest="requirements.txt"),
        fact("package", "numpy", "train/requirements.txt", pinned="2.0", manifest="train/requirements.txt"),
        fact("package", "numpy", "train/requirements-dev.txt", pinned="3.0", group="dev"),
    ]
    graph = Graph(packages, ())
    assert graph.once(Deliveries).environment("train/src/train.py")["numpy"].get("pinned") == "2.0"
    assert graph.once(Deliveries).environment("serve/app.py")["numpy"].get("pinned") == "1.0"


def test_a_lock_covers_manifests_in_its_folder_and_below() -> None:
    facts = [
        fact("manifest", "uv.lock", "uv.lock", lock=True),
        fact("locked", "numpy", "uv.lock", version="2.0"),
        fact("manifest", "c.txt", "other/c.txt", constraints=["other/constraints.txt"]),
        fact("locked", "torch", "other/constraints.txt", version="2.4"),
        fact("manifest", "requirements.txt", "compiled/requirements.txt", compiled=True),
    ]
    versions = Graph(facts, ()).versions
    assert versions.is_locked(fact("package", "numpy", "pyproject.toml"))
    assert versions.is_locked(fact("package", "numpy", "deep/inside/requirements.txt"))
    assert not versions.is_locked(fact("package", "pandas", "pyproject.toml"))
    assert versions.is_locked(fact("package", "torch", "other/c.txt", manifest="other/c.txt"))
    assert not versions.is_locked(fact("package", "torch", "other/d.txt", manifest="other/d.txt"))
    assert versions.is_locked(fact("package", "anything", "compiled/requirements.in"))


def test_a_lock_in_a_sub_folder_covers_nothing_above() -> None:
    facts = [fact("manifest", "uv.lock", "a/uv.lock", lock=True), fact("locked", "numpy", "a/uv.lock", version="2.0")]
    assert not Graph(facts, ()).versions.is_locked(fact("package", "numpy", "pyproject.toml"))
    assert [one.at.path for one in Graph(facts, ()).versions.of("numpy")] == ["a/uv.lock"]
