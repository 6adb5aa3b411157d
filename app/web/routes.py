"""What is no page of the framework: login, the tree's data, reports and our files."""

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response

from app.web.access import COOKIE, LOGIN_PATH, Door
from app.web.categories import Branches
from app.web.rendering import html
from app.web.site import Site

STATIC: Final = Path(__file__).parent / "static"
# A report may hold scripts of its own plots; they must not act as the reader.
_SANDBOX: Final = {"content-security-policy": "sandbox allow-scripts allow-popups"}
_LONGEST: Final = 1000


def build_routes(site: Site, door: Door) -> APIRouter:
    """All of them."""
    router = APIRouter()
    _add_login(router, door)

    @router.get("/tree")
    def tree(
        q: Annotated[str, Query(max_length=_LONGEST)] = "",
        under: Annotated[str, Query(max_length=_LONGEST)] = "",
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> Branches:
        """Hits of `q` with the branches above them, or a page of the branches under a path."""
        return site.tree.search(q) if q.strip() else site.tree.children(under, offset)

    @router.get("/reports/{number}/{name:path}")
    def report(number: int, name: str) -> Response:
        path = site.reports.file(number, name)
        if path is None:
            return PlainTextResponse("There is no such page.", 404)
        return FileResponse(path, headers=_SANDBOX)

    return router


def _add_login(router: APIRouter, door: Door) -> None:
    @router.get(LOGIN_PATH)
    def ask() -> HTMLResponse:
        return HTMLResponse(html("login", wrong=False))

    @router.post(LOGIN_PATH)
    async def enter(password: Annotated[str, Form(max_length=_LONGEST)]) -> Response:
        token = await door.enter(password)
        if token is None:
            return HTMLResponse(html("login", wrong=True), 401)
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, token, httponly=True, samesite="strict")
        return response

    @router.post("/logout")
    def leave(request: Request) -> Response:
        door.leave(request.headers.get("cookie", ""))
        return RedirectResponse(LOGIN_PATH, 303)
