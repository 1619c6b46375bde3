"""What a notebook asks for in a widget is, by default, what the widget starts with."""

from __future__ import annotations

import pytest

from tests.conftest import Understand

NOTEBOOK = """\
# Databricks notebook source
import mlflow
from sklearn.linear_model import LinearRegression
%s
# COMMAND ----------
name = dbutils.widgets.get("model_name")
model = LinearRegression().fit([[1]], [1])
mlflow.sklearn.log_model(model, "model", registered_model_name=name)
"""


@pytest.mark.parametrize(
    "widget",
    [
        'dbutils.widgets.text("model_name", "main.ml.churn")',
        'dbutils.widgets.text("model_name", "main.ml.churn", "Name of the model")',
        'dbutils.widgets.dropdown("model_name", "main.ml.churn", ["main.ml.churn", "other"])',
        'dbutils.widgets.text(name="model_name", defaultValue="main.ml.churn")',
        'DEFAULT = "main.ml.churn"\ndbutils.widgets.text("model_name", DEFAULT)',
    ],
)
def test_a_model_is_registered_under_the_default_of_a_widget(understand: Understand, widget: str) -> None:
    graph = understand({"train.py": NOTEBOOK % widget})
    assert [edge.target for edge in graph.edges("registers")] == ["model:main.ml.churn"]


@pytest.mark.parametrize("widget", ["", 'dbutils.widgets.text("other", "main.ml.churn")', 'print("model_name", "x")'])
def test_a_widget_without_a_default_tells_nothing(understand: Understand, widget: str) -> None:
    graph = understand({"train.py": NOTEBOOK % widget})
    assert not [edge.target for edge in graph.edges("registers") if "churn" in edge.target]
