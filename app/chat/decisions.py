"""What a session hands on: decisions to the review queue, cases to a file."""

from app.chat.records import Decision, Outcome, SavedCase
from app.chat.session import Session
from catalog.errors import CatalogError
from catalog.product import Product
from experiments.cases import labelled_case, read_cases, write_cases
from review.case import Case, CaseSource, Choice
from review.queue import ReviewQueue

_SOURCE: CaseSource = "chat"


def accept(session: Session) -> Decision:
    """The current answer is right.

    Raises:
        SettingsError: there is no product yet, or it was decided before.
        WorkspaceError: the queue cannot be used.
    """
    return decide(session, session.current.verdict.category_path)


def decide(session: Session, category_path: str) -> Decision:
    """A category is right, the current answer or another; raises as `accept`."""
    files = session.chats.files
    case = _case(session)
    with ReviewQueue(files.queue) as queue:
        queue.add([case], session.chats.categories)
        number = next(e.number for e in queue.entries() if e.case.run == case.run)
        entry = queue.correct(number, category_path, files.reviewer)
    return Decision(
        status="accepted" if entry.status == "accepted" else "corrected",
        product_id=case.product.product_id,
        category_path=entry.chosen_path,
        case=number,
        queue=str(files.queue),
    )


def save_case(session: Session, truth: str) -> SavedCase:
    """Put the current product with its true category into the file that `dual-expert cases chat` reads.

    A case of the same product gives way: such a file holds each product once.

    Raises:
        SettingsError: there is no product yet.
        CatalogError: the file cannot be read or written, or holds something else.
    """
    path, outcome = session.chats.files.cases, session.current
    origin = f"chat {session.thread.thread_id}, outcome {outcome.number}"
    case = labelled_case(outcome.product, [truth], origin)
    standing = read_cases(path) if path.is_file() and path.stat().st_size else []
    others = [c for c in standing if c.product.product_id != case.product.product_id]
    try:
        write_cases(path, [*others, case])
    except OSError as error:
        raise CatalogError(f"`{path}` cannot be written: {error}.", fix="Name another file.") from error
    return SavedCase(file=str(path), case=case)


def _case(session: Session) -> Case:
    outcome = session.current
    product = _given(session, outcome)
    verdict = outcome.verdict
    return Case(
        run=f"chat {session.thread.thread_id}, outcome {outcome.number}",
        source=_SOURCE,
        product=product,
        given_path=next(iter(product.category_paths), ""),
        choices=tuple(
            Choice(category_id=c.category_id, category_path=c.category_path, score=c.score)
            for c in verdict.candidates
        ),
        confidence=verdict.confidence,
        reason="Looked at in a chat.",
        verdict=verdict.model_dump(mode="json"),
    )


def _given(session: Session, outcome: Outcome) -> Product:
    """The product as it was given, before any what-if: a decision is about that one."""
    while outcome.parent is not None:
        outcome = session.outcome(outcome.parent)
    return outcome.product
