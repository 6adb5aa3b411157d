"""Paths of the service, one module a subject."""
