"""What callers hand to functions and constructs, flags that switch code off, and what steps start: on facts by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_scan.scanner.link.code import constructed, flags, steps
from mlops_scan.scanner.link.code.constants import Constants
from mlops_scan.scanner.link.code.handed import Handed
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.link.code.parts import Pipeline, Step
from mlops_scan.scanner.link.code.programs import program
from mlops_scan.scanner.model import Fact
from tests.by_hand import at, call, fact, modules, named, use


def handing(*facts: Fact) -> Handed:
    code = Code(facts, ())
    return Handed(code, Constants(code))


def saving(*params: dict[str, Any]) -> list[Fact]:
    """A function `save` of a module, which others import."""
    return [
        *modules("store.py", "train.py", "tests/test_store.py"),
        fact("function", "save", "store.py:3-6", params=[{"name": "model"}, *params]),
        fact("import", "store", "train.py:1", names=["save"]),
        fact("import", "store", "tests/test_store.py:1", names=["save"]),
    ]


def test_a_caller_tells_the_constant_that_a_function_is_given() -> None:
    dump = call("joblib.dump", "store.py:5", named("model"), {"expr": "path"}, function="save")
    handing(
        *saving({"name": "path"}),
        call("store.save", "train.py:9", {"expr": "model"}, "m.joblib", function="main"),
        call("store.save", "tests/test_store.py:4", {"expr": "model"}, "other.joblib"),  # a test hands what it likes
        dump,
    ).complete([dump])
    model, path = dump.get("args")
    assert path == {"expr": "path", "const": "m.joblib", "told": "train.py:9", "given": [["m.joblib", "train.py", 9]]}
    assert "const" not in model  # no caller knows it


def test_callers_that_disagree_tell_no_constant() -> None:
    dump = call("joblib.dump", "store.py:5", {"expr": "path"}, function="save")
    handing(
        *saving({"name": "path"}),
        call("store.save", "train.py:9", {"expr": "model"}, "a.joblib"),
        call("store.save", "train.py:10", {"expr": "model"}, kwargs={"path": "b.joblib"}),
        dump,
    ).complete([dump])
    (path,) = dump.get("args")
    assert [one[:2] for one in path["given"]] == [["a.joblib", "train.py"], ["b.joblib", "train.py"]]
    assert "const" not in path


def test_a_caller_of_which_nothing_is_known_leaves_it_open() -> None:
    dump = call("joblib.dump", "store.py:5", {"expr": "path"}, function="save")
    handing(
        *saving({"name": "path"}),
        call("store.save", "train.py:9", {"expr": "model"}, "a.joblib"),
        call("store.save", "train.py:10", {"expr": "model"}, {"expr": "sys.argv[1]"}),
        dump,
    ).complete([dump])
    (path,) = dump.get("args")
    assert path["given"] == [["a.joblib", "train.py", 9]]
    assert "const" not in path


def test_a_default_and_a_text_around_a_parameter_are_told_by_the_call_that_leaves_it_out() -> None:
    dump = call("joblib.dump", "store.py:5", {"expr": "f'models/{name}.joblib'"}, function="save")
    handing(
        *saving({"name": "name", "default": "churn"}), call("store.save", "train.py:9", {"expr": "model"}), dump
    ).complete([dump])
    assert dump.get("args")[0]["const"] == "models/churn.joblib"
    assert dump.get("args")[0]["told"] == "train.py:9"


def test_what_a_caller_was_given_itself_is_followed_two_steps_and_no_further() -> None:
    def functions(*names: str) -> list[Fact]:
        return [fact("function", name, f"a.py:{line}0", params=[{"name": "p"}]) for line, name in enumerate(names, 1)]

    near = call("joblib.dump", "a.py:11", {"expr": "p"}, function="first")
    chain = [
        call("first", "a.py:21", {"expr": "p"}, function="second"),
        call("second", "a.py:31", "m.joblib", function="third"),
    ]
    handing(*modules("a.py"), *functions("first", "second", "third"), *chain, near).complete([near])
    assert (near.get("args")[0]["const"], near.get("args")[0]["told"]) == ("m.joblib", "a.py:31")

    far = call("joblib.dump", "a.py:11", {"expr": "p"}, function="first")
    longer = [
        chain[0],
        call("second", "a.py:31", {"expr": "p"}, function="third"),
        call("third", "a.py:41", "m.joblib"),
    ]
    handing(*modules("a.py"), *functions("first", "second", "third"), *longer, far).complete([far])
    assert "const" not in far.get("args")[0] and "given" not in far.get("args")[0]


def test_an_attribute_is_what_its_instance_was_made_with() -> None:
    load = call("joblib.load", "app.py:8", {"expr": "self.path", "param": "Model.__init__.path"}, function="Model.load")
    handing(
        *modules("app.py", "main.py"),
        fact("class", "Model", "app.py:3-9"),
        fact("function", "Model.__init__", "app.py:4", params=[{"name": "self"}, {"name": "path"}]),
        fact("import", "app", "main.py:1", names=["Model"]),
        call("app.Model", "main.py:3", "m.joblib"),
        load,
    ).complete([load])
    assert (load.get("args")[0]["const"], load.get("args")[0]["told"]) == ("m.joblib", "main.py:3")


def test_a_construct_is_completed_by_what_its_caller_hands_over() -> None:
    init = fact(
        "function", "Api.__init__", "stack.py:5-12", params=[{"name": "self"}, {"name": "image"}, {"name": "size"}]
    )
    making = call("cdk.Service", "stack.py:7", function="Api.__init__")
    data = {"image": {"expr": "image"}, "deep": [{"size": {"expr": "size"}}], "role": {"expr": "role", "ref": "x"}}
    service = fact("resource", "api", "stack.py:7", id="stack.py#api", origin="python", data=data)
    outside = fact("resource", "top", "stack.py:20", id="stack.py#top", origin="python", data={"image": {"expr": "i"}})
    container = fact("container", "api", "stack.py:7", workload="stack.py#api", image="${image}", env={"A": "${image}"})
    other = fact("container", "top", "stack.py:20", workload="stack.py#top", image="${image}")
    facts = [
        *modules("stack.py", "app.py"),
        fact("class", "Api", "stack.py:3-12"),
        init,
        fact("import", "stack", "app.py:1", names=["Api"]),
        call("stack.Api", "app.py:4", "org/api:1.2", {"expr": "int(size)"}),
        making,
        call("cdk.Service", "stack.py:20"),
        *(service, outside, container, other),
    ]
    code = Code(facts, ())
    (image,) = constructed.complete(facts, code, Handed(code, Constants(code)))
    assert (image.kind, image.name, str(image.at)) == ("image", "org/api", "app.py:4")
    assert (image.get("tag"), image.get("owner"), image.get("role")) == ("1.2", "stack.py#api", "run")
    assert service.get("data")["image"] == "org/api:1.2"
    assert service.get("data")["deep"] == [{"size": {"expr": "size"}}]  # open as before
    assert service.get("data")["role"] == {"expr": "role", "ref": "x"}
    assert (container.get("image"), container.get("env")) == ("org/api:1.2", {"A": "org/api:1.2"})
    assert outside.get("data") == {"image": {"expr": "i"}} and other.get("image") == "${image}"


def test_resources_of_other_languages_are_left_alone() -> None:
    written = fact("resource", "r", "main.tf:1", origin="terraform", data={"image": {"expr": "i", "const": "x"}})
    code = Code([*modules("a.py"), written], ())
    assert list(constructed.complete([written], code, Handed(code, Constants(code)))) == []
    assert written.get("data") == {"image": {"expr": "i", "const": "x"}}


def flag(name: str = "WATCH", place: str = "settings.py:2", /, value: Any = False, **says: Any) -> Fact:
    return fact("constant", name, place, value=value, **says)


def guarded(*guards: str, place: str = "app.py:9", **says: Any) -> Fact:
    return call("whylogs.log", place, guards=list(guards), **says)


IMPORTED = [*modules("settings.py", "app.py"), fact("import", "settings", "app.py:1", names=["WATCH"])]


def test_a_flag_that_is_false_switches_off_what_it_guards() -> None:
    off, on = guarded("settings.WATCH and ready"), guarded("not settings.WATCH", place="app.py:12")
    importing = fact("import", "whylogs", "app.py:8", guards=["settings.WATCH"])
    flags.switch_off(Code([*IMPORTED, flag(), off, on, importing], ()))
    assert off.get("state") == importing.get("state") == "disabled"
    assert off.get("why") == "'settings.WATCH' is False (settings.py:2)"
    assert on.get("state") is None


@pytest.mark.parametrize(
    "facts",
    [
        [flag(value=True)],
        [flag(value={"expr": "os.environ.get('WATCH')"})],
        [flag(changed=True)],
        [flag(function="main")],
        [flag(), flag("WATCH", "settings.py:5", value=True)],
        [flag(), fact("constant", "settings.WATCH", "conftest.py:3", value=True)],  # set from outside
        [fact("constant", "watch", "settings.py:2", value=False)],
    ],
)
def test_a_flag_that_something_may_change_switches_nothing_off(facts: list[Fact]) -> None:
    call_ = guarded("settings.WATCH")
    flags.switch_off(Code([*IMPORTED, *facts, call_], ()))
    assert call_.get("state") is None


def test_a_cell_of_a_notebook_is_set_by_hand() -> None:
    call_ = guarded("WATCH", place="a.ipynb:9")
    flags.switch_off(Code([*modules("a.ipynb"), flag("WATCH", "a.ipynb:2"), call_], ()))
    assert call_.get("state") is None


def test_what_only_switched_off_calls_call_is_off_as_well() -> None:
    def watched(*further: Fact) -> Fact:
        inner = call("whylogs.log", "app.py:21", function="watch")
        facts = [
            *IMPORTED,
            flag(),
            fact("function", "watch", "app.py:20-22"),
            call("watch", "app.py:9", guards=["settings.WATCH"]),
            inner,
            *further,
        ]
        flags.switch_off(Code(facts, ()))
        return inner

    assert watched().get("why") == "'settings.WATCH' is False (settings.py:2)"
    assert watched(call("watch", "app.py:30")).get("state") is None  # called elsewhere
    assert watched(call("Thread", "app.py:30", kwargs={"target": named("watch")})).get("state") is None  # handed on


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("python -m pkg.train --fast", "pkg/train.py"),
        ("bash -c 'cd x; ./run.sh'", "./run.sh"),
        (["python", "fit.py"], "fit.py"),
        ({"overrides": [{"command": ["python", "-m", "jobs.score"]}]}, "jobs/score.py"),
        ({"expr": "CMD", "const": "python fit.py"}, "fit.py"),
        ({"expr": "cmd", "holds": ["python", "fit.py"]}, "fit.py"),
        ({"expr": "f'{x} fit.py'"}, ""),  # only what is known
        ("pip install train", ""),
        ("python -m", ""),
        (None, ""),
        ([[[[[[["fit.py"]]]]]]], ""),  # too deep
    ],
)
def test_the_program_that_a_line_starts(value: Any, expected: str) -> None:
    assert program(value) == expected


def test_a_call_that_makes_a_step_tells_what_it_runs_needs_and_makes() -> None:
    facts = [
        *modules("dags/d.py", "work.py"),
        fact("function", "fit", "work.py:3"),
        fact("import", "work", "dags/d.py:1", names=["fit"]),
    ]
    code = Code(facts, ())
    making = call(
        "kedro.node",
        "dags/d.py:5",
        named("work.fit"),
        kwargs={"inputs": ["clean", {"expr": "P", "const": "params"}], "outputs": "model"},
        assigned="fitting",
    )
    step = steps.of_call(use("pipeline-step", making, runs=(0,), needs=("inputs",), makes=("outputs",)), making, code)
    assert (step.name, step.at, step.target) == ("fit", at("dags/d.py:5"), ("work.py", "fit"))
    assert (step.reads, step.makes, step.known_as) == (["clean", "params"], ["model"], {"fit", "fitting"})
    shell = call("Bash", "dags/d.py:7", kwargs={"bash_command": "python jobs/fit.py", "after": [{"expr": "clean"}]})
    step = steps.of_call(use("pipeline-step", shell, runs=("bash_command",), needs=("after",)), shell, code)
    assert (step.name, step.target, step.script, step.reads) == ("Bash", None, "jobs/fit.py", ["clean"])


@pytest.mark.parametrize(
    ("file", "name"), [("a/fit.yaml", "fit"), ("fit/component.yml", "fit"), ("component.yaml", "component")]
)
def test_a_component_that_a_file_describes_has_its_name(file: str, name: str) -> None:
    loading = call("kfp.load_component_from_file", "p.py:3", file)
    assert steps.of_call(use("pipeline-step", loading, name=(0,)), loading, Code([], ())).name == name


def test_a_step_runs_the_program_of_the_object_that_it_is_given() -> None:
    def script(asked: str, **made: Any) -> str:
        estimator = call("Estimator", "p.py:4", assigned="est", **made)
        step = call("TrainingStep", "p.py:9", kwargs={"step_args": {"expr": "est.fit()", "call": asked}})
        code = Code([*modules("p.py"), estimator, step], ())
        return steps.of_call(use("pipeline-step", step, runs=("step_args",)), step, code).script

    entry = {"entry_point": "fit.py", "source_dir": "src"}
    assert script("est.fit", kwargs=entry) == "src/fit.py"
    assert script("est.register", kwargs=entry) == ""  # what is registered does not run
    assert script("est.fit", kwargs=entry, function="other") == ""  # another function's variable
    assert script("est.fit", kwargs={"entry_point": {"expr": "path"}}) == ""


def test_a_decorated_function_and_the_call_of_one_are_steps() -> None:
    decorator = call("task", "f.py:3", decorates="clean", kwargs={"name": "wash", "after": [{"expr": "load"}]})
    known = use("pipeline-step", decorator, name=("name",), needs=("after",))
    step = steps.of_function(known, ("f.py", "clean"))
    assert (step.name, step.at, step.reads) == ("wash", at("f.py:3"), ["load"])
    called = steps.of_function(known, ("f.py", "clean"), call("clean", "f.py:12", assigned="tidy"))
    assert (called.name, called.at, called.known_as) == ("wash", at("f.py:12"), {"wash", "clean", "tidy"})
    assert called.reads == []  # the order of calls tells what it waits for


def test_the_fact_of_a_step_says_what_is_known_of_it() -> None:
    pipeline = Pipeline("nightly", at("f.py:1"), "tool")
    runs = steps.fact(Step("fit", at("f.py:4"), "tool", ("work.py", "fit"), "unused.py", needs=["clean"]), pipeline)
    assert (runs.kind, runs.name, runs.at) == ("pipeline-step", "fit", at("f.py:4"))
    assert dict(runs.says) == {
        "pipeline": "f.py",
        "tool": "tool",
        "where": "python",
        "of": "f.py#nightly",
        "runs": "work.py",
        "function": "fit",
        "needs": ["clean"],
    }
    script = steps.fact(Step("fit", at("f.py:4"), "tool", script="fit.py"), Pipeline("", at("f.py:1"), "tool"))
    assert dict(script.says) == {"pipeline": "f.py", "tool": "tool", "where": "python", "script": "fit.py"}
