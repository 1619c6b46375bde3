"""Which files that name a model mean one model: by its place, its run, or what carries it."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.modelplaces import nodes, place
from mlops_scan.scanner.link.modelnames import ModelNames
from mlops_scan.scanner.link.models import Models
from mlops_scan.scanner.link.stores import carried
from mlops_scan.scanner.model import Fact
from tests.by_hand import call, fact, use
from tests.conftest import Understand


def _ids(*said: tuple[str, str], stages: tuple[Fact, ...] = ()) -> list[str]:
    """The models of (file, path) pairs; a path that begins with `*` is the end of one."""
    places = [place(file, path.lstrip("*"), "m.pkl", partial=path.startswith("*")) for file, path in said]
    found = nodes(places, stages)
    return [found[one].removeprefix("model:") for one in places]


@pytest.mark.parametrize(
    "said",
    [
        (("train.py", "out/m.pkl"), ("app.py", "m.pkl")),
        (("train.py", "out/m.pkl"), ("app.py", "/srv/m.pkl")),  # the one model, wherever the image has it
        (("train.py", "out/m.pkl"), ("app.py", "s3://store/prod/m.pkl")),
        (("src/train.py", "../out/m.pkl"), ("app.py", "out/m.pkl")),
        (("src/train.py", "*/out/m.pkl"), ("app.py", "/app/out/m.pkl")),
        (("p/train.py", "out/m.pkl"), ("app.py", "p/out/m.pkl")),
        (("train.py", "/opt/ml/model/m.pkl"), ("evaluate.py", "/opt/ml/processing/model/m.pkl")),
        (("train.py", "/tmp/m.pkl"), ("app.py", "out/m.pkl")),
        (("train.py", "out\\m.pkl"), ("app.py", "./out/m.pkl")),
    ],
)
def test_paths_of_which_one_ends_the_other_mean_one_model(said: tuple[tuple[str, str], ...]) -> None:
    assert _ids(*said) == ["m.pkl", "m.pkl"]


@pytest.mark.parametrize(
    "said",
    [
        (("train.py", "team_a/m.pkl"), ("app.py", "team_b/m.pkl")),
        (("train.py", "*/team_a/m.pkl"), ("app.py", "*/team_b/m.pkl")),
        (("train.py", "/tmp/team_a/m.pkl"), ("app.py", "/tmp/team_b/m.pkl")),
        (("train.py", "/data/a/m.pkl"), ("app.py", "/data/b/m.pkl")),
        (("train.py", "s3://store/a/m.pkl"), ("app.py", "s3://store/b/m.pkl")),
    ],
)
def test_known_places_that_differ_mean_two_models(said: tuple[tuple[str, str], ...]) -> None:
    one, other = _ids(*said)
    assert one != other


def test_an_image_that_copies_the_folder_carries_the_model() -> None:
    said = (("train.py", "out/v1/m.pkl"), ("other.py", "old/m.pkl"), ("app.py", "/srv/models/v1/m.pkl"))
    copying = fact("stage", "0", "Dockerfile:1", workdir="/srv", copies=[{"src": "./out/", "dst": "models", "line": 3}])
    assert _ids(*said, stages=(copying,)) == ["old/m.pkl" if "old" in p else "out/v1/m.pkl" for _, p in said]
    assert len(set(_ids(*said))) == 3
    file = fact("stage", "0", "Dockerfile:1", copies=[{"src": "out/v1/m.pkl", "dst": "/srv/models/v1/m.pkl"}])
    assert len(set(_ids(*said, stages=(file,)))) == 2


def test_a_bare_name_of_several_means_what_lies_around_its_file() -> None:
    two = (("train_a.py", "a/m.pkl"), ("train_b.py", "b/m.pkl"))
    assert _ids(*two, ("a/app.py", "m.pkl"))[2] == "a/m.pkl"
    assert _ids(*two, ("app.py", "m.pkl"))[2] == "m.pkl"
    near = (("x/train.py", "a/m.pkl"), ("y/train.py", "b/m.pkl"), ("x/app/main.py", "*/m.pkl"))
    assert _ids(*near)[2] == "a/m.pkl"


def _edges(*uses: Use) -> list[str]:
    graph = Graph([], (), uses)
    return [f"{edge.source} {edge.relation} {edge.target}" for edge in Models().edges(graph)]


def test_a_path_inside_a_run_names_no_model() -> None:
    logged = [
        call("mlflow.sklearn.log_model", "a.py:1", {"expr": "m"}, "model"),
        call("mlflow.sklearn.log_model", "b.py:1", {"expr": "m"}, kwargs={"artifact_path": "model"}),
        call("mlflow.sklearn.log_model", "c.py:1", {"expr": "m"}, kwargs={"name": "model"}),
        call("mlflow.sklearn.log_model", "d.py:1", {"expr": "m"}, kwargs={"registered_model_name": {"expr": "x"}}),
    ]
    loaded = [
        call("mlflow.pyfunc.load_model", "e.py:1", {"expr": "f''", "parts": ["runs:/", "/model"]}),
        call("mlflow.pyfunc.load_model", "f.py:1", {"expr": "f''", "parts": ["/model"]}),
        call("mlflow.pyfunc.load_model", "g.py:1", "runs:/{run_id}/model"),
    ]
    saves = [use("persists-model", one, run_path=(1, "artifact_path", "name")) for one in logged]
    loads = [use("loads-model", one, path=(0,), run_path=(0,)) for one in loaded]
    assert _edges(*saves, *loads) == []


def test_a_registered_name_and_a_run_that_is_known_do() -> None:
    named = call(
        "mlflow.sklearn.log_model", "a.py:1", {"expr": "m"}, "model", kwargs={"registered_model_name": "churn"}
    )
    one = call("mlflow.pyfunc.load_model", "b.py:1", "runs:/0a1b/model")
    other = call(
        "mlflow.pyfunc.load_model", "c.py:1", kwargs={"model_uri": {"expr": "URI", "const": "runs:/0a1b/model"}}
    )
    assert _edges(
        use("persists-model", named, run_path=(1,)),
        use("loads-model", one, run_path=(0,)),
        use("loads-model", other, run_path=(0,)),
    ) == [
        "file:a.py writes model:churn",
        "file:b.py reads model:runs:/0a1b/model",
        "file:c.py reads model:runs:/0a1b/model",
    ]


def test_what_a_variable_tells_is_kept_apart_from_what_code_says() -> None:
    load = call("joblib.load", "app.py:3", {"expr": "x", "args": [{"env": "MODEL_PATH"}]})
    told = fact("env", "MODEL_PATH", "Dockerfile:4", value="/srv/b/m.pkl", where="dockerfile")
    saves = [call("joblib.dump", f"{name}.py:2", {"expr": "m"}, f"{name}/m.pkl") for name in ("a", "b")]
    found = ModelNames(Graph([told], (), [use("loads-model", load), *(use("persists-model", one) for one in saves)]))
    assert [edge.target for edge in found.said] == ["model:a/m.pkl", "model:b/m.pkl"]
    assert [edge.target for edge in found.told] == ["model:b/m.pkl"]


UP = (
    "import boto3, joblib\ns3 = boto3.client('s3')\ndef keep(m, path):\n    joblib.dump(m, path)\n"
    "    s3.upload_file(path, 'store', 'prod/m.bin')\n"
)
DOWN = (
    "import boto3, joblib\nboto3.client('s3').download_file('{}', 'prod/m.bin', '/tmp/z.bin')\n"
    "model = joblib.load('/tmp/z.bin')\n"
)


def test_a_key_of_a_store_leads_from_the_training_to_the_service(understand: Understand) -> None:
    graph = understand({"train.py": UP, "app.py": DOWN.format("store"), "other.py": DOWN.format("elsewhere")})
    (key,) = {edge.target for edge in graph.edges("writes") if edge.target.startswith("model:")}
    assert {edge.source for edge in graph.links_to(key, "reads")} == {"file:app.py"}
    assert {edge.at.line for edge in graph.links_to(key, "reads")} == {2}
    assert not [edge for edge in graph.edges("reads") if edge.target == "data:prod/m.bin"]
    assert {edge.source for edge in graph.links_to("model:elsewhere/prod/m.bin", "reads")} == {"file:other.py"}


def test_a_bucket_and_a_blob_hold_the_key(understand: Understand) -> None:
    graph = understand(
        {
            "train.py": "import boto3, joblib\njoblib.dump(object(), 'x.bin')\n"
            "boto3.resource('s3').Bucket('store').upload_file('x.bin', 'prod/m.bin')\n",
            "app.py": "from google.cloud import storage\nimport joblib\nbucket = storage.Client().bucket('store')\n"
            "bucket.blob('prod/m.bin').download_to_filename('y.bin')\nmodel = joblib.load('y.bin')\n",
        }
    )
    assert {edge.source for edge in graph.links_to("model:m.bin", "writes", "reads")} == {
        "file:train.py",
        "file:app.py",
    }


def test_commands_copy_models_to_a_store_and_back(understand: Understand) -> None:
    graph = understand(
        {
            "train.py": "import joblib\njoblib.dump(object(), 'out/x.bin')\n",
            "app.py": "import joblib\nmodel = joblib.load('y.bin')\n",
            "Makefile": "up:\n\taws s3 cp out/x.bin s3://store/prod/m.bin --quiet\n"
            "down:\n\taws s3 cp s3://store/prod/m.bin y.bin\n\taws s3 cp report.html s3://store/prod/r.html\n",
        }
    )
    found = {(e.source, e.relation, e.target) for e in graph.edges("writes", "reads") if e.source.startswith("target")}
    assert found == {
        ("target:Makefile#up", "reads", "model:x.bin"),
        ("target:Makefile#up", "writes", "model:m.bin"),
        ("target:Makefile#down", "reads", "model:m.bin"),
        ("target:Makefile#down", "writes", "model:y.bin"),
    }


def test_what_is_put_into_a_store_elsewhere_is_read_there() -> None:
    call_ = call("boto3.client.upload_file", "ship.py:3", "m.pkl", "store", "v1/m.pkl")
    graph = Graph([], (), [use("stores-file", call_, local=(0,), bucket=(1,), key=(2,))])
    saved = call("joblib.dump", "train.py:2", {"expr": "m"}, "out/m.pkl")
    found = list(carried(graph, [("writes", place("train.py", "out/m.pkl", "m.pkl"), saved)]))
    assert [(node, relation, one.folders, at.line) for node, relation, one, at in found] == [
        ("file:train.py", "writes", ("out",), 2),
        ("file:ship.py", "reads", (), 3),
        ("file:ship.py", "writes", ("store", "v1"), 3),
    ]
    assert list(carried(graph, [])) == []
