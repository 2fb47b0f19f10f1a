package dev.carillon.source.nats;

import dev.carillon.edge.VerifiedTls;
import dev.carillon.source.Source;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceOptions;
import dev.carillon.source.SourceSession;
import dev.carillon.source.SourceUnavailableException;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.DeliverPolicy;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;

/** Subjects of a JetStream stream. */
final class NatsStreamSource implements Source {
    static final String SECURE = "nats-stream+tls";
    static final Set<String> PARAMETERS =
            Set.of("stream", "subject", "consumer", "from", "create", "dead-letter", "credentials-file");

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,200}");
    private static final int DEFAULT_PORT = 4222;

    private final SourceAddress address;
    private final Names names;

    /**
     * What is read, and where the rest goes.
     *
     * @param subject of the messages that are read; may have wildcards
     * @param consumer name of the durable consumer
     * @param create whether the stream is created if it does not exist
     * @param deadLetters subject for refused messages
     */
    record Names(
            String stream, String subject, String consumer, DeliverPolicy from, boolean create, String deadLetters) {}

    NatsStreamSource(SourceAddress address) {
        this.address = address;
        if (address.uri().getHost() == null
                || !(address.uri().getRawPath() == null
                        || address.uri().getRawPath().matches("/?"))) {
            throw address.refused("must be nats-stream://user:password@host:port?stream=NAME&subject=SUBJECT");
        }
        String stream = name("stream", address.required("stream"));
        this.names = new Names(
                stream,
                address.find("subject").orElse(">"),
                name("consumer", address.find("consumer").orElse("carillon")),
                switch (address.find("from").orElse("earliest")) {
                    case "earliest" -> DeliverPolicy.All;
                    case "latest" -> DeliverPolicy.New;
                    default -> throw address.refused("parameter from: must be earliest or latest");
                },
                address.flag("create"),
                address.find("dead-letter").orElse("carillon.dead." + stream));
        if (names.create() && names.subject().equals(">")) {
            throw address.refused("parameter create: needs the parameter subject");
        }
    }

    private String name(String parameter, String value) {
        if (!NAME.matcher(value).matches()) {
            throw address.refused("parameter " + parameter + ": must be 1 to 200 letters, digits, '_' or '-'");
        }
        return value;
    }

    @Override
    public String name() {
        return names.stream().length() > 64 ? names.stream().substring(0, 64) : names.stream();
    }

    @Override
    public boolean hasDeadLetters() {
        return true;
    }

    @Override
    public SourceSession open(SourceOptions options) {
        NatsStreamFailures failures = new NatsStreamFailures(address);
        Connection connection;
        try {
            connection = Nats.connect(options(options, failures));
        } catch (IOException | RuntimeException e) {
            throw failures.of(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SourceUnavailableException("interrupted", e);
        }
        try {
            return new NatsStreamSession(connection, failures, names, options);
        } catch (IOException | JetStreamApiException | RuntimeException e) {
            NatsStreamSession.close(connection);
            throw failures.of(e);
        }
    }

    private Options options(SourceOptions options, NatsStreamFailures failures) {
        URI uri = address.uri();
        boolean secure = address.scheme().equals(SECURE);
        Options.Builder builder = new Options.Builder()
                .server((secure ? "tls" : "nats") + "://" + uri.getHost() + ":"
                        + (uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort()))
                .connectionName("carillon " + options.node() + " " + options.source())
                .connectionTimeout(TIMEOUT)
                // A session ends with its connection: what it had received comes again, to it or to another node.
                .noReconnect()
                .errorListener(failures);
        if (secure) {
            builder.sslContext(VerifiedTls.context(uri.getHost()));
        }
        address.find("credentials-file").ifPresent(file -> builder.authHandler(Nats.credentials(file)));
        String info = uri.getRawUserInfo();
        if (info != null) {
            String[] parts = info.split(":", 2);
            if (parts.length == 1) {
                builder.token(decoded(parts[0]).toCharArray());
            } else {
                builder.userInfo(
                        decoded(parts[0]).toCharArray(), decoded(parts[1]).toCharArray());
            }
        }
        return builder.build();
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
