"""Log-probabilities of several continuations of one text, reading the text once.

The continuations are laid one behind the other in a single row; a mask lets each see the text and itself
only. So the text's keys and values are never repeated, and nothing is padded.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from transformers import DynamicCache

from agents.llm.likelihood import TokenScore
from agents.llm.prefix import ReadPrefix, common_length, remember
from agents.llm.tokens import SplitTokens

PACK_TOKENS = 1024
"""Most tokens of continuations in one forward pass."""


def read(model: Any, ids: Sequence[int]) -> ReadPrefix:
    """Run the model over `ids` and keep what it remembers."""
    cache = DynamicCache()
    model(input_ids=_row(model, ids), past_key_values=cache, use_cache=True, logits_to_keep=1)
    return remember(ids, cache)


def score_splits(model: Any, splits: Sequence[SplitTokens], head: ReadPrefix | None) -> list[TokenScore]:
    """Score the continuation part of each split; all share their text.

    Args:
        model: a causal language model.
        splits: tokens of text + continuation; each text has at least one token.
        head: a prefix of the text that has been read already.

    Returns:
        one score per split, in order.
    """
    shared = _shared_length(splits)
    known = reused_tokens(splits, head) if head else 0
    prefix, first_logits = _read_text(model, splits[0].ids[:shared], head, known)
    tails = [split.ids[shared:] for split in splits]
    scores: list[TokenScore] = []
    for pack in _packs(tails):
        for tail, logprobs in zip(pack, _tail_logprobs(model, prefix, first_logits, pack), strict=True):
            split = splits[len(scores)]
            scores.append(TokenScore(float(logprobs[len(tail) - split.count :].sum()), split.count))
    return scores


def read_tokens(splits: Sequence[SplitTokens]) -> int:
    """How many tokens `score_splits` reads without a head: the text once, and every continuation."""
    shared = _shared_length(splits)
    return shared + sum(len(split.ids) - shared for split in splits)


def reused_tokens(splits: Sequence[SplitTokens], head: ReadPrefix) -> int:
    """How many of them a head spares."""
    text = splits[0].ids[: _shared_length(splits)]
    return min(common_length(head.ids, text), len(text) - 1)


def _shared_length(splits: Sequence[SplitTokens]) -> int:
    """Tokens all splits share, at most those before any continuation begins."""
    first = splits[0]
    return min(min(split.start, common_length(first.ids, split.ids)) for split in splits)


def _read_text(
    model: Any, ids: list[int], head: ReadPrefix | None, known: int
) -> tuple[ReadPrefix, torch.Tensor]:
    """The text as a prefix, and the logits (vocabulary) after its last token; the head spares `known`
    tokens."""
    cache = head.resume(known) if head and known else DynamicCache()
    output = model(
        input_ids=_row(model, ids[known:]), past_key_values=cache, use_cache=True, logits_to_keep=1
    )
    return remember(ids, cache), output.logits[0, -1]


def _packs(tails: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    """Consecutive tails in groups of at most `PACK_TOKENS` tokens."""
    pack: list[list[int]] = []
    for tail in tails:
        if pack and sum(map(len, pack)) + len(tail) > PACK_TOKENS:
            yield pack
            pack = []
        pack.append(tail)
    yield pack


def _tail_logprobs(
    model: Any, prefix: ReadPrefix, first_logits: torch.Tensor, tails: list[list[int]]
) -> list[torch.Tensor]:
    """Log-probability of every token of every tail, each (len(tail),) in float32."""
    inner = _inner_logprobs(model, prefix, tails)
    first = first_logits.float().log_softmax(-1)
    return [
        torch.cat([first[tail[:1]], rest]) if tail else rest for tail, rest in zip(tails, inner, strict=True)
    ]


def _inner_logprobs(model: Any, prefix: ReadPrefix, tails: list[list[int]]) -> list[torch.Tensor]:
    """Log-probability of the second and later tokens of every tail, given what stands before them."""
    lengths = [max(len(tail) - 1, 0) for tail in tails]
    inputs = [token for tail in tails for token in tail[:-1]]
    if not inputs:
        return [torch.empty(0) for _ in tails]
    past = len(prefix.ids)
    logits = (
        model(
            input_ids=_row(model, inputs),
            attention_mask=_pack_mask(model, past, lengths),
            position_ids=past + _positions(lengths).to(model.device)[None],
            past_key_values=prefix.resume(past),
            use_cache=True,
        )
        .logits[0]
        .float()
    )
    targets = _row(model, [token for tail in tails for token in tail[1:]])[0]
    logprobs = logits.gather(1, targets[:, None])[:, 0] - logits.logsumexp(-1)
    return list(logprobs.cpu().split(lengths))


def _positions(lengths: Sequence[int]) -> torch.Tensor:
    """0, 1, … within each tail."""
    return torch.cat([torch.arange(length) for length in lengths])


def _pack_mask(model: Any, past: int, lengths: Sequence[int]) -> torch.Tensor | dict[str, torch.Tensor]:
    """Who sees whom: bool (1, 1, tokens, past + tokens), by kind of layer where the model has several
    kinds."""
    owner = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    position = torch.cat([torch.arange(past), past + _positions(lengths)])
    queries = position[past:, None]
    own = (owner[:, None] == owner[None]) & (position[None, past:] <= queries)
    full = torch.cat([torch.ones(len(owner), past, dtype=torch.bool), own], dim=1)
    if "sliding_attention" not in (getattr(model.config, "layer_types", None) or ()):
        return full[None, None].to(model.device)
    near = full & (queries - position[None] < model.config.sliding_window)
    return {
        "full_attention": full[None, None].to(model.device),
        "sliding_attention": near[None, None].to(model.device),
    }


def _row(model: Any, ids: Sequence[int]) -> torch.Tensor:
    return torch.tensor([list(ids)], device=model.device)
