"""Rules of the concern 'serving'."""
