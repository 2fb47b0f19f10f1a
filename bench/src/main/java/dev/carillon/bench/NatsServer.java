package dev.carillon.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A nats-server with JetStream on files. */
public final class NatsServer extends ServerProcess {
    private final List<String> options;

    /** @param options go after those of {@link #arguments} */
    public NatsServer(String... options) {
        this.options = List.of(options); // before super, which starts the server
        super(
                "nats-server",
                "NATS_SERVER",
                "install nats-server 2.10 or newer, or run ./carillon test, which gets one");
    }

    @Override
    public String scheme() {
        return "nats";
    }

    @Override
    List<String> arguments(Path data) {
        List<String> arguments = new ArrayList<>(
                List.of("-a", "127.0.0.1", "-p", Integer.toString(port()), "-js", "-sd", data.toString()));
        arguments.addAll(options);
        return arguments;
    }
}
