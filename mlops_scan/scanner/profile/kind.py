"""What kind of repository: somebody's project, a library for others, a template, a platform, notebooks."""

from __future__ import annotations

import re

from mlops_scan.scanner import paths
from mlops_scan.scanner.evidence.batches import batch_serving
from mlops_scan.scanner.evidence.online import online_serving
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.profile.activity import training

_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|__cookiecutter|\[\[[^\[\]]*\]\]")
_DEFINITIONS = re.compile(r"(?:^|/)crds?/|(?:^|/)PROJECT$")
_ACTS = re.compile(r"(?:^|/)[^/]*(?:controller|reconciler)[^/]*\.(?:go|rs|java)$")
_TEMPLATE_FILES = ("cookiecutter.json", "copier.yml", "copier.yaml", "cruft.json")
_BESIDE = re.compile(r"(?:^|/)(?:scripts?|tools|recipes|research)/")  # where libraries keep what shows or measures them
_NAMELESS = ("src", "app", "main", "project", "code")  # packages that make a folder importable, for nobody else
_ABOUT_MODELS = ("trains", "predicts", "loads-model", "loads-hub-model", "registry-load", "batch-scoring", "llm-client")


def kind_of(graph: Graph) -> str:
    """project, library, template, platform or notebooks. Asked only where there is ML."""
    if is_template(graph):
        return "template"
    notebooks = is_notebooks(graph)
    if not notebooks and is_platform(graph):
        return "platform"
    if is_library(graph):
        return "library"
    return "notebooks" if notebooks else "project"


def is_template(graph: Graph) -> bool:
    """File names or marker files of a generator (cookiecutter, copier), and no system beside what it makes."""
    homes = {path.rpartition("/")[0] for path in graph.files if path.rsplit("/", 1)[-1] in _TEMPLATE_FILES}
    homes |= {path[: found.start()].rpartition("/")[0] for path in graph.files if (found := _PLACEHOLDER.search(path))}
    if not homes or "" in homes:
        return bool(homes)
    made = tuple(f"{home}/" for home in homes)
    acts = (*training(graph), *online_serving(graph), *batch_serving(graph))
    return all(use.at.path.startswith(made) or paths.is_example(use.at.path) for use in acts)


def is_platform(graph: Graph) -> bool:
    """An operator, or charts, modules and manifests that run other people's models: infrastructure, and no own code."""
    if is_operator(graph):
        return True
    if _runs_own_code(graph) or any(not paths.is_example(use.at.path) for use in training(graph)):
        return False
    offered = graph.facts("chart", "terraform-module", "kustomization")
    resources = [fact for fact in graph.facts("resource") if fact.get("platform") in ("terraform", "kubernetes")]
    return bool(offered) or (bool(resources) and not graph.uses("web-app"))


def _runs_own_code(graph: Graph) -> bool:
    """Whether code about models stands here, or an image starts a program of the repository's own."""
    about = (use.at.path for use in graph.uses(*_ABOUT_MODELS) if use.fact.kind == "call")
    if any(not path.endswith(".ipynb") and not paths.is_example(path) for path in about):
        return True
    starting = {edge.target for edge in graph.edges("starts") if edge.source.startswith("stage:")}
    started = {path for node in sorted(starting) for path in graph.files_run_by(node)}
    return any(path.endswith(".py") and not paths.is_example(path) for path in started)


def is_operator(graph: Graph) -> bool:
    """A controller of its own for Kubernetes: definitions of types, and the code that acts on them."""
    defines = any(_DEFINITIONS.search(path) for path in graph.files)
    return defines and any(_ACTS.search(path) for path in graph.files)


def is_library(graph: Graph) -> bool:
    """A distribution for others: it is packaged, and nothing here runs a system of its own."""
    manifests = [
        fact
        for fact in graph.facts("manifest")
        if fact.get("package") and "/" not in fact.at.path and fact.get("project") not in _NAMELESS
    ]
    if not manifests or _operates_pipelines(graph):
        return False
    return _library_score(graph) > _project_score(graph)


