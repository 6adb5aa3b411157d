"""Which labels of a catalog are probably wrong, judged by products that did not see the label."""
