package dev.carillon.cli;

import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** One of the programs of {@link ClientProgram}. */
final class ClientProcess implements TrialClient {
    private final List<Received> received = new ArrayList<>();
    private final ChildProcess process;
    private String state = "";
    private boolean gaveUp;

    ClientProcess(ClientProgram program, String url) {
        try {
            process = ChildProcess.of(program.command(url))
                    .environment(variables ->
                            variables.put("CLIENTS", ClientLanguage.folder().toString()))
                    .onOutput(this::take)
                    .onError(this::say)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
        process.close();
    }
}
