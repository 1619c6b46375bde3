"""Helm charts: loaded with what they depend on, installed, rendered in process, and told as facts."""
