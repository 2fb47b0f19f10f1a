"""Broadcasts an event: python3 broadcast.py topic:orders order '{"id":7}'. The token is in CARILLON_TOKEN."""
import http.client
import json
import os
import random
import sys
import time
import urllib.parse
import uuid

ATTEMPTS = 8

if len(sys.argv) != 4:
    sys.exit("usage: broadcast.py SCOPE TYPE DATA")
url = urllib.parse.urlsplit(os.environ.get("CARILLON_URL", "http://127.0.0.1:8080"))
connection_class = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
body = json.dumps({"scope": sys.argv[1], "type": sys.argv[2], "data": sys.argv[3]})
headers = {
    "Authorization": "Bearer " + os.environ.get("CARILLON_TOKEN", ""),
    "Content-Type": "application/json",
    "Idempotency-Key": str(uuid.uuid4()),  # the same in every attempt: the event is delivered once
}


def send():
    """Returns status, answer and Retry-After in seconds; status 0 if there was no answer."""
    connection = connection_class(url.netloc, timeout=10)
    try:
        connection.request("POST", url.path.rstrip("/") + "/broadcast", body, headers)
        response = connection.getresponse()
        after = response.getheader("Retry-After") or ""
        return response.status, response.read().decode(), int(after) if after.isdecimal() else 0
    except (OSError, http.client.HTTPException) as e:
        return 0, f"no answer: {e}", 0
    finally:
        connection.close()


for attempt in range(ATTEMPTS):
    status, answer, retry_after = send()
    if status == 200:
        print(answer)
        sys.exit()
    if status not in (0, 429, 502, 503, 504) or attempt == ATTEMPTS - 1:
        sys.exit(f"not broadcast: {status} {answer}")
    time.sleep(max(retry_after, random.uniform(0.5, 1) * min(10, 0.25 * 2**attempt)))
