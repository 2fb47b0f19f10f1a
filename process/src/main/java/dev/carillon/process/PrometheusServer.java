package dev.carillon.process;

import java.nio.file.Path;
import java.util.List;

/** A Prometheus with its data in a temporary directory. */
public final class PrometheusServer extends ServerProcess {
    private final Path config;

    /** @param config file with scrape jobs and rules */
    public PrometheusServer(Path config) {
        this.config = config; // before super, which starts the server
        super("prometheus", "PROMETHEUS", "install the package prometheus, or run ./carillon test, which installs it");
    }

    @Override
    public String scheme() {
        return "http";
    }

    @Override
    List<String> arguments(Path data) {
        return List.of(
                "--config.file=" + config,
                "--storage.tsdb.path=" + data,
                "--web.listen-address=127.0.0.1:" + port(),
                "--log.level=warn");
    }
}
