"""From facts to the graph: the catalogue recognises facts, each link (one file a link) joins them."""
