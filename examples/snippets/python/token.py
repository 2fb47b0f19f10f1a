"""Prints a token for a user: python3 token.py ann. The key is in the file CARILLON_JWT_KEY_FILE, or in CARILLON_JWT_KEY."""
import base64
import hashlib
import hmac
import json
import os
import sys
import time

if len(sys.argv) != 2:
    sys.exit("usage: token.py USER")
file = os.environ.get("CARILLON_JWT_KEY_FILE")
if file:
    with open(file, "rb") as content:
        key = content.read().rstrip(b"\r\n")  # the line break at the end is no part of the key
else:
    key = os.environb.get(b"CARILLON_JWT_KEY", b"")
if len(key) < 32:
    sys.exit("set CARILLON_JWT_KEY_FILE or CARILLON_JWT_KEY: a key of at least 32 bytes")


def encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=")


now = int(time.time())
claims = {
    "sub": sys.argv[1],
    "iat": now,
    "exp": now + 3600,
    "carillon": {"broadcast": ["topic:orders"], "read": ["topic:orders"]},
}
text = encoded(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + b"." + encoded(json.dumps(claims).encode())
signature = hmac.new(key, text, hashlib.sha256).digest()
print((text + b"." + encoded(signature)).decode())
