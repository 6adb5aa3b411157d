"""Prompts and strategies compared like experiments: the same cases, paired tests, errors apart."""
