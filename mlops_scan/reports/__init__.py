"""The telling: one file a format. `base.Report` says what a report must have."""
