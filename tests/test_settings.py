"""Keys of configuration files, Azure ML YAML, CloudFormation templates and protocol-buffer text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mlops_scan.scanner import bounds, files
from mlops_scan.scanner.formats import prototext, yamlnodes
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.azureml import AzureMlFiles
from mlops_scan.scanner.parsers.base import Parser
from mlops_scan.scanner.parsers.cloudformation import CloudFormationTemplates
from mlops_scan.scanner.parsers.settings import Settings
from tests.slowness import in_time


def read(root: Path, texts: dict[str, str], parser: Parser) -> list[Fact | Note]:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    tree = files.Tree(root, files.walk(root))
    sources = [source for path in tree.paths if (source := tree.get(path)) is not None]
    return [item for source in sources if parser.reads(source, tree) for item in parser.parse(source, tree)]


def settings(root: Path, texts: dict[str, str]) -> list[tuple[str, object, int]]:
    items = read(root, texts, Settings())
    return [(item.name, item.get("value"), item.at.line) for item in items if isinstance(item, Fact)]


def test_only_wanted_keys_of_nested_data_become_settings(tmp_path: Path) -> None:
    text = "stages:\n  train: {cmd: x}\nmetrics:\n  - m.json\nartifacts:\n  clf:\n    type: model\n    other: 1\n"
    found = settings(tmp_path, {"dvc.yaml": text})
    assert ("metrics", ["m.json"], 3) in found
    assert ("artifacts.clf.type", "model", 7) in found
    assert not [name for name, _, _ in found if name.startswith(("stages.train", "artifacts.clf.other"))]


def test_lists_have_no_index(tmp_path: Path) -> None:
    text = "deployments:\n  - name: a\n    schedules:\n      - cron: '0 0 * * *'\n"
    assert [(name, line) for name, _, line in settings(tmp_path, {"prefect.yaml": text})] == [
        ("deployments.schedules", 3)
    ]


def test_other_formats(tmp_path: Path) -> None:
    texts = {
        "model/config.pbtxt": 'name: "m"\nbackend: "onnxruntime"\ndynamic_batching { }\n',
        "config.properties": "# c\nmodel_store=/models\nother=1\n",
        "pyproject.toml": '[project]\nname = "x"\n\n[tool.kedro]\npackage_name = "x"\n',
    }
    found = settings(tmp_path, texts)
    assert ("backend", "onnxruntime", 2) in found
    assert ("dynamic_batching", {}, 3) in found
    assert ("model_store", "/models", 2) in found
    assert ("tool.kedro", 4) in [(name, line) for name, _, line in found]
    assert "other" not in [name for name, _, _ in found]


def test_files_that_nobody_asked_for_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text("a: 1\n")
    tree = files.Tree(tmp_path, files.walk(tmp_path))
    source = tree.get("app.yaml")
    assert source is not None
    assert not Settings().reads(source, tree)


def test_broken_settings_raise_nothing(tmp_path: Path) -> None:
    items = read(tmp_path, {"config.pbtxt": "backend: {\n", "dvc.yaml": "metrics: [\n"}, Settings())
    assert [item.at.path for item in items if isinstance(item, Note)] == ["config.pbtxt"]
    assert not [item for item in items if isinstance(item, Fact)]


PIPELINE = """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
jobs:
  prep:
    code: ../src
    command: >-
      python prep.py --out ${{outputs.data}}
    environment: azureml:env@latest
  train:
    code: ../src
    command: python train.py
    inputs: {data: "${{parent.jobs.prep.outputs.data}}"}
