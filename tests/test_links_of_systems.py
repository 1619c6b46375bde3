"""Links between what applies, refers, calls and tells: each on the smallest files that have it, and on its trap."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.graph import purpose, purposes
from tests.conftest import Understand

MODEL = "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec: {template: {spec: {containers: []}}}\n"
)
APPLICATION = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: api}\nspec:\n  source:\n    path: %s\n"
)


def links(root: Path, files: Mapping[str, str]) -> set[tuple[str, str, str]]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {(edge.source, edge.relation, edge.target) for edge in scan(root, Config(jobs=1)).edges}


def test_a_gitops_source_applies_the_kustomization_of_its_folder_alone(tmp_path: Path) -> None:
    files = {
        "apps/api.yaml": APPLICATION % "deploy/prod",
        "deploy/prod/kustomization.yaml": "resources: [../base/api.yaml]\n",
        "deploy/base/api.yaml": DEPLOYMENT,
    }
    found = links(tmp_path, files)
    applied = {target for source, relation, target in found if relation == "applies"}
    assert applied == {"file:deploy/prod/kustomization.yaml"}
    assert ("file:deploy/prod/kustomization.yaml", "includes", "file:deploy/base/api.yaml") in found


@pytest.mark.parametrize("path", ["deploy/none", "../outside", "/", "."])
def test_a_gitops_source_of_another_repository_applies_nothing(tmp_path: Path, path: str) -> None:
    found = links(tmp_path, {"apps/api.yaml": APPLICATION % path, "deploy/api.yaml": DEPLOYMENT})
    assert not any(relation == "applies" for _, relation, _ in found)


def test_a_job_applies_what_it_deploys_and_reads_what_it_checks(tmp_path: Path) -> None:
    steps = (
        "kubectl apply -f k8s/api.yaml",
        "helm template chart -f values-prod.yaml",
        "helm upgrade --install api chart",
        "helm upgrade --install chart oci://charts.example/none",
    )
    files = {
        ".github/workflows/d.yml": "on: push\njobs:\n  d:\n    runs-on: u\n    steps:\n"
        + "".join(f"      - run: {step}\n" for step in steps),
        "k8s/api.yaml": DEPLOYMENT,
        "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
        "values-prod.yaml": "a: 1\n",
    }
    found = {(relation, target) for _, relation, target in links(tmp_path, files) if relation in ("applies", "reads")}
    assert found == {
        ("applies", "file:k8s/api.yaml"),
        ("applies", "file:chart/Chart.yaml"),
        ("reads", "file:values-prod.yaml"),
    }


def test_resources_refer_to_resources(tmp_path: Path) -> None:
    terraform = (
        'resource "aws_sagemaker_endpoint_configuration" "c" {\n  name = "c"\n}\n'
        'resource "aws_sagemaker_endpoint" "e" {\n'
        "  endpoint_config_name = aws_sagemaker_endpoint_configuration.c.name\n  tags = var.tags\n}\n"
    )
    template = (
        "Resources:\n  Model:\n    Type: AWS::SageMaker::Model\n    Properties: {}\n"
        "  Config:\n    Type: AWS::SageMaker::EndpointConfig\n"
        "    Properties:\n      ProductionVariants: [{ModelName: !GetAtt Model.ModelName, VariantName: Model}]\n"
    )
    found = links(tmp_path, {"main.tf": terraform, "stack.yaml": template})
    assert {one for one in found if one[1] == "refers to"} == {
        (
            "resource:terraform:#aws_sagemaker_endpoint.e",
            "refers to",
            "resource:terraform:#aws_sagemaker_endpoint_configuration.c",
        ),
        ("resource:stack.yaml#Config", "refers to", "resource:stack.yaml#Model"),
    }


def test_a_task_runs_the_module_of_its_function(tmp_path: Path) -> None:
    dag = (
        "from airflow import DAG\nfrom airflow.operators.python import PythonOperator\nfrom work.train import fit\n"
        "with DAG('d', schedule='@daily'):\n    PythonOperator(task_id='fit', python_callable=fit)\n"
        "    PythonOperator(task_id='print', python_callable=print)\n"
    )
    found = links(tmp_path, {"dags/d.py": dag, "work/train.py": f"{MODEL}def fit() -> None: ...\n"})
    assert {one for one in found if "step:" in one[0] + one[2]} == {
        ("file:dags/d.py", "has step", "step:dags/d.py#fit"),
        ("pipeline:dags/d.py#d", "has step", "step:dags/d.py#fit"),
        ("file:dags/d.py", "has step", "step:dags/d.py#print"),
        ("pipeline:dags/d.py#d", "has step", "step:dags/d.py#print"),
        ("step:dags/d.py#fit", "runs", "file:work/train.py"),
    }


def test_a_variable_of_the_image_tells_which_model_is_read(tmp_path: Path) -> None:
    app = "import os\nimport joblib\nmodel = joblib.load(os.environ['MODEL_PATH'])\n"
    image = "FROM python:3.12\nENV MODEL_PATH=/srv/m.joblib OTHER=/srv/other.joblib\nCOPY app.py .\n"
    found = links(tmp_path, {"train.py": MODEL, "app.py": app, "Dockerfile": image})
    assert {one for one in found if one[0] == "file:app.py" and one[1] == "reads"} == {
        ("file:app.py", "reads", "model:m.joblib")
    }


def test_a_locked_install_installs_the_lock(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM python:3.12\nCOPY pyproject.toml uv.lock ./\nRUN uv sync --frozen\n",
        "pyproject.toml": "[project]\nname = 'a'\ndependencies = ['numpy']\n",
        "uv.lock": 'version = 1\n[[package]]\nname = "numpy"\nversion = "2.1.0"\n',
    }
    installed = {target for _, relation, target in links(tmp_path, files) if relation == "installs"}
    assert installed == {"file:uv.lock", "file:pyproject.toml"}


def test_a_job_that_changes_the_folder_runs_what_lies_there(tmp_path: Path) -> None:
    workflow = "on: push\njobs:\n  t:\n    runs-on: u\n    steps:\n      - run: cd model && python train.py\n"
    found = links(tmp_path, {".github/workflows/t.yml": workflow, "model/train.py": MODEL, "train.py": MODEL})
    assert {target for source, relation, target in found if relation == "runs"} == {"file:model/train.py"}


def test_a_registry_alias_is_no_part_of_the_name(tmp_path: Path) -> None:
    app = "import mlflow\nmodel = mlflow.pyfunc.load_model('models:/credit@champion')\n"
    other = "import mlflow\nmodel = mlflow.pyfunc.load_model('models:/credit/3')\n"
    found = links(tmp_path, {"app.py": app, "other.py": other})
    assert {target for _, relation, target in found if relation == "reads"} == {"model:credit"}


def test_a_notebook_that_runs_another_one_has_its_names(tmp_path: Path) -> None:
    header = "# Databricks notebook source\n"
    files = {
        "nb/train.py": f"{header}# MAGIC %run ./common/setup\n\n# COMMAND ----------\n"
        "dbutils.notebook.run('./score', 60)\n",
        "nb/common/setup.py": f"{header}x = 1\n",
        "nb/score.ipynb": '{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    }
    found = links(tmp_path, files)
    assert ("file:nb/train.py", "imports", "file:nb/common/setup.py") in found
    assert ("file:nb/train.py", "runs", "file:nb/score.ipynb") in found


def triggered(root: Path) -> list[tuple[str, str]]:
    return [(edge.source, edge.target) for edge in scan(root, Config()).edges if edge.relation == "triggers"]


def test_a_rule_of_the_cloud_triggers_the_task_that_its_target_runs(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_cloudwatch_event_rule" "weekly" {\n  schedule_expression = "rate(7 days)"\n}\n'
        'resource "aws_ecs_task_definition" "train" {\n  family = "train"\n'
        '  container_definitions = jsonencode([{ name = "train", image = "acme/train:1" }])\n}\n'
        'resource "aws_cloudwatch_event_target" "weekly" {\n  rule = aws_cloudwatch_event_rule.weekly.name\n'
        "  ecs_target {\n    task_definition_arn = aws_ecs_task_definition.train.arn\n  }\n}\n"
    )
    assert [target.partition("#")[2] for _, target in triggered(tmp_path)] == ["aws_ecs_task_definition.train"]
    assert triggered(tmp_path)[0][1].startswith("workload:")


def test_a_rule_triggers_the_pipeline_that_its_arn_spells(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_cloudwatch_event_rule" "nightly" {\n  schedule_expression = "cron(0 3 * * ? *)"\n}\n'
        'resource "aws_cloudwatch_event_target" "nightly" {\n  rule = aws_cloudwatch_event_rule.nightly.name\n'
        '  arn = "arn:aws:sagemaker:eu-west-1:1234:pipeline/churn-retraining"\n}\n'
    )
    (tmp_path / "flow.py").write_text(
        'from sagemaker.workflow.pipeline import Pipeline\n\npipeline = Pipeline(name="churn-retraining", steps=[])\n'
    )
    assert [target for _, target in triggered(tmp_path)] == ["pipeline:flow.py#churn-retraining"]


def test_a_state_machine_and_the_template_of_its_definition_are_one_pipeline(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_sfn_state_machine" "retrain" {\n  name = "retrain"\n'
        '  definition = templatefile("${path.module}/steps.json.tpl", { bucket = "b" })\n}\n'
    )
    (tmp_path / "steps.json.tpl").write_text(
        '{"StartAt": "Fit", "States": {\n"Fit": {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:'
        'createTrainingJob.sync",\n"Parameters": {"Input": "s3://${bucket}/x"}, "End": true}}}\n'
    )
    result = scan(tmp_path, Config(jobs=1))
    assert [node.label for node in result.nodes if node.kind == "pipeline"] == ["retrain"]
    steps = [
        edge.target for edge in result.edges if edge.relation == "has step" and edge.source.startswith("resource:")
    ]
    assert steps == ["step:steps.json.tpl#Fit"]


LAMBDA = (
    'resource "aws_lambda_function" "fit" {\n  function_name = "fit"\n  filename = "../fn/fit.py"\n'
    '  handler = "fit.handler"\n  runtime = "python3.12"\n}\n'
)


@pytest.mark.parametrize(
    ("step", "relation"),
    [
        ("{run: terraform apply -auto-approve, working-directory: infra}", "applies"),
        ("{run: cd infra && tofu apply}", "applies"),
        ("{run: 'terraform -chdir=infra apply'}", "applies"),
        ("{run: terragrunt apply --working-dir infra}", "applies"),
        ("{uses: dflook/terraform-apply@v2, with: {path: infra}}", "applies"),
        ("{run: terraform plan, working-directory: infra}", "reads"),
        ("{run: terraform init, working-directory: infra}", ""),
        ("{run: terraform destroy -auto-approve, working-directory: infra}", ""),
        ("{run: terraform apply}", ""),
        ("{run: echo terraform apply, working-directory: infra}", ""),
        ("{run: terraform apply, working-directory: infra, if: false}", ""),
    ],
)
def test_a_job_applies_the_infrastructure_of_its_folder(tmp_path: Path, step: str, relation: str) -> None:
    files = {
        ".github/workflows/d.yml": f"on: push\njobs:\n  d:\n    runs-on: u\n    steps:\n      - {step}\n",
        "infra/main.tf": LAMBDA,
        "infra/old/x.tf": LAMBDA,
        "fn/fit.py": MODEL + "def handler(event, context):\n    return 1\n",
    }
    found = {(source, how) for source, how, target in links(tmp_path, files) if target == "file:infra/main.tf"}
    assert found == ({("job:.github/workflows/d.yml#d", relation)} if relation else set())


def test_who_applies_infrastructure_does_not_run_what_it_declares(understand: Understand) -> None:
    job = "on: push\njobs:\n  d:\n    runs-on: u\n    steps: [{run: terraform apply, working-directory: infra}]\n"
    machine = 'resource "aws_instance" "fit" {\n  ami = "ami-1"\n  user_data = file("${path.module}/up.sh")\n}\n'
    files = {".github/workflows/d.yml": job, "infra/main.tf": machine, "infra/up.sh": "python fit.py\n"}
    graph = understand({**files, "fit.py": MODEL})
    assert purpose(graph, "file:infra/main.tf") == "train"
    assert purposes(graph, "job:.github/workflows/d.yml#d") == ("deploy",)
    assert graph.mark("file:infra/main.tf") == graph.mark("file:infra/up.sh") == "production"


_RUNNING = DEPLOYMENT.replace("containers: []", "containers: [{name: a, image: 'acme/api:1'}]")


def test_a_declared_release_brings_its_chart_to_production(understand: Understand) -> None:
    release = 'resource "helm_release" "q" {\n  name = "scorer"\n  chart = "${path.module}/../charts/web"\n}\n'
    chart = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    files = {"infra/main.tf": release, "charts/web/Chart.yaml": chart, "charts/web/templates/d.yaml": _RUNNING}
    graph = understand(files)
    nodes = {node.id: node for node in graph.nodes()}
    assert nodes["resource:terraform:infra#helm_release.q"].label == "scorer"
    assert graph.mark("file:charts/web/Chart.yaml") == graph.mark("file:infra/main.tf") == "production"
    chain = graph.path("file:infra/main.tf", "workload:charts/web/Chart.yaml#Deployment/api")
    assert [edge.relation for edge in chain] == ["defines", "applies", "includes", "defines"]
