"""terraform-on-demand-training"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Confidence, Finding, Severity


class TerraformOnDemandTraining(Rule):
    """Training runs on capacity at the full price

    ## Why is this bad?
    Training can be interrupted and go on from a checkpoint, so it can use capacity that the provider sells cheaper
    because it may take it back.

    ## Example
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```
    ```hcl title="main.tf"
    resource "azurerm_machine_learning_compute_cluster" "train" {
      name                          = "train"
      location                      = "westeurope"
      machine_learning_workspace_id = "/subscriptions/0/workspaces/ml"
      vm_size                       = "STANDARD_NC6S_V3"
      vm_priority                   = "Dedicated"
    }
    ```

    ## Use instead
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```
    ```hcl title="main.tf"
    resource "azurerm_machine_learning_compute_cluster" "train" {
      name                          = "train"
      location                      = "westeurope"
      machine_learning_workspace_id = "/subscriptions/0/workspaces/ml"
      vm_size                       = "STANDARD_NC6S_V3"
      vm_priority                   = "LowPriority"
    }
    ```

    ## When to ignore
    The job is short, cannot write checkpoints, or runs on reserved capacity.

    ## References
    SageMaker documentation, managed spot training; Azure Machine Learning documentation, low-priority compute.
    """

    severity = Severity.NOTE
    confidence = Confidence.MEDIUM
    kinds = OPERATED
    references = (
        "https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html",
        "https://learn.microsoft.com/azure/machine-learning/how-to-manage-optimize-cost",
    )
    remedy = "Use spot or low-priority capacity, and write checkpoints."

    def check(self, graph: Graph) -> Iterator[Finding]:
        for use in graph.uses("training-compute"):
            if use.disabled or graph.has_role(use.fact, "cost-controls"):
                continue
            kind = str(use.fact.get("type"))
            yield self.finding(
                f"Resource '{kind}.{use.fact.name}' trains on demand, at the full price.",
                use.at,
                subject=f"{use.at.path.rpartition('/')[0]}#{kind}.{use.fact.name}",
            )
