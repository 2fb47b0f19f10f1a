package dev.carillon.broker;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.util.function.Supplier;

/**
 * The broker's server returned data that no known release writes. One unreadable item among many is skipped; otherwise the request fails
 * with this exception. Its message contains nothing of the data, because clients receive it; the log has the cause.
 */
public final class UnreadableException extends CarillonException {
    private static final long serialVersionUID = 1L;

    private UnreadableException(String what, RuntimeException cause) {
        super(
                ErrorCode.BROKER_UNAVAILABLE,
                "the broker returned " + what + " that cannot be decoded ("
                        + cause.getClass().getSimpleName() + ")",
                cause);
    }

    /**
     * Decodes an answer.
     *
     * @param what the kind of the answer, for the message
     * @throws UnreadableException for every exception of the decoder
     */
    public static <T> T reading(String what, Supplier<T> decoder) {
        try {
            return decoder.get();
        } catch (UnreadableException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new UnreadableException(what, e);
        }
    }

    /** @param thrown exception of the decoder */
    public static UnreadableException of(String what, RuntimeException thrown) {
        return new UnreadableException(what, thrown);
    }
}
