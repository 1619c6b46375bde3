"""A product is told by its own name: no entry for several of them, no method whose name they share."""

from __future__ import annotations

import pytest

from mlops_scan.scanner import catalog
from mlops_scan.scanner.graph import Graph
from tests.conftest import Understand

SPARK = "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {name: s}\nspec: {type: Python}\n"


def _tools(graph: Graph, capability: str) -> set[str]:
    return {use.tool for use in graph.uses(capability)}


@pytest.mark.parametrize(
    ("files", "tool"),
    [
        ({"run.sh": "spark-submit --master local train.py\n"}, "spark-jobs"),
        ({"job.yaml": SPARK}, "spark-jobs"),
        ({"run.sh": "ray job submit -- python train.py\n"}, "ray-jobs"),
        ({"main.tf": 'resource "google_workflows_workflow" "w" {\n  name = "w"\n}\n'}, "google-workflows"),
        ({"main.tf": 'resource "azurerm_data_factory_pipeline" "p" {\n  name = "p"\n}\n'}, "data-factory"),
        ({"main.tf": 'resource "aws_glue_workflow" "w" {\n  name = "w"\n}\n'}, "glue-workflows"),
        ({"main.tf": 'resource "aws_sfn_state_machine" "w" {\n  name = "w"\n}\n'}, "step-functions"),
    ],
)
def test_a_pipeline_is_told_as_that_of_its_own_product(
    files: dict[str, str], tool: str, understand: Understand
) -> None:
    assert _tools(understand(files), "pipeline-orchestration") == {tool}


TUNES = "from openai import OpenAI\nOpenAI().fine_tuning.jobs.create(training_file='f', model='gpt-4o-mini')\n"
YOLO = "from ultralytics import YOLO\nYOLO('yolov8n.pt').train(data='data.yaml')\n"
LEARN = "from fastai.tabular.all import *\nlearn = tabular_learner(dls)\nlearn.fit(2)\n"
SFT = (
    "from vertexai.tuning import sft\nsft.train(source_model='gemini-1.5-flash-002', train_dataset='gs://b/a.jsonl')\n"
)


@pytest.mark.parametrize(
    ("code", "tool"),
    [(TUNES, "openai-tuning"), (SFT, "vertex-tuning"), (YOLO, "ultralytics"), (LEARN, "fastai")],
)
def test_training_is_told_as_that_of_its_own_product(code: str, tool: str, understand: Understand) -> None:
    graph = understand({"train.py": code})
    assert {use.tool for use in graph.uses("trains")} == {tool}
    assert graph.profile.trains_model


VIEW = 'fs.get_feature_view("x")\n'


@pytest.mark.parametrize(
    ("files", "tools"),
    [
        ({"a.py": f'from feast import FeatureStore\nfs = FeatureStore(".")\n{VIEW}'}, {"feast"}),
        ({"a.py": f"import hopsworks\nfs = hopsworks.login().get_feature_store()\n{VIEW}"}, {"hopsworks"}),
        ({"a.py": f"def read(fs):\n    return {VIEW}"}, set()),
        ({"a.py": f"def read(fs):\n    return {VIEW}", "requirements.txt": "hopsworks\n"}, {"hopsworks"}),
    ],
)
def test_a_method_that_products_share_proves_the_one_that_is_imported(
    files: dict[str, str], tools: set[str], understand: Understand
) -> None:
    assert _tools(understand(files), "feature-store") == tools


def test_a_method_of_another_product_is_no_use_of_the_one_that_is_only_declared(understand: Understand) -> None:
    code = f'from feast import FeatureStore\nfs = FeatureStore(".")\n{VIEW}'
    graph = understand({"a.py": code, "requirements.txt": "hsfs\n"})
    assert not [use for use in graph.uses("feature-store") if use.tool == "hopsworks" and use.fact.kind == "call"]


def test_one_installed_product_does_not_stand_for_another() -> None:
    shipped = catalog.load()
    assert {one.id for one in shipped.tools() if "dask" in one.pypi or "ray" in one.pypi} == {"dask", "ray-jobs"}


def test_what_needs_an_import_says_by_which_it_is_known() -> None:
    needy = [one for one in catalog.load().tools() if one.import_needed]
    assert needy and all(one.imports and one.pypi for one in needy)
