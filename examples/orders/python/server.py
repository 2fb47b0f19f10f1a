"""A shop: each user sees the status of an order change live. README.md has the steps; only the standard library is used."""
import base64
import hashlib
import hmac
import html
import http.cookies
import http.server
import json
import os
import pathlib
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

CARILLON = os.environ.get("CARILLON_URL", "http://127.0.0.1:8080")
KEY = pathlib.Path(os.environ["CARILLON_JWT_KEY_FILE"]).read_bytes().strip()
PAGES = pathlib.Path(__file__).parent.parent

sessions = {}  # session: user; a shop has them in its database
orders = {}  # user: status


def token(user, **grants):
    """Signs a token for 10 minutes (RFC 7519, HS256)."""
    claims = {"sub": user, "exp": int(time.time()) + 600, "carillon": grants}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "HS256"}, claims)]
    signature = hmac.new(KEY, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def broadcast(user, event_type, data):
    """Sends an event to all open pages of a user. For repeats see docs/snippets.md."""
    request = urllib.request.Request(
        CARILLON + "/broadcast",
        json.dumps({"scope": "user:" + user, "type": event_type, "data": data}).encode(),
        {
            "Authorization": "Bearer " + token("shop", broadcast=["user:*"]),
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        },
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        response.read()


class Shop(http.server.BaseHTTPRequestHandler):
    def user(self):
        cookie = http.cookies.SimpleCookie(self.headers.get("Cookie", "")).get("session")
        return sessions.get(cookie.value) if cookie else None

    def answer(self, status, content, content_type="text/plain", **headers):
        self.send_response(status)
        self.send_header("Content-Type", content_type + "; charset=utf-8")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content.encode())

    def do_GET(self):
        user = self.user()
        if self.path == "/":
            page = (PAGES / ("order.html" if user else "login.html")).read_text()
            page = page.replace("{{user}}", html.escape(user or "")).replace("{{carillon}}", CARILLON)
            self.answer(200, page, "text/html")
        elif self.path not in ("/token", "/order"):
            self.answer(404, "not found")
        elif not user:
            self.answer(401, "log in")
        elif self.path == "/token":
            self.answer(200, token(user))  # a user's own events need no grant
        else:
            self.answer(200, json.dumps({"status": orders.get(user, "received")}), "application/json")

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()))
        name = self.path.removeprefix("/orders/") if self.path.startswith("/orders/") else form.get("user", "")
        if not re.fullmatch("[a-z0-9]{1,20}", name):
            self.answer(400, "a name has 1 to 20 letters and digits")
        elif self.path == "/login":  # a shop asks for a password
            session = secrets.token_urlsafe()
            sessions[session] = name
            self.answer(303, "", Location="/", Set_Cookie=f"session={session}; HttpOnly; SameSite=Lax; Path=/")
        elif not self.path.startswith("/orders/") or "status" not in form:
            self.answer(404, "not found")
        else:  # a shop asks who of its staff that is
            orders[name] = form["status"]
            try:
                broadcast(name, "status", {"status": form["status"]})
                self.answer(200, "saved and sent\n")
            except urllib.error.HTTPError as e:
                self.answer(502, f"saved, but not sent: {e.code} {e.read().decode()}\n")
            except OSError as e:
                self.answer(502, f"saved, but not sent: {e}\n")


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Shop)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
