"""The environment of the comparison: cores, limits and programs. Missing programs are installed if possible, or left out."""

import copy
import os
import platform
import re
import resource
import shutil
import subprocess
import tempfile

from processes import Failure, program
from servers import Nchan, hub_token, new_key

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Descriptors of a server in addition to those of clients: listeners, JVM files, the broker connection.
SPARE_DESCRIPTORS = 500


class Environment:
    def __init__(self, say):
        self.say = say
        cores = sorted(os.sched_getaffinity(0))
        self.server_core, self.generator_core = cores[0], cores[min(1, len(cores) - 1)]
        self.one_core = len(cores) < 2
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != hard:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.descriptors = hard
        self.cache = os.path.join(ROOT, ".cache", "compare")
        os.makedirs(self.cache, exist_ok=True)
        self.work = self._run_directory()
        self.carillon = os.path.join(ROOT, "carillon")
        # Start script of another checkout to compare with, if any.
        self.baseline = None
        self.key = new_key()
        self.redis = self.nats = None
        # Facts that servers report when they start.
        self.server_facts = {}

    def at(self, core):
        other = copy.copy(self)
        other.server_core = core
        return other

    def program(self, name):
        return os.path.join(self.cache, name)

    def log(self, name):
        return os.path.join(self.work, name + ".log")

    def folder(self, name):
        return tempfile.mkdtemp(prefix=name + ".", dir=self.work)

    def _run_directory(self):
        """Directory for logs; they are kept until the next run if a measurement failed."""
        for name in os.listdir(self.cache):
            if name.startswith("run.") and not os.path.exists("/proc/" + name[4:]):
                shutil.rmtree(os.path.join(self.cache, name), ignore_errors=True)
        folder = os.path.join(self.cache, f"run.{os.getpid()}")
        os.makedirs(folder)
        return folder

    def max_connections(self):
        return self.descriptors - SPARE_DESCRIPTORS

    def close(self, keep):
        if not keep:
            shutil.rmtree(self.work, ignore_errors=True)

    def prepare(self, systems):
        """Builds and finds the programs of these systems; returns the reason for each missing one."""
        for tool in ("gcc", "taskset"):
            if not program(tool):
                raise Failure(f"no {tool}: install it (packages gcc, zlib1g-dev, util-linux)")
        self._compile("rawserver", [])
        self._compile("loadgen", ["-lz"])
        missing = {}
        if "nchan" in systems and not self._nchan():
            missing["nchan"] = "not found: install nginx with nchan (Debian: apt-get install libnginx-mod-nchan)"
        self.redis = os.environ.get("REDIS_SERVER") or program("redis-server")
        if "redis" in systems and not self.redis:
            missing["redis"] = "not found: install redis-server, or set REDIS_SERVER"
        cached = os.path.join(ROOT, ".cache", "servers", "nats-server")
        self.nats = os.environ.get("NATS_SERVER") or (cached if os.access(cached, os.X_OK) else program("nats-server"))
        if "nats" in systems and not self.nats:
            missing["nats"] = "not found: ./carillon test installs a nats-server, or set NATS_SERVER"
        if any(system not in ("raw", "nchan") for system in systems):
            self._carillon()
        return missing

    def _compile(self, name, libraries):
        source = os.path.join(HERE, name + ".c")
        result = self._run(["gcc", "-O2", "-o", self.program(name), source, *libraries])
        if result.returncode and "zlib.h" in result.stderr and self._apt("zlib1g-dev"):
            result = self._run(["gcc", "-O2", "-o", self.program(name), source, *libraries])
        if result.returncode:
            raise Failure(f"gcc does not compile {name}.c: {(result.stderr.strip() or '?').splitlines()[0]}")

    def _nchan(self):
        return self._has_nchan() or (self._apt("libnginx-mod-nchan") and self._has_nchan())

    def _has_nchan(self):
        return program("nginx") and os.path.exists(Nchan.MODULE)

    def _apt(self, package):
        if os.geteuid() != 0 or not program("apt-get"):
            return False
        self.say(f"installing the package {package} with apt-get ...")
        # Prevents the start of system daemons: the comparison starts its own.
        policy = "/usr/sbin/policy-rc.d"
        mine = not os.path.exists(policy)
        try:
            if mine:
                with open(policy, "w", encoding="ascii") as file:
                    file.write("#!/bin/sh\nexit 101\n")
                os.chmod(policy, 0o755)
            install = ["apt-get", "-q", "install", "-y", "--no-install-recommends", package]
            if self._run(install, 600).returncode:
                self._run(["apt-get", "-q", "update"], 600)
                return self._run(install, 600).returncode == 0
            return True
        finally:
            if mine and os.path.exists(policy):
                os.remove(policy)

    def _carillon(self):
        for script in filter(None, (self.carillon, self.baseline)):
            if subprocess.run([script, "build"], check=False, stdin=subprocess.DEVNULL).returncode:
                raise Failure(f"{script} build failed")
        token = self._run([self.carillon, "token", "--broadcast", "topic:t", "--expires", "24h"],
                          120, {"CARILLON_JWT_KEY": self.key})
        if token.returncode:
            raise Failure(f"./carillon token failed: {token.stderr.strip()}")
        # Environment variables, so that tokens do not show in the list of processes.
        os.environ["COMPARE_AUTHORIZATION"] = "Authorization: Bearer " + token.stdout.strip()
        os.environ["COMPARE_HUB_AUTHORIZATION"] = "Authorization: Bearer " + hub_token(self.key)

    def _run(self, command, seconds=120, variables=None):
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False,
                                  stdin=subprocess.DEVNULL,
                                  env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", **(variables or {})})
        except subprocess.TimeoutExpired as e:
            raise Failure(f"{command[0]} took longer than {seconds} s") from e

    def facts(self):
        """Facts that the figures depend on, without paths and host names."""
        revision = self._run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"]).stdout.strip()
        changed = self._run(["git", "-C", ROOT, "status", "--porcelain", "-uno"]).stdout.strip()
        return {
            "cores": os.cpu_count(),
            "processor": _first(r"^model name\s*:\s*(.*)$", _text("/proc/cpuinfo")),
            "kernel": platform.release().split("-")[0],
            "congestion control": _text("/proc/sys/net/ipv4/tcp_congestion_control").strip(),
            "jdk": self.server_facts.get("jdk", "none"),
            "descriptors": self.descriptors,
            "revision": revision + (" with changes" if changed else ""),
            **({"baseline": self._run(["git", "-C", os.path.dirname(self.baseline), "rev-parse", "--short", "HEAD"]).stdout.strip()}
               if self.baseline else {}),
        }


def _text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _first(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    return match.group(1) if match else "?"
