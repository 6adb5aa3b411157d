"""File formats of catalogs: each reads one file as a stream of records, good or bad."""
