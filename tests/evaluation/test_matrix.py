from evaluation.breakdown import confusion_counts
from evaluation.matrix import OTHERS, confusion_matrix


def matrix(truths: str, predictions: str, shown: int) -> list[tuple[str, int, list[int]]]:
    pairs = confusion_counts([frozenset(label) for label in truths], list(predictions))
    return [
        (row.name, row.n, [cell.count for cell in row.cells]) for row in confusion_matrix(pairs, shown=shown)
    ]


def test_rows_are_true_groups_the_largest_first() -> None:
    assert matrix("AABBBC", "ABBBAC", shown=3) == [
        ("B", 3, [2, 1, 0]),
        ("A", 2, [1, 1, 0]),
        ("C", 1, [0, 0, 1]),
    ]


def test_the_rest_stands_together() -> None:
    assert matrix("AABBBCD", "AABBCDD", shown=2) == [
        ("B", 3, [2, 0, 1]),
        ("A", 2, [0, 2, 0]),
        (OTHERS, 2, [0, 0, 2]),
    ]


def test_a_group_that_is_only_answered_has_an_empty_row() -> None:
    pairs = confusion_counts([frozenset("A")], ["Z"])
    first, second = confusion_matrix(pairs)
    assert (first.name, [cell.share for cell in first.cells]) == ("A", [0.0, 1.0])
    assert (second.name, second.n, [cell.share for cell in second.cells]) == ("Z", 0, [0.0, 0.0])


def test_nothing_is_lost() -> None:
    rows = matrix("ABCDEFGAB", "BCDEFGAAB", shown=3)
    assert sum(n for _, n, _ in rows) == 9
    assert all(sum(counts) == n for _, n, counts in rows)
