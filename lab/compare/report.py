"""Medians, ratios and targets, as Markdown and as JSON."""

import json
import statistics

from cases import CONNECT, CPU, HEAP, MANY, P99, RATE, RESIDENT, TOTAL

# text, case, connections, figure, reference system, limit; the limit of RATE is a minimum, all others are maxima.
TARGETS = [
    ("CPU per delivery, SSE, 100 B, W=1", "sse-100-w1", MANY, CPU, "raw", 1.25),
    ("CPU per delivery, SSE, 100 B, W=1", "sse-100-w1", MANY, CPU, "nchan", 0.70),
    ("CPU per delivery, SSE, 100 B, W=16", "sse-100-w16", MANY, CPU, "raw", 1.15),
    ("CPU per delivery, SSE, 100 B, W=16", "sse-100-w16", MANY, CPU, "nchan", 1 / 15),
    ("CPU per delivery, WebSocket, 100 B, W=1", "ws-100-w1", MANY, CPU, "raw", 1.25),
    ("CPU per delivery, SSE, 100 B, W=1, with io_uring", "sse-100-w1", MANY, CPU, "raw", 1.0),
    ("CPU per delivery, SSE, 100 B, W=1, with io_uring", "sse-100-w1", MANY, CPU, "nchan", 0.70),
    ("CPU per delivery, SSE, 100 B, W=16, with io_uring", "sse-100-w16", MANY, CPU, "raw", 1.0),
    ("heap per idle connection, SSE, bytes", "memory-sse", MANY, HEAP, None, 3_000),
    ("heap per idle connection, WebSocket, bytes", "memory-ws", MANY, HEAP, None, 2_500),
    ("RSS per idle connection, SSE, bytes", "memory-sse", MANY, RESIDENT, None, 6_000),
    ("RSS per idle connection, WebSocket, bytes", "memory-ws", MANY, RESIDENT, None, 6_000),
    ("p99 at 60 % of a core, SSE", "latency-sse", MANY, P99, "raw", 1.3),
    ("p99 at 60 % of a core, WebSocket", "latency-ws", MANY, P99, "raw", 1.3),
    ("connects per second, SSE", "connect-sse", MANY, RATE, None, 15_000),
    ("connects per second, WebSocket", "connect-ws", MANY, RATE, None, 15_000),
    ("CPU per delivery through Redis", "broker-100-w1", MANY, CPU, "carillon", 1.1),
    ("CPU per delivery through NATS", "broker-100-w1", MANY, CPU, "carillon", 1.1),
    ("CPU per delivery through the hub", "hub-100-w1", MANY, CPU, "carillon", 1.1),
]
# The measured system by the last word of a target's text; otherwise a single node.
SYSTEMS = {"io_uring": "carillon-io-uring", "Redis": "carillon-redis", "NATS": "carillon-nats", "hub": "carillon-hub"}
# Figures with ratios; for the others only the median is printed.
RATIOS = {CPU, TOTAL, P99, RATE, CONNECT, HEAP, RESIDENT}


class Report:
    def __init__(self, facts):
        self.facts = facts
        # (case, connections) -> system -> figure -> values.
        self.rows = {}
        self.failures = {}

    def add(self, case, connections, system, figures):
        row = self._row(case, connections)[system]
        for name, value in figures.items():
            row.setdefault(name, []).append(value)

    def fail(self, case, connections, system, reason):
        self._row(case, connections)
        self.failures[case.name, connections, system] = reason

    def _row(self, case, connections):
        """The row with the systems in the order of the case."""
        return self.rows.setdefault((case.name, connections), {system: {} for system in case.systems})

    def median(self, case, connections, system, figure):
        values = self.rows.get((case, connections), {}).get(system, {}).get(figure)
        return statistics.median(values) if values else None

    def markdown(self):
        lines = [", ".join(f"{name}: {value}" for name, value in self.facts.items()), ""]
        lines += ["| case | connections | figure | system | median | min to max | rounds | ratio |",
                  "| --- | ---: | --- | --- | ---: | ---: | ---: | ---: |"]
        for (case, connections), systems in self.rows.items():
            first = next(iter(systems))
            figures = list(dict.fromkeys(name for values in systems.values() for name in values))
            for figure in figures:
                for system in systems:
                    values = systems[system].get(figure)
                    if values:
                        base = self.median(case, connections, first, figure)
                        ratio = f"{statistics.median(values) / base:.2f}" if figure in RATIOS and base else ""
                        lines.append(f"| {case} | {connections:,} | {figure} | {system} | {number(statistics.median(values))} "
                                     f"| {number(min(values))} to {number(max(values))} | {len(values)} | {ratio} |")
        lines += ["", "Ratios refer to the first system of a case.", ""]
        lines += self.targets()
        if self.failures:
            lines += ["", "Not measured:", ""]
            lines += [f"- {case}, {connections:,} connections, {system}: {reason}"
                      for (case, connections, system), reason in self.failures.items()]
        return "\n".join(lines) + "\n"

    def targets(self):
        lines = ["| target | limit | measured | met |", "| --- | ---: | ---: | --- |"]
        for text, case, connections, figure, against, limit in TARGETS:
            system = SYSTEMS.get(text.rsplit(" ", 1)[-1], "carillon")
            value = self.median(case, connections, system, figure)
            base = self.median(case, connections, against, figure) if against else 1
            least = figure == RATE
            if against:
                allowed = f"≤ {limit:.2f} × " + (
                    {"carillon-hub": "/events"}.get(system, "single node") if against == "carillon" else against)
            else:
                allowed = f"{'≥' if least else '≤'} {limit:,}"
            if value is None or not base:
                lines.append(f"| {text} | {allowed} | not measured | |")
                continue
            reached = value / base
            held = reached >= limit if least else reached <= limit
            lines.append(f"| {text} | {allowed} | {number(reached)} | {'yes' if held else '**no**'} |")
        return lines

    def json(self, **more):
        cases = [
            {"case": case, "connections": connections,
             "systems": {system: {name: {"median": statistics.median(values), "values": values}
                                  for name, values in figures.items()}
                         for system, figures in systems.items()}}
            for (case, connections), systems in self.rows.items()
        ]
        failures = [{"case": case, "connections": connections, "system": system, "reason": reason}
                    for (case, connections, system), reason in self.failures.items()]
        return json.dumps({**self.facts, **more, "cases": cases, "failures": failures}, indent=1) + "\n"


def number(value):
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
