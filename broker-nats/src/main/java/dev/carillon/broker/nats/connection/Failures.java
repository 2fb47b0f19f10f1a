package dev.carillon.broker.nats.connection;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.OverloadedException;
import io.nats.client.JetStreamStatusException;
import io.nats.client.api.ApiResponse;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Maps failures of jnats and JetStream to the exceptions of the broker SPI. */
public final class Failures {
    public static final int STREAM_NOT_FOUND = 10059;
    public static final int STREAM_EXISTS = 10058;
    static final int OTHER_STREAM = 10060;
    public static final int WRONG_LAST_SEQUENCE = 10071;
    /** Of later releases than 2.10: another message of the subject waits for replicas, so the expected sequence may be wrong. */
    static final int SEQUENCE_IN_PROCESS = 10164;
    /** Of later releases than 2.10, which acknowledged a duplicate with sequence 0: see {@link Ack#pending}. */
    static final int DUPLICATE_IN_PROCESS = 10158;

    private static final int NO_SERVERS = 10005;
    /** JetStream errors for a reached limit of bytes, streams or consumers, of the server or the account. */
    private static final Set<Integer> LIMITS = Set.of(10002, 10023, 10026, 10027, 10028, 10047);
    /** JetStream errors for a server or account without JetStream. */
    private static final Set<Integer> NOT_ENABLED = Set.of(10039, 10076);

    private Failures() {}

    /** An error that JetStream answered. */
    public static final class RefusedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int error;

        RefusedException(int error, String description) {
            super(description);
            this.error = error;
        }

        int error() {
            return error;
        }
    }

    /** No stream takes the subject: nothing was stored. */
    public static final class NoStreamException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoStreamException(String subject) {
            super("no stream takes " + subject);
        }
    }

    /** Throws the error in an answer, if any. */
    public static void check(ApiResponse<?> answer) {
        if (answer.hasError()) {
            throw new RefusedException(answer.getApiErrorCode(), answer.getDescription());
        }
    }

    public static Throwable cause(Throwable e) {
        Throwable cause = e;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    public static boolean isNoStream(Throwable e) {
        Throwable cause = cause(e);
        return cause instanceof NoStreamException
                || cause instanceof RefusedException refused && refused.error() == STREAM_NOT_FOUND;
    }

    /** The SPI's exception for a failure. */
    public static CarillonException toBrokerFailure(Throwable thrown) {
        Throwable e = cause(thrown);
        return switch (e) {
            case CarillonException known -> known;
            case TimeoutException _ -> new BrokerUnavailableException("NATS did not answer in time", e);
            case RefusedException refused -> toBrokerFailure(refused);
            case NoStreamException _ -> new BrokerUnavailableException("NATS: " + e.getMessage(), e);
            case JetStreamStatusException _ -> new BrokerUnavailableException("NATS: " + e.getMessage(), e);
            case CancellationException _ -> new BrokerUnavailableException("the connection to NATS was lost", e);
            case IllegalStateException _ -> new BrokerUnavailableException("there is no connection to NATS", e);
            case IOException _ -> new BrokerUnavailableException("the connection to NATS was lost", e);
            case InterruptedException _ -> new BrokerUnavailableException("the broker is closed", e);
            default -> new CarillonException(ErrorCode.INTERNAL, "the NATS broker failed: " + e, e);
        };
    }

    private static CarillonException toBrokerFailure(RefusedException e) {
        if (e.error() == NO_SERVERS) {
            return new BrokerUnavailableException(
                    "NATS refused: " + e.getMessage()
                            + ": a stream can be made only while as many servers run as it has replicas"
                            + " (nats-replicas)",
                    e);
        }
        return LIMITS.contains(e.error())
                ? new OverloadedException("NATS has reached a storage limit: " + e.getMessage())
                : new BrokerUnavailableException("NATS refused: " + e.getMessage(), e);
    }

    /**
     * The configuration that an operator must change before a session can be opened; null if another attempt may succeed.
     *
     * @param reported last error that the server reported on the connection; empty: none
     * @param starting whether JetStream may be starting, as at a server that joins its cluster
     */
    public static @Nullable String configurationError(Throwable failure, String reported, boolean starting) {
        Throwable cause = cause(failure);
        boolean refused = cause instanceof RefusedException;
        int error = refused ? ((RefusedException) cause).error() : 0;
        if (LIMITS.contains(error)) {
            return "the limits of JetStream are too small: NATS says \"" + cause.getMessage()
                    + "\": raise them for the server or for the account of this user";
        }
        if (!starting && (NOT_ENABLED.contains(error) || cause instanceof NoStreamException)) {
            return "the account of this user has no JetStream"
                    + (refused ? ": NATS says \"" + cause.getMessage() + "\"" : "")
                    + ": enable it in the account's block of the configuration of nats-server";
        }
        if (reported.toLowerCase(Locale.ROOT).contains("permissions violation")) {
            return "the user lacks permissions: NATS says \"" + reported
                    + "\": let it publish and subscribe to carillon.>, $JS.> and _INBOX.>";
        }
        return null;
    }

    /**
     * The reason for which JetStream refuses writes although the server answers; null: it accepts them, or that is unknown.
     *
     * @param replicated whether a write that takes too long means that too few servers take part
     */
    public static @Nullable String refusal(@Nullable Throwable failure, boolean replicated) {
        Throwable cause = failure == null ? null : cause(failure);
        if (replicated && cause instanceof TimeoutException) {
            return "too few servers of the cluster store messages in time";
        }
        return cause instanceof RefusedException || cause instanceof NoStreamException ? cause.getMessage() : null;
    }

    /**
     * Waits for an answer; on virtual threads only. Throws the result of {@link #toBrokerFailure}, but {@link RefusedException} and
     * {@link NoStreamException} unchanged.
     */
    public static <T> T await(CompletableFuture<T> answer, long timeoutMillis) {
        try {
            return answer.get(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw toBrokerFailure(e);
        } catch (ExecutionException | TimeoutException | CancellationException e) {
            Throwable cause = cause(e);
            if (cause instanceof RefusedException refused) {
                throw refused;
            }
            if (cause instanceof NoStreamException noStream) {
                throw noStream;
            }
            throw toBrokerFailure(cause);
        }
    }
}
