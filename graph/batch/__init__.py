"""Batches: a whole catalog through the graph, every row exactly once, whatever happens on the way."""
