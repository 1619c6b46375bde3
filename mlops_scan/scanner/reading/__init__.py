"""Reads all files of a tree with the parsers that want them."""

from mlops_scan.scanner.reading.whole import Reading, rare_collection, read

__all__ = ["Reading", "rare_collection", "read"]
