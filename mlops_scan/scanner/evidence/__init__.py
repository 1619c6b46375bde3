"""Which capabilities the repository has, and in which state: one file a capability that a signature alone cannot prove."""
