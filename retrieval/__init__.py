"""Categories as vectors: taxonomy, encoder, indexes and the recall sources drawn from them."""
