"""Methods of parameters by what every caller hands over, and what a Spark model predicts."""

from __future__ import annotations

import pytest

from tests.conftest import Understand

LOAD = """
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

def load(name):
    return PipelineModel.load("s3://store/models/" + name)

def run(model, frame):
    model.transform(frame).select("city").write.mode("append").parquet("s3://store/predictions")

spark = SparkSession.builder.getOrCreate()
frame = spark.read.parquet("s3://store/new")
"""
CLIENT = """
import boto3

def deploy(client, name):
    client.create_endpoint(EndpointName=name, EndpointConfigName=name)
"""


def test_a_model_that_is_handed_over_scores(understand: Understand) -> None:
    graph = understand({"score.py": LOAD + 'model = load("churn")\nrun(model, frame)\n'})
    assert (graph.profile.serves_model, [use.at.line for use in graph.batch]) == ("batch", [9])
    told = {(edge.relation, edge.target) for edge in graph.links_from("file:score.py", "reads", "writes")}
    assert told == {
        ("reads", "data:s3://store/new"),
        ("reads", "model:churn"),
        ("writes", "data:s3://store/predictions"),
    }


@pytest.mark.parametrize(
    "calls",
    [
        'model = load("churn")\nrun(model, frame)\nrun(open("x"), frame)\n',  # two callers, two kinds
        "",  # nobody calls it
        "run(unknown, frame)\n",
    ],
)
def test_what_is_not_known_of_every_caller_says_nothing(understand: Understand, calls: str) -> None:
    assert not understand({"score.py": LOAD + calls}).batch


def test_over_files_and_by_name(understand: Understand) -> None:
    main = "import boto3\nfrom release import deploy\n\ndeploy(name='churn', client=boto3.client('sagemaker'))\n"
    graph = understand({"release.py": CLIENT, "main.py": main})
    assert [use.fact.name for use in graph.uses("endpoint")] == ["boto3.client.create_endpoint"]


def test_what_a_model_of_spark_is_saved_as(understand: Understand) -> None:
    text = (
        "from pyspark.ml.classification import LogisticRegression\nmodel = LogisticRegression().fit(frame)\n"
        "model.write().overwrite().save('s3://store/models/churn')\n"
        "model.transform(frame).write.format('delta').mode('overwrite').save('s3://store/scored')\n"
    )
    graph = understand({"train.py": text})
    told = {(edge.relation, edge.target) for edge in graph.links_from("file:train.py", "writes")}
    assert told == {("writes", "model:churn"), ("writes", "data:s3://store/scored")}
