"""How the domain expert learns: fine-tuning, fusion of sources, calibration, the gate's threshold."""
