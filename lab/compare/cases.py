"""The cases: each has a name, the systems that it compares, and a measurement of one system."""

import time

import processes
from processes import Failure, cpu_seconds, resident_bytes
from servers import WITHOUT_TOKEN, Carillon, CarillonPair, Nchan, Raw

MANY = 10_000
FEW = 1_000
# Share of a core that is busy in latency measurements.
LOAD = 0.6
WARM_CONNECTS = 5
# A client that resumes missed the events of about two seconds at this rate.
MISSING_RATE = 20
MISSING_CONNECTIONS = 10
# The replays end within this time after the last connect.
RESUME_SECONDS = 2
# A small young generation, so that garbage does not hide the memory of a connection.
SMALL_HEAP = "-Xms64m -Xmn16m"

CPU = "CPU per delivery, us"
TOTAL = "CPU per delivery of all processes, us"
BYTES = "bytes per event"
P50 = "p50, ms"
P99 = "p99, ms"
RATE = "connects per second"
CONNECT = "CPU per connect, us"
HEAP = "heap per connection, bytes"
RESIDENT = "RSS per connection, bytes"
USED = "share of a core"
IDLE = "CPU per idle connection, us per second"

# Modes of the load generator for a node of this checkout.
MODES = {"carillon-gzip": "gz", "carillon-hub": "hub", "carillon-ws": "ws", "carillon-ws-deflate": "wsz"}
IDLE_SECONDS = 20


class Case:
    """One row of the comparison per number of connections; ratios refer to the first system."""

    systems = ("raw", "nchan", "carillon", "carillon-baseline")
    counts = (FEW, MANY)
    # Whether each measurement starts a new server.
    fresh = False

    def __init__(self, name, protocol):
        self.name = name
        self.protocol = protocol

    def generator_mode(self, system):
        """Mode of the load generator for a system."""
        return MODES.get(system, self.protocol)

    def seconds(self, connections, seconds):
        """Approximate duration of one measurement."""
        return seconds + 3.5 + connections / 2_500


class FanOut(Case):
    """Closed loop with W events in flight."""

    systems = ("raw", "nchan", "carillon", "carillon-io-uring", "carillon-baseline")

    def __init__(self, protocol, size, window, name=None):
        super().__init__(name or f"{protocol}-{'1k' if size == 1024 else size}-w{window}", protocol)
        self.size = size
        self.window = window

    def measure(self, generator, server, system, connections, seconds):
        figures = generator.run(server, self.generator_mode(system), connections, self.size, seconds, self.window)
        result = {CPU: figures["us/del"], BYTES: figures["B/ev"], USED: figures["srv_cpu"]}
        return _whole(result, figures)


class Compressed(FanOut):
    systems = ("carillon", "carillon-gzip")

    def __init__(self, size, window):
        super().__init__("sse", size, window, f"gzip-{'1k' if size == 1024 else size}-w{window}")


class Hub(FanOut):
    """Events of one node through its own stream and through the Mercure hub."""

    systems = ("carillon", "carillon-hub")
    counts = (MANY,)

    def __init__(self, window):
        super().__init__("sse", 100, window, f"hub-100-w{window}")


class Transports(FanOut):
    """Events through an event stream and through WebSocket, plain and compressed once for all."""

    systems = ("carillon", "carillon-ws", "carillon-ws-deflate")
    counts = (MANY,)

    def __init__(self, size, window):
        super().__init__("sse", size, window, f"transports-{'1k' if size == 1024 else size}-w{window}")


class Brokers(FanOut):
    systems = ("carillon", "carillon-redis", "carillon-nats")
    counts = (MANY,)

    def __init__(self, window):
        super().__init__("sse", 100, window, f"broker-100-w{window}")

    def measure(self, generator, server, system, connections, seconds):
        figures = generator.run(server, self.protocol, connections, self.size, seconds, self.window)
        return _whole({CPU: figures["us/del"], TOTAL: figures["us/del"] + figures["other_us/del"],
                       USED: figures["srv_cpu"]}, figures)


class Latency(Case):
    """Latency at a fixed rate that keeps this share of a core busy; the rate is determined first."""

    def measure(self, generator, server, system, connections, seconds):
        cost = generator.run(server, self.protocol, connections, 100, max(1, seconds / 2))["us/del"]
        rate = LOAD * 1e6 / (cost * connections)
        figures = generator.run(server, self.protocol, connections, 100, seconds, rate=rate)
        return _whole({P99: figures["p99"], P50: figures["p50"], USED: figures["srv_cpu"], "events per second": rate},
                      figures)

    def seconds(self, connections, seconds):
        return 2 * super().seconds(connections, seconds)


class Connects(Case):
    counts = (MANY,)

    def measure(self, generator, server, system, connections, seconds):
        figures = generator.connect(server, self.protocol, connections)
        return {RATE: figures["rate"], CONNECT: figures["srv_us/conn"]}

    def seconds(self, connections, seconds):
        return 2 + connections / 2_500


