package dev.carillon.broker.nats.connection;

import dev.carillon.base.TimeLimit;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.Failures.NoStreamException;
import dev.carillon.broker.nats.connection.Failures.RefusedException;
import dev.carillon.scope.Position;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamStatusException;
import io.nats.client.Message;
import io.nats.client.api.ClusterInfo;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.PublishAck;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import io.nats.client.api.SuccessApiResponse;
import io.nats.client.impl.Headers;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Requests to JetStream over one connection. Every future completes within the time limit, on the connection's reply thread: dependent
 * stages must not block. No request that changes something is repeated.
 */
public final class NatsApi {
    public static final String MESSAGE_ID = "Nats-Msg-Id";
    public static final long ANY_SEQUENCE = -1;

    private static final String EXPECTED = "Nats-Expected-Last-Subject-Sequence";
    private static final String EXPECTED_STREAM = "Nats-Expected-Stream";
    private static final String JS = "$JS.API.";
    /**
     * Maximum number of pipelined requests in flight. Answers carry whole events: with more of the largest ones, the
     * server's buffer for this client would overflow and the server would close the connection.
     */
    private static final int WINDOW = 128;

    /** How long the first answer of a cluster may take before the request is repeated, then twice as long. */
    private static final long FIRST_ANSWER_MILLIS = 300;

    private static final byte[] EMPTY = {};

    private final Connection connection;
    private final TimeLimit limit;
    private final int replicas;
    private final MessageReads reads;
    private final long timeoutMillis;

    /** @param replicas number of servers that must store each message of a stream */
    public NatsApi(Connection connection, TimeLimit limit, int replicas) {
        this.connection = connection;
        this.replicas = replicas;
        this.reads = new MessageReads(this, replicas > 1);
        this.limit = limit;
        this.timeoutMillis = limit.length().toMillis();
    }

    public CompletableFuture<Message> request(String subject, @Nullable Headers headers, byte[] body) {
        return request(subject, headers, body, limit);
    }

    /**
     * Sends a request that changes nothing. In a cluster it is repeated: it gets no answer while the stream has no leader, or while one server has not
     * been notified of it.
     */
    CompletableFuture<Message> ask(String subject, @Nullable Headers headers, byte[] body) {
        return replicated()
                ? repeated(subject, headers, body, FIRST_ANSWER_MILLIS, timeoutMillis)
                : request(subject, headers, body);
    }

    private CompletableFuture<Message> repeated(
            String subject, @Nullable Headers headers, byte[] body, long wait, long left) {
        if (wait >= left) {
            return request(subject, headers, body, new TimeLimit(Duration.ofMillis(left), limit.timer()));
        }
        return request(subject, headers, body, new TimeLimit(Duration.ofMillis(wait), limit.timer()))
                .exceptionallyCompose(e -> Failures.cause(e) instanceof TimeoutException
                        ? repeated(subject, headers, body, 2 * wait, left - wait)
                        : CompletableFuture.failedFuture(e));
    }

    private CompletableFuture<Message> request(
            String subject, @Nullable Headers headers, byte[] body, TimeLimit within) {
        CompletableFuture<Message> answer;
        try {
            answer = connection.requestWithTimeout(subject, headers, body, within.length());
        } catch (IllegalStateException | IllegalArgumentException e) {
            return CompletableFuture.failedFuture(e);
        }
        return within.on(answer).exceptionallyCompose(e -> {
            Throwable cause = Failures.cause(e);
            boolean noStream = cause instanceof JetStreamStatusException;
            return CompletableFuture.failedFuture(noStream ? new NoStreamException(subject) : cause);
        });
    }

    /** Publishes if the subject's last sequence is the expected one; 0: the subject must be empty. */
    public CompletableFuture<Ack> publish(String subject, Headers headers, byte[] body, long expectedSequence) {
        if (expectedSequence != ANY_SEQUENCE) {
            headers.put(EXPECTED, Long.toString(expectedSequence));
        }
        return request(subject, headers.isEmpty() ? null : headers, body).thenApply(NatsApi::ack);
    }

