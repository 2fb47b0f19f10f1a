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

/** What goes wrong between jnats and the contract. */
public final class Failures {
    public static final int STREAM_NOT_FOUND = 10059;
    public static final int STREAM_EXISTS = 10058;
    public static final int WRONG_LAST_SEQUENCE = 10071;
    /** JetStream's errors where the server, or the account, has reached a limit of bytes, streams or consumers. */
    private static final Set<Integer> LIMITS = Set.of(10002, 10023, 10026, 10027, 10028, 10047);
    /** JetStream is off for the server, or for the account. */
    private static final Set<Integer> NOT_ENABLED = Set.of(10039, 10076);

    private Failures() {}

    /** An error that JetStream answered with. */
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

    /** Nobody listens on the subject: nothing was stored. */
    public static final class NoStreamException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoStreamException(String subject) {
            super("no stream takes " + subject);
        }
    }

    /** Throws what the answer says went wrong. */
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

    public static boolean nobodyThere(Throwable e) {
        Throwable cause = cause(e);
        return cause instanceof NoStreamException
                || cause instanceof RefusedException refused && refused.error() == STREAM_NOT_FOUND;
    }

    /** The failure as the contract knows it. */
    public static CarillonException told(Throwable thrown) {
        Throwable e = cause(thrown);
        return switch (e) {
            case CarillonException known -> known;
            case TimeoutException _ -> new BrokerUnavailableException("NATS did not answer in time", e);
            case RefusedException refused -> told(refused);
            case NoStreamException _ -> new BrokerUnavailableException("NATS: " + e.getMessage(), e);
            case JetStreamStatusException _ -> new BrokerUnavailableException("NATS: " + e.getMessage(), e);
            case CancellationException _ -> new BrokerUnavailableException("the connection to NATS was lost", e);
            case IllegalStateException _ -> new BrokerUnavailableException("there is no connection to NATS", e);
            case IOException _ -> new BrokerUnavailableException("the connection to NATS was lost", e);
            case InterruptedException _ -> new BrokerUnavailableException("the broker is closed", e);
            default -> new CarillonException(ErrorCode.INTERNAL, "the NATS broker failed: " + e, e);
        };
    }

    private static CarillonException told(RefusedException e) {
        return LIMITS.contains(e.error())
                ? new OverloadedException("NATS has no room left: " + e.getMessage())
                : new BrokerUnavailableException("NATS refused: " + e.getMessage(), e);
    }

    /**
     * What an operator must change before a session can be opened; null: another attempt may help.
     *
     * @param reported the last error that the server reported of the connection; empty: none
     */
    public static @Nullable String hopeless(Throwable failure, String reported) {
        Throwable cause = cause(failure);
        boolean refused = cause instanceof RefusedException;
        int error = refused ? ((RefusedException) cause).error() : 0;
        if (LIMITS.contains(error)) {
            return "the limits of JetStream are too small: NATS says \"" + cause.getMessage()
                    + "\": raise them for the server or for the account of this user";
        }
        if (NOT_ENABLED.contains(error) || cause instanceof NoStreamException) {
            return "the account of this user has no JetStream"
                    + (refused ? ": NATS says \"" + cause.getMessage() + "\"" : "")
                    + ": enable it in the account's block of the configuration of nats-server";
        }
        if (reported.toLowerCase(Locale.ROOT).contains("permissions violation")) {
            return "the user may not do what is needed: NATS says \"" + reported
                    + "\": let it publish and subscribe to carillon.>, $JS.> and _INBOX.>";
        }
        return null;
    }

    /** Why JetStream stores nothing although the server answers; null: it stores, or that is not known. */
    public static @Nullable String refusal(@Nullable Throwable failure) {
        Throwable cause = failure == null ? null : cause(failure);
        return cause instanceof RefusedException || cause instanceof NoStreamException ? cause.getMessage() : null;
    }

    /** Waits for an answer; on virtual threads only. Throws what {@link #told} makes of a failure, except the two above. */
    public static <T> T await(CompletableFuture<T> answer, long timeoutMillis) {
        try {
            return answer.get(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw told(e);
        } catch (ExecutionException | TimeoutException | CancellationException e) {
            Throwable cause = cause(e);
            if (cause instanceof RefusedException refused) {
                throw refused;
            }
            if (cause instanceof NoStreamException nobody) {
                throw nobody;
            }
            throw told(cause);
        }
    }
}
