"""terraform-endpoint-no-autoscaling"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner import paths
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Finding


class TerraformEndpointNoAutoscaling(Rule):
    """The endpoint keeps its number of instances whatever the load

    ## Why is this bad?
    The number that fits the peak is paid for all night, and the number that fits the night turns requests away at noon.

    The rule judges definitions of endpoints wherever they are written: Terraform, CloudFormation, CDK, calls of an SDK.

    ## Example
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```
    ```hcl title="main.tf"
    resource "aws_sagemaker_endpoint_configuration" "prices" {
      production_variants {
        variant_name           = "main"
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
        variant_name           = "main"
        model_name             = "prices"
        instance_type          = "ml.m5.large"
        initial_instance_count = 2
      }
    }

    resource "aws_appautoscaling_target" "prices" {
      service_namespace  = "sagemaker"
      scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
      resource_id        = "endpoint/prices/variant/main"
      min_capacity       = 2
      max_capacity       = 6
    }
    ```

    ## When to ignore
    The load is constant and known.

    ## References
    SageMaker documentation, automatic scaling of models.
    """

    kinds = OPERATED
    references = ("https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html",)
    remedy = "Register the variant as a scalable target with a policy on invocations per instance, or go serverless."

    def check(self, graph: Graph) -> Iterator[Finding]:
        if self.offered(graph, "autoscaling"):
            return
        # which endpoint a scaling target names is often built at run time: one target speaks for its tool
        scaled = {use.tool for use in graph.uses("autoscaling") if not use.disabled and not _is_endpoint(graph, use)}
        for use in graph.uses("can-scale"):
            if (
                use.disabled
                or use.tried_out
                or paths.is_development(use.at.path)
                or use.tool in scaled
                or graph.has_role(use.fact, "autoscaling")
            ):
                continue
            kind = str(use.fact.get("type"))
            yield self.finding(
                f"Nothing scales endpoint definition '{kind}.{use.fact.name}': no scaling target names its variants.",
                use.at,
                subject=f"{use.at.path.rpartition('/')[0]}#{kind}.{use.fact.name}",
            )


def _is_endpoint(graph: Graph, use: Use) -> bool:
    """Whether the use says of one endpoint that it scales by itself, rather than scaling another."""
    return graph.has_role(use.fact, "model-server")
