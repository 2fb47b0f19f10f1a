package dev.carillon.broker;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.util.function.Supplier;

/**
 * The server of a broker gave what no release known here has written. Where it is one of many it is left out, else what was asked fails
 * with this. Its message has nothing of what was given: clients receive it. Logs have the cause.
 */
public final class UnreadableException extends CarillonException {
    private static final long serialVersionUID = 1L;

    private UnreadableException(String what, RuntimeException cause) {
        super(
                ErrorCode.BROKER_UNAVAILABLE,
                "the broker gave " + what + " that cannot be read ("
                        + cause.getClass().getSimpleName() + ")",
                cause);
    }

    /**
     * What the decoder makes of an answer.
     *
     * @param what the answer is, for the message
     * @throws UnreadableException for whatever the decoder throws
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

    /** @param thrown by reading the answer */
    public static UnreadableException of(String what, RuntimeException thrown) {
        return new UnreadableException(what, thrown);
    }
}
