package dev.carillon.planner.report;

import dev.carillon.planner.Plan;
import dev.carillon.planner.base.PlanException;
import dev.carillon.planner.workload.Setup.BrokerKind;
import dev.carillon.planner.workload.Setup.ProxyKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A plan as {@code terraform.tfvars} of {@code terraform/modules/cluster}; what the plan cannot know is in capital letters. */
public final class Variables {
    private static final int MAX_NODES = 64;
    private static final int MAX_PROXY_CONNECTIONS = 1_000_000;
    private static final double DESCRIPTORS_BESIDE = 1_200;
    private static final double MARGIN = 1.25;
    private static final long SHIPPED_DESCRIPTORS = 200_000;
    private static final double MEGA = 1024.0 * 1024;

    private final Plan plan;

    /** @throws PlanException if the module cannot make such a cluster */
    public Variables(Plan plan) {
        if (plan.nodes() > MAX_NODES) {
            throw new PlanException("terraform: " + plan.nodes()
                    + " nodes: the module terraform/modules/cluster takes at most " + MAX_NODES);
        }
        this.plan = plan;
    }

    public String text() {
        List<String> lines = new ArrayList<>();
        lines.add("# Made by ./carillon plan, for terraform/modules/cluster: " + new PlanText(plan).headline() + ".");
        lines.add(
                "# Replace what is in capital letters; docs/terraform.md describes every variable. Secrets do not belong here.");
        lines.add("");
        lines.add("nodes = {");
        for (int i = 1; i <= plan.nodes(); i++) {
            lines.add("  node" + i + " = { host = \"node" + i + ".example.com\", host_key = \"HOST_KEY_NODE" + i
                    + "\", java_options = \"-Xmx" + PlanText.xmx(plan.worst()) + "m\" }");
        }
        lines.add("}");
        lines.add("");
        broker(lines);
        lines.add("");
        proxy(lines);
        lines.add("");
        lines.add("limit_nofile = " + descriptors());
        lines.add("");
        lines.add("release = {");
        lines.add("  version = \"VERSION\"");
        lines.add("  sha256  = \"SHA256\"");
        lines.add("  file    = \"carillon-VERSION-linux-x64.tar.gz\"");
        lines.add("}");
        lines.add("");
        lines.add("secrets_version = 1");
        return String.join("\n", lines) + "\n";
    }

    private void broker(List<String> lines) {
        if (plan.broker().kind() == BrokerKind.NATS) {
            lines.add("# NATS, which the module does not install: secrets.broker_url has its address.");
            lines.add("broker = { managed = true }");
            return;
        }
        long megabytes = (long) Math.ceil(plan.broker().memoryBytes() * MARGIN / MEGA);
        lines.add("broker = { host = \"broker.example.com\", host_key = \"HOST_KEY_BROKER\", maxmemory = \"" + megabytes
                + "mb\" }");
    }

    private void proxy(List<String> lines) {
        ProxyKind kind = plan.proxies().kind();
        if (kind == ProxyKind.NONE) {
            lines.add("proxy = null");
        } else if (plan.proxies().machines() > 1 || kind == ProxyKind.NGINX) {
            lines.add("# The plan has " + plan.proxies().machines() + " with "
                    + plan.proxies().name()
                    + ". The module installs one HAProxy or Caddy: put these in front yourself,");
            lines.add("# with configurations from ./carillon proxy-config, and list their addresses.");
            lines.add("proxy           = null");
            lines.add("trusted_proxies = [\"ADDRESSES\"]");
        } else {
            lines.add("proxy = { kind = \"" + kind.name().toLowerCase(Locale.ROOT)
                    + "\", host = \"proxy.example.com\", host_key = \"HOST_KEY_PROXY\", max_connections = "
                    + Math.min(MAX_PROXY_CONNECTIONS, Math.round(plan.workload().connections() * MARGIN)) + " }");
        }
    }

    private long descriptors() {
        return Math.max(SHIPPED_DESCRIPTORS, Math.round(plan.worst().connections() * MARGIN + DESCRIPTORS_BESIDE));
    }
}
