"""Talking about one product: sessions without a user interface, and how a terminal shows them."""
