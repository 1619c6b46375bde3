"""Data committed beside the code: tables, arrays and records, by name and size only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_TABLES = (
    *("csv", "tsv", "parquet", "feather", "arrow", "orc", "avro", "jsonl", "ndjson", "npy", "npz", "xls", "xlsx"),
    *("arff", "libsvm", "svmlight", "tfrecord", "tfrecords", "rec", "mat", "sas7bdat", "dta", "sav", "rds", "rdata"),
)
_PACKED = ("", ".gz", ".bz2", ".xz", ".zst", ".zip")
_TABLE = re.compile(rf"\.({'|'.join(_TABLES)})(?:\.(?:gz|bz2|xz|zst|zip))?\Z", re.IGNORECASE)
_LARGE_TEXT = re.compile(
    r"(?:^|/)(?:data|datasets?|corpus|corpora)/(?:.*/)?[^/]+\.(json|txt|xml)(?:\.gz)?\Z", re.IGNORECASE
)
_LARGE = 1_000_000  # bytes from which a text file in a data folder is data
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:[^\n]*\n)*?size (\d{1,18})\n")
_POINTER_BYTES = 1024  # by the specification a pointer is smaller
_BY_MAGIC = {"sav": (b"$FL2", b"$FL3", b"version ")}  # suffixes that other things have, too; a pointer has no magic


class DataFile(Parser):
    """`dataset` facts of data files in the repository."""

    headers_only = True
    patterns = (
        *(f"*.{table}{packed}" for table in _TABLES for packed in _PACKED),
        *("*.CSV", "*.XLSX", "*.RData"),
        *("*data*/*.json", "*data*/*.txt", "*data*/*.xml", "*data*/*.json.gz", "*corp*/*.json", "*corp*/*.txt"),
    )

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        found = _format(source.path, source.size)
        return found != "" and (found not in _BY_MAGIC or _begins(source, _BY_MAGIC[found]))

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        size, tracked = source.size, "git"
        if source.size < _POINTER_BYTES and (pointer := _POINTER.match(source.data)):
            size, tracked = int(pointer[1]), "lfs"
        says = {"tracked_by": tracked, "bytes": size, "format": _format(source.path, source.size)}
        yield Fact("dataset", source.path, Location(source.path), says)


def _format(path: str, size: int) -> str:
    if match := _TABLE.search(path):
        return match[1].lower()
    match = _LARGE_TEXT.search(path)
    return match[1].lower() if match and size >= _LARGE else ""


def _begins(source: SourceFile, magic: tuple[bytes, ...]) -> bool:
    try:
        with (source.root / source.path).open("rb") as file:
            return file.read(8).startswith(magic)
    except OSError:
        return False
