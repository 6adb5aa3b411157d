"""`/review` and `/feedback`: what people decide about labels."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.service.core import Service
from app.service.problems import documented, refusal
from app.service.schemas import Feedback, FeedbackTaken, ReviewDecision, ReviewList, Status
from catalog.errors import SettingsError
from retrieval.taxonomy import Category
from review.case import Case, Choice, Entry
from review.queue import ReviewQueue

_MOST = 2**53 - 1  # what every JSON reader holds exactly, and SQLite too

Number = Annotated[int, Path(ge=1, le=_MOST, description="Of the case.")]


def review_routes(service: Service) -> APIRouter:
    """The paths over a service; the queue is opened for each request, as others use the file too."""
    router = APIRouter(tags=["review"])

    @router.get("/review", responses=documented())
    def cases(
        status: Status = "open",
        department: Annotated[str, Query(max_length=500)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> ReviewList:
        """Cases in the order they came in."""
        with ReviewQueue(service.queue) as queue:
            entries = queue.entries(None if status == "all" else status, department, limit)
            return ReviewList(counts=queue.counts(), cases=entries)

    @router.get("/review/{number}", responses=documented(404))
    def case(number: Number) -> Entry:
        """One case."""
        with ReviewQueue(service.queue) as queue:
            return _entry(queue, number)

    @router.post("/review/{number}", responses=documented(404, 409, body=True))
    def decide(number: Number, decision: ReviewDecision) -> Entry:
        """Accept the proposal, correct it, or skip the case; only the first decision counts."""
        if (decision.decision == "correct") != (decision.category is not None):
            said = "`category` is for `correct`, and needed there."
            raise refusal(422, "Invalid", said, "Send it with `correct` only.")
        with ReviewQueue(service.queue) as queue:
            if _entry(queue, number).status != "open":
                raise _decided(number)
            try:
                return _decide(queue, number, decision)
            except SettingsError as error:  # somebody else was first meanwhile
                raise _decided(number) from error

    @router.post("/feedback", status_code=202, responses=documented(404, body=True))
    def feedback(said: Feedback) -> FeedbackTaken:
        """Tell which category is right; it becomes a case that a person decides."""
        category = service.category(said.category)
        with ReviewQueue(service.queue) as queue:
            return FeedbackTaken(added=bool(queue.add([_case(said, category)], service.categories)))

    return router


def _entry(queue: ReviewQueue, number: int) -> Entry:
    try:
        return queue.entry(number)
    except SettingsError as error:
        raise refusal(404, "NoCase", error.message, "See the numbers: `GET /review`.") from error


def _decide(queue: ReviewQueue, number: int, decision: ReviewDecision) -> Entry:
    if decision.category is not None:
        return queue.correct(number, decision.category, decision.reviewer)
    if decision.decision == "accept":
        return queue.accept(number, decision.reviewer)
    return queue.skip(number, decision.reviewer)


def _decided(number: int) -> Exception:
    return refusal(409, "Decided", f"Case {number} was decided before.", "Take another: `GET /review`.")


def _case(said: Feedback, category: Category) -> Case:
    """The same said twice is one case."""
    identity = sha256(f"{said.product.model_dump_json()}\0{category.category_path}".encode()).hexdigest()[:16]
    comment = f": {said.comment}" if said.comment else "."
    return Case(
        run=f"feedback {identity}",
        source="batch",  # the queue knows no cases of a service yet; `run` says that it is one
        product=said.product.product(),
        choices=(Choice(category_id=category.category_id, category_path=category.category_path, score=0.0),),
        confidence=0.0,
        reason=f"A client of the service says that this category is right{comment}",
    )
