import torch

from agents.llm.prefix import PrefixStore, ReadPrefix, common_length


def prefix(*ids: int) -> ReadPrefix:
    states = torch.arange(len(ids), dtype=torch.float32).reshape(1, 1, -1, 1)
    return ReadPrefix(ids, ((states, -states),))


def test_common_length() -> None:
    assert common_length([1, 2, 3], [1, 2, 4]) == 2
    assert common_length([1, 2], [1, 2, 4]) == 2
    assert common_length([], [1]) == 0


def test_resume_narrows_without_touching_the_original() -> None:
    original = prefix(5, 6, 7)
    cache = original.resume(2)
    assert cache.get_seq_length() == 2
    cache.update(torch.ones(1, 1, 4, 1), torch.ones(1, 1, 4, 1), 0)
    assert cache.get_seq_length() == 6
    assert original.resume(3).get_seq_length() == 3


def test_store_forgets_the_least_recently_used() -> None:
    store, reads = PrefixStore(2), []

    def read(text: str) -> ReadPrefix:
        return store.get(text, lambda: reads.append(text) or prefix(1))

    for text in ["a", "b", "a", "c", "a", "b"]:
        read(text)
    assert reads == ["a", "b", "c", "b"]
