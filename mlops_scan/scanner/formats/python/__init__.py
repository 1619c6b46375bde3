"""Python source to facts: imports by regex where nothing else works, else `ast` with a name resolver of our own."""
