from pathlib import Path

import pytest
import torch

from catalog.errors import EncoderError
from retrieval.encoder.load import load_encoder
from retrieval.encoder.precision import Precision, resolve_inference, resolve_precision


def test_defaults(xlmr_folder: Path) -> None:
    encoder = load_encoder(str(xlmr_folder))
    assert encoder.spec == str(xlmr_folder)
    assert encoder.max_tokens == 64
    assert encoder.device.type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert encoder.dtype == resolve_precision("auto", encoder.device)
    assert encoder.inference_dtype == resolve_inference("auto", encoder.device)
    assert not encoder.module.training


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_a_named_precision_holds_for_training_and_encoding(
    xlmr_folder: Path, precision: Precision, dtype: torch.dtype
) -> None:
    encoder = load_encoder(str(xlmr_folder), precision=precision)
    assert (encoder.dtype, encoder.inference_dtype) == (dtype, dtype)


def test_a_saved_encoder_remembers_its_spec_and_length(xlmr_folder: Path, tmp_path: Path) -> None:
    load_encoder(str(xlmr_folder), max_tokens=24).save(tmp_path)
    assert load_encoder(str(tmp_path)).spec == str(xlmr_folder)
    assert load_encoder(str(tmp_path)).max_tokens == 24
    assert load_encoder(str(tmp_path), max_tokens=16).max_tokens == 16


def test_more_tokens_than_the_model_reads_are_refused(xlmr_folder: Path) -> None:
    with pytest.raises(EncoderError, match="from 3 to 128"):
        load_encoder(str(xlmr_folder), max_tokens=129)


def test_the_device_is_taken(xlmr_folder: Path) -> None:
    assert load_encoder(str(xlmr_folder), device="cpu").device == torch.device("cpu")
    assert load_encoder(str(xlmr_folder), device=torch.device("cpu")).device == torch.device("cpu")


def test_threads_are_set_only_when_given(xlmr_folder: Path) -> None:
    before = torch.get_num_threads()
    try:
        load_encoder(str(xlmr_folder), threads=before + 1)
        load_encoder(str(xlmr_folder))
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)
