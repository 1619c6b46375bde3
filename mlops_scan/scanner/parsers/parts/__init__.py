"""What parsers of which few repositories need are made of: imported when there is something to read."""
