package dev.carillon.client;

import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a WebSocket for one reader. The next message is requested when the reader has taken the one before, so that a slow reader is slow for the
 * node, too, and at most one message waits.
 */
final class Inbox implements WebSocket.Listener {
    /** An event of the maximum size, with room. */
    private static final int MAX_CHARACTERS = 4 * 1024 * 1024;
    /** One message, and the end. */
    private static final int CAPACITY = 2;

    sealed interface Message {}

    record Text(String text) implements Message {}

    /** @param reason a reason of the node to close, or a description */
    record Closed(int status, String reason) implements Message {}

    private final BlockingQueue<Message> messages = new ArrayBlockingQueue<>(CAPACITY);
    private final StringBuilder partial = new StringBuilder();

    /** The next message; null: none within the time limit. */
    @Nullable
    Message next(Duration limit) throws InterruptedException {
        return messages.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        if (partial.length() + data.length() > MAX_CHARACTERS) {
            socket.abort();
            end(new Closed(0, "a message has more than " + MAX_CHARACTERS + " characters"));
            return null;
        }
        partial.append(data);
        if (last) {
            boolean _ = messages.offer(new Text(partial.toString()));
            partial.setLength(0);
        } else {
            socket.request(1);
        }
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
        end(new Closed(status, reason));
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        end(new Closed(0, String.valueOf(error.getMessage())));
    }

    /** The connection is given up by this side, of which the WebSocket does not inform its listener. */
    void abort() {
        end(new Closed(0, ""));
    }

    private void end(Closed closed) {
        boolean _ = messages.offer(closed);
    }
}
