"""The chat: what was said, what came of it, and a line to say more."""

from collections.abc import Mapping
from typing import Final

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.chat.replies import Exported, Opened, Reply
from app.chat.runs import NodeEvent
from app.web.drawing import Light
from app.web.pages.shell import markup, shell
from app.web.pages.tree import tree_box
from app.web.rendering import html, reply_html
from app.web.site import Site
from app.web.talks import Talk
from catalog.errors import SettingsError

_PLACEHOLDER: Final = "Paste a product, or say: why not X? · what if title = … · /help"
_LONGEST: Final = 100_000
_ENDINGS: Final[Mapping[str, str]] = {"markdown": "md", "json": "json"}


def add_chat(site: Site) -> None:
    """Register the pages of the chat."""

    @ui.page("/", title="Dual-Expert")
    async def begin() -> None:
        await ChatPage(site).build(None)

    @ui.page("/t/{thread_id}", title="Dual-Expert")
    async def reopen(thread_id: str) -> None:
        await ChatPage(site).build(thread_id)


class ChatPage:
    """One tab's chat."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._busy = False

    async def build(self, thread_id: str | None) -> None:
        """Lay out the page; a thread that does not exist gives way to a new one."""
        missing = False
        try:
            self._talk = await self._site.talks.open(thread_id)
        except SettingsError:
            missing = True
            self._talk = await self._site.talks.open(None)
        with shell(self._site, "/") as start:
            self._add_threads(start)
        self._feed = ui.column().classes("feed").props('role="log" aria-label="Conversation"')
        self._add_input()
        self._add_picker()
        ui.on("say", self._heard)
        with self._feed:
            if missing:
                markup(html("note", text=f"There is no thread {thread_id}. This is a new one."))
            await self._show_past(self._talk)

    def _add_threads(self, start: ui.row) -> None:
        with ui.left_drawer().props("breakpoint=900 width=260").classes("drawer") as drawer:
            self._threads = markup("")
        with start:
            ui.button("☰", color=None, on_click=drawer.toggle).props('flat dense aria-label="Threads"')
        self._list_threads()

    def _list_threads(self) -> None:
        threads = self._site.chats.threads()
        self._threads.set_content(html("threads", threads=threads, chosen=self._talk.thread_id))

    def _add_input(self) -> None:
        with ui.footer().classes("bar-bottom"):
            self._input = ui.textarea(placeholder=_PLACEHOLDER)
            self._input.props(
                f'autogrow dense outlined autofocus input-class="say-input" maxlength={_LONGEST}'
            )
            self._input.classes("say-line")
            ui.button("Send", on_click=self._send).props('no-caps id="send" aria-label="Send"')
        # Only Enter alone comes to the server; Shift+Enter begins a line.
        self._input.on(
            "keydown.enter",
            self._send,
            js_handler="(e) => { if (!e.shiftKey && !e.isComposing) { e.preventDefault(); emit(); } }",
        )

    def _add_picker(self) -> None:
        with ui.dialog().props('id="picker"').classes("picker") as self._picker, ui.card():
            tree_box(self._site, "pick")
        ui.on("pick", self._picker.open)
        ui.on("picked", self._picker.close)

    async def _show_past(self, talk: Talk) -> None:
        if not talk.kept:
            markup(html("welcome"))
            return
        markup(html("past", turns=await talk.turns()))
        opened = talk.opened()
        if isinstance(opened.body, Opened):
            markup(reply_html(opened))
        ui.run_javascript("dualExpert.toEnd()")

    async def _send(self) -> None:
        text = self._input.value or ""
        if text.strip() and not self._busy:
            self._input.set_value("")
            await self._say(text)

    async def _heard(self, event: GenericEventArguments) -> None:
        text = event.args
        if isinstance(text, str) and text.strip() and not self._busy:
            await self._say(text[:_LONGEST])

    async def _say(self, text: str) -> None:
        self._busy = True
        try:
            with self._feed:
                markup(html("said", text=text))
                turn = markup(Running().html, "turn")
            ui.run_javascript("dualExpert.toEnd()")
            running = Running()

            def listen(event: NodeEvent) -> None:
                running.take(event)
                turn.set_content(running.html)

            reply = await self._talk.say(text, listen)
            turn.set_content(reply_html(reply))
            self._after(reply)
        finally:
            self._busy = False

    def _after(self, reply: Reply) -> None:
        if isinstance(reply.body, Exported):
            name = f"thread-{reply.thread}.{_ENDINGS[reply.body.format]}"
            ui.download.content(reply.body.text, name)
        path = f"/t/{self._talk.thread_id}" if self._talk.kept else "/"
        ui.run_javascript(f"dualExpert.replied({path!r})")
        self._list_threads()


class Running:
    """Nodes that run or ran, as they come."""

    def __init__(self) -> None:
        self._lights: dict[str, Light] = {}
        self._ended: list[NodeEvent] = []

    def take(self, event: NodeEvent) -> None:
        self._lights[event.node] = "ran" if event.ended else "running"
        if event.ended:
            self._ended.append(event)

    @property
    def html(self) -> str:
        return html("running", lights=self._lights, notes={}, ended=self._ended)
