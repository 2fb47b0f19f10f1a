"""Prints the events of a topic, one after the other: python3 listen.py orders. The token, if one is needed, is in CARILLON_TOKEN."""
import http.client
import os
import random
import sys
import time
import urllib.parse

SILENCE = 3 * float(os.environ.get("HEARTBEAT", "15"))  # seconds; a node sends a comment line every 15 s

if len(sys.argv) != 2:
    sys.exit("usage: listen.py TOPIC")
url = urllib.parse.urlsplit(os.environ.get("CARILLON_URL", "http://127.0.0.1:8080"))
connection_class = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
path = url.path.rstrip("/") + "/events?" + urllib.parse.urlencode({"topic": sys.argv[1]})
token = os.environ.get("CARILLON_TOKEN")
last_id, retry, failures = "", 0.0, 0


def on_event(kind, data):
    global failures
    if kind == "carillon.open":
        failures = 0
    elif kind == "carillon.gap":
        print("events are missing, load the state again:", data, file=sys.stderr, flush=True)
    elif not kind.startswith("carillon."):
        print(kind, data, flush=True)


def read(response):
    """Reads events until the stream ends; an event counts when its blank line has arrived."""
    global last_id, retry
    kind, data, event_id = "", [], last_id
    while line := response.readline():
        line = line.decode().rstrip("\r\n")
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            last_id = event_id
            if data:
                on_event(kind or "message", "\n".join(data))
            kind, data = "", []
        elif field == "event":
            kind = value
        elif field == "data":
            data.append(value)
        elif field == "id":
            event_id = value
        elif field == "retry" and value.isdecimal():
            retry = int(value) / 1000


while True:
    retry_after, reason = 0, "the stream ended"
    connection = connection_class(url.netloc, timeout=SILENCE)
    headers = {"Accept": "text/event-stream"}
    if token:
        headers["Authorization"] = "Bearer " + token
    if last_id:
        headers["Last-Event-ID"] = last_id.encode()
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        if response.status == 200:
            read(response)
        else:
            reason = f"{response.status} {response.read().decode()}"
            after = response.getheader("Retry-After") or ""
            retry_after = int(after) if after.isdecimal() else 0
            if response.status < 500 and response.status != 429:
                sys.exit("refused: " + reason)
    except TimeoutError:
        reason = f"no byte for {SILENCE:g} s"
    except (OSError, http.client.HTTPException) as e:
        reason = f"{type(e).__name__} {e}"
    finally:
        connection.close()
    delay = max(retry, retry_after, random.uniform(0.5, 1) * min(30, 0.5 * 2**failures))
    failures = min(failures + 1, 10)
    print(f"{reason}; again in {delay:.1f} s", file=sys.stderr, flush=True)
    time.sleep(delay)
