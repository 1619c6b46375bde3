"""Rules of the concern 'reproducibility'."""
