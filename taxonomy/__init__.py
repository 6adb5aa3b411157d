"""Trees of categories as data: read from any form, checked, compared, and carried from one to the next."""
