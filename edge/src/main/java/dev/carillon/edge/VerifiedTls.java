package dev.carillon.edge;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyManagementException;
import java.security.KeyStore;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS contexts for clients that verify the server's name. Their sockets and engines refuse a certificate that is not for the requested name
 * (RFC 9110, section 4.3.4; RFC 9525). A plain {@link SSLContext} leaves that check to its user, and a library without it accepts any
 * certificate of a trusted authority. The authorities are those of the JVM ({@code javax.net.ssl.trustStore}).
 */
public final class VerifiedTls {
    private static final String SERVER_NAMES = "HTTPS";
    private static final int MAX_CAUSES = 20;

    private VerifiedTls() {}

    /** Returns a context that verifies the name for which a socket or engine is created; without a name the handshake fails. */
    public static SSLContext context() {
        return new Verifying(null);
    }

    /**
     * Returns a context that verifies the given name, for libraries that resolve the name first and connect to an address.
     *
     * @param host a name or address; an IPv6 address may be in brackets
     */
    public static SSLContext context(String host) {
        return new Verifying(withoutBrackets(host));
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /**
     * Returns a context as {@link #context()} that trusts the certificates of a file instead of the authorities of the JVM.
     *
     * @param authorities PEM file of certificates
     * @throws IllegalArgumentException if the file has no certificate or cannot be read
     */
    public static SSLContext trusting(Path authorities) {
        return new Verifying(trustingOnly(authorities), null);
    }

    /**
     * Returns a context as {@link #context(String)} that trusts the certificates of a file instead of the authorities of the JVM.
     *
     * @throws IllegalArgumentException as {@link #trusting(Path)} does
     */
    public static SSLContext trusting(Path authorities, String host) {
        return new Verifying(trustingOnly(authorities), withoutBrackets(host));
    }

    private static SSLContext trustingOnly(Path authorities) {
        try (InputStream in = Files.newInputStream(authorities)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int count = 0;
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("authority-" + count++, each);
            }
            if (count == 0) {
                throw new IllegalArgumentException("the file has no certificate");
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("the certificates of the file cannot be read", e);
        }
    }

    /** The reason for which a server's certificate was refused; null if the failure has another reason. */
    public static @Nullable String refusal(@Nullable Throwable failure) {
        Throwable cause = failure;
        String reason = null;
        for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
            if (cause instanceof CertificateException) {
                reason = cause.getMessage();
            } else if (reason != null) {
                // The cause that java.security wrapped, such as an expired certificate.
                reason = cause.getMessage();
            }
            cause = cause.getCause();
        }
        return reason == null ? null : reason.replaceAll("[\\p{Cntrl}]+", " ");
    }

    private static SSLParameters verifying(SSLParameters parameters) {
        parameters.setEndpointIdentificationAlgorithm(SERVER_NAMES);
        return parameters;
    }

    private static final class Verifying extends SSLContext {
        Verifying(@Nullable String host) {
            this(jvm(), host);
        }

        Verifying(SSLContext jvm, @Nullable String host) {
            super(new Spi(jvm, host), jvm.getProvider(), jvm.getProtocol());
        }

        private static SSLContext jvm() {
            try {
                return SSLContext.getDefault();
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("TLS cannot be used: " + e.getMessage(), e);
            }
        }
    }

    private static final class Spi extends SSLContextSpi {
        private final SSLContext jvm;
        private final @Nullable String host;

        Spi(SSLContext jvm, @Nullable String host) {
            this.jvm = jvm;
            this.host = host;
        }

        @Override
        protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random)
                throws KeyManagementException {
            throw new KeyManagementException("the context is initialised already");
        }

        @Override
        protected SSLSocketFactory engineGetSocketFactory() {
            return new Sockets(jvm.getSocketFactory(), host);
        }

        @Override
        protected SSLServerSocketFactory engineGetServerSocketFactory() {
            throw new UnsupportedOperationException("this context is for clients only");
        }

        @Override
        protected SSLEngine engineCreateSSLEngine() {
            return verifying(host == null ? jvm.createSSLEngine() : jvm.createSSLEngine(host, -1));
        }

        @Override
        protected SSLEngine engineCreateSSLEngine(String peer, int port) {
            return verifying(jvm.createSSLEngine(host == null ? peer : host, port));
        }

        private static SSLEngine verifying(SSLEngine engine) {
            engine.setUseClientMode(true);
            engine.setSSLParameters(VerifiedTls.verifying(engine.getSSLParameters()));
            return engine;
        }

        @Override
        protected SSLSessionContext engineGetServerSessionContext() {
            return jvm.getServerSessionContext();
        }

        @Override
        protected SSLSessionContext engineGetClientSessionContext() {
            return jvm.getClientSessionContext();
        }

        @Override
        protected SSLParameters engineGetDefaultSSLParameters() {
            return VerifiedTls.verifying(jvm.getDefaultSSLParameters());
        }

        @Override
        protected SSLParameters engineGetSupportedSSLParameters() {
            return jvm.getSupportedSSLParameters();
        }
    }

    private static final class Sockets extends SSLSocketFactory {
        private final SSLSocketFactory jvm;
        private final @Nullable String host;

        Sockets(SSLSocketFactory jvm, @Nullable String host) {
            this.jvm = jvm;
            this.host = host;
        }

        @Override
        public Socket createSocket(Socket below, String peer, int port, boolean autoClose) throws IOException {
            SSLSocket socket = (SSLSocket) jvm.createSocket(below, host == null ? peer : host, port, autoClose);
            socket.setSSLParameters(verifying(socket.getSSLParameters()));
            return socket;
        }

        @Override
        public Socket createSocket(String peer, int port) throws IOException {
            return over(new Socket(peer, port), peer, port);
        }

        @Override
        public Socket createSocket(String peer, int port, InetAddress local, int localPort) throws IOException {
            return over(new Socket(peer, port, local, localPort), peer, port);
        }

        @Override
        public Socket createSocket(InetAddress peer, int port) throws IOException {
            return over(new Socket(peer, port), peer.getHostAddress(), port);
        }

        @Override
        public Socket createSocket(InetAddress peer, int port, InetAddress local, int localPort) throws IOException {
            return over(new Socket(peer, port, local, localPort), peer.getHostAddress(), port);
        }

        private Socket over(Socket below, String peer, int port) throws IOException {
            return createSocket(below, peer, port, true);
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return jvm.getDefaultCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return jvm.getSupportedCipherSuites();
        }
    }
}
