"""Rules of the concern 'tooling'."""
