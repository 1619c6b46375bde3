"""Rules of the concern 'observability'."""
