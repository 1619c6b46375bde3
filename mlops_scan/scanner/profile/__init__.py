"""What kind of repository this is, what it trains and serves, and its systems. Computed before any rule."""
