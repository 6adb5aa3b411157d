"""Case sets: JSON lines of a product, its true category and where both come from."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from pydantic import Field, ValidationError

from catalog.errors import CatalogError
from catalog.product import PATH_SEPARATOR, Product
from evaluation.record import Record


class LabelledCase(Record):
    """One case of a set.

    Attributes:
        product: without its labels, so that none of them can reach a prompt.
        truth: the right paths; any of them counts.
        origin: where it comes from, such as `catalog products.csv` or `review queue.sqlite case 12`.
    """

    product: Product
    truth: tuple[str, ...] = Field(min_length=1)
    origin: str

    @property
    def department(self) -> str:
        """Of the first true path."""
        return self.truth[0].split(PATH_SEPARATOR)[0]


def labelled_case(product: Product, truth: Iterable[str], origin: str) -> LabelledCase:
    """A case whose product has lost its labels."""
    return LabelledCase(
        product=product.model_copy(update={"category_paths": ()}), truth=tuple(truth), origin=origin
    )


def read_cases(path: Path) -> list[LabelledCase]:
    """All cases of a file, in its order.

    Raises:
        CatalogError: the file cannot be read, is empty, holds a bad line or a product twice; names the line.
    """
    try:
        # Not `splitlines`: texts may hold other line separators than the file's own.
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        fix = "Make one with `dual-expert cases`."
        raise CatalogError(f"The cases `{path}` cannot be read: {error}.", fix=fix) from error
    cases = [_case(line, path, number) for number, line in enumerate(lines, 1) if line.strip()]
    if not cases:
        raise CatalogError(f"`{path}` holds no case.", fix="Make some with `dual-expert cases`.")
    _refuse_twice(path, cases)
    return cases


def write_cases(path: Path, cases: Iterable[LabelledCase]) -> int:
    """Write a case set; returns how many."""
    lines = [case.model_dump_json() for case in cases]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")
    return len(lines)


def cases_hash(cases: Iterable[LabelledCase]) -> str:
    """16 hexadecimal digits over the set, its order included."""
    digest = sha256()
    for case in cases:
        digest.update(case.model_dump_json().encode())
    return digest.hexdigest()[:16]


def _case(line: str, path: Path, number: int) -> LabelledCase:
    try:
        return LabelledCase.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"])) or "line"
        raise CatalogError(
            f"Line {number} of `{path}` is no case: `{where}`: {problem['msg']}.",
            fix="A line holds `product`, `truth` (a list of paths) and `origin`.",
        ) from error


def _refuse_twice(path: Path, cases: Iterable[LabelledCase]) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.product.product_id in seen:
            message = f"`{path}` holds the product {case.product.product_id!r} twice."
            raise CatalogError(message, fix="Keep one of the two: cases count as independent.")
        seen.add(case.product.product_id)
