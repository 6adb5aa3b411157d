"""`Encoder` over a backbone small enough to compute by hand; the real backends have their own tests."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from catalog.errors import EncoderError
from retrieval.encoder.base import Backbone, Encoder


class Letters:
    """Each letter is a token: a is 1, b is 2."""

    pad_id = 0

    def __call__(self, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
        return [[ord(letter) - ord("a") + 1 for letter in text][:max_tokens] for text in texts]

    def save(self, folder: Path) -> None:
        (folder / "letters").touch()


class Sums(Backbone):
    """The sum of the tokens' vectors, with dropout, so that training mode shows."""

    kind = "transformer"
    dim = 3
    token_limit = 10

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(27, 3)
        self.dropout = nn.Dropout(0.5)
        self.opened: list[int] = []

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.dropout(self.table(ids))
        return (vectors * mask.unsqueeze(-1)).sum(dim=1)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        return [list(self.table.parameters())]

    def open_vocabulary(self, used: npt.NDArray[np.int64]) -> None:
        self.opened = used.tolist()

    def save(self, folder: Path) -> None:
        (folder / "sums").touch()


def make(**changes: int) -> Encoder:
    arguments = {"max_tokens": 4} | changes
    return Encoder("sums", Sums(), Letters(), device=torch.device("cpu"), dtype=torch.float32, **arguments)


@pytest.fixture
def encoder() -> Encoder:
    return make()


WORDS = ["abc", "z", "hello", "ab", "q", "zz"]


def test_vectors_are_unit_float32_rows(encoder: Encoder) -> None:
    vectors = encoder.encode(WORDS)
    assert vectors.shape == (6, encoder.dim)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 2, 4, 100])
def test_rows_keep_the_order_of_the_texts(encoder: Encoder, batch_size: int) -> None:
    one_by_one = np.concatenate([encoder.encode([word]) for word in WORDS])
    assert np.allclose(encoder.encode(WORDS, batch_size), one_by_one, atol=1e-6)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dim)
    assert encoder.tokenize([]) == []


def test_encoding_is_in_evaluation_mode_and_leaves_the_mode(encoder: Encoder) -> None:
    quiet = encoder.encode(WORDS)
    encoder.module.train()
    assert np.array_equal(encoder.encode(WORDS), quiet)
    assert encoder.module.training


def test_the_mode_is_restored_after_a_failure(encoder: Encoder) -> None:
    encoder.module.train()
    with pytest.raises(IndexError):
        encoder.encode_ids([[1_000]])
    assert encoder.module.training


def test_progress_adds_up_to_the_number_of_texts(encoder: Encoder) -> None:
    steps: list[int] = []
    encoder.encode(WORDS, batch_size=4, progress=steps.append)
    assert steps == [4, 2]
    steps.clear()
    encoder.encode([*WORDS, "q", "q"], batch_size=4, progress=steps.append)
    assert steps == [6, 2]


def test_equal_texts_are_computed_once_and_get_equal_vectors(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    forward = encoder.module.forward

    def counted(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        seen.append(len(ids))
        return forward(ids, mask)

    monkeypatch.setattr(encoder.module, "forward", counted)
    vectors = encoder.encode(["ab", "hello", "ab", "hellish"])  # cut after four letters
    assert sum(seen) == 2
    assert np.array_equal(vectors[0], vectors[2])
    assert np.array_equal(vectors[1], vectors[3])


def test_encoding_computes_in_its_own_precision_and_training_in_the_other(encoder: Encoder) -> None:
    encoder.module.mix = nn.Linear(3, 3)
    encoder.module.forward = lambda ids, mask: encoder.module.mix(encoder.module.table(ids).sum(dim=1))
    encoder.dtype, encoder.inference_dtype = torch.bfloat16, torch.float32
    ids = [[1, 2, 3], [4, 5, 6]]
    with torch.no_grad():
        exact = nn.functional.normalize(encoder.module(torch.tensor(ids), None), dim=-1)
        trained = encoder.forward(ids)
    assert np.allclose(encoder.encode_ids(ids), exact.numpy(), atol=1e-6)
    assert not np.allclose(trained.numpy(), exact.numpy(), atol=1e-6)
    assert trained.dtype == torch.float32


def test_only_on_a_gpu_the_module_is_compiled(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(encoder.module, "compile", lambda **options: asked.append(options["dynamic"]))
    assert not encoder.compile()
    assert asked == []
    encoder.device = torch.device("cuda")
    assert encoder.compile()
    assert asked == [True]


def test_a_backbone_without_layers_says_so(encoder: Encoder) -> None:
    with pytest.raises(EncoderError, match="no stack of layers"):
        encoder.keep_layers(1)
    with pytest.raises(EncoderError, match="no stack of layers"):
        encoder.module.hidden_states(torch.tensor([[1]]), torch.tensor([[True]]))


def test_texts_are_cut(encoder: Encoder) -> None:
    assert encoder.tokenize(["abcdef"]) == [[1, 2, 3, 4]]
    assert np.array_equal(encoder.encode(["abcdef"]), encoder.encode(["abcd"]))


def test_forward_agrees_with_encode_and_has_gradients(encoder: Encoder) -> None:
    ids = encoder.tokenize(WORDS)
    vectors = encoder.forward(ids)
    assert np.allclose(vectors.detach().numpy(), encoder.encode_ids(ids), atol=1e-6)
    vectors[:, 0].sum().backward()
    (table,) = encoder.layer_groups()[0]
    assert table.grad is not None
    assert table.grad[1].abs().sum() > 0


def test_the_vocabulary_can_be_frozen_and_thawed(encoder: Encoder) -> None:
    encoder.freeze_vocabulary()
    assert not any(p.requires_grad for p in encoder.layer_groups()[0])
    encoder.freeze_vocabulary(False)
    assert all(p.requires_grad for p in encoder.layer_groups()[0])


def test_opening_the_vocabulary_names_each_used_token_once(encoder: Encoder) -> None:
    encoder.open_vocabulary([[3, 1], [3], [2, 2]])
    assert isinstance(encoder.module, Sums)
    assert encoder.module.opened == [1, 2, 3]


@pytest.mark.parametrize("max_tokens", [0, 2, 11])
def test_a_length_out_of_range_is_refused(max_tokens: int) -> None:
    with pytest.raises(EncoderError, match=r"`max_tokens` is \d+.*from 3 to 10"):
        make(max_tokens=max_tokens)


def test_saving_makes_the_folder_and_writes_all_parts(encoder: Encoder, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "er"
    encoder.save(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["encoder.json", "letters", "sums"]
