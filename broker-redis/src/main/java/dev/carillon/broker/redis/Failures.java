package dev.carillon.broker.redis;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.UnreadableException;
import dev.carillon.scope.EventWire;
import io.lettuce.core.RedisCommandExecutionException;
import java.nio.BufferUnderflowException;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Maps failures of lettuce and Redis to the exceptions of the broker SPI. */
public final class Failures {
    static final String PERMISSIONS_HINT = "docs/platform.md has the ACL rule";

    /** The server answers but cannot serve now; the request had no effect. */
    private static final List<String> NOT_SERVING =
            List.of("LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "MISCONF", "BUSY");

    /** Of these, errors that another connection may fix: a primary that became a replica. */
    private static final List<String> WRONG_SERVER = List.of("READONLY", "MASTERDOWN", "UNBLOCKED");

    /** Of a server of a cluster, which did nothing because it does not have the slot, or not all of it. */
    private static final List<String> MOVED_SLOT = List.of("MOVED", "ASK", "TRYAGAIN");

    private static final List<String> REFUSED_LOGIN =
            List.of("WRONGPASS", "NOAUTH", "NOPERM", "ERR invalid password", "ERR AUTH", "ERR Client sent AUTH");

    private Failures() {}

    public static CarillonException of(Throwable failure) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof CarillonException carillon) {
            return carillon;
        }
        if (cause instanceof RuntimeException thrown && isOfDecoding(thrown)) {
            return UnreadableException.of("an answer", thrown);
        }
        String message = message(cause);
        if (cause instanceof Replication.MissingReplicasException) {
            return new BrokerUnavailableException(message + ": the outcome is not known", cause);
        }
        if (cause instanceof TimeoutException) {
            return outcomeUnknown(cause);
        }
        if (cause instanceof RedisCommandExecutionException) {
            if (message.startsWith("OOM")) {
                return new OverloadedException("Redis has no memory left: raise its maxmemory");
            }
            if (startsWithAny(message, MOVED_SLOT)) {
                return new BrokerUnavailableException(
                        "the tenant's slot moves to another server of the cluster", cause);
            }
            if (startsWithAny(message, NOT_SERVING)) {
                return new BrokerUnavailableException("Redis cannot serve requests: " + message, cause);
            }
            if (lacksPermission(cause)) {
                return new BrokerUnavailableException("Redis refuses a command of its user: " + message, cause);
            }
            return new CarillonException(ErrorCode.INTERNAL, "Redis refused a command: " + message, cause);
        }
        if (message.startsWith("Request queue size exceeded")) {
            return new OverloadedException("too many commands wait for Redis");
        }
        return new BrokerUnavailableException("the connection to Redis was lost: " + message, cause);
    }

    /** The failure of a broadcast that was sent and not answered. */
    static BrokerUnavailableException outcomeUnknown() {
        return outcomeUnknown(new TimeoutException());
    }

    static BrokerUnavailableException outcomeUnknown(Throwable cause) {
        return new BrokerUnavailableException("Redis did not answer in time: the outcome is not known", cause);
    }

    /** Exceptions of decoding an answer with another number, type or form of parts than the scripts return. */
    private static boolean isOfDecoding(RuntimeException thrown) {
        return thrown instanceof ClassCastException
                || thrown instanceof IndexOutOfBoundsException
                || thrown instanceof IllegalArgumentException
                || thrown instanceof BufferUnderflowException
                || thrown instanceof NullPointerException
                || thrown instanceof EventWire.MalformedException;
    }

    static boolean wrongServer(Throwable failure) {
        return unwrapped(failure) instanceof RedisCommandExecutionException e
                && startsWithAny(message(e), WRONG_SERVER);
    }

    static boolean movedSlot(Throwable failure) {
        return unwrapped(failure) instanceof RedisCommandExecutionException e && startsWithAny(message(e), MOVED_SLOT);
    }

    /** Whether another server has the slot now. */
    static boolean hasMoved(Throwable failure) {
        return unwrapped(failure) instanceof RedisCommandExecutionException e
                && message(e).startsWith("MOVED");
    }

    /** Whether the server refuses the user or its permissions; another attempt will not help. */
    public static boolean refusedLogin(Throwable failure) {
        return startsWithAny(message(root(failure)), REFUSED_LOGIN);
    }

    /** The text for {@link #refusedLogin}. */
    public static String loginRefusal(Throwable failure) {
        return "Redis refuses the user or one of its commands: " + reason(failure)
                + (lacksPermission(failure) ? "; " + PERMISSIONS_HINT : "");
    }

    /** Whether the user lacks a permission; in the words of scripts in Redis 7.0 and in later releases. */
    static boolean lacksPermission(Throwable failure) {
        String message = message(root(failure));
        return message.startsWith("NOPERM")
                || message.contains("user executing the script")
                || message.contains("ACL failure in script");
    }

    /**
     * The reason for which the server refuses writes although it answers; null: it accepts them, or that is unknown. READONLY is
     * excluded, because it ends the session.
     */
    static @Nullable String refusal(@Nullable Throwable failure) {
        if (failure != null && unwrapped(failure) instanceof Replication.MissingReplicasException missing) {
            return message(missing);
        }
        return failure != null
                        && unwrapped(failure) instanceof RedisCommandExecutionException e
                        && !wrongServer(e)
                        && !movedSlot(e)
                ? message(e)
                : null;
    }

    /** One line with the reason. It contains no credentials, because the messages of server and system have none. */
    public static String reason(Throwable failure) {
        return message(root(failure));
    }

    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static Throwable root(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; depth < 10 && cause.getCause() != null; depth++) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String message(Throwable failure) {
        String message = failure.getMessage();
        return Text.printable(message == null ? failure.getClass().getSimpleName() : message, 200);
    }

    private static boolean startsWithAny(String message, List<String> prefixes) {
        return prefixes.stream().anyMatch(message::startsWith);
    }
}
