"""What the link makes of code over several files, on facts given by hand: names, constants, pipelines, routes."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_scan import plugins
from mlops_scan.scanner import link
from mlops_scan.scanner.formats.composition import plain
from mlops_scan.scanner.link import code, commands, declared
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.code import passed, pipelines, receivers, routes, targets, timetables, typed
from mlops_scan.scanner.link.code.composed import Composed
from mlops_scan.scanner.link.code.constants import Constants
from mlops_scan.scanner.link.code.flags import decided
from mlops_scan.scanner.link.code.index import Code, inside, words
from mlops_scan.scanner.link.code.ordering import order
from mlops_scan.scanner.link.code.parts import Pipeline, Step
from mlops_scan.scanner.link.code.written import written
from tests.by_hand import at, call, fact, made, modules, named, use


def test_a_method_goes_by_what_made_its_receiver_in_another_file() -> None:
    facts = [
        *modules("app.py", "views.py"),
        call("fastapi.FastAPI", "app.py:3", assigned="api", kwargs={"title": "x", "lifespan": named("life")}),
        call("fastapi.FastAPI", "app.py:9", assigned="inner", function="make"),
        fact("import", "app", "views.py:1", names=["api", "inner"]),
        known := call("app.api.post", "views.py:4", "/score"),
        call("app.inner.post", "views.py:9", "/x"),
        call("app.gone.post", "views.py:12", "/x"),
    ]
    found = receivers.renamed(Code(facts, ()))
    assert list(found) == [id(known)]
    assert (found[id(known)].name, found[id(known)].at) == ("fastapi.FastAPI.post", at("views.py:4"))
    assert found[id(known)].get("receiver_kwargs") == {"title": "x"}


def test_a_method_of_a_parameter_goes_by_what_every_caller_hands_over() -> None:
    loaded = {"expr": "m", "name": "pyspark.ml.PipelineModel.load"}
    facts = [
        *modules("run.py"),
        fact("function", "score", "run.py:1", params=[{"name": "model"}, {"name": "frame"}]),
        fact("function", "other", "run.py:9", params=[{"name": "model"}]),
        known := fact("call", "model.transform", "run.py:2", function="score"),
        fact("call", "frame.transform", "run.py:3", function="score"),  # nobody says what it is
        fact("call", "model.count", "run.py:4", function="score"),  # says nothing to the catalogue
        fact("call", "model.transform", "run.py:10", function="other"),
        call("score", "run.py:20", loaded, {"expr": "x"}, local=True),
        call("score", "run.py:21", {"expr": "x"}, kwargs={"model": loaded}, local=True),
        call("other", "run.py:22", loaded, local=True),
        call("other", "run.py:23", {"expr": "x", "name": "sklearn.svm.SVC"}, local=True),
    ]
    found = typed.named(Code(facts, ()))
    assert list(found) == [id(known)]
    assert found[id(known)].name == "pyspark.ml.PipelineModel.load.transform"
    assert found[id(known)].get("known")


def test_a_name_that_a_module_hands_on_is_that_of_its_library() -> None:
    facts = [
        *modules("common.py", "deep.py", "dag.py", "all.py", "net.py"),
        fact("import", "airflow", "common.py:1", names=["DAG"]),
        fact("import", "torch", "common.py:2", names=["nn"]),
        fact("import", "common", "deep.py:1", names=["DAG"]),
        fact("class", "Task", "common.py:4"),
        fact("import", "deep", "dag.py:1", names=["DAG"]),
        once := call("common.DAG", "dag.py:3", assigned="dag"),
        twice := call("deep.DAG", "dag.py:4"),
        own := call("common.Task", "dag.py:5"),
        fact("import", "common", "all.py:1", names=["*"]),
        starred := fact("call", "DAG", "all.py:3"),
        fact("import", "common", "net.py:1", names=["nn"]),
        base := fact("class", "Net", "net.py:3", bases=["common.nn.Module", "object"]),
    ]
    found = receivers.renamed(Code(facts, ()))
    assert {key: one.name for key, one in found.items()} == {
        id(once): "airflow.DAG",
        id(twice): "airflow.DAG",
        id(starred): "airflow.DAG",
        id(base): "Net",
    }
    assert found[id(base)].get("bases") == ["torch.nn.Module", "object"]
    assert found[id(starred)].get("known") is True
    assert id(own) not in found


def test_a_configuration_names_the_class_that_is_made() -> None:
    facts = [
        *modules("train.py"),
        fact("function", "main", "train.py:4", params=[{"name": "cfg"}]),
        call("hydra.main", "train.py:3", decorates="main", kwargs={"config_path": "conf", "config_name": "config"}),
        fact("parameter", "model._target_", "conf/config.yaml:2", value="xgboost.XGBClassifier"),
        making := call("hydra.utils.instantiate", "train.py:5", {"expr": "cfg.model"}, function="main"),
        method := call("hydra.utils.instantiate.fit", "train.py:6", function="main"),
        other := call("hydra.utils.instantiate", "train.py:9", {"expr": "other.model"}, function="side"),
    ]
    found = targets.made(facts)
    assert {key: one.name for key, one in found.items()} == {
        id(making): "xgboost.XGBClassifier",
        id(method): "xgboost.XGBClassifier.fit",
    }
    assert id(other) not in found


def test_a_composed_configuration_is_read_by_its_parameter_alone() -> None:
    facts = [
        *modules("train.py"),
        fact("function", "main", "train.py:4", params=[{"name": "cfg"}]),
        call("hydra.main", "train.py:3", decorates="main", kwargs={"config_path": "conf", "config_name": "config"}),
        main := fact("parameter", "defaults", "conf/config.yaml:1", value=["_self_", {"model": "big"}]),
        path := fact("parameter", "path", "conf/model/big.yaml:2", value="m.pkl"),
        open_ := fact("parameter", "open", "conf/model/big.yaml:3", value="${oc.env:X}"),
    ]
    composed = Composed(
        Code(facts, ()), {"conf/config.yaml": {"defaults": main}, "conf/model/big.yaml": {"path": path, "open": open_}}
    )
    here = call("joblib.load", "train.py:6", function="main")
    assert composed.of("cfg.model.path", here) == ("m.pkl", at("conf/model/big.yaml:2"))
    assert composed.of("other.model.path", here) is None
    assert composed.of("cfg.model.open", here) is None
    assert composed.of("cfg.gone.path", here) is None
    assert [plain(None), plain(([1], path.at)), plain((1, path.at))] == [None, None, (1, path.at)]


def test_a_constant_of_another_file_completes_a_value() -> None:
    facts = [
        *modules("settings.py", "app.py"),
        fact("constant", "MODEL", "settings.py:2", value="m.joblib"),
        fact("constant", "FOLDER", "settings.py:3", value={"expr": "f()"}),
        fact("class", "Settings", "settings.py:5", fields=[{"name": "stage", "default": "prod"}]),
        fact("import", "settings", "app.py:1", names=["MODEL", "FOLDER", "Settings"]),
        fact("parameter", "model.name", "conf/app.yaml:4", value="churn"),
    ]
    constants, here = Constants(Code(facts, ())), call("joblib.load", "app.py:8")
    told: dict[str, Any] = {"expr": "MODEL", "name": "settings.MODEL"}
    constants.complete([{"a": told}], here)
    assert told == {"expr": "MODEL", "name": "settings.MODEL", "const": "m.joblib", "told": "settings.py:2"}
    assert constants.of({"expr": "'a/' + MODEL"}, here) == ("a/m.joblib", at("settings.py:2"))
    assert constants.of({"expr": "c", "file": "conf/app.yaml", "key": "name"}, here) == ("churn", at("conf/app.yaml:4"))
    assert constants.of({"expr": "c", "file": "gone.yaml", "key": "name"}, here) is None
    assert constants.by_text("FOLDER", "app.py") is None  # known by name, not by value
    assert constants.by_text("MODEL", "other.py") is None  # not imported there


def test_what_a_command_passes_to_an_option_wins_over_its_default() -> None:
    value: dict[str, Any] = {"expr": "a.model", "name": "argparse.ArgumentParser.parse_args.model", "const": "dev"}
    other = {"expr": "cfg.model", "name": "cfg.model", "const": "dev"}
    facts = [
        *modules("train.py"),
        fact("import", "cfg", "train.py:1"),
        call("argparse.ArgumentParser.add_argument", "train.py:2", "--model", kwargs={"default": "dev"}),
        call("save", "train.py:4", value, [other]),
        fact("command", "python", "run.sh:3", argv=["python", "train.py", "--model", "churn"]),
        fact("command", "python", "tests/run.sh:3", argv=["python", "train.py", "--model", "other"]),
        fact("command", "python", "old.sh:3", argv=["python", "train.py", "--model", "x"], state="disabled"),
    ]
    passed.fill(Code(facts, ()))
    assert (value["const"], value["told"], other["const"]) == ("churn", "run.sh:3", "dev")
    facts.append(fact("command", "python", "all.sh:1", argv=["python", "train.py"]))
    passed.fill(Code(facts, ()))
    assert (value["each"], value.get("const")) == (["churn", "dev"], None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f'{A}/x'", "a/x"),
        ("A + '.pkl'", "a.pkl"),
        ("os.path.join(A, B)", "a/b"),
        ("Path(A) / B", "a/b"),
        ("'{}-{}'.format(A, B)", "a-b"),
        ("'%s.pkl' % A", "a.pkl"),
        ("A", None),
        ("A + unknown", None),
        ("f'{A!r}/x'", None),
        ("'{}-{}'.format(A)", None),
        ("A +", None),
    ],
)
def test_texts_are_put_together_of_what_is_known(text: str, expected: str | None) -> None:
    assert written(text, {"A": "a", "B": "b"}.get) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("A and x", False), ("not A or x", True), ("x and y", None), ("A or x", None), ("B", True), ("A and", None)],
)
def test_a_test_is_decided_by_what_is_fixed(text: str, expected: bool | None) -> None:
    assert decided(text, {"A": False, "B": True}) is expected


def test_words_and_places_of_values() -> None:
    assert words({"expr": "f(a.b, c)[0]", "args": []}) == {"f", "a", "c"}
    assert inside(at("a.py:3"), at("a.py:2-5")) and not inside(at("a.py:2-5"), at("a.py:2-5"))
    assert not inside(at("b.py:3"), at("a.py:2-5"))


def test_operators_of_a_block_are_its_steps_in_their_order() -> None:
    facts = [
        *modules("dags/d.py", "work.py"),
        fact("function", "fit", "work.py:3"),
        fact("import", "work", "dags/d.py:1", names=["fit"]),
        fact("order", "clean >> fit", "dags/d.py:8", steps=[["clean"], ["fit"]]),
        call("builtins.print", "dags/d.py:7"),
    ]
    block = call("airflow.DAG", "dags/d.py:4", until=9, **{"with": True}, kwargs={"dag_id": "nightly"})
    clean = call("Bash", "dags/d.py:5", assigned="clean", kwargs={"task_id": "clean"})
    fit = call("Python", "dags/d.py:6", assigned="fit", kwargs={"task_id": "fit", "callable": named("work.fit")})
    beside = call("Bash", "other.py:6", kwargs={"task_id": "alone"})
    role = "pipeline-step"
    found = pipelines.read(
        Code(
            facts,
            [
                use("pipeline", block, name=("dag_id",)),
                *(use(role, one, name=("task_id",), runs=("callable",)) for one in (clean, fit, beside)),
                use(role, call("Bash", "dags/d.py:7", kwargs={"task_id": "off"}), off=True),
            ],
        )
    )
    told = {one.name: one for one in found.facts()}
    assert sorted(told) == ["alone", "clean", "fit", "nightly"]
    assert told["nightly"].get("id") == "dags/d.py#nightly"
    assert (told["fit"].get("runs"), told["fit"].get("function")) == ("work.py", "fit")
    assert (told["fit"].get("needs"), told["clean"].get("needs")) == (["clean"], None)
    assert (told["fit"].get("of"), told["alone"].get("of")) == ("dags/d.py#nightly", None)


def test_an_order_needs_the_steps_that_it_names() -> None:
    steps = [Step(name, at(f"d.py:{line}"), "t", known_as={name}) for line, name in enumerate(("a", "b", "c"), 4)]
    pipeline = Pipeline("p", at("d.py:3"), "t", steps=steps)
    order(pipeline, Code([fact("order", "a >> [b, gone]", "d.py:9", steps=[["a"], ["b", "gone"]])], ()))
    assert {step.name: step.needs for step in pipeline.steps} == {"a": [], "b": ["a"], "c": []}


def test_a_pipeline_holds_what_its_function_or_block_holds() -> None:
    pipeline = Pipeline("p", at("d.py:3"), "t", function="flow", block=at("d.py:20-30"), listed={"listed"})
    assert pipeline.holds(call("x", "d.py:5", function="flow.inner")) and pipeline.holds(call("x", "d.py:25"))
    assert pipeline.holds(call("x", "d.py:2", assigned="listed"))
    assert not pipeline.holds(call("x", "d.py:5", function="flowing")) and not pipeline.holds(call("x", "d.py:31"))


def test_times_belong_to_the_pipeline_that_they_are_told_of() -> None:
    flow = call("prefect.flow", "f.py:3", decorates="nightly")
    timed = call("prefect.deploy", "f.py:12", named("nightly"), kwargs={"cron": "0 3 * * *"})
    open_ = call("prefect.deploy", "f.py:14", named("nightly"), kwargs={"cron": named("CRON")})
    sensor = call("dagster.asset_sensor", "f.py:16", decorates="on_new_data", kwargs={"asset_key": "data"})
    off = call("prefect.deploy", "f.py:22", named("nightly"), kwargs={"cron": "0 4 * * *"})
    facts = [*modules("f.py"), fact("function", "nightly", "f.py:4"), fact("function", "on_new_data", "f.py:17")]
    index = Code(
        facts,
        [
            use("pipeline", flow),
            use("schedules", timed, cron=("cron",), pipeline=(0,)),
            use("schedules", open_, cron=("cron",), pipeline=(0,)),
            use("schedules", sensor),
            use("schedules", off, cron=("cron",), pipeline=(0,), off=True),
            use("schedules", call("dagster.nothing", "f.py:30"), cron=("cron",)),
        ],
    )
    found = {one.name: one for one in timetables.read(index, pipelines.read(index))}
    assert sorted(found) == ["0 3 * * *", "0 4 * * *", "CRON", "on_new_data"]
    assert found["0 3 * * *"].at == at("f.py:12") and found["0 3 * * *"].get("owner") == "f.py#nightly"
    assert (
        found["on_new_data"].get("type") == "data" and found["on_new_data"].get("owner") == "f.py#nightly"
    )  # the only one here
    assert [name for name, one in found.items() if one.get("state") == "disabled"] == ["0 4 * * *"]


def test_a_construct_and_the_call_around_it_tell_one_schedule() -> None:
    around = fact("schedule", "0 3 * * *", "s.py:4-9", owner="s.py#nightly", where="python")
    construct = fact("schedule", "cron(0 3 * * ? *)", "s.py:5", owner="s.py", where="python")
    other = fact("schedule", "0 5 * * *", "s.py:20", owner="s.py", where="python")
    assert [str(one.at) for one in timetables.once([around, construct, other])] == ["s.py:4", "s.py:20"]


def test_a_route_has_the_prefixes_under_which_it_is_mounted() -> None:
    router = call("fastapi.APIRouter", "api/score.py:3", assigned="router", kwargs={"prefix": "/v1"})
    post = call(
        "fastapi.APIRouter.post", "api/score.py:6", "/score", decorates="score", receiver_kwargs={"prefix": "/v1"}
    )
    mount = call("fastapi.FastAPI.include_router", "app.py:5", named("api.score.router"), kwargs={"prefix": "/api"})
    alone = call("fastapi.FastAPI.get", "app.py:9", "/health", decorates="health")
    facts = [*modules("api/score.py", "app.py"), router, fact("import", "api.score", "app.py:1", names=["router"])]
    found = routes.read(
        Code(
            facts,
            [
                use("web-route", post, url=(0,)),
                use("web-route", alone, url=(0,)),
                use("web-route", call("fastapi.FastAPI.get", "app.py:12", "/off"), off=True, url=(0,)),
                use("web-route", call("fastapi.FastAPI.get", "app.py:14")),
                use("mounts-routes", mount, router=(0,), url=("prefix",)),
            ],
        )
    )
    assert {(one.name, tuple(one.get("methods")), str(one.at)) for one in found} == {
        ("/api/v1/score", ("POST",), "api/score.py:6"),
        ("/health", ("GET",), "app.py:9"),
    }


def test_all_of_it_comes_of_python_alone() -> None:
    flow = call("prefect.flow", "f.py:3", decorates="nightly")
    uses = [use("pipeline", flow), use("pipeline", call("prefect.flow", "tests/f.py:3", decorates="tested"))]
    assert made(code.facts(Code([*modules("f.py"), fact("function", "nightly", "f.py:4")], ()), uses)) == {
        ("pipeline", "nightly", "f.py:3")
    }
    assert list(code.facts(Code([], ()), uses)) == []


@pytest.mark.parametrize(
    ("words_", "started", "installed"),
    [
        ("python -m pkg.fit --x=a.py", ["pkg/fit.py"], []),
        ("uvicorn pkg.app:api", ["pkg/app.py"], []),
        ("bash /srv/app/run.sh", ["run.sh"], []),
        ("pip install -r requirements.txt", [], ["requirements.txt"]),
        ("uv sync", [], ["uv.lock"]),
        ("grep -r requirements.txt", [], []),
        ("python -m gone", [], []),
    ],
)
def test_a_command_names_what_it_starts_and_installs(words_: str, started: list[str], installed: list[str]) -> None:
    files = ("pkg/app.py", "pkg/fit.py", "requirements.txt", "run.sh", "uv.lock")
    argv = words_.split()
    assert list(commands.entry_files(argv, "ci", files)) == started
    assert list(commands.installed_manifests(argv, "ci", files)) == installed


def test_a_variable_of_a_target_may_hold_a_command() -> None:
    files = ("ci/deploy.sh", "ci/pkg/fit.py", "ci/a.sh")
    argv = ["make", "run", "command=./deploy.sh --now=${{ inputs.now }}", "THEN=python -m pkg.fit", "NOTE=see all"]
    assert list(commands.entry_files(argv, "ci", files)) == ["ci/deploy.sh", "ci/pkg/fit.py"]
    assert list(commands.entry_files(["echo", "command=python pkg/fit.py --now"], "ci", files)) == []


@pytest.mark.parametrize(
    ("words_", "started"),
    [
        ("python -m pip install x", []),  # not the package that the command stands in
        ("python -m pytest ci", []),
        ("python -m http.server", []),
        ("python -m job.server", ["server.py"]),  # an image has the root as /job
        ("python -m json.tool", ["json/tool.py"]),
        ("python -m srv.fit", ["ci/fit/__main__.py"]),
    ],
)
def test_a_module_is_not_taken_for_what_ends_alike(words_: str, started: list[str]) -> None:
    files = ("ci/__init__.py", "ci/__main__.py", "ci/fit/__main__.py", "json/tool.py", "server.py")
    assert list(commands.entry_files(words_.split(), "ci", files)) == started


@pytest.mark.parametrize(
    ("says", "name"),
    [
        ({"kwargs": {"name": "churn"}}, "churn"),
        ({"kwargs": {"name": {"expr": "f'{a}-churn'", "parts": ["-churn"]}}}, "{a}-churn"),
        ({"decorates": "refit", "assigned": "x"}, "refit"),
        ({"function": "fit"}, "fit"),
        ({"function": "create_pipeline"}, "churn"),  # a name for what it does: the folder tells more
    ],
)
def test_the_name_under_which_something_is_declared(says: dict[str, Any], name: str) -> None:
    assert declared.told_name(use("pipeline", call("Pipeline", "churn/pipeline.py:3", **says), name=("name",))) == name


def test_every_module_of_the_link_is_tested_by_hand() -> None:
    """A link stands in the table of `test_links_by_hand`; what links share is imported where it is tested by hand."""
    linking = {one.__module__ for one in plugins.load(link, Link)}
    shared = {info.name for info in pkgutil.walk_packages(link.__path__, f"{link.__name__}.")} - linking
    through_all = {f"{link.__name__}.{name}" for name in ("base", "build")}  # every test of a repository uses them
    imported = {name for path in Path(__file__).parent.glob("test_*.py") for name in _imported(path)}
    assert shared - through_all - imported == set()


def _imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, and what it imports from them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{one.name}" for one in node.names)
