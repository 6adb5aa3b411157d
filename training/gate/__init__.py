"""The gate's threshold: by promise (Clopper–Pearson or certified), by price or budget, whole or by group."""
