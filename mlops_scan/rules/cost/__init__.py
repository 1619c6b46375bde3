"""Rules of the concern 'cost'."""
