"""What is measured: each case has a name, the systems that it compares, and how one of them is measured once."""

import time

import processes
from processes import Failure, resident_bytes
from servers import Carillon, CarillonPair, Nchan, Raw

MANY = 10_000
FEW = 1_000
# Which part of a core is busy where latency is measured.
LOAD = 0.6
WARM_CONNECTS = 5
# A small young generation: what a connection adds is to be seen, not what the collector has not yet taken up again.
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
USED = "part of a core"


class Case:
    """One row of the comparison for each number of connections; the first system is what the others are held against."""

    systems = ("raw", "nchan", "carillon", "carillon-baseline")
    counts = (FEW, MANY)
    # Started anew for each measurement, or once for all of them.
    fresh = False

    def __init__(self, name, protocol):
        self.name = name
        self.protocol = protocol

    def spoken(self, system):
        """How the load generator is to speak to one of the systems."""
        return {"carillon-gzip": "gz", "carillon-hub": "hub"}.get(system, self.protocol)

    def seconds(self, connections, seconds):
        """About how long one measurement takes."""
        return seconds + 3.5 + connections / 2_500


class FanOut(Case):
    """As many events as are taken, with W of them on their way."""

    systems = ("raw", "nchan", "carillon", "carillon-io-uring", "carillon-baseline")

    def __init__(self, protocol, size, window, name=None):
        super().__init__(name or f"{protocol}-{'1k' if size == 1024 else size}-w{window}", protocol)
        self.size = size
        self.window = window

    def measure(self, generator, server, system, connections, seconds):
        figures = generator.run(server, self.spoken(system), connections, self.size, seconds, self.window)
        result = {CPU: figures["us/del"], BYTES: figures["B/ev"], USED: figures["srv_cpu"]}
        return _whole(result, figures)


class Compressed(FanOut):
    systems = ("carillon", "carillon-gzip")

    def __init__(self, size, window):
        super().__init__("sse", size, window, f"gzip-{'1k' if size == 1024 else size}-w{window}")


class Hub(FanOut):
    """The events of one node by its own stream, and by the Mercure hub."""

    systems = ("carillon", "carillon-hub")
    counts = (MANY,)

    def __init__(self, window):
        super().__init__("sse", 100, window, f"hub-100-w{window}")


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
    """At a fixed rate that keeps this part of a core busy, which is found first."""

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


class Memory(Case):
    """Of a server that was warmed up with a few connections and is otherwise new."""

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


def _steady_heap(server):
    """When what the clients that left have been is no longer kept for a moment, as by timers."""
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
            *[kind(f"{word}-{protocol}", protocol)
              for word, kind in (("latency", Latency), ("connect", Connects), ("memory", Memory))
              for protocol in ("sse", "ws")]]


def start_system(place, system, protocol, fresh):
    if system == "raw":
        return Raw(place, protocol)
    if system == "nchan":
        return Nchan(place, protocol)
    if system in ("carillon-redis", "carillon-nats"):
        return CarillonPair(place, protocol, system.split("-")[1])
    return Carillon(place, protocol, options=SMALL_HEAP if fresh else "",
                    sends="io-uring" if system == "carillon-io-uring" else "direct",
                    script=place.baseline if system == "carillon-baseline" else None)


def needs(systems):
    """What must be there, for these systems."""
    return {system.split("-")[1] if system in ("carillon-redis", "carillon-nats") else served_by(system)
            for system in systems}


def served_by(system):
    """The system whose server serves it; what is only another way to speak to it has none of its own."""
    return "carillon" if system in ("carillon-gzip", "carillon-hub") else system


def warm_up(generator, server, system, protocols, seconds):
    """The JVM compiles what is hot; that is over before anything is measured."""
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
                # It does not serve this: the measurement will say so.
                break


