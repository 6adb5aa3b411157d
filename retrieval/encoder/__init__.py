"""Text encoders behind one interface: texts to L2-normalised vectors, trainable.

`load.load_encoder` makes a `base.Encoder` from one string, `choose.choose_encoder` picks that string for a
catalog. Nothing heavy is imported here.
"""
