"""Read an ML repository; say how it would run in production, what is missing, and what it could look like."""

__version__ = "0.1.0"
