package dev.carillon.broker.nats.connection;

import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.Failures.RefusedException;
import io.nats.client.Message;
import io.nats.client.api.MessageInfo;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Reads single messages. A stream on one server is read by direct gets. Those of a replicated stream would be answered by any replica, which
 * may lack the last events; its leader is asked instead, whose answer has everything that was acknowledged.
 *
 * @param replicated whether the streams are replicated
 */
record MessageReads(NatsApi api, boolean replicated) {
    private static final String DIRECT = "$JS.API.DIRECT.GET.";
    private static final String LEADER = "$JS.API.STREAM.MSG.GET.";
    private static final int DIRECT_NOT_FOUND = 404;
    private static final int NO_MESSAGE = 10037;
    private static final byte[] EMPTY = {};

    CompletableFuture<Optional<StoredMessage>> last(String stream, String subject) {
        return replicated
                ? leader(stream, "{\"last_by_subj\":\"" + subject + "\"}")
                : direct(DIRECT + stream + "." + subject, EMPTY);
    }

    CompletableFuture<Optional<StoredMessage>> message(String stream, long sequence) {
        String body = "{\"seq\":" + sequence + "}";
        return replicated ? leader(stream, body) : direct(DIRECT + stream, json(body));
    }

    CompletableFuture<Optional<StoredMessage>> next(String stream, String subject, long sequence) {
        String body = "{\"seq\":" + sequence + ",\"next_by_subj\":\"" + subject + "\"}";
        return replicated ? leader(stream, body) : direct(DIRECT + stream, json(body));
    }

    private CompletableFuture<Optional<StoredMessage>> leader(String stream, String body) {
        return orEmpty(api.ask(LEADER + stream, null, json(body)).thenApply(answer -> {
            MessageInfo info = UnreadableException.reading("a message", () -> new MessageInfo(answer, stream, false));
            if (info.hasError()) {
                if (info.getApiErrorCode() == NO_MESSAGE) {
                    return Optional.empty();
                }
                Failures.check(info);
            }
            return Optional.of(UnreadableException.reading(
                    "a message",
                    () -> new StoredMessage(
                            Objects.requireNonNull(info.getSubject(), "subject"),
                            info.getSeq(),
                            Objects.requireNonNull(info.getTime(), "time")
                                    .toInstant()
                                    .toEpochMilli(),
                            info.getHeaders(),
                            Objects.requireNonNullElse(info.getData(), EMPTY))));
        }));
    }

    private CompletableFuture<Optional<StoredMessage>> direct(String subject, byte[] body) {
        return orEmpty(api.request(subject, null, body).thenApply(MessageReads::ofDirect));
    }

    private static Optional<StoredMessage> ofDirect(Message answer) {
        if (!answer.isStatusMessage()) {
            return Optional.of(StoredMessage.ofHeaders(answer));
        }
        if (answer.getStatus().getCode() == DIRECT_NOT_FOUND) {
            return Optional.empty();
        }
        throw new RefusedException(0, answer.getStatus().getMessageWithCode());
    }

    /** There is no message either if there is no stream. */
    private static CompletableFuture<Optional<StoredMessage>> orEmpty(
            CompletableFuture<Optional<StoredMessage>> found) {
        return found.exceptionallyCompose(e -> Failures.isNoStream(e)
                ? CompletableFuture.completedFuture(Optional.empty())
                : CompletableFuture.failedFuture(e));
    }

    private static byte[] json(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
