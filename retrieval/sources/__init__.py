"""What may be right: each module is one source of candidates with an opinion on all of them."""
