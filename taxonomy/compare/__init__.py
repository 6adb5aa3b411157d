"""What became of a taxonomy's categories, and what another shop calls them."""
