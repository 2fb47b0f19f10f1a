package dev.carillon.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.containers.Engine;
import dev.carillon.process.ChildProcess;
import java.nio.file.Path;

/** A whole machine: a container in which systemd runs, with an address of its own. */
final class Machine implements AutoCloseable {
    private final Engine podman;
    private final String name;
    private final String container;

    private Machine(Engine podman, String name, String container) {
        this.podman = podman;
        this.name = name;
        this.container = container;
    }

    /** Starts one and returns when systemd has. */
    static Machine start(Engine podman, String image, String network, String name, String address) {
        String container =
                "carillon-test-" + name + "-" + ProcessHandle.current().pid();
        podman.run(
                "run",
                "-d",
                "--systemd=always",
                "--privileged",
                "--name",
                container,
                "--hostname",
                name,
                "--network",
                network,
                "--ip",
                address,
                image,
                "/sbin/init");
        Machine machine = new Machine(podman, name, container);
        await().until(() ->
                machine.attempt("systemctl is-system-running").out().strip().matches("running|degraded"));
        return machine;
    }

    String name() {
        return name;
    }

    /** Runs commands in {@code /root} until one fails; none may. Returns their standard output. */
    String run(String commands) {
        ChildProcess.Ended ended = attempt(commands);
        assertThat(ended.status())
                .as("%s on %s: %s%s", commands, name, ended.out(), ended.err())
                .isZero();
        return ended.out().strip();
    }

    ChildProcess.Ended attempt(String commands) {
        return podman.attempt("exec", "-w", "/root", "-e", "HOME=/root", container, "bash", "-ec", commands);
    }

    void copyIn(Path file) {
        podman.run("cp", file.toString(), container + ":/root/" + file.getFileName());
    }

    /** A property of a unit. */
    String show(String unit, String property) {
        return run("systemctl show --property " + property + " --value " + unit);
    }

    /** As if its power failed. */
    void kill() {
        podman.run("kill", "--signal", "KILL", container);
    }

    @Override
    public void close() {
        podman.run("rm", "-f", "-t", "0", "-v", container);
    }
}
