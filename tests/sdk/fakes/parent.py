"""A program that uses the SDK with the real CLI, to be killed: FOLDER, STATE, CLI, environment."""

import asyncio
import json
import multiprocessing
import sys
import time
from typing import Any

from jupyter_claude_sdk import AssistantMessage, ClaudeAgentOptions, ClaudeSDKClient, StreamEvent

folder, state, cli, environment = sys.argv[1:]


async def never(*_: Any) -> Any:
    print("ready", flush=True)
    await asyncio.sleep(1000)


async def main() -> None:
    client = ClaudeSDKClient(
        ClaudeAgentOptions(
            cli_path=cli,
            cwd=folder,
            env=json.loads(environment),
            include_partial_messages=True,
            can_use_tool=never if state == "permission" else None,
            allowed_tools=["Bash"] if state == "bash" else [],
        )
    )
    await client.connect()
    transport: Any = client._live_connection()._transport
    print(transport._program.pid, transport._watcher._process.pid, flush=True)
    if state == "fork":
        # It inherits every pipe and outlives its parent.
        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(30,))
        child.start()
        print("child", child.pid, flush=True)
    if state != "idle":
        await client.query(state)
        async for message in client.receive_response():
            if isinstance(message, StreamEvent):
                words = message.event["type"] == "content_block_delta"
                if words and state in ("stream", "hang", "fork"):
                    break
            if isinstance(message, AssistantMessage) and state == "bash":
                break
    print("ready", flush=True)
    await asyncio.sleep(1000)


if __name__ == "__main__":
    asyncio.run(main())
