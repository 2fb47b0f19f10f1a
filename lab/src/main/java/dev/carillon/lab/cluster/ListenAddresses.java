package dev.carillon.lab.cluster;

import dev.carillon.base.Settings;
import dev.carillon.node.Node;
import dev.carillon.node.NodeKeys;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a node serves, and the line by which {@code serve} says so. */
public record ListenAddresses(String id, String scheme, String host, int port, String adminHost, int adminPort) {
    private static final Pattern LINE =
            Pattern.compile("carillon: node (\\S+) serves (https?)://(\\S+):(\\d+), admin http://(\\S+):(\\d+)");

    /** @param settings those of the node */
    public static ListenAddresses of(Node node, Settings settings) {
        return new ListenAddresses(
                node.id(),
                settings.find(NodeKeys.TLS_CERTIFICATE).isPresent() ? "https" : "http",
                settings.get(NodeKeys.HOST),
                node.port(),
                settings.get(NodeKeys.ADMIN_HOST),
                node.adminPort());
    }

    public static Optional<ListenAddresses> parse(String line) {
        Matcher matcher = LINE.matcher(line);
        return matcher.matches()
                ? Optional.of(new ListenAddresses(
                        matcher.group(1),
                        matcher.group(2),
                        matcher.group(3),
                        Integer.parseInt(matcher.group(4)),
                        matcher.group(5),
                        Integer.parseInt(matcher.group(6))))
                : Optional.empty();
    }

    public String line() {
        return "carillon: node " + id + " serves " + url() + ", admin " + adminUrl();
    }

    public String url() {
        return scheme + "://" + host + ":" + port;
    }

    public String adminUrl() {
        return "http://" + adminHost + ":" + adminPort;
    }
}
