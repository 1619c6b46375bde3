"""Readers that several parsers share: YAML nodes, image references, shell words, Kubernetes objects."""
