package dev.carillon.proxy;

import dev.carillon.edge.VerifiedTls;
import io.undertow.UndertowOptions;
import io.undertow.protocols.ssl.UndertowXnioSsl;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.ssl.XnioSsl;

/**
 * TLS to one node, whose certificate must name the host of the node's URL, although the proxy connects to a resolved address, and be signed by an
 * authority that the JVM trusts.
 */
final class NodeTls {
    static final OptionMap OPTIONS = OptionMap.builder()
            .set(Options.TCP_NODELAY, true)
            .set(UndertowOptions.ENABLE_STATISTICS, true)
            .set(UndertowOptions.ENDPOINT_IDENTIFICATION_ALGORITHM, "HTTPS")
            .getMap();

    private final URI url;
    private final SSLContext context;
    private final XnioSsl xnio;

    NodeTls(URI url) {
        this.url = url;
        this.context = VerifiedTls.context(url.getHost());
        this.xnio = new UndertowXnioSsl(Xnio.getInstance(), OptionMap.EMPTY, context);
    }

    XnioSsl xnio() {
        return xnio;
    }

    /** Makes a connected socket a TLS socket, with the handshake done. */
    Socket over(Socket connected) throws IOException {
        SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(connected, url.getHost(), url.getPort(), true);
        socket.startHandshake();
        return socket;
    }
}
