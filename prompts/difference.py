"""What one version says that another does not."""

from difflib import SequenceMatcher, unified_diff

from prompts.prompt import Prompt


def diff_lines(before: Prompt, after: Prompt) -> list[str]:
    """A unified diff of the two files, without line ends; empty when they are the same."""
    old, new = (prompt.path.read_text("utf-8").splitlines() for prompt in (before, after))
    return list(unified_diff(old, new, before.ref, after.ref, lineterm=""))


def changed_words(before: Prompt, after: Prompt) -> tuple[int, int]:
    """How many words went and how many came."""
    old, new = (prompt.path.read_text("utf-8").split() for prompt in (before, after))
    steps = SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes()
    changed = [step for step in steps if step[0] != "equal"]
    return sum(i2 - i1 for _, i1, i2, _, _ in changed), sum(j2 - j1 for *_, j1, j2 in changed)
