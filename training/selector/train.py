"""From a trained domain expert's rows to the selector that can decide where it is unsure."""

from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from catalog.errors import SettingsError
from catalog.progress import Progress
from retrieval.encoder.base import Encoder
from retrieval.encoder.load import load_encoder
from retrieval.index import Positions
from retrieval.pairs.pair_encoder import PairEncoder, PairRecord
from retrieval.recall import Recall
from retrieval.taxonomy import Taxonomy
from training.finetune import vocabulary_too_large
from training.loop import Loop
from training.lora import with_adapters
from training.rows import LabelledRows, label_texts
from training.selector.candidates import OutOfFold, out_of_fold
from training.selector.lists import pair_lists
from training.selector.objective import SelectorObjective
from training.selector.settings import Selector


def untrained(part: Selector, encoder: Encoder, language_model: str | None) -> PairEncoder:
    """The cross-encoder as it starts; made before any long work, it refuses an encoder that will not do.

    Args:
        encoder: the domain expert's.
        language_model: as `train_selector`.

    Raises:
        EncoderError: the encoder cannot read pairs, or the language model cannot be loaded.
        SettingsError: the recipe starts from a language model, and none is given.
    """
    start = encoder if part.start != "language-model" else _language_model(part, language_model, encoder)
    return PairEncoder(start, PairRecord(max_tokens=part.max_tokens, evidence=part.evidence))


def train_selector(
    part: Selector,
    encoder: Encoder,
    base: str,
    rows: LabelledRows,
    recall: Recall,
    taxonomy: Taxonomy,
    *,
    seed: int,
    checkpoint: Path,
    progress: Progress,
    language_model: str | None = None,
) -> PairEncoder:
    """Train the cross-encoder; `encoder` and `recall` stay as they are.

    Args:
        encoder: the domain expert's, as its training left it.
        base: what `load_encoder` takes for the encoder as it came.
        recall: whose index over the labelled rows finds evidence.
        checkpoint: folder of the training state; one that is there is continued.
        language_model: what `load_encoder` takes for the one to start from, where the recipe says so.

    Raises:
        EncoderError: the encoder cannot read pairs.
        SettingsError: the recipe starts from a language model, and none is given.
    """
    fresh = load_encoder(base, device=encoder.device, max_tokens=encoder.max_tokens)
    recommended = _recommend(part, fresh, rows, recall.departments, taxonomy, seed, progress)
    torch.manual_seed(seed)  # the head starts from noise
    model = untrained(part, fresh if part.start == "pretrained" else _copy(encoder), language_model)
    places = recommended.least_sure(part.least_sure, part.products, seed)
    with progress.task("pairs", None):
        lists = pair_lists(model, rows, recall.examples.vectors, taxonomy, recommended, places)
    model.encoder.freeze_vocabulary(vocabulary_too_large(model.encoder))
    adapters = with_adapters(model.encoder, part.lora, progress) if part.lora else None
    objective = SelectorObjective(model, lists, part.schedule)
    Loop(objective, part.schedule.loop(len(lists), seed)).run(checkpoint, progress, name="selector")
    if adapters:
        adapters.merge()
    return model


def _language_model(part: Selector, spec: str | None, encoder: Encoder) -> Encoder:
    if spec is None:
        raise SettingsError(
            "`selector.start` is 'language-model', and no language model is given.",
            fix="Name one: `--language-model NAME_OR_DIR`.",
        )
    return load_encoder(spec, device=encoder.device, max_tokens=part.max_tokens)


def _recommend(
    part: Selector,
    fresh: Encoder,
    rows: LabelledRows,
    departments: Positions,
    taxonomy: Taxonomy,
    seed: int,
    progress: Progress,
) -> OutOfFold:
    with progress.task("embedding as it came", len(rows.texts)) as advance:
        vectors = fresh.encode(rows.texts, progress=advance)
    paths = fresh.encode(label_texts(taxonomy, range(len(taxonomy))))
    return out_of_fold(rows, vectors, paths, departments, part, seed, progress)


def _copy(encoder: Encoder) -> Encoder:
    with TemporaryDirectory() as folder:
        encoder.save(Path(folder))
        return load_encoder(folder, device=encoder.device, max_tokens=encoder.max_tokens)
