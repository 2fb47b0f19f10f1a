"""Child processes of the comparison. They end with this process, however it ends."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_started = []


class Failure(Exception):
    """A measurement is not possible; the message is for the user."""


def _end_with_parent():
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def start(command, core, log, variables=None, stdin=subprocess.DEVNULL):
    """Starts a command on one core with its output in a file."""
    with open(log, "ab") as output:
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *command],
            stdin=stdin,
            stdout=output,
            stderr=output,
            env={**os.environ, **(variables or {})},
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
    _started.append(process)
    return process


def end(process, seconds=10):
    """Terminates a process, and kills it if it does not exit in time."""
    if process.stdin:
        process.stdin.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process in _started:
        _started.remove(process)


def end_all():
    for process in list(_started):
        end(process)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port, process, log, seconds=60):
    """Waits until the port accepts connections; fails if the process exits first."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Failure(f"exited with status {process.returncode}; see {log}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Failure(f"did not listen within {seconds} s; see {log}")


def program(name):
    """Path of a program on the PATH or in the sbin directories."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")


def descriptors(pids):
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


def resident_bytes(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as lines:
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
    return total


def cpu_seconds(pids):
    """User and system time of the processes so far."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as text:
            # The name may contain blanks and parentheses; the fields after it cannot.
            fields = text.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as text:
        return [int(child) for child in text.read().split()]
