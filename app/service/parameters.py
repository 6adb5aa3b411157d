"""A misspelt parameter is refused rather than passed over."""

from difflib import get_close_matches

from fastapi import Request
from fastapi.routing import APIRoute

from app.service.problems import refusal


def only_known(request: Request) -> None:
    """For every path.

    Raises:
        HTTPException: the query has a parameter that the path does not describe.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = [parameter.alias for parameter in route.dependant.query_params]
    for name in request.query_params:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            fix = f"Did you mean `{close[0]}`?" if close else "See `/openapi.json` for what is asked."
            raise refusal(422, "Unknown", f"There is no parameter {name[:80]!a}.", fix)
