"""A WebSocket of the package websockets that follows the commands on standard input; they are in ../nodejs/websocket.cjs."""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


def say(*fields):
    print(*fields, sep="\t", flush=True)


async def receive(socket):
    try:
        async for text in socket:
            say("message", text)
    except ConnectionClosed as e:
        print(e, file=sys.stderr, flush=True)
    say("closed", socket.close_code, socket.close_reason)


async def pinged(pong):
    await pong
    say("pong")


async def follow():
    socket, tasks = None, []
    while line := (await asyncio.to_thread(sys.stdin.readline)).rstrip("\n"):
        command, *fields = line.split("\t")
        if command == "connect":
            url, protocols, *headers = fields
            socket = await connect(
                url,
                subprotocols=[p for p in protocols.split(",") if p] or None,
                additional_headers=[tuple(header.split(": ", 1)) for header in headers],
            )
            say("open", socket.subprotocol or "", socket.response.headers.get("Sec-WebSocket-Extensions", ""))
            tasks.append(asyncio.create_task(receive(socket)))
        elif command == "send":
            await socket.send(fields[0])
        elif command == "ping":
            tasks.append(asyncio.create_task(pinged(await socket.ping())))
        elif command == "close":
            await socket.close()
