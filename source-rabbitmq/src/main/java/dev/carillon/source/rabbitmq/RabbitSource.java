package dev.carillon.source.rabbitmq;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.carillon.edge.VerifiedTls;
import dev.carillon.source.Source;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceOptions;
import dev.carillon.source.SourceSession;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeoutException;

/** A queue of RabbitMQ. */
final class RabbitSource implements Source {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int CALL_MILLIS = 10_000;
    /** Seconds. The server notices the end of a machine within two of them, before the lease of its node ends. */
    private static final int HEARTBEAT = 4;
    /** More than a server accepts: a message that the client refused would end the connection again and again. */
    private static final int MAX_BODY = 1 << 29;

    private static final int MAX_SEGMENT = 255;

    private final SourceAddress address;
    private final RabbitTopology topology;
    private final ConnectionFactory factory;

    RabbitSource(SourceAddress address, RabbitTopology topology) {
        this.address = address;
        this.topology = topology;
        this.factory = factory();
    }

    private ConnectionFactory factory() {
        URI uri = address.uri();
        if (uri.getHost() == null) {
            throw address.refused("must be amqp://user:password@host:port/vhost?queue=NAME");
        }
        ConnectionFactory made = new ConnectionFactory();
        made.setHost(uri.getHost());
        boolean secure = address.scheme().equals("amqps");
        if (uri.getPort() >= 0) {
            made.setPort(uri.getPort());
        } else if (secure) {
            made.setPort(ConnectionFactory.DEFAULT_AMQP_OVER_SSL_PORT);
        }
        made.setVirtualHost(virtualHost(uri.getRawPath()));
        String[] user = uri.getRawUserInfo() == null
                ? new String[0]
                : uri.getRawUserInfo().split(":", 2);
        if (user.length > 0) {
            made.setUsername(decoded(user[0]));
        }
        if (user.length > 1) {
            made.setPassword(decoded(user[1]));
        }
        if (secure) {
            made.useSslProtocol(VerifiedTls.context(uri.getHost()));
            made.enableHostnameVerification();
        }
        // A session ends with its connection: what it had received comes again, to it or to another node.
        made.setAutomaticRecoveryEnabled(false);
        made.setTopologyRecoveryEnabled(false);
        made.setConnectionTimeout(CONNECT_MILLIS);
        made.setHandshakeTimeout(CALL_MILLIS);
        made.setChannelRpcTimeout(CALL_MILLIS);
        made.setRequestedHeartbeat(HEARTBEAT);
        made.setMaxInboundMessageBodySize(MAX_BODY);
        return made;
    }

    /** Without a name the one that RabbitMQ has by default. */
    private String virtualHost(String path) {
        if (path == null || path.isEmpty() || path.equals("/")) {
            return ConnectionFactory.DEFAULT_VHOST;
        }
        String name = decoded(path.substring(1));
        if (path.indexOf('/', 1) >= 0 || name.length() > MAX_SEGMENT) {
            throw address.refused("the virtual host is one segment of the path; a slash in it is written as %2F");
        }
        return name;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    @Override
    public String name() {
        return topology.kind() == RabbitTopology.Kind.EPHEMERAL
                ? topology.binding().orElseThrow().exchange()
                : topology.queue();
    }

    @Override
    public boolean hasDeadLetters() {
        return topology.deadLetters().isPresent();
    }

    @Override
    public SourceSession open(SourceOptions options) {
        Connection connection;
        try {
            ConnectionFactory own = factory.clone();
            own.setThreadFactory(
                    task -> options.platform().threads().blocking("carillon-amqp-" + options.source(), task));
            connection = own.newConnection("carillon " + options.node() + " " + options.source());
        } catch (IOException | TimeoutException e) {
            throw RabbitFailures.of(address, e);
        }
        try {
            RabbitQueue queue = new RabbitQueue(connection, topology, options);
            return new RabbitSession(connection, address, topology, queue.prepare(options.deadLetters()), options);
        } catch (IOException | TimeoutException | RuntimeException e) {
            connection.abort(CALL_MILLIS);
            throw RabbitFailures.of(address, e);
        }
    }
}
