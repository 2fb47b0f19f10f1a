package dev.carillon.cli.base;

import dev.carillon.base.ConfigException;
import dev.carillon.base.PrintableUrl;
import java.net.URI;
import java.net.URISyntaxException;

/** Addresses of servers that commands are given. */
public final class ServerUrl {
    private ServerUrl() {}

    /**
     * The address of a path at a server.
     *
     * @param example a valid address, for the error
     * @throws ConfigException if the server is no such address
     */
    public static URI of(String server, String path, String example) {
        try {
            URI uri = new URI(server.replaceAll("/+$", "") + path);
            if (("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())) && uri.getHost() != null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // The exception below names the rule.
        }
        throw new ConfigException("url", PrintableUrl.of(server), "must be an address such as " + example);
    }
}
