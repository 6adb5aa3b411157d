"""DHPC (Zhang et al., 2021): a department and then a leaf in it, each by a network of its own."""
