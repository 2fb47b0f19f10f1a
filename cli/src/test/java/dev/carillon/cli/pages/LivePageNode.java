package dev.carillon.cli.pages;

import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.process.ChildProcess;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A node with a page that counts, in a process that can be killed, paused and drained. It has the same port after each start. */
final class LivePageNode implements AutoCloseable {
    private static final String READY = "ready";

    private final String id;
    private final int port;
    private final String broker;
    private ChildProcess process;

    LivePageNode(String id, int port, String broker) throws IOException {
        this.id = id;
        this.port = port;
        this.broker = broker;
        this.process = start();
    }

    private ChildProcess start() throws IOException {
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        List<String> command = new ArrayList<>(List.of(
                ChildProcess.jdk("java"),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                LivePageNode.class.getName(),
                id,
                Integer.toString(port),
                broker));
        ChildProcess started = ChildProcess.of(command)
                .onOutput(line -> {
                    if (line.equals(READY)) {
                        ready.complete(true);
                    } else {
                        System.out.println(id + ": " + line);
                    }
                })
                .onError(line -> System.out.println(id + ": " + line))
                .endsWithInput()
                .start();
        started.onExit(status -> ready.complete(false));
        if (!ready.completeOnTimeout(false, Patience.LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .join()) {
            started.close();
            throw new AssertionError(id + " did not start: " + started.text());
        }
        return started;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Ends it without a goodbye, and starts it again. */
    void killAndRestart() throws IOException {
        process.kill();
        process.close();
        process = start();
    }

    /** Drains it, and starts it again. */
    void drainAndRestart() throws IOException, InterruptedException {
        process.terminate();
        int _ = process.awaitExit(Patience.LIMIT.multipliedBy(2))
                .orElseThrow(() -> new AssertionError(id + " does not end: " + process.text()));
        process.close();
        process = start();
    }

    void signal(String signal) {
        if (!process.signal(signal)) {
            throw new AssertionError(id + " has ended: " + process.text());
        }
    }

    @Override
    public void close() {
        process.close();
    }

    /** The process: it ends with its standard input, and drains on SIGTERM. */
    public static void main(String[] args) throws IOException {
        Node node = Node.builder(TestCluster.config(
                        args[0],
                        args[2],
                        Map.of(
                                "port",
                                args[1],
                                // All tabs have the same address.
                                "requests-per-address",
                                "0",
                                "drain-notice",
                                "4s")))
                .extension(app())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> drain(node), "drain"));
        System.out.println(READY);
        try (node) {
            while (System.in.read() >= 0) {
                // Only its end counts.
            }
        }
    }

    private static void drain(Node node) {
        try {
            node.drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        node.close();
    }

    static App app() {
        return Carillon.app(AppOptions.defaults().actionsPerSecond(1_000))
                .page("/", LivePageNode::counter)
                .page("/total", page -> {
                    Signal<Integer> total = page.shared(Scope.GLOBAL, "total", 0);
                    page.view("total", () -> "<output id=\"total\">" + total.text() + "</output>");
                });
    }

    private static void counter(Page page) {
        Signal<Integer> count = page.signal("count", 0);
        Signal<Integer> total = page.shared(Scope.GLOBAL, "total", 0);
        Signal<String> note = page.input("note", "", SignalType.text(100));
        Action add = page.action("add", () -> {
            count.update(n -> n + 1);
            total.update(n -> n + 1);
        });
        page.view("form", () -> "<label>Note <input " + Page.field(note) + "></label>" + add.button("Add"));
        page.view("count", () -> "<output id=\"shown\">" + count.text() + "</output>");
    }
}
