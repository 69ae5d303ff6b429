"""A small MCP server for test_mcp.py, used over stdin and stdout."""

try:
    from mcp.server.mcpserver import MCPServer
except ModuleNotFoundError:  # mcp 1
    from mcp.server.fastmcp import FastMCP as MCPServer

server = MCPServer("weather-server")


@server.tool()
def get_weather(city: str = "Paris") -> str:
    """Say how the weather is."""
    if city == "fail":
        raise ValueError("no such city")
    return f"sunny in {city}"


if __name__ == "__main__":
    server.run()
