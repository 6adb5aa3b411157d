"""The MCP server as an assistant meets it: over its own protocol, in a process of its own."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.memory import create_connected_server_and_client_session

from app.chat.opening import ChatOptions, open_chats
from app.mcp_server.server import build_server
from app.mcp_server.tools import Tools
from catalog.progress import Silent
from catalog.settings import load_settings

ROOT = Path(__file__).parents[2]
BED = {"title": "Orthopaedic dog bed"}
BED_PATH = "Pet Supplies > Dogs > Dog Beds"


@pytest.fixture
def chats(workspace_copy, tmp_path):
    options = ChatOptions(workspace_copy, store=str(tmp_path / "threads.sqlite"))
    settings = load_settings(llm="none", threads=1, device="cpu")
    with open_chats(options, settings, Silent()) as opened:
        yield opened


def called(chats, *calls):
    """The results of these calls of tools, in order."""

    async def run():
        server = build_server(Tools(chats))
        async with create_connected_server_and_client_session(server) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(run())


def test_a_product_is_classified_and_explained(chats):
    classified, explained = called(
        chats,
        ("classify", {"product": BED}),
        ("explain", {"product": BED, "why_not": "Garden Hoses"}),
    )
    assert classified.structuredContent["category_path"] == BED_PATH
    assert explained.structuredContent["answer"]["category_path"] == BED_PATH
    assert explained.structuredContent["why_not"]["stage"] in ("recall", "score", "rank")
    assert explained.structuredContent["neighbours"]


def test_categories_are_found_and_defined(chats):
    chats.pool.desk.edit(BED_PATH, "Where dogs sleep.", "ada")
    found, defined = called(
        chats, ("search_categories", {"query": "dog bed", "limit": 2}), ("definition", {"category": BED_PATH})
    )
    assert found.structuredContent["result"][0]["category_path"] == BED_PATH
    assert defined.structuredContent["text"] == "Where dogs sleep."


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("classify", {"product": {"title": "\u200b"}}, "Give the product a title"),
        ("classify", {"product": {"title": "a", "price": 1}}, "price"),
        ("classify", {}, "product"),
        ("explain", {"product": BED, "why_not": "Nowhere"}, "Nowhere"),
        ("definition", {"category": BED_PATH}, "no definition yet"),
        ("search_categories", {"query": "a", "limit": 1000}, "limit"),
    ],
)
def test_what_cannot_be_done_is_said(chats, tool, arguments, said):
    (result,) = called(chats, (tool, arguments))
    assert result.isError
    assert said in result.content[0].text


def test_the_command_speaks_the_protocol_and_nothing_else_on_stdout(workspace_dir):
    command = ["-m", "app", "mcp", "--workspace", str(workspace_dir), "--llm", "none", "--threads", "1"]
    parameters = StdioServerParameters(command=sys.executable, args=command, cwd=str(ROOT))

    async def run():
        async with stdio_client(parameters) as streams, ClientSession(*streams) as client:
            await client.initialize()
            tools = (await client.list_tools()).tools
            return tools, await client.call_tool("classify", {"product": BED})

    tools, result = asyncio.run(asyncio.wait_for(run(), 60))
    assert {tool.name for tool in tools} == {"classify", "explain", "search_categories", "definition"}
    assert all(tool.description and tool.outputSchema for tool in tools)
    assert json.loads(result.content[0].text)["category_path"] == BED_PATH
