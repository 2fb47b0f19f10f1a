package dev.carillon.cli.doctor;

import dev.carillon.edge.VerifiedTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;

/** Whether the address can be reached, its certificate, and HTTP/2: the checks {@code address}, {@code tls} and {@code http2}. */
final class ConnectionCheck implements Check {
    private static final String ADDRESS = "address";
    private static final String TLS = "tls";
    private static final String HTTP2 = "http2";
    private static final int MAX_ADDRESSES = 4;
    private static final int FEW_DAYS = 14;

    private boolean reached;

    /** Whether further requests make sense. */
    boolean isReached() {
        return reached;
    }

    @Override
    public List<String> names() {
        return List.of(ADDRESS, TLS, HTTP2);
    }

    @Override
    public void run(Probe probe, Consumer<Finding> found) throws ProbeException, InterruptedException {
        Target target = probe.target();
        InetAddress first;
        try {
            first = connect(probe, InetAddress.getAllByName(target.host()), found);
        } catch (UnknownHostException e) {
            found.accept(Finding.fail(
                    ADDRESS, target.host() + " has no address", "check the name in the URL, and its entry in the DNS"));
            return;
        } catch (IOException e) {
            found.accept(
                    Finding.fail(
                            ADDRESS,
                            target.host() + ":" + target.port() + " cannot be reached: " + e.getMessage(),
                            "check that a node or the proxy listens there (./carillon health at its machine), and the firewalls on the way"));
            return;
        }
        if (target.isTls()) {
            tls(probe, first, found);
            return;
        }
        reached = true;
        found.accept(
                first.isLoopbackAddress()
                        ? Finding.ok(TLS, "plain HTTP, on this machine only")
                        : Finding.warn(
                                TLS,
                                "plain HTTP: tokens and events can be read on the way",
                                "serve https at the proxy or at the nodes, docs/tls-and-keys.md"));
        found.accept(Finding.skip(
                HTTP2,
                "browsers use HTTP/2 only over https, and over HTTP/1.1 at most 6 connections",
                "a user with more than 6 tabs needs https with HTTP/2"));
    }

    private static InetAddress connect(Probe probe, InetAddress[] all, Consumer<Finding> found)
            throws IOException, ProbeException {
        List<InetAddress> tried = Arrays.asList(all).subList(0, Math.min(all.length, MAX_ADDRESSES));
        List<InetAddress> open = new ArrayList<>();
        List<Failure> failures = new ArrayList<>();
        for (InetAddress each : tried) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(each, probe.target().port()), limitMillis(probe));
                open.add(each);
            } catch (IOException e) {
                failures.add(new Failure(each, String.valueOf(e.getMessage())));
            }
        }
        if (open.isEmpty()) {
            probe.requireTime();
            throw new IOException(Failure.all(failures));
        }
        found.accept(addresses(probe.target().host(), open.size(), failures, all.length - tried.size()));
        return open.getFirst();
    }

    /** An address that did not accept a connection. */
    record Failure(InetAddress address, String message) {
        /** Whether it says nothing about the address as other machines reach it: a node at one address of localhost, or a machine without IPv6. */
        boolean isOfThisMachine() {
            return address.isLoopbackAddress()
                    || message.contains("Network is unreachable")
                    || message.contains("Network unreachable")
                    || message.contains("Protocol family unavailable")
                    || message.contains("Address family not supported");
        }

        static String all(List<Failure> failures) {
            return failures.stream()
                    .map(each -> each.address.getHostAddress() + " (" + each.message + ")")
                    .collect(Collectors.joining(", "));
        }
    }

    /** @param untried number of further addresses */
    static Finding addresses(String host, int open, List<Failure> failures, int untried) {
        String more = untried == 0 ? "" : "; " + untried + " further addresses were not tried";
        List<Failure> closed =
                failures.stream().filter(each -> !each.isOfThisMachine()).toList();
        if (!closed.isEmpty()) {
            return Finding.warn(
                    ADDRESS,
                    "some addresses of " + host + " cannot be reached: " + Failure.all(closed) + more,
                    "remove them from the DNS or open them: some clients use them first");
        }
        return Finding.ok(
                ADDRESS,
                host + " accepts connections" + (open > 1 ? " at " + open + " addresses" : "")
                        + (failures.isEmpty() ? "" : ", and this machine does not reach " + Failure.all(failures))
                        + more);
    }

    /** Zero would be no limit. */
    private static int limitMillis(Probe probe) throws ProbeException {
        return (int) Math.max(1, probe.limit().toMillis());
    }

    private void tls(Probe probe, InetAddress address, Consumer<Finding> found) throws ProbeException {
        Target target = probe.target();
        try (Socket below = new Socket()) {
            below.connect(new InetSocketAddress(address, target.port()), limitMillis(probe));
            below.setSoTimeout(limitMillis(probe));
            try (SSLSocket socket = (SSLSocket)
                    target.tls().getSocketFactory().createSocket(below, target.host(), target.port(), true)) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                reached = true;
                found.accept(certificate(probe, socket));
                found.accept(http2(socket.getApplicationProtocol()));
            }
        } catch (SSLException e) {
            String refusal = VerifiedTls.refusal(e);
            found.accept(Finding.fail(
                    TLS,
                    refusal == null
                            ? "the handshake failed: " + e.getMessage()
                            : "clients refuse the certificate: " + refusal,
                    refusal == null
                            ? "check that https is served at this port, with TLS 1.2 or newer"
                            : "serve a certificate with its chain that names " + target.host()
                                    + "; for an authority of your own give --ca"));
        } catch (IOException e) {
            probe.requireTime();
            found.accept(Finding.fail(
                    TLS, "the handshake failed: " + e.getMessage(), "check that https is served at this port"));
        }
    }

    private static Finding certificate(Probe probe, SSLSocket socket) throws SSLPeerUnverifiedException {
        String protocol = socket.getSession().getProtocol();
        Certificate[] chain = socket.getSession().getPeerCertificates();
        if (!(chain[0] instanceof X509Certificate own)) {
            return Finding.ok(TLS, protocol);
        }
        Instant end = own.getNotAfter().toInstant();
        long days = Duration.between(probe.platform().clock().instant(), end).toDays();
        String message = protocol + ", the certificate is valid until " + end + " (" + days + " days)";
        return days < FEW_DAYS
                ? Finding.warn(
                        TLS,
                        message,
                        "renew it; nodes and proxies must then load it (nodes do so by themselves, docs/tls-and-keys.md)")
                : Finding.ok(TLS, message);
    }

    private static Finding http2(String protocol) {
        return "h2".equals(protocol)
                ? Finding.ok(HTTP2, "offered: streams of many tabs share a connection")
                : Finding.warn(
                        HTTP2,
                        "not offered: a browser opens at most 6 connections, and so at most 6 tabs with a stream",
                        "switch HTTP/2 on at the proxy (./carillon proxy-config writes it)");
    }
}
