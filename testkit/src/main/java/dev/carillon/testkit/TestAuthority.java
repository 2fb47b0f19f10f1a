package dev.carillon.testkit;

import dev.carillon.testkit.CertifiedKey.Validity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A certificate authority for tests, and the server certificates that it signs. */
public final class TestAuthority {
    private static final String PASSWORD = "changeit";
    private static final String NAME = "CN=Carillon test authority";

    private final Path dir;
    private final CertifiedKey authority;

    /**
     * A certificate and its key as PEM files, and as an SSL context.
     *
     * @param certificate file with the certificate chain
     */
    public record Identity(Path certificate, Path key, SSLContext server) {}

    /** @param dir directory for its files */
    public TestAuthority(Path dir) throws GeneralSecurityException {
        this.dir = dir;
        this.authority = CertifiedKey.authority(NAME);
    }

    /**
     * Makes this JVM trust only this authority. Only for tests in a JVM of their own (tag {@code own-jvm}), before their first TLS connection: the
     * JVM
     * reads the setting once.
     */
    public void trustInThisJvm() throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", authority.certificate());
        Path file = dir.resolve("trusted.p12");
        try (var out = Files.newOutputStream(file)) {
            trusted.store(out, PASSWORD.toCharArray());
        }
        System.setProperty("javax.net.ssl.trustStore", file.toString());
        System.setProperty("javax.net.ssl.trustStorePassword", PASSWORD);
        System.setProperty("javax.net.ssl.trustStoreType", "PKCS12");
    }

    /** PEM file with the authority's own certificate. */
    public Path certificate() throws GeneralSecurityException, IOException {
        return CertifiedKey.writeChain(dir.resolve("authority.pem"), List.of(authority.certificate()));
    }

    /** @param names subject alternative names, as {@code dns:localhost,ip:127.0.0.1} */
    public Identity issue(String alias, String names) throws GeneralSecurityException, IOException {
        return identity(alias, names, Validity.NOW, authority);
    }

    /** A certificate that expired yesterday. */
    public Identity expired(String alias, String names) throws GeneralSecurityException, IOException {
        return identity(alias, names, new Validity(-10, -1), authority);
    }

    /** A self-signed certificate. */
    public Identity selfSigned(String alias, String names) throws GeneralSecurityException, IOException {
        return identity(alias, names, Validity.NOW, null);
    }

    private Identity identity(String alias, String names, Validity validity, @Nullable CertifiedKey signer)
            throws GeneralSecurityException, IOException {
        CertifiedKey made = CertifiedKey.server("EC", "CN=" + alias, names, validity, signer);
        List<X509Certificate> chain =
                signer == null ? List.of(made.certificate()) : List.of(made.certificate(), signer.certificate());
        return new Identity(
                CertifiedKey.writeChain(dir.resolve(alias + "-certificate.pem"), chain),
                made.writeKey(dir.resolve(alias + "-key.pem")),
                server(made, chain));
    }

    private static SSLContext server(CertifiedKey made, List<X509Certificate> chain)
            throws GeneralSecurityException, IOException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry(
                "server", made.keys().getPrivate(), PASSWORD.toCharArray(), chain.toArray(X509Certificate[]::new));
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }
}
