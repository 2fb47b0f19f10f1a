package dev.carillon.cli;

import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A client in a process of its own, told by lines of its standard input. */
final class WebSocketProcess implements WebSocketClient {
    private final List<Report> reports = new ArrayList<>();
    private final ChildProcess process;

    WebSocketProcess(List<String> command) {
        try {
            process = ChildProcess.of(command)
                    .environment(variables -> {
                        variables.put("CLIENTS", ClientLanguage.folder().toString());
                        variables.put("PYTHONUTF8", "1");
                    })
                    .onOutput(this::take)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void take(String line) {
        reports.add(Report.of(line));
    }

    @Override
    public void connect(Opening opening) {
        List<String> fields = new ArrayList<>(List.of("connect", opening.url(), String.join(",", opening.protocols())));
        opening.headers(header -> fields.add(header.getKey() + ": " + header.getValue()));
        tell(String.join("\t", fields));
    }

    @Override
    public void send(String text) {
        tell("send\t" + text);
    }

    @Override
    public void ping() {
        tell("ping");
    }

    @Override
    public void leave() {
        tell("close");
    }

    private void tell(String line) {
        try {
            process.input().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.input().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(process.err(), e);
        }
    }

    @Override
    public synchronized List<Report> reports() {
        return List.copyOf(reports);
    }

    @Override
    public String complaints() {
        return process.err();
    }

    @Override
    public void close() {
        process.close();
    }
}
