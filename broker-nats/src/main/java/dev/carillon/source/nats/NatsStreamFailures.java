package dev.carillon.source.nats;

import dev.carillon.base.Text;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceRefusedException;
import dev.carillon.source.SourceUnavailableException;
import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.Consumer;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What failures mean: the server is away, or it refuses and an operator must change something. A missing permission is an error of the connection, and the
 * request that needed it gets no answer.
 */
final class NatsStreamFailures implements ErrorListener {
    private static final int MAX_TEXT = 300;
    private static final int NO_STREAM = 10_059;

    private final SourceAddress address;
    /** Written by threads of the client library. */
    private volatile @Nullable String violation;

    NatsStreamFailures(SourceAddress address) {
        this.address = address;
    }

    @Override
    public void errorOccurred(Connection connection, String error) {
        if (error.toLowerCase(Locale.ROOT).contains("permissions violation")) {
            violation = error;
        }
    }

    @Override
    public void exceptionOccurred(Connection connection, Exception e) {
        // The call that failed reports it.
    }

    @Override
    public void slowConsumerDetected(Connection connection, Consumer consumer) {
        // What is dropped is delivered again.
    }

    RuntimeException of(Throwable failure) {
        if (failure instanceof SourceUnavailableException || failure instanceof SourceRefusedException) {
            return (RuntimeException) failure;
        }
        String refused = violation;
        if (refused != null) {
            return new SourceRefusedException(
                    address + " refuses: " + printable(refused) + "; give the user this permission", failure);
        }
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof AuthenticationException) {
                return new SourceRefusedException(
                        address + " refuses the user: check the address of the source", failure);
            }
            if (each instanceof SSLException) {
                return new SourceRefusedException(
                        address + " cannot be trusted over TLS: " + printable(each.getMessage()), failure);
            }
            if (each instanceof JetStreamApiException api) {
                return refusal(api);
            }
        }
        return new SourceUnavailableException(address + " does not answer: " + printable(failure.toString()), failure);
    }

    private RuntimeException refusal(JetStreamApiException api) {
        String said = address + " refuses: " + printable(api.getMessage());
        if (api.getApiErrorCode() == NO_STREAM) {
            return new SourceRefusedException(said + "; create the stream, or set create=true", api);
        }
        return api.getErrorCode() >= 400 && api.getErrorCode() < 500 && api.getErrorCode() != 408
                ? new SourceRefusedException(said, api)
                : new SourceUnavailableException(said, api);
    }

    private static String printable(@Nullable String text) {
        return Text.printable(String.valueOf(text), MAX_TEXT);
    }
}
