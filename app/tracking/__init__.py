"""Experiments, training runs and traces for MLflow or OpenTelemetry; nothing of either is needed to run."""
