"""Runs the load generator on its core, and reads what it prints."""

import re
import subprocess
import time

import processes
from processes import Failure, descriptors

# Clients of one address are limited by some servers; a hall of them comes from several here.
ADDRESSES = 16
CONNECT_SECONDS = 60
# After the last connect: what a stream begins with is to be over before events are counted.
QUIET_SECONDS = 1.5
WARM_SECONDS = 1
# What is on its way at the end may take this long, by the generator itself.
DRAIN_SECONDS = 30


class Generator:
    def __init__(self, place):
        self.place = place

    def run(self, server, protocol, connections, size, seconds, window=1, rate=0):
        """One measurement; the figures of the generator's two lines in one dictionary."""
        command = [*self._command(server, protocol, connections), "-s", str(size), "-W", str(window), "-r", f"{rate:.2f}",
                   "-t", str(seconds), "-w", str(WARM_SECONDS), "-i", str(QUIET_SECONDS)]
        figures = self._figures(command, seconds + WARM_SECONDS + 10)
        server.settle()
        if "us/del" not in figures:
            raise Failure("nothing was delivered")
        if figures["dead"] or figures["pubbad"]:
            raise Failure(f"{figures['dead']:.0f} connections were closed, {figures['pubbad']:.0f} broadcasts refused")
        return figures

    def connect(self, server, protocol, connections):
        """Only connects: the rate, and what a connection cost."""
        figures = self._figures([*self._command(server, protocol, connections), "-i", "0", "-D"], 10)
        server.settle()
        if figures.get("open") != connections:
            raise Failure(f"{figures.get('open', 0):.0f} of {connections} connections are open")
        return figures

    def hold(self, server, protocol, connections):
        """Opens idle connections and keeps them; returns the process that does."""
        log = self.place.log("hold")
        before = descriptors(server.pids())
        holder = processes.start([*self._command(server, protocol, connections), "-i", "600", "-D"],
                                 self.place.generator_core, log)
        until = time.monotonic() + CONNECT_SECONDS
        while descriptors(server.pids()) < before + connections:
            if holder.poll() is not None or time.monotonic() > until:
                processes.end(holder)
                raise Failure(f"{connections} idle connections were not open in {CONNECT_SECONDS} s: {_reason(log)}")
            time.sleep(0.1)
        time.sleep(2 * QUIET_SECONDS)
        if holder.poll() is not None:
            raise Failure(f"the idle connections ended: {_reason(log)}")
        return holder

    def _command(self, server, protocol, connections):
        # The hub's streams are event streams, too.
        mode = "sse" if protocol == "hub" else protocol
        command = [self.place.program("loadgen"), "-m", mode, "-n", str(connections), "-a", str(ADDRESSES),
                   "-k", ",".join(map(str, server.pids())), *server.arguments(protocol)]
        if server.other_pids():
            command += ["-K", ",".join(map(str, server.other_pids()))]
        return command

    def _figures(self, command, seconds):
        log = self.place.log("generator")
        with open(log, "wb"):
            pass
        process = processes.start(command, self.place.generator_core, log)
        try:
            process.wait(CONNECT_SECONDS + QUIET_SECONDS + DRAIN_SECONDS + seconds)
        except subprocess.TimeoutExpired as e:
            raise Failure("the load generator took too long") from e
        finally:
            processes.end(process)
        if process.returncode:
            raise Failure(_reason(log))
        with open(log, encoding="utf-8") as text:
            return {name: float(value) for name, value in re.findall(r"(\S+?)=(-?\d+(?:\.\d+)?)", text.read())}


def _reason(log):
    with open(log, encoding="utf-8", errors="replace") as text:
        lines = text.read().strip().splitlines()
    return lines[-1] if lines else "the load generator said nothing"
