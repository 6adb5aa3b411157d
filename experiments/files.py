"""A comparison for machines: JSON, CSV and JUnit XML."""

import csv
import io
from xml.etree import ElementTree

from experiments.result import Comparison, answer_of, outcome

# What a spreadsheet would run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_json(comparison: Comparison) -> str:
    return comparison.model_dump_json(indent=1) + "\n"


def to_csv(comparison: Comparison) -> str:
    """One line a case and repeat: what everybody said, and the outcome of the case for each candidate."""
    labels = [arm.label for arm in comparison.arms]
    parts = ("answer", "right", "error", "tokens_in", "tokens_out", "cost", "latency_ms")
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(
        [
            *("product_id", "title", "locale", "department", "category_size", "truth", "domain", "repeat"),
            *(f"{label} {part}" for label in labels for part in parts),
            *(f"{label} outcome" for label in labels[1:]),
        ]
    )
    for case in comparison.cases:
        ends = [outcome(case, labels[0], label, comparison.judge) for label in labels[1:]]
        about = [case.product_id, case.title, case.locale, case.department, case.size]
        for repeat in range(comparison.repeats):
            row = [*about, "|".join(case.truth), case.domain, repeat + 1]
            for label in labels:
                trial = case.trials[label][repeat]
                said = answer_of(trial, comparison.judge)
                right = "" if trial.error is not None else int(said in case.truth)
                row += [said, right, trial.error or "", trial.tokens_in, trial.tokens_out]
                row += ["" if trial.cost is None else trial.cost, trial.latency_ms]
            writer.writerow([_harmless(value) for value in [*row, *ends]])
    return buffer.getvalue()


def to_junit(comparison: Comparison) -> str:
    """One suite a candidate; its tests are the requirements, or that it was measured where there are none."""
    root = ElementTree.Element("testsuites", name="dual-expert prompts compare")
    for arm in comparison.candidates or comparison.arms:
        checks = [check for check in comparison.checks if check.label == arm.label]
        failures = sum(not check.passed for check in checks)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(arm.label),
            tests=str(max(1, len(checks))),
            failures=str(failures),
            errors="0",
        )
        if not checks:
            ElementTree.SubElement(suite, "testcase", classname=_xml(arm.label), name="measured")
        for check in checks:
            test = ElementTree.SubElement(suite, "testcase", classname=_xml(arm.label), name=check.name)
            if not check.passed:
                ElementTree.SubElement(test, "failure", message=check.message)
            ElementTree.SubElement(test, "system-out").text = check.message
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _harmless(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _xml(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(c for c in text if c.isprintable())
