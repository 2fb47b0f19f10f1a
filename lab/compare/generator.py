"""Runs the load generator on its core and parses its output."""

import re
import subprocess
import time

import processes
from processes import Failure, descriptors

# Some servers limit the clients per source address.
ADDRESSES = 16
CONNECT_SECONDS = 60
# After the last connect, so that initial events are not counted.
QUIET_SECONDS = 1.5
WARM_SECONDS = 1
# Drain time of the generator at the end.
DRAIN_SECONDS = 30


class Generator:
    def __init__(self, environment):
        self.environment = environment

    def run(self, server, protocol, connections, size, seconds, window=1, rate=0):
        """One measurement; the figures of both output lines in one dictionary."""
        command = [*self._command(server, protocol, connections), "-s", str(size), "-W", str(window), "-r", f"{rate:.2f}",
                   "-t", str(seconds), "-w", str(WARM_SECONDS), "-i", str(QUIET_SECONDS)]
        figures = self._figures(command, seconds + WARM_SECONDS + 10)
        server.settle()
        if "us/del" not in figures:
            raise Failure("nothing was delivered")
        if figures["dead"] or figures["pubbad"]:
            raise Failure(f"{figures['dead']:.0f} connections were closed, {figures['pubbad']:.0f} broadcasts refused")
        return figures

    def connect(self, server, protocol, connections, header=None, idle_seconds=0):
        """Only connects: connect rate and cost of a connection."""
        headers = ["-H", header] if header else []
        figures = self._figures(
            [*self._command(server, protocol, connections), *headers, "-i", str(idle_seconds), "-D"], 10 + idle_seconds)
        server.settle()
        if figures.get("open") != connections:
            raise Failure(f"{figures.get('open', 0):.0f} of {connections} connections are open")
        return figures

    def hold(self, server, protocol, connections):
        """Opens idle connections; returns the process that holds them."""
        log = self.environment.log("hold")
        before = descriptors(server.pids())
        holder = processes.start([*self._command(server, protocol, connections), "-i", "600", "-D"],
                                 self.environment.generator_core, log)
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
        # Streams of the hub are SSE, too.
        mode = "sse" if protocol == "hub" else protocol
        command = [self.environment.program("loadgen"), "-m", mode, "-n", str(connections), "-a", str(ADDRESSES),
                   "-k", ",".join(map(str, server.pids())), *server.arguments(protocol)]
        if server.other_pids():
            command += ["-K", ",".join(map(str, server.other_pids()))]
        return command

    def _figures(self, command, seconds):
        log = self.environment.log("generator")
        with open(log, "wb"):
            pass
        process = processes.start(command, self.environment.generator_core, log)
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
    return lines[-1] if lines else "no output of the load generator"