def _library_score(graph: Graph) -> int:
    """How much the repository looks made to be installed by others."""
    ranged = [fact for fact in graph.facts("package") if fact.get("group") == "main" and fact.get("pinned")]
    publishes = any(
        use.fact.get("where") == "ci" or use.fact.kind == "action" for use in graph.uses("publishes-package")
    )
    known = [str(one) for fact in graph.facts("manifest") for one in fact.get("classifiers") or ()]
    listed = any(one.startswith("Development Status") for one in known) + any("Libraries" in one for one in known)
    documented = any(re.search(r"(?:^|/)(?:docs?/conf\.py|mkdocs\.ya?ml)$", path) for path in graph.files)
    examples = any(paths.is_example(path) for path in graph.files)
    extras = any(fact.get("group") not in ("main", "dev", "build", None, "") for fact in graph.facts("package"))
    return 3 * publishes + 2 * listed + documented + examples + extras + (not ranged)


def _project_score(graph: Graph) -> int:
    """How much it looks like a system that somebody runs."""
    real = [path for path in graph.files if not paths.is_test(path) and not paths.is_example(path)]
    data = any(not paths.is_example(fact.at.path) for fact in graph.facts("dataset"))
    workloads = [one for one in graph.workloads() if not paths.is_example(one.at.path)]
    stages = [
        fact for fact in graph.facts("stage") if fact.at.path in real and (fact.get("cmd") or fact.get("entrypoint"))
    ]
    deploys = graph.has("deployment-automation")
    pipeline = _declares_steps(graph)
    tracked = any(
        not paths.is_example(use.at.path) for use in graph.uses("reads-data") if _is_constant_path(use.argument("data"))
    )
    application = bool(graph.uses("llm-api-client", "demo-ui", "pipeline-definition")) and not graph.uses(
        "publishes-package"
    )
    serves = bool(stages) and any(not paths.is_example(use.at.path) for use in graph.online)
    return (
        2 * _has_training_program(graph)
        + 2 * serves
        + 2 * _starts_an_application(graph)
        + 2 * application
        + 3 * bool(workloads)
        + 2 * bool(stages)
        + 3 * deploys
        + 2 * data
        + 2 * pipeline
        + tracked
    )


def _starts_an_application(graph: Graph) -> bool:
    """Whether a web application of its own is started here, and what is packaged is published nowhere."""
    if graph.uses("publishes-package"):
        return False
    programs = {fact.at.path for fact in graph.facts("entry-point")}
    programs |= {edge.target.removeprefix("file:") for edge in graph.edges("runs", "starts")}
    made = [use for use in graph.uses("web-app") if use.fact.kind == "call" and not use.fact.get("function")]
    return any(use.at.path in programs and not paths.is_example(use.at.path) for use in made)


def _has_training_program(graph: Graph) -> bool:
    """Whether a file that is started as a program, and is no example or script beside a library, fits a model."""
    programs = {fact.at.path for fact in graph.facts("entry-point") if not _BESIDE.search(fact.at.path)}
    return any(use.at.path in programs and not paths.is_example(use.at.path) for use in training(graph))


def _operates_pipelines(graph: Graph) -> bool:
    """Whether a job of CI runs a pipeline that code here defines, and what is packaged is published nowhere."""
    defines = {use.at.path for use in graph.uses("pipeline") if use.fact.kind == "call" and not use.disabled}
    defines = {path for path in defines if not paths.is_test(path) and not paths.is_example(path)}
    if not defines or graph.uses("publishes-package"):
        return False
    jobs = {edge.target[5:] for edge in graph.edges("runs") if edge.source.startswith("job:")}
    knowing = graph.importing(defines)
    return any(path in knowing and not paths.is_test(path) and not paths.is_example(path) for path in jobs)


def _declares_steps(graph: Graph) -> bool:
    """Whether a file beside the code says which steps a pipeline has."""
    return any(fact.get("where") != "python" for fact in graph.facts("pipeline-step"))


def _is_constant_path(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def is_notebooks(graph: Graph) -> bool:
    """Notebooks and loose scripts: nothing is served outside them, packaged, deployed or piped."""
    served = (*online_serving(graph), *batch_serving(graph), *graph.uses("serving-platform", "ml-platform"))
    if any(not use.at.path.endswith(".ipynb") for use in served) or _declares_steps(graph):
        return False
    if graph.facts("stage"):
        return False
    if any(graph.bystanders.serves(workload) for workload in graph.workloads()):
        return False
    if any(not use.at.path.endswith(".ipynb") for use in graph.uses("pipeline-definition")):
        return False
    if graph.has("deployment-automation", "infrastructure-as-code"):
        return False
    trained = training(graph)
    in_notebooks = sum(use.at.path.endswith(".ipynb") for use in trained)
    notebooks = sum(path.endswith(".ipynb") for path in graph.files)
    return bool(notebooks) and (in_notebooks * 2 >= len(trained))
