"""Recommendations: one chooser a topic, its decision table as YAML beside it."""
