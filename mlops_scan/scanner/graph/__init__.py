"""The evidence graph: facts, what the catalogue knows of them, links, evidence; questions for rules."""

from mlops_scan.scanner.graph.answering import answering, answering_of_kinds, released
from mlops_scan.scanner.graph.callees import Callees
from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.deliveries import Deliveries
from mlops_scan.scanner.graph.facts import counts
from mlops_scan.scanner.graph.handlers import Handlers
from mlops_scan.scanner.graph.links import RUNNING
from mlops_scan.scanner.graph.loads import loads_model
from mlops_scan.scanner.graph.modelfiles import ModelFiles
from mlops_scan.scanner.graph.prepared import choosing as choosing_rows
from mlops_scan.scanner.graph.purpose import purpose, purpose_of_schedule, purposes
from mlops_scan.scanner.graph.pythons import Pythons
from mlops_scan.scanner.graph.remote import asked_remotely
from mlops_scan.scanner.graph.timers import is_of_resource, is_off
from mlops_scan.scanner.graph.triggers import SPOKEN, Start, starting, starts
from mlops_scan.scanner.graph.unused import Unused
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.graph.versions import Versions
from mlops_scan.scanner.graph.workloads import PLAIN_KINDS, Container, Workload

__all__ = [
    "PLAIN_KINDS",
    "RUNNING",
    "SPOKEN",
    "Callees",
    "Container",
    "Deliveries",
    "Graph",
    "Handlers",
    "ModelFiles",
    "Pythons",
    "Start",
    "Unused",
    "Use",
    "Versions",
    "Workload",
    "answering",
    "answering_of_kinds",
    "asked_remotely",
    "choosing_rows",
    "counts",
    "is_of_resource",
    "is_off",
    "loads_model",
    "purpose",
    "purpose_of_schedule",
    "purposes",
    "released",
    "starting",
    "starts",
]
