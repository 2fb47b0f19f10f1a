"""The servers that are compared. Each tells the load generator how to subscribe and to publish."""

import base64
import hmac
import json
import os
import re
import secrets
import subprocess
import time

from processes import Failure, await_port, children, descriptors, end, free_port, program, start

# How long a context outlives its connection here: nothing of one measurement is to be left in the next.
LINGER_SECONDS = 1


HUB = "/.well-known/mercure"


class Server:
    """One that serves on the server's core; fields are set by those that are it."""

    def __init__(self, place):
        self.place = place
        self.port = free_port()
        self.log = place.log(type(self).__name__.lower())
        self.process = None
        self.idle_descriptors = 0

    def pids(self):
        return [self.process.pid]

    def other_pids(self):
        """Those whose cost is told beside."""
        return []

    def begin(self, command, variables=None, stdin=subprocess.DEVNULL):
        self.process = start(command, self.place.server_core, self.log, variables, stdin)
        try:
            await_port(self.port, self.process, self.log)
        except Failure:
            self.close()
            raise
        time.sleep(0.3)
        self.idle_descriptors = descriptors(self.pids())
        return self

    def settle(self, seconds=120):
        """Until what the generator left is closed: that is no part of the next measurement."""
        until = time.monotonic() + seconds
        while descriptors(self.pids()) > self.idle_descriptors + 10:
            if time.monotonic() > until:
                raise Failure(f"still has {descriptors(self.pids())} descriptors {seconds} s after the clients left")
            time.sleep(0.1)

    def close(self):
        if self.process:
            end(self.process)


class Raw(Server):
    """One send() for each subscriber, in C."""

    def __init__(self, place, protocol):
        super().__init__(place)
        self.protocol = protocol
        self.begin([place.program("rawserver"), str(self.port), protocol])

    def arguments(self, protocol):
        return ["-p", str(self.port), "-S", "/sub", "-P", "/pub"]


class Nchan(Server):
    """nginx with nchan, one worker."""

    MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"
    CONFIGURATION = """
load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections {files}; }}
http {{
  access_log off;
  keepalive_timeout 3600;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  nchan_shared_memory_size 512M;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /sub {{
      nchan_subscriber eventsource websocket;
      nchan_channel_id t;
      nchan_subscriber_first_message newest;
    }}
    location = /pub {{
      nchan_publisher http;
      nchan_channel_id t;
      nchan_message_buffer_length 100;
    }}
  }}
}}
"""

    def __init__(self, place, protocol):
        super().__init__(place)
        folder = place.folder("nchan")
        configuration = os.path.join(folder, "nginx.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(self.CONFIGURATION.format(
                module=self.MODULE, folder=folder, port=self.port, files=place.descriptors))
        self.begin([program("nginx"), "-p", folder, "-c", configuration])

    def pids(self):
        return [self.process.pid, *children(self.process.pid)]

    def arguments(self, protocol):
        return ["-p", str(self.port), "-S", "/sub", "-P", "/pub"]


class Carillon(Server):
    """A node of what was built here."""

    def __init__(self, place, protocol, broker="memory", core=None, options="", sends="direct", script=None):
        super().__init__(place)
        self.sends = sends
        if core is not None:
            self.place = place.at(core)
        self.begin(
            [script or place.carillon, "serve", "--stop-with-stdin", "--port", str(self.port), "--admin-port", "0", "--anonymous",
             # A baseline may be of a release without this port.
             *([] if script else ["--internal-port", "0"]),
             "--broker", broker, "--context-linger", f"{LINGER_SECONDS}s",
             "--drain-notice", "0s", "--drain-timeout", "1s"],
            {"CARILLON_JWT_KEY": place.key, "CARILLON_SECRET": place.key, "CARILLON_JAVA_OPTS": options,
             # The default is not set: a baseline may have another name for it.
             **({} if sends == "direct" else {"CARILLON_SEND_MODE": sends})},
            subprocess.PIPE)
        place.seen["jdk"] = self.jdk()

    def home(self):
        return os.path.dirname(os.path.dirname(os.path.realpath(f"/proc/{self.process.pid}/exe")))

    def jdk(self):
        with open(os.path.join(self.home(), "release"), encoding="utf-8") as file:
            facts = dict(line.strip().split("=", 1) for line in file if "=" in line)
        return f"{facts.get('IMPLEMENTOR', '')} {facts.get('JAVA_RUNTIME_VERSION', '?')}".replace('"', "").strip()

    def settle(self, seconds=120):
        super().settle(seconds)
        time.sleep(LINGER_SECONDS + 1)
        if self.sends == "io-uring":
            with open(self.log, encoding="utf-8", errors="replace") as text:
                if "io_uring is not available" in text.read():
                    raise Failure("there is no io_uring here")

    def arguments(self, protocol, publish_port=None):
        if protocol == "hub":
            return ["-p", str(self.port), "-S", HUB + "?topic=t", "-P", HUB, "-A", "topic=t&data=",
                    "-T", "application/x-www-form-urlencoded", "-U", "COMPARE_HUB_AUTHORIZATION"]
        path = "/ws?topic=t" if protocol == "ws" else "/events?topic=t"
        return ["-p", str(self.port), "-q", str(publish_port or self.port), "-S", path, "-P", "/broadcast",
                "-A", '{"scope":"topic:t","data":"', "-Z", '"}', "-T", "application/json", "-U", "COMPARE_AUTHORIZATION"]

    def heap_bytes(self):
        """Live: the histogram collects garbage first."""
        tool = os.path.join(self.home(), "bin", "jcmd")
        for command in ("GC.run", "GC.class_histogram"):
            answer = subprocess.run(
                [tool, str(self.process.pid), command], capture_output=True, text=True, timeout=120, check=False)
        total = re.search(r"^Total\s+\d+\s+(\d+)", answer.stdout, re.MULTILINE)
        if not total:
            raise Failure(f"{command} did not answer")
        return int(total.group(1))


class CarillonPair:
    """Two nodes and a broker: broadcast on the first, delivered on the second, which is on the server's core."""

    def __init__(self, place, protocol, kind):
        self.parts = []
        try:
            broker = Broker(place.at(place.generator_core), kind)
            self.parts.append(broker)
            first = Carillon(place, protocol, broker.address, place.generator_core)
            self.parts.append(first)
            self.second = Carillon(place, protocol, broker.address)
            self.parts.append(self.second)
        except Failure:
            self.close()
            raise
        self.others = [broker.process.pid, first.process.pid]
        self.publish_port = first.port

    def pids(self):
        return self.second.pids()

    def other_pids(self):
        return self.others

    def arguments(self, protocol):
        return self.second.arguments(protocol, self.publish_port)

    def settle(self):
        self.second.settle()

    def close(self):
        for part in reversed(self.parts):
            part.close()


class Broker(Server):
    """redis-server or nats-server, without keeping anything over its end."""

    def __init__(self, place, kind):
        super().__init__(place)
        folder = place.folder(kind)
        self.address = f"{kind}://127.0.0.1:{self.port}"
        if kind == "redis":
            command = [place.redis, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no",
                       "--dir", folder]
        else:
            command = [place.nats, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", folder]
        self.begin(command)


def new_key():
    return secrets.token_hex(32)


def hub_token(key):
    """By which its bearer may publish to the topic of the comparison for a day."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    claims = {"mercure": {"publish": ["t"]}, "exp": int(time.time()) + 24 * 3600}
    signed = b".".join(part(json.dumps(each).encode()) for each in ({"alg": "HS256"}, claims))
    return b".".join((signed, part(hmac.digest(key.encode(), signed, "sha256")))).decode()
