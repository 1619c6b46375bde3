"""From files to one evidence graph: knows formats and facts, judges nothing."""
