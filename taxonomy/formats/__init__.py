"""One module a form of taxonomy file; `taxonomy.read` chooses among them."""
