"""Rules of the concern 'optimization'."""
