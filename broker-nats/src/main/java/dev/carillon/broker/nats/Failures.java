package dev.carillon.broker.nats;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.BrokerAwayException;
import dev.carillon.broker.OverloadedException;
import io.nats.client.JetStreamStatusException;
import io.nats.client.api.ApiResponse;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What goes wrong between jnats and the contract. */
final class Failures {
    static final int STREAM_NOT_FOUND = 10059;
    static final int STREAM_EXISTS = 10058;
    static final int WRONG_LAST_SEQUENCE = 10071;
    private static final int NO_RESOURCES = 10023;
    private static final int ACCOUNT_RESOURCES = 10002;
    private static final int STORAGE_RESOURCES = 10047;

    private Failures() {}

    /** An error that JetStream answered with. */
    static final class RefusedException extends RuntimeException {
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
    static final class NobodyThereException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NobodyThereException(String subject) {
            super("no stream takes " + subject);
        }
    }

    /** Throws what the answer says went wrong. */
    static void check(ApiResponse<?> answer) {
        if (answer.hasError()) {
            throw new RefusedException(answer.getApiErrorCode(), answer.getDescription());
        }
    }

    static Throwable cause(Throwable e) {
        Throwable cause = e;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    static boolean nobodyThere(Throwable e) {
        Throwable cause = cause(e);
        return cause instanceof NobodyThereException
                || cause instanceof RefusedException refused && refused.error() == STREAM_NOT_FOUND;
    }

    /** The failure as the contract knows it. */
    static CarillonException told(Throwable thrown) {
        Throwable e = cause(thrown);
        return switch (e) {
            case CarillonException known -> known;
            case TimeoutException _ -> new BrokerAwayException("NATS did not answer in time", e);
            case RefusedException refused -> told(refused);
            case NobodyThereException _ -> new BrokerAwayException("NATS: " + e.getMessage(), e);
            case JetStreamStatusException _ -> new BrokerAwayException("NATS: " + e.getMessage(), e);
            case CancellationException _ -> new BrokerAwayException("the connection to NATS was lost", e);
            case IllegalStateException _ -> new BrokerAwayException("there is no connection to NATS", e);
            case IOException _ -> new BrokerAwayException("the connection to NATS was lost", e);
            case InterruptedException _ -> new BrokerAwayException("the broker is closed", e);
            default -> new CarillonException(ErrorCode.INTERNAL, "the NATS broker failed: " + e, e);
        };
    }

    private static CarillonException told(RefusedException e) {
        return switch (e.error()) {
            case NO_RESOURCES, ACCOUNT_RESOURCES, STORAGE_RESOURCES ->
                new OverloadedException("NATS has no room left: " + e.getMessage());
            default -> new BrokerAwayException("NATS refused: " + e.getMessage(), e);
        };
    }

    /** Waits for an answer; on virtual threads only. Throws what {@link #told} makes of a failure, except the two above. */
    static <T> T await(CompletableFuture<T> answer, long timeoutMillis) {
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
            if (cause instanceof NobodyThereException nobody) {
                throw nobody;
            }
            throw told(cause);
        }
    }
}
