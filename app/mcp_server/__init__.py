"""The MCP server: what an assistant may ask; `docs/mcp.md` describes its tools."""
