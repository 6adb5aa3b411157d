"""Prompts: versioned files in one folder per agent, and what reads them."""
