"""Rules of the concern 'security'."""
