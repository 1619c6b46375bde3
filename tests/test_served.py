"""Which declared endpoint serves which model: by its registered name, or by the place to which code saves it."""

from __future__ import annotations

import pytest

from tests.conftest import Understand

LOGGED = """
import mlflow
from sklearn.svm import SVC
mlflow.sklearn.log_model(SVC().fit([[1]], [1]), "m", registered_model_name="%s")
"""
SCHEMA = "$schema: https://azuremlschemas.azureedge.net/latest/%s.schema.json\n"
BUNDLE = (
    "resources:\n  model_serving_endpoints:\n    front: {config: {served_entities: [{entity_name: main.m.churn}]}}\n"
)
SDK = """
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.serving import EndpointCoreConfigInput, ServedEntityInput
WorkspaceClient().serving_endpoints.create(
    name="front", config=EndpointCoreConfigInput(served_entities=[ServedEntityInput(entity_name="main.m.churn")])
)
"""
TERRAFORM = """
resource "databricks_model_serving" "front" {
  name = "front"
  config {
    served_entities {
      entity_name = "main.m.churn"
    }
  }
}
"""
PACKAGE = """
import boto3
sm = boto3.client("sagemaker")
sm.create_model_package(ModelPackageGroupName="churn", ModelApprovalStatus="Approved")
"""
SAGEMAKER = """
Resources:
  Fitted:
    Type: AWS::SageMaker::Model
    Properties:
      PrimaryContainer: {ModelPackageName: "arn:aws:sagemaker:eu-west-1:1:model-package/churn/3"}
"""
KSERVE = """
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: front}
spec: {predictor: {model: {modelFormat: {name: sklearn}, storageUri: "s3://store/models/churn/2"}}}
"""
SAVED = """
import joblib
from sklearn.svm import SVC
joblib.dump(SVC().fit([[1]], [1]), "s3://store/models/churn/2/model.joblib")
"""
AZURE_SDK = """
from azure.ai.ml.entities import ManagedOnlineDeployment, Model
fitted = Model(name="churn", path="out/model", type="mlflow_model")
blue = ManagedOnlineDeployment(name="blue", endpoint_name="front", model="azureml:churn@latest")
"""


@pytest.mark.parametrize(
    ("files", "server", "relation"),
    [
        ({"b.yml": BUNDLE, "train.py": LOGGED % "main.m.churn"}, "resource:b.yml#databricks_model_serving/front", ""),
        ({"d.py": SDK, "train.py": LOGGED % "main.m.churn"}, "resource:d.py#databricks_model_serving/front", ""),
        (
            {"m.tf": TERRAFORM, "train.py": LOGGED % "main.m.churn"},
            "resource:terraform:#databricks_model_serving.front",
            "",
        ),
        (
            {
                "dep.yml": SCHEMA % "managedOnlineDeployment" + "name: blue\nmodel: azureml:churn:3\n",
                "model.yml": SCHEMA % "model" + "name: churn\npath: ./out\n",
            },
            "resource:dep.yml#managedOnlineDeployment/blue",
            "resource:model.yml#model/churn",
        ),
        ({"a.py": AZURE_SDK}, "resource:a.py#managedOnlineDeployment/blue", "resource:a.py#model/churn"),
        (
            {
                "dep.yml": SCHEMA % "managedOnlineDeployment" + "name: blue\nmodel: azureml:churn:3\n",
                "r.sh": "az ml model create --name churn --path out\n",
            },
            "resource:dep.yml#managedOnlineDeployment/blue",
            "file:r.sh",
        ),
        ({"t.yaml": SAGEMAKER, "train.py": PACKAGE}, "resource:t.yaml#Fitted", ""),
        ({"k.yaml": KSERVE, "train.py": SAVED}, "resource:k.yaml#serving.kserve.io/InferenceService/front", ""),
    ],
)
def test_a_server_and_the_code_that_registers_share_the_model(
    understand: Understand, files: dict[str, str], server: str, relation: str
) -> None:
    graph = understand(files)
    edges = list(graph.edges("serves"))
    assert [edge.source.rpartition("/")[2] for edge in edges] == [server.rpartition("/")[2]]
    makers = {edge.source for edge in graph.links_to(edges[0].target, "registers", "writes")}
    assert (relation or "file:train.py") in makers


def test_a_common_last_word_of_a_place_joins_nothing(understand: Understand) -> None:
    graph = understand({"k.yaml": KSERVE.replace("churn/2", "latest"), "train.py": SAVED})
    assert not graph.edges("serves")