class Resumes(Case):
    """Clients that reconnect with the id of an event and receive the events after it."""

    systems = ("carillon", "carillon-baseline")
    counts = (MANY,)

    def measure(self, generator, server, system, connections, seconds):
        if server.marker is None:
            server.mark()
            generator.run(server, self.protocol, MISSING_CONNECTIONS, 100, 1, 1, MISSING_RATE)
        before = cpu_seconds(server.pids())
        figures = generator.connect(server, self.protocol, connections, f"Last-Event-ID: {server.marker}", RESUME_SECONDS)
        return {RATE: figures["rate"], CONNECT: (cpu_seconds(server.pids()) - before) / connections * 1e6}

    def seconds(self, connections, seconds):
        return 2 + RESUME_SECONDS + connections / 2_500


class Memory(Case):
    """Memory per connection of a new server, warmed up with a few connections."""

    counts = (MANY,)
    fresh = True

    def measure(self, generator, server, system, connections, seconds):
        generator.run(server, self.protocol, FEW, 100, 2)
        heap = _steady_heap(server) if system.startswith("carillon") else 0
        resident = resident_bytes(server.pids())
        holder = generator.hold(server, self.protocol, connections)
        try:
            result = {}
            if system.startswith("carillon"):
                result[HEAP] = (server.heap_bytes() - heap) / connections
            result[RESIDENT] = (resident_bytes(server.pids()) - resident) / connections
            return result
        finally:
            processes.end(holder)

    def seconds(self, connections, seconds):
        return 15 + connections / 2_500


class Unauthenticated(Case):
    """WebSockets that have not sent a token yet, on a new server, beside the same of anonymous clients, which have a context and scopes."""

    systems = ("carillon", "carillon-unauthenticated")
    counts = (MANY,)
    fresh = True

    def measure(self, generator, server, system, connections, seconds):
        generator.connect(server, "ws", FEW)
        heap = _steady_heap(server)
        resident = resident_bytes(server.pids())
        before = cpu_seconds(server.pids())
        holder = generator.hold(server, "ws", connections)
        try:
            connected = cpu_seconds(server.pids())
            time.sleep(IDLE_SECONDS)
            idle = cpu_seconds(server.pids())
            return {HEAP: (server.heap_bytes() - heap) / connections,
                    RESIDENT: (resident_bytes(server.pids()) - resident) / connections,
                    CONNECT: (connected - before) / connections * 1e6,
                    IDLE: (idle - connected) / connections / IDLE_SECONDS * 1e6}
        finally:
            processes.end(holder)

    def seconds(self, connections, seconds):
        return 20 + IDLE_SECONDS + connections / 2_500


def _steady_heap(server):
    """Live heap after the state of disconnected clients has been released, for example by timers."""
    before = server.heap_bytes()
    for _ in range(20):
        time.sleep(2)
        after = server.heap_bytes()
        if abs(after - before) < before / 500:
            return after
        before = after
    return before


def _whole(result, figures):
    if figures["missing"] > 0:
        raise Failure(f"{figures['missing']:.0f} deliveries are missing")
    return result


def all_cases():
    fanout = [FanOut(protocol, size, window)
              for protocol in ("sse", "ws") for size in (100, 1024) for window in (1, 16)]
    compressed = [Compressed(size, window) for size in (100, 1024) for window in (1, 16)]
    return [*fanout, *compressed, Hub(1), Hub(16), Brokers(1), Brokers(16),
            *[Transports(size, window) for size in (100, 1024) for window in (1, 16)],
            Unauthenticated("unauthenticated-ws", "ws"),
            Resumes("resume-sse", "sse"),
            *[kind(f"{word}-{protocol}", protocol)
              for word, kind in (("latency", Latency), ("connect", Connects), ("memory", Memory))
              for protocol in ("sse", "ws")]]


def start_system(environment, system, protocol, fresh):
    if system == "raw":
        return Raw(environment, protocol)
    if system == "nchan":
        return Nchan(environment, protocol)
    if system in ("carillon-redis", "carillon-nats"):
        return CarillonPair(environment, protocol, system.split("-")[1])
    if system == "carillon-unauthenticated":
        return Carillon(environment, protocol, options=SMALL_HEAP, clients=WITHOUT_TOKEN)
    return Carillon(environment, protocol, options=SMALL_HEAP if fresh else "",
                    send_mode="io-uring" if system == "carillon-io-uring" else "direct",
                    script=environment.baseline if system == "carillon-baseline" else None)


def needs(systems):
    """Prerequisites of these systems."""
    return {system.split("-")[1] if system in ("carillon-redis", "carillon-nats") else served_by(system)
            for system in systems}


def served_by(system):
    """The system whose server is used; some systems are only another mode of the load generator."""
    return "carillon" if system in MODES else system


def warm_up(generator, server, system, protocols, seconds):
    """Lets the JVM compile hot code before the measurements."""
    for protocol in protocols:
        for _ in range(WARM_CONNECTS):
            try:
                generator.connect(server, protocol, FEW)
            except Failure:
                break
        for window in (1, 16):
            try:
                generator.run(server, protocol, FEW, 100, seconds / 2, window)
            except Failure:
                # Not supported by the server: the measurement will report that.
                break


