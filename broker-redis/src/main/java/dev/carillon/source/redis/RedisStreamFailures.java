package dev.carillon.source.redis;

import dev.carillon.base.Text;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceRefusedException;
import dev.carillon.source.SourceUnavailableException;
import io.lettuce.core.RedisCommandExecutionException;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What failures mean: the server is away, or it refuses and an operator must change something. */
final class RedisStreamFailures {
    private static final int MAX_TEXT = 300;
    private static final List<String> LOGIN = List.of("NOAUTH", "WRONGPASS", "ERR AUTH", "ERR invalid password");

    private RedisStreamFailures() {}

    static RuntimeException of(SourceAddress address, RuntimeException failure) {
        if (failure instanceof SourceUnavailableException || failure instanceof SourceRefusedException) {
            return failure;
        }
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof SSLException) {
                return new SourceRefusedException(
                        address + " cannot be trusted over TLS: " + printable(each.getMessage()), failure);
            }
            if (each instanceof RedisCommandExecutionException) {
                return refusal(address, printable(each.getMessage()), failure);
            }
        }
        return new SourceUnavailableException(address + " does not answer: " + printable(failure.toString()), failure);
    }

    private static RuntimeException refusal(SourceAddress address, String text, RuntimeException failure) {
        String said = address + " refuses: " + text;
        if (LOGIN.stream().anyMatch(text::startsWith)) {
            return new SourceRefusedException(said + "; check user and password in the address of the source", failure);
        }
        if (text.startsWith("NOPERM")) {
            return new SourceRefusedException(
                    said
                            + "; the user needs +xgroup|create +xreadgroup +xack +xadd +xinfo|groups on the stream, and +xadd on the stream of dead letters",
                    failure);
        }
        if (text.startsWith("WRONGTYPE")) {
            return new SourceRefusedException(said + "; the parameter stream names a key of another type", failure);
        }
        return new SourceUnavailableException(said, failure);
    }

    private static String printable(@Nullable String text) {
        return Text.printable(String.valueOf(text), MAX_TEXT);
    }
}
