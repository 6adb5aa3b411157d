"""Synthetic training rows that show the encoder the names of the labels."""
