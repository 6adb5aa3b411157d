"""How the selector learns: honest candidates for training rows, and a listwise loss over them."""
