"""A small API with a login: tokens, carts that belong to a token, sessions in cookies, redirects. It counts what it does.

GET /stats tells the counts as JSON, GET /told every value that it told anybody and nobody else may see. Prints its port.
"""
import http.server
import json
import re
import secrets
import socketserver
import threading
import time
from collections import Counter
from http.cookies import SimpleCookie

LOCK = threading.Lock()
COUNTS = Counter()
# Whose token it is; whose cart it is, in which session, and whether it was ordered.
TOKENS, CARTS = {}, {}
TOLD = []


def told(prefix, size):
    """A new value that is secret. Its blank and its slash look different in a URL."""
    value = prefix + secrets.token_hex(size)
    with LOCK:
        TOLD.append(value)
    return value


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet for each answer.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", *headers):
        with LOCK:
            COUNTS[f"{self.command} {re.sub('/crt-[0-9a-f]+', '/N', self.path)} {status}"] += 1
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def owner(self):
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        return TOKENS.get(token) if kind == "Bearer" else None

    def session(self):
        morsel = SimpleCookie(self.headers.get("Cookie", "")).get("sid")
        return morsel.value if morsel else None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/login":
            asked = json.loads(body)
            if asked["password"] != "pass-" + asked["user"]:
                return self.answer(401, b"wrong password " + asked["password"].encode())
            token = told("tok/", 12)
            with LOCK:
                TOKENS[token] = asked["user"]
            return self.answer(200, json.dumps({"data": {"access_token": token}, "ref": token}).encode())
        if self.path == "/carts":
            owner = self.owner()
            if owner is None:
                return self.answer(401, b"no token")
            if self.headers.get("X-User", owner) != owner:
                return self.answer(403, b"the token of another user")
            cart, sid = told("crt-", 8), told("", 12)
            with LOCK:
                CARTS[cart] = [owner, sid, False]
                COUNTS["cart of " + owner] += 1
            cookie = ("Set-Cookie", f"sid={sid}; Path=/carts; HttpOnly")
            return self.answer(201, json.dumps({"id": cart}).encode(), cookie, ("X-Total", "3"))
        if self.path.startswith("/leak"):
            return self.leak(body)
        if self.path == "/form":
            return self.answer(303, b"", ("Location", "ok?form=1"))
        self.answer(404, b"no such thing")

    def leak(self, body):
        """Tells new values, and repeats in its body and in a header all that it was sent."""
        sent = [f"{name}: {value}" for name, value in self.headers.items()] + [self.path, body.decode()]
        fails = "/fail" in self.path
        # Where it fails, nobody takes anything any more.
        cart, sid, over = None if fails else told("crt-", 8), told("sid/", 8), told("ovr-", 8)
        cookies = [("Set-Cookie", f"sid={sid}; Path=/"), ("Set-Cookie", f"old={over}; Max-Age=0")]
        repeated = json.dumps({"id": cart, "sent": " | ".join(sent), "cookies": [sid, over]}, indent=1).encode()
        if self.path.startswith("/leak/away"):
            ticket, part = told("ST-", 8), told("part-", 8)
            to = ("Location", f"/leak/landed/{part}?ticket={ticket}")
            return self.answer(307, repeated, *cookies, to)
        self.answer(500 if fails else 200, repeated, *cookies, ("X-Told", f"{sid} {over}"), ("X-Echo", " | ".join(sent)))

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = re.fullmatch("/carts/(crt-[0-9a-f]+)/(order|echo)", self.path)
        cart = CARTS.get(found.group(1)) if found else None
        if cart is None:
            return self.answer(404, b"no such cart")
        if found.group(2) == "echo":
            everything = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
            return self.answer(500, f"{everything}\n{body.decode()} of {found.group(1)}".encode(), ("X-Echo", cart[1]))
        with LOCK:
            mine = cart[0] == self.owner() and cart[1] == self.session() and not cart[2]
            cart[2] = cart[2] or mine
        said = json.loads(body)
        right = mine and said == {"cart": found.group(1), "total": 3}
        self.answer(200 if right else 409, b"<p class=done>ordered</p>" if right else b"not yours")

    def do_GET(self):
        path, _, _ = self.path.partition("?")
        if path == "/stats":
            with LOCK:
                body = json.dumps(COUNTS).encode()
            return self.answer(200, body)
        if path == "/told":
            with LOCK:
                body = json.dumps(TOLD).encode()
            return self.answer(200, body)
        if path == "/ok":
            return self.answer(200, b"ok")
        if path == "/old":
            return self.answer(301, b"moved", ("Location", "/older"))
        if path == "/older":
            return self.answer(302, b"", ("Location", "ok"))
        if path == "/slowly":
            time.sleep(0.3)
            return self.answer(302, b"", ("Location", "/slowly"))
        if path == "/again":
            return self.answer(302, b"", ("Location", "/again"))
        if path == "/away":
            return self.answer(302, b"", ("Location", "http://127.0.0.2:9/"))
        if path == "/nowhere":
            return self.answer(302)
        self.answer(404, b"no such thing")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, *_):
        """A client that hangs up is nothing to talk about."""


with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
