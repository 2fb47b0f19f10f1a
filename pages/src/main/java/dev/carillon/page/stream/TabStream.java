package dev.carillon.page.stream;

import dev.carillon.extension.ClientStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The open stream of a tab.
 *
 * @param ended completes when it has ended, after the listener of the application was called
 */
public record TabStream(ClientStream stream, CompletableFuture<Boolean> ended) {
    /** How long a new stream waits for the end of this one. */
    public static final Duration END = Duration.ofSeconds(2);

    public TabStream(ClientStream stream) {
        this(stream, new CompletableFuture<>());
    }

    /** Waits until the stream has ended, or for {@link #END}. */
    public void awaitEnd() {
        try {
            boolean _ = ended.get(END.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // The new stream then has another context, and the page is loaded again.
        }
    }
}
