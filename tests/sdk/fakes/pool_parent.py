"""A program that asks two rows, to be killed: CLI, environment."""

import json
import sys

import anyio
from jupyter_claude_sdk import ClaudeAgentOptions
from jupyter_claude_sdk._map.pool import ClaudePool

cli, environment = sys.argv[1:]


async def main() -> None:
    options = ClaudeAgentOptions(cli_path=cli, env=json.loads(environment))
    async with ClaudePool(options, size=2) as pool, anyio.create_task_group() as group:
        group.start_soon(pool.ask, "one")
        group.start_soon(pool.ask, "two")


if __name__ == "__main__":
    anyio.run(main)
