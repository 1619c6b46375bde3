"""The words of the catalogue: capabilities, roles, and what an entry may say. docs/catalog.md repeats them."""

from __future__ import annotations

from enum import IntEnum

CAPABILITIES = (
    "ab-testing",
    "alerting",
    "autoscaling",
    "ci-cd",
    "cost-controls",
    "data-validation",
    "data-versioning",
    "dependency-locking",
    "deployment-automation",
    "disaster-recovery",
    "distributed-training",
    "drift-monitoring",
    "evaluation-gate",
    "experiment-tracking",
    "feature-store",
    "governance",
    "gradual-rollout",
    "health-checks",
    "hyperparameter-tuning",
    "inference-optimization",
    "infra-monitoring",
    "infrastructure-as-code",
    "llm-api-client",
    "llm-gateway",
    "llm-observability",
    "load-balancing",
    "model-artifact",
    "model-monitoring",
    "model-registry",
    "pipeline-orchestration",
    "response-caching",
    "retraining-trigger",
    "rollback",
    "secrets-management",
    "serving",
    "supply-chain-security",
    "training-framework",
)

ROLES = {
    "trains": "fits a model, or starts a job that does",
    "defines-model": "the class of a network",
    "hyperparameter-search": "tries hyperparameters",
    "evaluates": "computes metrics of a model",
    "logs-metrics": "records metrics or parameters of a run",
    "splits-randomly": "splits, shuffles, samples or initialises at random (`seed`: what fixes it)",
    "seeds": "fixes the random state of the process",
    "reads-data": "reads a data set (`data`: from where)",
    "writes-data": "writes a table or an object (`data`: where to)",
    "persists-model": "writes a trained model (`path` or `name`)",
    "loads-model": "reads a model (`path`)",
    "previews-deployment": "shows what a deployment would change, and changes nothing",
    "serves-file": "names the model file that a server answers with, or lies in its folder",
    "loads-hub-model": "loads a model from a public hub (`id`, `revision`)",
    "registry-load": "loads a named, versioned model from a registry (`model`)",
    "unsafe-load": "reading it may run code (`safe` where an argument prevents that)",
    "registers-model": "makes a named, versioned model",
    "promotes": "brings a model to users or one step nearer: stage, alias, approval, endpoint",
    "predicts": "asks a model",
    "batch-scoring": "a product that scores in bulk",
    "model-server": "a server or an endpoint that answers with a model",
    "endpoint": "an address at which something answers (`name`)",
    "pipeline": "a whole pipeline, flow or DAG (`name`, `steps`)",
    "monitor": "watches something that runs, or alerts on it (`name`)",
    "shows-metrics": "shows what something else measures",
    "ml-platform": "exists for machine learning alone: a workspace, a pipeline service, a store of metadata",
    "serving-platform": "installs or configures what can serve models, without serving one",
    "web-app": "a web application",
    "web-route": "a handler of requests (`url`, `handler`)",
    "mounts-routes": "puts the routes of a router under a prefix (`router`, `url`; `instead` of the router's own)",
    "chore": "an action of CI that looks after issues and pull requests, or only fetches the code",
    "post-route": "a handler that answers POST where the call names no method",
    "request-body": "a typed, validated request body",
    "takes-messages": "takes messages from a broker or a queue, one after the other",
    "untyped-body": "a request body taken as it comes",
    "validates-input": "checks what came in against a schema",
    "checks-data": "checks a data set by hand: columns, types, nulls",
    "forgoes-batching": "a server that could batch requests and is told not to",
    "demo-ui": "a demonstration page around a model",
    "dev-server": "a web server meant for development",
    "runs-service": "a resource that runs a container or a function of one's own",
    "http-client": "an outgoing HTTP call (`url`, `timeout`; `safe` where it cannot hang)",
    "llm-client": "asks a language model behind an API (`url`, `model`, `timeout`)",
    "pipeline-definition": "defines a pipeline, a flow, a DAG, or a step of one",
    "pipeline-step": "defines one step of a pipeline (`name`, `runs`, `needs`, `makes`, `pipeline`)",
    "orders-steps": "says which step of a pipeline comes next (`name`, `needs`)",
    "starts-on-data": "makes new data in a store start a delivery pipeline",
    "starts-pipeline": "starts a run of a pipeline",
    "schedules": "runs something by the clock or on an event (`cron`, `pipeline`)",
    "drift-check": "compares distributions",
    "alerts": "tells somebody",
    "deploys": "brings a release to where it runs",
    "takes-down": "removes an endpoint or a deployment",
    "builds-image": "builds a container image",
    "pushes-image": "pushes a container image",
    "publishes-package": "publishes a package or a chart: that is no deployment",
    "local-run": "runs containers on the machine at hand",
    "manual-approval": "waits for a person",
    "gpu-runtime": "an image, a command or a variable that means a GPU",
    "cluster-agent": "a driver, a device plugin or an agent of the cluster itself",
    "unprivileged-image": "an image of which the user is not root, though its tag does not say so",
    "keeps-data": "a database, a cache, a broker or an object store: it does not scale with requests",
    "load-generator": "sends requests to measure what answers them",
    "notebook-server": "a place for people to run notebooks in",
    "gpu-code": "code that moves to a GPU",
    "executes-notebook": "runs a notebook as a program",
    "runs-tests": "runs tests",
    "checks-code": "looks over code or configuration without running it",
    "reads-secret": "takes a secret from a store",
    "uses-cloud": "shows which cloud this runs on",
    "can-capture-data": "an endpoint that can record what it is asked (with capability model-monitoring: it does)",
    "can-scale": "an endpoint on instances that something can scale (with capability autoscaling: by itself)",
    "can-roll-back": "an endpoint whose updates can undo themselves (with capability rollback: they do)",
    "training-compute": "compute that trains and could be spot capacity (with capability cost-controls: it is)",
    "untagged": "a resource that costs money, could carry tags or labels, and has none",
    "default-tags": "gives tags or labels to every resource of a provider",
}

KINDS = (
    "audio",
    "classical",
    "deep-learning",
    "diffusion",
    "embedding",
    "llm",
    "nlp",
    "recommender",
    "time-series",
    "vision",
)
CLOUDS = ("aws", "azure", "databricks", "gcp")
STATUSES = ("active", "archived", "eol", "maintenance", "relicensed", "renamed")
VERIFIED = ("full", "none", "part")

# keys of a signature that name arguments of the call, by position or keyword
REFERENCES = (
    "alias",
    "body",
    "cron",
    "data",
    "handler",
    "id",
    "instead",
    "makes",
    "model",
    "name",
    "needs",
    "not_tag",  # of an image: patterns of tags that are something else
    "path",
    "pipeline",
    "revision",
    "router",
    "runs",
    "seed",
    "steps",
    "tells",  # what a pipeline calls when it fails
    "timeout",
    "url",
    "version",
)


class Strength(IntEnum):
    """strong: it does it; medium: an import or a variable that proves it; weak: declared, or only a hint."""

    WEAK = 1
    MEDIUM = 2
    STRONG = 3

    @property
    def label(self) -> str:
        return self.name.lower()
