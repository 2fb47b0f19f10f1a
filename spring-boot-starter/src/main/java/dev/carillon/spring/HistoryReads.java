package dev.carillon.spring;

import dev.carillon.client.CarillonClient;
import dev.carillon.client.ClientException;
import dev.carillon.client.HistoryPage;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;

/** Reads of the emitters: a few at a time, within the limits of a node, and again after a pause if it is busy. Thread-safe; calls block. */
final class HistoryReads {
    /** Scopes that are read at a time. A node reads 200 for one address, which other instances may have, too. */
    static final int MAX_SCOPES = 100;

    static final int MAX_ATTEMPTS = 6;
    private static final int PAGE = 500;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration MAX_PAUSE = Duration.ofSeconds(10);
    private static final Set<Integer> BUSY = Set.of(429, 503);

    private final CarillonClient client;
    private final EmitterRuntime runtime;
    /** Fair, so that small reads do not keep a large one waiting. */
    private final Semaphore scopesLeft = new Semaphore(MAX_SCOPES, true);

    HistoryReads(CarillonClient client, EmitterRuntime runtime) {
        this.client = client;
        this.runtime = runtime;
    }

    HistoryPage page(List<String> scopes, String after) throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        for (int attempt = 1; ; attempt++) {
            try {
                return read(scopes, after);
            } catch (ClientException e) {
                if (!BUSY.contains(e.status()) || attempt == MAX_ATTEMPTS) {
                    throw e;
                }
                Duration asked = e.retryAfter().orElse(pause);
                Duration longer = asked.compareTo(pause) < 0 ? pause : asked;
                Duration least = longer.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : longer;
                runtime.sleep(runtime.between(least, least.multipliedBy(2)));
                pause = pause.multipliedBy(2);
            }
        }
    }

    private HistoryPage read(List<String> scopes, String after) throws InterruptedException {
        scopesLeft.acquire(scopes.size());
        try {
            return client.history(scopes, after, PAGE);
        } finally {
            scopesLeft.release(scopes.size());
        }
    }
}
