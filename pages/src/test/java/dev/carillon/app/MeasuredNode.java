package dev.carillon.app;

import dev.carillon.extension.Extension;
import dev.carillon.extension.Response;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.ProcessCost;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.Patience;
import io.undertow.Undertow;
import io.undertow.server.handlers.form.EagerFormParsingHandler;
import io.undertow.util.Headers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A node with pages in a process of its own, beside a plain Undertow server, so that its processor time can be measured. */
final class MeasuredNode implements AutoCloseable {
    /** Answer to an action that a script has sent. */
    private static final String DONE = "<turbo-stream action=\"update\" method=\"morph\" target=\"carillon-message\">"
            + "<template></template></turbo-stream>";

    private final BlockingQueue<String> out = new LinkedBlockingQueue<>();
    private final ChildProcess process;
    final int port;
    final int adminPort;
    final int plainPort;

    MeasuredNode() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                ChildProcess.jdk("java"),
                "-XX:+UseCompactObjectHeaders",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xms2g",
                "-Xmx2g",
                "-XX:MaxDirectMemorySize=2g"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MeasuredNode.class.getName()));
        process = ChildProcess.of(command).onOutput(out::add).endsWithInput().start();
        port = Integer.parseInt(answer("port "));
        adminPort = Integer.parseInt(answer("admin "));
        plainPort = Integer.parseInt(answer("plain "));
    }

    ProcessCost cost() {
        return ProcessCost.of(process.pid());
    }

    /** Renderings of shared views since the start. */
    long renders() throws IOException, InterruptedException {
        process.input().write('r');
        process.input().flush();
        return Long.parseLong(answer("renders "));
    }

    /** Records a profile while a task runs. */
    void profile(Path file, Runnable task) throws IOException, InterruptedException {
        jcmd("JFR.start", "name=figures", "settings=profile");
        task.run();
        jcmd("JFR.stop", "name=figures", "filename=" + file.toAbsolutePath());
    }

    private void jcmd(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(ChildProcess.jdk("jcmd"), Long.toString(process.pid())));
        command.addAll(List.of(arguments));
        ChildProcess.Ended ended = ChildProcess.of(command).run(Patience.LIMIT);
        if (ended.status() != 0) {
            throw new AssertionError(ended.out() + ended.err());
        }
    }

    private String answer(String name) throws InterruptedException {
        while (true) {
            String line = out.poll(Patience.LIMIT_MILLIS, TimeUnit.MILLISECONDS);
            if (line == null) {
                throw new AssertionError("no line that begins with " + name + ": " + process.text());
            }
            if (line.startsWith(name)) {
                return line.substring(name.length());
            }
        }
    }

    @Override
    public void close() {
        process.close();
    }

    /** The process: it ends with its standard input. */
    public static void main(String[] args) {
        App app = Carillon.app(AppOptions.defaults().actionsPerSecond(1_000)).page("/counter", MeasuredNode::counter);
        Extension plain = node -> {
            // What the page sends after its action, without the page.
            node.post("/plain", request -> {
                node.deliverHere(
                        Event.to(Scope.topic("plain")).data(request.text()).build());
                return Response.noContent();
            });
            return () -> {};
        };
        Map<String, String> settings = Map.of("io-threads", "2", "context-linger", "1s", "ping-interval", "10m");
        Undertow undertow = plainServer();
        try (Node node = Node.builder(TestCluster.config("measured", "memory", settings))
                .extension(app)
                .extension(plain)
                .start()) {
            System.out.println("port " + node.port());
            System.out.println("admin " + node.adminPort());
            System.out.println("plain "
                    + ((InetSocketAddress) undertow.getListenerInfo().getFirst().getAddress()).getPort());
            while (System.in.read() >= 0) {
                System.out.println("renders " + app.statistics().sharedRenders());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            undertow.stop();
        }
    }

    private static void counter(Page page) {
        Signal<String> text = page.input("text", "");
        Signal<Integer> count = page.shared(page.route(), "count", 0);
        Signal<String> shown = page.shared(page.route(), "shown", "");
        page.action("add", () -> count.update(n -> n + 1));
        page.action("show", () -> shown.set(text.get()));
        page.view(page.route(), "counter", () -> "<output>" + count.text() + "</output>");
        page.view(page.route(), "shown", () -> Html.escape(shown.get()));
    }

    /** Reads a form and counts, as the action of the page does. */
    private static Undertow plainServer() {
        AtomicInteger count = new AtomicInteger();
        Undertow server = Undertow.builder()
                .setIoThreads(2)
                .addHttpListener(0, "127.0.0.1")
                .setHandler(new EagerFormParsingHandler(exchange -> {
                    count.incrementAndGet();
                    exchange.getResponseHeaders()
                            .put(Headers.CONTENT_TYPE, "text/vnd.turbo-stream.html; charset=utf-8");
                    exchange.getResponseSender().send(DONE);
                }))
                .build();
        server.start();
        return server;
    }
}
