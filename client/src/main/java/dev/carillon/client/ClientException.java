package dev.carillon.client;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request or a subscription failed. */
public final class ClientException extends RuntimeException {
    /** The code when no node answered. */
    public static final String UNREACHABLE = "unreachable";

    /** The code when the supplier of tokens threw an exception, which is the cause. */
    public static final String TOKEN = "token";

    /** The code when an answer is not one of a node, such as a page of a proxy. */
    public static final String INVALID_ANSWER = "invalid-answer";

    private static final long serialVersionUID = 1L;
    private static final Set<Integer> FINAL_STATUSES = Set.of(400, 401, 403, 404, 405);
    /** Reasons with which a node closes a stream for good. */
    private static final Set<String> FINAL_REASONS = Set.of("revoked", "application");

    private final String code;
    private final int status;
    private final transient @Nullable Duration retryAfter;
    private final boolean outcomeUnknown;

    ClientException(String code, int status, String detail, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        this(code, status, detail, retryAfter, cause, false);
    }

    private ClientException(
            String code,
            int status,
            String detail,
            @Nullable Duration retryAfter,
            @Nullable Throwable cause,
            boolean outcomeUnknown) {
        super(code + ": " + detail, cause);
        this.code = code;
        this.status = status;
        this.retryAfter = retryAfter;
        this.outcomeUnknown = outcomeUnknown;
    }

    static ClientException invalidAnswer(String detail, @Nullable Throwable cause) {
        return new ClientException(INVALID_ANSWER, 0, "the answer is not one of a node: " + detail, null, cause);
    }

    ClientException unknownOutcome() {
        return new ClientException(
                code, status, "the event may have been broadcast or not; " + getMessage(), retryAfter, this, true);
    }

    /**
     * The error code of the node, from the table of errors in docs/application.md; or {@value #UNREACHABLE}, {@value #TOKEN}, {@value
     * #INVALID_ANSWER} or {@code http-STATUS}.
     */
    public String code() {
        return code;
    }

    /** The HTTP status; 0 without an answer of a node. */
    public int status() {
        return status;
    }

    /** How long the node asks to wait. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** Whether a node may have accepted the broadcast nevertheless; the same broadcast with the same id or key can be repeated safely. */
    public boolean isOutcomeUnknown() {
        return outcomeUnknown;
    }

    /** Whether the same request can succeed later. */
    public boolean isTemporary() {
        return status == 0 || status == 429 || status >= 500;
    }

    /** Whether another stream would be refused, too. An answer without a code is that of a proxy, which may have no node for the moment. */
    boolean endsSubscriptions() {
        return FINAL_REASONS.contains(code) || FINAL_STATUSES.contains(status) && !code.startsWith("http-");
    }
}
