"""The gate's threshold: by promise (Clopper–Pearson or certified), by price or budget, whole or by group."""

from training.gate.choose import choose_gate

__all__ = ["choose_gate"]
