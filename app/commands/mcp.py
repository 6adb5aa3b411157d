"""`dual-expert mcp`: tools for assistants."""

import tempfile
from pathlib import Path

from app.exits import OK
from app.options import ModelOptions, OutputOptions, TopK, WorkspaceFolder
from app.output import Output
from app.threads import use_threads
from catalog.errors import SettingsError


def mcp(workspace: WorkspaceFolder, models: ModelOptions, output: OutputOptions, k: TopK = None) -> int:
    """Tools for assistants (Model Context Protocol) on stdin and stdout; an assistant starts it."""
    out = Output(output)
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    try:
        from app.mcp_server.server import build_server
    except ModuleNotFoundError as error:
        fix = "Install it: `pip install 'dual-expert[mcp]'`."
        raise SettingsError(f"`{error.name}` is not installed.", fix=fix) from error
    from app.chat.opening import ChatOptions, open_chats
    from app.mcp_server.tools import Tools

    # What an assistant asks is none of the user's own threads.
    with tempfile.TemporaryDirectory(prefix="dual-expert-mcp-") as folder:
        options = ChatOptions(workspace, models.prompts, store=str(Path(folder) / "threads.sqlite"))
        with open_chats(options, settings, out.progress) as chats:
            build_server(Tools(chats)).run()
    return OK
