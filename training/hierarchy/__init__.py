"""How DHPC's two levels learn: each its own network, from rows and losses of its own."""
