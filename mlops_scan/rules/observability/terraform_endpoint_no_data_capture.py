"""terraform-endpoint-no-data-capture"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner import paths
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Finding


class TerraformEndpointNoDataCapture(Rule):
    """The endpoint keeps nothing of what it is asked

    ## Why is this bad?
    Without a sample of requests and answers nobody can see drift, look into a complaint or build the next training set.

    The rule judges definitions of endpoints wherever they are written: Terraform, CloudFormation, CDK, calls of an SDK.

    ## Example
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```
    ```hcl title="main.tf"
    resource "aws_sagemaker_endpoint_configuration" "prices" {
      production_variants {
        model_name             = "prices"
        instance_type          = "ml.m5.large"
        initial_instance_count = 2
      }
    }
    ```

    ## Use instead
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```
    ```hcl title="main.tf"
    resource "aws_sagemaker_endpoint_configuration" "prices" {
      production_variants {
        model_name             = "prices"
        instance_type          = "ml.m5.large"
        initial_instance_count = 2
      }
      data_capture_config {
        enable_capture              = true
        initial_sampling_percentage = 10
        destination_s3_uri          = "s3://acme-capture/prices"
        capture_options { capture_mode = "Input" }
        capture_options { capture_mode = "Output" }
      }
    }
    ```

    ## When to ignore
    The container logs its requests itself, or the data must not be kept.

    ## References
    SageMaker documentation, capture data from a real-time endpoint.
    """

    kinds = OPERATED
    references = ("https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html",)
    remedy = "Record a sample of requests and answers in a bucket."

    def check(self, graph: Graph) -> Iterator[Finding]:
        if self.offered(graph, "model-monitoring"):
            return
        in_code = {use.tool for use in graph.uses("model-monitoring") if use.fact.kind == "call"}
        for use in graph.uses("can-capture-data"):
            if (
                use.disabled
                or use.tried_out
                or paths.is_development(use.at.path)
                or use.tool in in_code
                or graph.has_role(use.fact, "model-monitoring")
            ):
                continue
            kind = str(use.fact.get("type"))
            yield self.finding(
                f"Endpoint definition '{kind}.{use.fact.name}' does not capture requests and answers.",
                use.at,
                subject=f"{use.at.path.rpartition('/')[0]}#{kind}.{use.fact.name}",
            )