    private static Ack ack(Message answer) {
        PublishAck ack;
        try {
            ack = new PublishAck(answer);
        } catch (JetStreamApiException e) {
            int error = e.getApiErrorCode();
            if (error == Failures.WRONG_LAST_SEQUENCE || error == Failures.SEQUENCE_IN_PROCESS) {
                return new Ack(Ack.Outcome.CONFLICT, 0);
            }
            if (error == Failures.DUPLICATE_IN_PROCESS) {
                return new Ack(Ack.Outcome.DUPLICATE, 0);
            }
            throw new RefusedException(e.getApiErrorCode(), e.getErrorDescription());
        } catch (IOException | RuntimeException e) {
            // jnats throws one of these for an invalid acknowledgement.
            throw new RefusedException(0, String.valueOf(e.getMessage()));
        }
        if (ack.getSeqno() < 0 || ack.getSeqno() > Position.MAX_SEQUENCE) {
            throw new RefusedException(0, "invalid acknowledgement of message " + ack.getSeqno());
        }
        return new Ack(ack.isDuplicate() ? Ack.Outcome.DUPLICATE : Ack.Outcome.STORED, ack.getSeqno());
    }

    /** The last message of a subject; also empty if there is no such stream. */
    public CompletableFuture<Optional<StoredMessage>> last(String stream, String subject) {
        return reads.last(stream, subject);
    }

    public CompletableFuture<Optional<StoredMessage>> message(String stream, long sequence) {
        return reads.message(stream, sequence);
    }

    /** The first message of a subject with at least this sequence. */
    public CompletableFuture<Optional<StoredMessage>> next(String stream, String subject, long sequence) {
        return reads.next(stream, subject, sequence);
    }

    /**
     * Completes when the stream of a subject has answered a message that it does not store. Subscriptions sent before on this connection are then known
     * to the server that leads the stream.
     *
     * @throws NoStreamException in the future: no stream takes the subject at this time
     */
    public CompletableFuture<Boolean> reach(String subject) {
        return ask(subject, new Headers().put(EXPECTED_STREAM, "none"), EMPTY).thenApply(answer -> {
            try {
                throw new RefusedException(
                        0, "stored a message for another stream at " + new PublishAck(answer).getSeqno());
            } catch (JetStreamApiException e) {
                if (e.getApiErrorCode() == Failures.OTHER_STREAM) {
                    return true;
                }
                throw new RefusedException(e.getApiErrorCode(), e.getErrorDescription());
            } catch (IOException e) {
                throw new RefusedException(0, String.valueOf(e.getMessage()));
            }
        });
    }

    /** The number of servers that must store each message of a stream. */
    public int replicas() {
        return replicas;
    }

    boolean replicated() {
        return replicas > 1;
    }

    public CompletableFuture<Optional<StreamInfo>> info(String stream) {
        return ask(JS + "STREAM.INFO." + stream, null, EMPTY).thenApply(answer -> {
            StreamInfo info = read("a stream", () -> new StreamInfo(answer));
            if (info.getApiErrorCode() == Failures.STREAM_NOT_FOUND) {
                return Optional.empty();
            }
            checked(info);
            read("a stream", () -> Objects.requireNonNull(info.getTimestamp(), "ts"));
            if (replicated() && leader(info) == null) {
                // Each replica answers then, and may lack the last messages.
                throw new RefusedException(0, "stream " + stream + " has no leader at this time");
            }
            return Optional.of(info);
        });
    }

    /** The name of the server that leads a stream; null: none. */
    public static @Nullable String leader(StreamInfo info) {
        ClusterInfo cluster = info.getClusterInfo();
        String leader = cluster == null ? null : cluster.getLeader();
        return leader == null || leader.isEmpty() ? null : leader;
    }

    public CompletableFuture<StreamInfo> create(StreamConfiguration config) {
        return configured("CREATE", config);
    }

    public CompletableFuture<StreamInfo> update(StreamConfiguration config) {
        return configured("UPDATE", config);
    }

    private CompletableFuture<StreamInfo> configured(String verb, StreamConfiguration config) {
        return request(JS + "STREAM." + verb + "." + config.getName(), null, json(config.toJson()))
                .thenApply(answer -> checked(read("a stream", () -> new StreamInfo(answer))));
    }

