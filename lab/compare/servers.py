"""The compared servers, with the load generator's arguments for subscribing and publishing."""

import base64
import hmac
import json
import os
import re
import secrets
import subprocess
import time
import urllib.request

from processes import Failure, await_port, children, descriptors, end, free_port, program, start

# How long a context outlives its connection, so that nothing of a measurement remains in the next one.
LINGER_SECONDS = 1
# Files that a node opens after its start.
SPARE_DESCRIPTORS = 50


HUB = "/.well-known/mercure"
ANONYMOUS = ("--anonymous",)
# Clients that never send their token, and are not closed during a measurement.
WITHOUT_TOKEN = ("--authentication-timeout", "60s", "--max-unauthenticated", "20000")


class Server:
    """A server on the server's core."""

    def __init__(self, environment):
        self.environment = environment
        self.port = free_port()
        self.log = environment.log(type(self).__name__.lower())
        self.process = None
        self.idle_descriptors = 0

    def pids(self):
        return [self.process.pid]

    def other_pids(self):
        """Other processes whose cost is printed separately."""
        return []

    def begin(self, command, variables=None, stdin=subprocess.DEVNULL):
        self.process = start(command, self.environment.server_core, self.log, variables, stdin)
        try:
            await_port(self.port, self.process, self.log)
        except Failure:
            self.close()
            raise
        time.sleep(0.3)
        self.idle_descriptors = descriptors(self.pids())
        return self

    def settle(self, seconds=120):
        """Waits until the connections of the generator are closed, so that they do not affect the next measurement."""
        until = time.monotonic() + seconds
        while descriptors(self.pids()) > self.idle_descriptors + SPARE_DESCRIPTORS:
            if time.monotonic() > until:
                raise Failure(f"{descriptors(self.pids())} descriptors are open {seconds} s after the clients disconnected")
            time.sleep(0.1)

    def close(self):
        if self.process:
            end(self.process)


class Raw(Server):
    """A C server with one send() per subscriber."""

    def __init__(self, environment, protocol):
        super().__init__(environment)
        self.protocol = protocol
        self.begin([environment.program("rawserver"), str(self.port), protocol])

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

    def __init__(self, environment, protocol):
        super().__init__(environment)
        folder = environment.folder("nchan")
        configuration = os.path.join(folder, "nginx.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(self.CONFIGURATION.format(
                module=self.MODULE, folder=folder, port=self.port, files=environment.descriptors))
        self.begin([program("nginx"), "-p", folder, "-c", configuration])

    def pids(self):
        return [self.process.pid, *children(self.process.pid)]

    def arguments(self, protocol):
        return ["-p", str(self.port), "-S", "/sub", "-P", "/pub"]


class Carillon(Server):
    """A node of this checkout, or of a baseline."""

    def __init__(self, environment, protocol, broker="memory", core=None, options="", send_mode="direct", script=None,
                 clients=ANONYMOUS):
        super().__init__(environment)
        self.send_mode = send_mode
        self.marker = None
        if core is not None:
            self.environment = environment.at(core)
        self.begin(
            [script or environment.carillon, "serve", "--stop-with-stdin", "--port", str(self.port), "--admin-port", "0", *clients,
             # A baseline may not have this port.
             *([] if script else ["--internal-port", "0", "--ping-interval", "10m"]),
             "--broker", broker, "--context-linger", f"{LINGER_SECONDS}s",
             "--drain-notice", "0s", "--drain-timeout", "1s"],
            {"CARILLON_JWT_KEY": environment.key, "CARILLON_SECRET": environment.key, "CARILLON_JAVA_OPTS": options,
             # The default is not set: a baseline may have another name for it.
             **({} if send_mode == "direct" else {"CARILLON_SEND_MODE": send_mode})},
            subprocess.PIPE)
        environment.server_facts["jdk"] = self.jdk()

    def home(self):
        return os.path.dirname(os.path.dirname(os.path.realpath(f"/proc/{self.process.pid}/exe")))

    def jdk(self):
        with open(os.path.join(self.home(), "release"), encoding="utf-8") as file:
            facts = dict(line.strip().split("=", 1) for line in file if "=" in line)
        return f"{facts.get('IMPLEMENTOR', '')} {facts.get('JAVA_RUNTIME_VERSION', '?')}".replace('"', "").strip()

    def settle(self, seconds=120):
        super().settle(seconds)
        time.sleep(LINGER_SECONDS + 1)
        if self.send_mode == "io-uring":
            with open(self.log, encoding="utf-8", errors="replace") as text:
                if "io_uring" in text.read():
                    raise Failure("this system does not support io_uring")

    def arguments(self, protocol, publish_port=None):
        if protocol == "hub":
            return ["-p", str(self.port), "-S", HUB + "?topic=t", "-P", HUB, "-A", "topic=t&data=",
                    "-T", "application/x-www-form-urlencoded", "-U", "COMPARE_HUB_AUTHORIZATION"]
        path = "/ws?topic=t" if protocol in ("ws", "wsz") else "/events?topic=t"
        return ["-p", str(self.port), "-q", str(publish_port or self.port), "-S", path, "-P", "/broadcast",
                "-A", '{"scope":"topic:t","data":"', "-Z", '"}', "-T", "application/json", "-U", "COMPARE_AUTHORIZATION"]

    def mark(self):
        """Broadcasts one event and remembers its id, for clients that resume after it."""
        name, value = os.environ["COMPARE_AUTHORIZATION"].split(": ", 1)
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/broadcast", data=b'{"scope":"topic:t","data":"mark"}',
            headers={name: value, "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.marker = json.load(answer)["id"]

    def heap_bytes(self):
        """Live heap: the histogram triggers a garbage collection."""
        tool = os.path.join(self.home(), "bin", "jcmd")
        for command in ("GC.run", "GC.class_histogram"):
            answer = subprocess.run(
                [tool, str(self.process.pid), command], capture_output=True, text=True, timeout=120, check=False)
        total = re.search(r"^Total\s+\d+\s+(\d+)", answer.stdout, re.MULTILINE)
        if not total:
            raise Failure(f"{command} did not answer")
        return int(total.group(1))


class CarillonPair:
    """Two nodes and a broker: events are broadcast at the first node and delivered by the second, on the server's core."""

    def __init__(self, environment, protocol, kind):
        self.servers = []
        try:
            broker = Broker(environment.at(environment.generator_core), kind)
            self.servers.append(broker)
            first = Carillon(environment, protocol, broker.address, environment.generator_core)
            self.servers.append(first)
            self.second = Carillon(environment, protocol, broker.address)
            self.servers.append(self.second)
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
        for server in reversed(self.servers):
            server.close()


class Broker(Server):
    """redis-server or nats-server without persistent data."""

    def __init__(self, environment, kind):
        super().__init__(environment)
        folder = environment.folder(kind)
        self.address = f"{kind}://127.0.0.1:{self.port}"
        if kind == "redis":
            command = [environment.redis, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no",
                       "--dir", folder]
        else:
            command = [environment.nats, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", folder]
        self.begin(command)


def new_key():
    return secrets.token_hex(32)


def hub_token(key):
    """A token for publishing to the topic of the comparison for a day."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    claims = {"mercure": {"publish": ["t"]}, "exp": int(time.time()) + 24 * 3600}
    signed = b".".join(part(json.dumps(each).encode()) for each in ({"alg": "HS256"}, claims))
    return b".".join((signed, part(hmac.digest(key.encode(), signed, "sha256")))).decode()
