package dev.carillon.lab.cluster;

import dev.carillon.node.Node;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a node serves, and the line by which {@code serve} says so. */
public record Serving(String id, String host, int port, String adminHost, int adminPort) {
    private static final Pattern LINE =
            Pattern.compile("carillon: node (\\S+) serves http://(\\S+):(\\d+), admin http://(\\S+):(\\d+)");

    public static Serving of(Node node, String host, String adminHost) {
        return new Serving(node.id(), host, node.port(), adminHost, node.adminPort());
    }

    public static Optional<Serving> parse(String line) {
        Matcher matcher = LINE.matcher(line);
        return matcher.matches()
                ? Optional.of(new Serving(
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
