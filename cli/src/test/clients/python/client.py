"""Subscribes to a stream with the client that the first argument names, at the URL of the second; writes each event as ID<TAB>DATA."""

import asyncio
import sys
import time


def event(id, data):
    print(f"{id}\t{data}", flush=True)


def state(text):
    print(text, file=sys.stderr, flush=True)


def again(read, url):
    """Neither requests nor httpx reconnects: the loop is the application's."""
    last = ""
    while True:
        try:
            for id, data in read(url, {"Last-Event-ID": last} if last else {}):
                last = id or last
                event(last, data)
            state("again: end")
        except Exception as e:
            state(f"again: {e!r}")
        time.sleep(1)


def sseclient_py(url, headers):
    """As its documentation has it: requests reads blocks."""
    import requests
    import sseclient

    response = requests.get(url, stream=True, headers={"Accept": "text/event-stream", **headers})
    response.raise_for_status()
    for e in sseclient.SSEClient(response).events():
        yield e.id, e.data


def httpx_sse(url, headers):
    import httpx
    from httpx_sse import connect_sse

    with httpx.Client(timeout=None) as client, connect_sse(client, "GET", url, headers=headers) as source:
        source.response.raise_for_status()
        for e in source.iter_sse():
            yield e.id, e.data


async def aiohttp_sse_client(url):
    """It reconnects after a stream that ended, but raises where one breaks off: the loop around it is the application's."""
    from aiohttp_sse_client.client import EventSource
    from multidict import CIMultiDict

    last = ""
    while True:
        headers = CIMultiDict({"Last-Event-ID": last} if last else {})
        try:
            async with EventSource(url, headers=headers, on_open=lambda: state("open")) as source:
                async for e in source:
                    last = e.last_event_id or last
                    event(last, e.data)
            state("gave up")
            return
        except Exception as e:
            state(f"again: {e!r}")
        await asyncio.sleep(1)


name, address = sys.argv[1], sys.argv[-1]
if name == "sseclient-py":
    again(sseclient_py, address)
elif name == "httpx-sse":
    again(httpx_sse, address)
elif name == "aiohttp-sse-client":
    asyncio.run(aiohttp_sse_client(address))
elif name == "websockets":
    import websocket_client

    asyncio.run(websocket_client.follow())
