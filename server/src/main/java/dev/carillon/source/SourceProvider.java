package dev.carillon.source;

import dev.carillon.base.ConfigException;
import java.util.List;
import java.util.Set;

/** The sources of one kind of server. Found by {@link java.util.ServiceLoader}. */
public interface SourceProvider {
    /** The schemes of the addresses, the one without TLS first: {@code amqp}, {@code amqps}. */
    List<String> schemes();

    /** The schemes whose connections have TLS. */
    Set<String> secureSchemes();

    /** Names of the parameters that an address may have, besides those of every source. */
    Set<String> parameters();

    /**
     * Checks an address; connects to nothing.
     *
     * @throws ConfigException from {@link SourceAddress#refused}, with one sentence that says what to do
     */
    Source source(SourceAddress address);
}
