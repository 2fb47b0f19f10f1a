package dev.carillon.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** One of the programs of {@link ClientProgram}. */
final class ClientProcess implements TrialClient {
    private final Process process;
    private final List<Received> received = new ArrayList<>();
    private String state = "";
    private boolean gaveUp;

    ClientProcess(ClientProgram program, String url) {
        try {
            ProcessBuilder builder = new ProcessBuilder(program.command(url));
            builder.environment().put("CLIENTS", ClientProgram.folder().toString());
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        PipeReader.start("client-events", () -> read(process.inputReader(), this::take));
        PipeReader.start("client-states", () -> read(process.errorReader(), this::say));
    }

    private static void read(BufferedReader lines, Consumer<String> taker) {
        try (lines) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                taker.accept(line);
            }
        } catch (IOException e) {
            // Its end.
        }
    }

    private synchronized void take(String line) {
        int tab = line.indexOf('\t');
        received.add(new Received(line.substring(0, Math.max(tab, 0)), line.substring(tab + 1)));
    }

    private synchronized void say(String line) {
        state = line;
        gaveUp |= line.startsWith("gave up");
    }

    @Override
    public synchronized List<Received> received() {
        return List.copyOf(received);
    }

    @Override
    public synchronized String state() {
        return state;
    }

    @Override
    public synchronized boolean gaveUp() {
        return gaveUp || !process.isAlive();
    }

    @Override
    public void close() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        children.forEach(ProcessHandle::destroy);
    }
}