    private static StreamInfo checked(StreamInfo info) {
        Failures.check(info);
        return read("a stream", () -> {
            Objects.requireNonNull(info.getCreateTime(), "created");
            Objects.requireNonNull(info.getConfiguration().getName(), "name");
            if (info.getStreamState().getFirstSequence() < 0
                    || info.getStreamState().getLastSequence() < 0
                    || info.getStreamState().getLastSequence() > Position.MAX_SEQUENCE) {
                throw new IllegalArgumentException("sequence out of range");
            }
            return info;
        });
    }

    private static <T> T read(String what, Supplier<T> decoder) {
        return UnreadableException.reading("the state of " + what, decoder);
    }

    /** Deletes exactly one message, whatever was published on its subject later. */
    public CompletableFuture<Boolean> delete(String stream, long sequence) {
        byte[] body = json("{\"seq\":" + sequence + ",\"no_erase\":true}");
        return request(JS + "STREAM.MSG.DELETE." + stream, null, body)
                .thenApply(answer ->
                        !read("a message", () -> new SuccessApiResponse(answer)).hasError());
    }

    public CompletableFuture<ConsumerInfo> createConsumer(String stream, ConsumerConfiguration config) {
        byte[] body = json("{\"stream_name\":\"" + stream + "\",\"config\":" + config.toJson() + "}");
        return request(JS + "CONSUMER.CREATE." + stream, null, body).thenApply(NatsApi::consumer);
    }

    /** Number of messages that a consumer has not delivered yet. */
    public CompletableFuture<Long> pending(String stream, String consumer) {
        return ask(JS + "CONSUMER.INFO." + stream + "." + consumer, null, EMPTY)
                .thenApply(answer -> consumer(answer).getNumPending());
    }

    private static ConsumerInfo consumer(Message answer) {
        ConsumerInfo info = read("a consumer", () -> new ConsumerInfo(answer));
        Failures.check(info);
        return read("a consumer", () -> {
            Objects.requireNonNull(info.getName(), "name");
            return info;
        });
    }

    /** Not awaited: the server also removes idle consumers by itself. */
    public void deleteConsumer(String stream, String consumer) {
        var _ = request(JS + "CONSUMER.DELETE." + stream + "." + consumer, null, EMPTY);
    }

    /** Requests messages of a pull consumer; they arrive on the reply subject. */
    public void pull(String stream, String consumer, String answers, int batch, int maxBytes) {
        byte[] body = json("{\"batch\":" + batch + ",\"max_bytes\":" + maxBytes + ",\"no_wait\":true}");
        connection.publish(JS + "CONSUMER.MSG.NEXT." + stream + "." + consumer, answers, body);
    }

    /** Names of the streams with subjects that match the pattern. */
    public CompletableFuture<List<String>> streams(String subjectPattern) {
        return ask(JS + "STREAM.NAMES", null, json("{\"subject\":\"" + subjectPattern + "\"}"))
                .thenApply(answer -> read("streams", () -> names(answer.getData())));
    }

    private static List<String> names(byte[] json) {
        try {
            var names = JsonParser.parse(json).map.get("streams");
            return names == null || names.array == null
                    ? List.of()
                    : names.array.stream()
                            .map(n -> Objects.requireNonNull(n.string, "name"))
                            .toList();
        } catch (JsonParseException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** Sends many requests without waiting for each answer; the answers have the order of the requests. Blocks. */
    public <Q, A> List<A> pipelined(Collection<Q> requests, Function<Q, CompletableFuture<A>> send) {
        Semaphore window = new Semaphore(WINDOW);
        List<CompletableFuture<A>> answers = new ArrayList<>(requests.size());
        try {
            for (Q request : requests) {
                if (!window.tryAcquire(timeoutMillis, TimeUnit.MILLISECONDS)) {
                    throw new BrokerUnavailableException("NATS did not answer in time");
                }
                CompletableFuture<A> answer = send.apply(request);
                var _ = answer.whenComplete((a, e) -> window.release());
                answers.add(answer);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failures.toBrokerFailure(e);
        }
        return answers.stream().map(this::await).toList();
    }

    public long timeoutMillis() {
        return timeoutMillis;
    }

    /** Waits for an answer; on virtual threads only. */
    public <T> T await(CompletableFuture<T> answer) {
        return Failures.await(answer, timeoutMillis + 100);
    }

    private static byte[] json(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
