"""`mlops-scan graph`: exports that other programs read, and the chain between two subjects."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest

from mlops_scan.cli import run

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "graph.schema.json").read_text("utf-8"))
SYSTEMS = Path(__file__).parent.parent / "fixtures" / "systems"

FILES = {
    "train.py": (
        "import joblib\nfrom sklearn.linear_model import Ridge\n"
        "joblib.dump(Ridge().fit([[0.0]], [0.0]), 'model.joblib')\n"
    ),
    "app.py": (
        "import joblib\nfrom fastapi import FastAPI\napp = FastAPI()\nmodel = joblib.load('model.joblib')\n"
        "@app.post('/predict')\ndef predict(x: float) -> float:\n    return model.predict([[x]])[0]\n"
    ),
    "Dockerfile": 'FROM python:3.12-slim\nCOPY app.py .\nCMD ["python", "app.py"]\n',
    "compose.yaml": "services:\n  api:\n    build: .\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_why_prints_each_link_with_its_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(repository), "--why", "train.py", "api"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "train.py:3      train.py  writes  model.joblib",
        "app.py:4        app.py  reads  model.joblib",
        "Dockerfile:3    Dockerfile#0  starts  app.py",
        "compose.yaml:2  compose.yaml#service/api  builds  Dockerfile#0",
    ]


def test_why_names_what_ci_builds(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workflow = repository / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("on: push\njobs:\n  image:\n    runs-on: x\n    steps:\n      - run: docker build .\n")
    assert run(["graph", str(repository), "--why", ".github/workflows/ci.yml", "app.py"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        ".github/workflows/ci.yml:3  .github/workflows/ci.yml  has job  .github/workflows/ci.yml#image",
        ".github/workflows/ci.yml:6  .github/workflows/ci.yml#image  makes  Dockerfile#0",
        "Dockerfile:3                Dockerfile#0  starts  app.py",
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": "import common\n", "b.py": "import common\n", "common.py": "X = 1\n"},
        {"a.py": "X = 1\n", "b.py": "Y = 1\n", "job/Dockerfile": "FROM python:3.12\nCOPY ../a.py ../b.py /\n"},
        {"a.py": "X = 1\n", "b.py": "Y = 1\n", "tests/test_both.py": "import a\nimport b\n"},
        {"a.py": "import common\n", "b.py": "Y = 1\n", "common.py": "X = 1\n", "Dockerfile": "FROM x\nCOPY *.py /\n"},
    ],
)
def test_what_two_share_joins_them_not(
    tmp_path: Path, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert run(["graph", str(tmp_path), "--why", "a.py", "b.py"]) == 1
    assert "nothing links" in capsys.readouterr().err


def test_an_importer_joins_what_it_imports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.py").write_text("import a\nimport b\n")
    (tmp_path / "a.py").write_text("import common\n")
    (tmp_path / "b.py").write_text("import common\n")
    (tmp_path / "common.py").write_text("X = 1\n")
    assert run(["graph", str(tmp_path), "--why", "a.py", "b.py"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "main.py:1  main.py  imports  a.py",
        "main.py:2  main.py  imports  b.py",
    ]


def test_why_names_every_unknown_subject_at_once(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(repository), "--why", "nothing", "nobody"]) == 2
    told = capsys.readouterr().err
    assert "no subject is called 'nothing'" in told
    assert "no subject is called 'nobody'" in told


def test_why_says_when_nothing_links(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "alone.py").write_text("import json_lines\n")
    assert run(["graph", str(repository), "--why", "alone.py", "api"]) == 1
    assert "nothing links" in capsys.readouterr().err


def test_exports_hold_the_same_links(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(repository), "--format", "json"]) == 0
    links = json.loads(capsys.readouterr().out)["links"]
    assert {
        "source": "file:train.py",
        "target": "model:model.joblib",
        "relation": "writes",
        "path": "train.py",
        "line": 3,
    } in links
    assert run(["graph", str(repository), "--format", "graphml"]) == 0
    edges = ET.fromstring(capsys.readouterr().out).iter("{http://graphml.graphdrawing.org/xmlns}edge")
    assert len(list(edges)) == len(links)
    assert run(["graph", str(repository), "--format", "dot", "--full"]) == 0
    assert capsys.readouterr().out.count(" -> ") == len(links)


def test_mermaid_shows_what_runs_and_not_what_imports(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(repository)]) == 0
    chart = capsys.readouterr().out
    assert chart.startswith("flowchart LR\n")
    assert '"reads"' in chart
    assert "imports" not in chart


def test_unknown_format_is_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(repository), "--format", "mermade"]) == 2
    assert "did you mean 'mermaid'" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(path.name for path in SYSTEMS.iterdir() if path.is_dir()))
def test_json_keeps_to_its_schema(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every link has both ends, every subject a mark but tools and capabilities, which are part of all."""
    assert run(["graph", str(SYSTEMS / name), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    known = {node["id"]: node for node in document["nodes"]}
    assert len(known) == len(document["nodes"])
    assert {end for link in document["links"] for end in (link["source"], link["target"])} - known.keys() == set()
    unmarked = {node["kind"] for node in document["nodes"] if "reach" not in node}
    assert unmarked <= {"tool", "capability"}


def test_a_drawing_folds_packages_and_tools_unless_asked(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, arrow in (("mermaid", "-->"), ("dot", "->")):
        assert run(["graph", str(repository), "--format", kind]) == 0
        brief = capsys.readouterr().out
        assert "scikit-learn" not in brief
        assert "POST /predict" in brief.replace("#47;", "/")
        assert run(["graph", str(repository), "--format", kind, "--full"]) == 0
        full = capsys.readouterr().out
        assert "scikit-learn" in full
        assert full.count(arrow) > brief.count(arrow)


def test_many_routes_of_one_application_are_drawn_as_one(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handlers = "".join(f"@app.get('/r{n}')\ndef r{n}() -> int:\n    return {n}\n" for n in range(9))
    (repository / "app.py").write_text(FILES["app.py"] + handlers)
    assert run(["graph", str(repository)]) == 0
    chart = capsys.readouterr().out
    assert "10 routes of app.py" in chart
    assert "/r3" not in chart
    assert run(["graph", str(repository), "--format", "json"]) == 0
    nodes = json.loads(capsys.readouterr().out)["nodes"]
    assert len([node for node in nodes if node["kind"] == "endpoint"]) == 10


@pytest.mark.parametrize(
    ("word", "place"),
    [
        ("train.py", "train.py:3"),
        ("./train.py", "train.py:3"),
        ("TRAIN.PY", "train.py:3"),
        ("train", "train.py:3"),
        ("file:train.py", "train.py:3"),
        ("model.joblib", "app.py:4"),
        ("/predict", "app.py:5"),
    ],
)
def test_subjects_go_by_loose_names(
    word: str, place: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["graph", str(repository), "--why", word, "app.py"]) == 0
    assert capsys.readouterr().out.split()[0] == place


def test_an_unknown_name_is_answered_with_the_nearest(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(repository), "--why", "trian.py", "modle.joblib"]) == 2
    told = capsys.readouterr().err
    assert "did you mean 'train.py'" in told
    assert "did you mean 'model.joblib'" in told


def test_of_several_subjects_the_most_telling_is_taken_and_the_rest_told(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {selector: {app: api}}\n"
    (repository / "service.yaml").write_text(service)
    assert run(["graph", str(repository), "--why", "train.py", "workload:compose.yaml#service/api"]) == 0
    wanted = capsys.readouterr().out
    assert run(["graph", str(repository), "--why", "train.py", "service/api"]) == 0
    told = capsys.readouterr()
    assert told.out == wanted or "may also mean" in told.err


def test_what_is_not_linked_is_told_with_its_neighbours(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "alone.py").write_text("import json_lines\n")
    assert run(["graph", str(repository), "--why", "alone.py", "api"]) == 1
    told = capsys.readouterr().err
    assert "'file:alone.py' is linked with json-lines" in told.replace("json_lines", "json-lines")
    assert run(["graph", str(repository), "--why", "api", "api"]) == 1
    assert "both names mean" in capsys.readouterr().err


FLOW = """from kfp import dsl

from parts.fit import fit_model
from parts.pull import pull_data


@dsl.pipeline(name="{name}")
def flow():
    pulled = pull_data()
    fit_model().after(pulled)
"""


def test_a_drawing_names_steps_by_their_names_and_says_nothing_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("fraud", "churn"):
        (tmp_path / "flows" / folder).mkdir(parents=True)
        (tmp_path / "flows" / folder / "flow.py").write_text(FLOW.format(name=folder))
    (tmp_path / "parts").mkdir()
    for name, function in (("fit", "fit_model"), ("pull", "pull_data")):
        text = f"from kfp import dsl\n\n\n@dsl.component\ndef {function}():\n    print(1)\n"
        (tmp_path / "parts" / f"{name}.py").write_text(text)
    assert run(["graph", str(tmp_path), "--format", "mermaid"]) == 0
    drawn = capsys.readouterr().out
    for label in ("fit_model #40;fraud#41;", "fit_model #40;churn#41;", "pull_data #40;fraud#41;"):
        assert f'["{label}"]' in drawn
    assert '-- "imports" -->' not in drawn
    assert '-- "copies" -->' not in drawn
    assert run(["graph", str(tmp_path), "--format", "dot"]) == 0
    assert 'label="fit_model (churn)"' in capsys.readouterr().out


def test_a_long_folder_is_shortened_and_not_the_name(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("a-rather-long-name-of-a-folder-for-fraud", "a-rather-long-name-of-a-folder-for-churn"):
        (repository / folder / "x").mkdir(parents=True)
        (repository / folder / "x" / "compose.yaml").write_text("services:\n  gateway:\n    image: acme/gateway:1\n")
    assert run(["graph", str(repository), "--format", "mermaid"]) == 0
    drawn = capsys.readouterr().out
    assert '["service/gateway #40;...-name-of-a-folder-for-fraud#41;"]' in drawn
    assert '["service/gateway #40;...-name-of-a-folder-for-churn#41;"]' in drawn
