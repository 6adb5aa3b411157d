"""How good the experts are: figures with intervals, paired tests and the report, from plain data alone."""
