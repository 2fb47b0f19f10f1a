package dev.carillon.lab.cluster;

import dev.carillon.node.Node;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The addresses of a node, and the line in which {@code serve} prints them. */
public record NodeAddress(String id, String host, int port, String adminHost, int adminPort) {
    private static final Pattern LINE =
            Pattern.compile("carillon: node (\\S+) serves http://(\\S+):(\\d+), admin http://(\\S+):(\\d+)");

    public static NodeAddress of(Node node, String host, String adminHost) {
        return new NodeAddress(node.id(), host, node.port(), adminHost, node.adminPort());
    }

    public static Optional<NodeAddress> parse(String line) {
        Matcher matcher = LINE.matcher(line);
        return matcher.matches()
                ? Optional.of(new NodeAddress(
                        matcher.group(1),
                        matcher.group(2),
                        Integer.parseInt(matcher.group(3)),
                        matcher.group(4),
                        Integer.parseInt(matcher.group(5))))
                : Optional.empty();
    }

    public String line() {
        return "carillon: node " + id + " serves " + url() + ", admin " + adminUrl();
    }

    public String url() {
        return "http://" + host + ":" + port;
    }

    public String adminUrl() {
        return "http://" + adminHost + ":" + adminPort;
    }
}
