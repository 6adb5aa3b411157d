"""Products and catalogs: what comes in, read as a stream, row by row, never trusted."""