"""


def test_azure_ml_pipelines(tmp_path: Path) -> None:
    items = read(tmp_path, {"mlops/pipeline.yml": PIPELINE, "src/train.py": "", "src/prep.py": ""}, AzureMlFiles())
    resource, *others = [item for item in items if isinstance(item, Fact)]
    assert (resource.get("platform"), resource.get("type"), resource.at.line) == ("azureml", "pipelineJob", 1)
    steps = [(fact.name, fact.at.line, fact.get("deps"), fact.get("outs")) for fact in others if "step" in fact.kind]
    assert steps == [("prep", 4, None, ["prep"]), ("train", 9, ["prep"], ["train"])]
    commands = [
        (fact.get("argv")[1], fact.at.line, fact.get("cwd"), fact.get("owner"))
        for fact in others
        if fact.kind == "command"
    ]
    assert commands == [
        ("prep.py", 7, "src", "mlops/pipeline.yml#prep"),
        ("train.py", 11, "src", "mlops/pipeline.yml#train"),
    ]


def test_azure_ml_environments_deployments_and_schedules(tmp_path: Path) -> None:
    schema = "$schema: https://azuremlschemas.azureedge.net/latest/{}.schema.json\n"
    texts = {
        "env.yml": schema.format("environment") + "name: env\nimage: mcr.microsoft.com/x:latest\n",
        "dep.yml": schema.format("managedOnlineDeployment")
        + "name: blue\nenvironment: {image: y}\ninstance_count: 1\n",
        "cron.yml": schema.format("schedule") + "name: s\ntrigger: {type: cron, expression: '0 1 * * *'}\n",
        "often.yml": schema.format("schedule") + "name: s\ntrigger: {type: recurrence, frequency: day, interval: 2}\n",
    }
    found = [item for item in read(tmp_path, texts, AzureMlFiles()) if isinstance(item, Fact)]
    assert {(fact.name, fact.get("tag")) for fact in found if fact.kind == "image"} == {
        ("mcr.microsoft.com/x", "latest"),
        ("y", None),
    }
    assert sorted(fact.name for fact in found if fact.kind == "schedule") == ["0 1 * * *", "every 2 day"]
    (deployment,) = [fact for fact in found if fact.name == "blue"]
    assert deployment.get("data")["instance_count"] == 1


def test_cloud_formation_in_both_notations(tmp_path: Path) -> None:
    text = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Size: {Type: String, Default: ml.m5.large}
Resources:
  Endpoint:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      Name: !Sub "${AWS::StackName}-x"
      Variants:
        - InstanceType: !Ref Size
          Count: 1
      Tags: [{Key: team, Value: ml}]
  Nightly:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: rate(1 day), Role: {"Fn::GetAtt": [A, Arn]}}
  NotOne: 5
"""
    items = [item for item in read(tmp_path, {"t.yaml": text}, CloudFormationTemplates()) if isinstance(item, Fact)]
    endpoint, nightly, schedule = items
    assert (endpoint.get("type"), endpoint.at.line, endpoint.get("labels")) == (
        "AWS::SageMaker::EndpointConfig",
        5,
        {"team": "ml"},
    )
    assert endpoint.get("data")["Properties"]["Name"] == {"expr": "!Sub ${AWS::StackName}-x"}
    assert endpoint.get("data")["Properties"]["Variants"] == [{"InstanceType": "ml.m5.large", "Count": 1}]
    assert endpoint.get("lines")["Properties.Name"] == 8
    assert nightly.get("data")["Properties"]["Role"] == {"expr": "!GetAtt [A, Arn]"}
    assert (schedule.name, schedule.get("owner")) == ("rate(1 day)", "t.yaml#Nightly")


def test_protocol_buffer_text() -> None:
    text = """# comment
input [ { name: "a" dims: [ 1, -1 ] }, { name: 'b' } ]
instance_group { count: 2; kind: KIND_GPU }
parameters: < key: "x" value: { string_value: "y" } >
parameters { key: "z" }
[a.b.c]: 1.5e3
flag: true
"""
    message = prototext.read(text)
    assert yamlnodes.plain(message) == {
        "input": [{"name": "a", "dims": [1, -1]}, {"name": "b"}],
        "instance_group": {"count": 2, "kind": "KIND_GPU"},
        "parameters": [{"key": "x", "value": {"string_value": "y"}}, {"key": "z"}],
        "a.b.c": 1500.0,
        "flag": True,
    }
    assert (message.places["instance_group"], message.places["flag"]) == ((3, 1), (7, 1))


@pytest.mark.parametrize(
    "text",
    [
        "a {",
        "}",
        "a: }",
        ": 1",
        "a: \x01",
        "a " * 3,
        "a {" * (bounds.YAML_DEPTH + 5),
        '"x"',
        "a:" + "[" * 300,
        "<" * 100_000,
    ],
)
def test_broken_protocol_buffer_text(text: str) -> None:
    before = time.process_time()
    with pytest.raises(prototext.ProtoTextError):
        prototext.read(text)
    assert in_time(time.process_time() - before, 20)


def test_a_sweep_runs_the_component_that_it_tries(tmp_path: Path) -> None:
    schema = "$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\n"
    texts = {
        "ml/flow.yml": schema + "jobs: {sweep: {type: sweep, trial: ../parts/trial.yml}, gone: {trial: ../no.yml}}\n",
        "parts/trial.yml": "command: python fit.py\n",
    }
    steps = [item for item in read(tmp_path, texts, AzureMlFiles()) if isinstance(item, Fact) and "step" in item.kind]
    assert [(step.name, step.get("runs")) for step in steps] == [("sweep", "parts/trial.yml"), ("gone", None)]
