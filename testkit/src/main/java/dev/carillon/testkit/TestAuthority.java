package dev.carillon.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A certificate authority for tests, created with the JDK's keytool, and the server certificates that it signs. */
public final class TestAuthority {
    private static final String PASSWORD = "changeit";
    private static final String CA = "ca";

    private final Path dir;
    private final Path store;

    /**
     * A certificate and its key as PEM files, and as an SSL context.
     *
     * @param certificate file with the certificate chain
     */
    public record Identity(Path certificate, Path key, SSLContext server) {}

    /** @param dir empty directory for its files */
    public TestAuthority(Path dir) throws Exception {
        this.dir = dir;
        this.store = dir.resolve("authority.p12");
        keytool(CA, "CN=Carillon test authority", List.of("-ext", "BC=ca:true"));
    }

    /**
     * Makes this JVM trust only this authority. Only for tests in a JVM of their own (tag {@code own-jvm}), before their first TLS connection: the
     * JVM
     * reads the setting once.
     */
    public void trustInThisJvm() throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry(CA, read().getCertificate(CA));
        Path file = dir.resolve("trusted.p12");
        try (var out = Files.newOutputStream(file)) {
            trusted.store(out, PASSWORD.toCharArray());
        }
        System.setProperty("javax.net.ssl.trustStore", file.toString());
        System.setProperty("javax.net.ssl.trustStorePassword", PASSWORD);
        System.setProperty("javax.net.ssl.trustStoreType", "PKCS12");
    }

    /** PEM file with the authority's own certificate. */
    public Path certificate() throws Exception {
        return Files.writeString(
                dir.resolve("authority.pem"),
                pem("CERTIFICATE", read().getCertificate(CA).getEncoded()));
    }

    /** @param names subject alternative names, as {@code dns:localhost,ip:127.0.0.1} */
    public Identity issue(String alias, String names, String... more) throws Exception {
        List<String> options = new ArrayList<>(List.of("-signer", CA, "-ext", "SAN=" + names));
        options.addAll(List.of(more));
        return identity(alias, options);
    }

    /** A certificate that expired yesterday. */
    public Identity expired(String alias, String names) throws Exception {
        return issue(alias, names, "-startdate", "-10d", "-validity", "9");
    }

    /** A self-signed certificate. */
    public Identity selfSigned(String alias, String names) throws Exception {
        return identity(alias, List.of("-ext", "SAN=" + names));
    }

    private Identity identity(String alias, List<String> options) throws Exception {
        keytool(alias, "CN=" + alias, options);
        KeyStore keys = read();
        Certificate[] chain = keys.getCertificateChain(alias);
        StringBuilder certificates = new StringBuilder();
        for (Certificate certificate : chain) {
            certificates.append(pem("CERTIFICATE", certificate.getEncoded()));
        }
        var key = keys.getKey(alias, PASSWORD.toCharArray());
        return new Identity(
                Files.writeString(dir.resolve(alias + "-certificate.pem"), certificates),
                Files.writeString(dir.resolve(alias + "-key.pem"), pem("PRIVATE KEY", key.getEncoded())),
                server(key, chain));
    }

    private static SSLContext server(java.security.Key key, Certificate[] chain)
            throws GeneralSecurityException, IOException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("server", key, PASSWORD.toCharArray(), chain);
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    private KeyStore read() throws GeneralSecurityException, IOException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        return keys;
    }

    private void keytool(String alias, String name, List<String> options) throws Exception {
        Keytool.makePair(store, PASSWORD, "EC", alias, name, options);
    }

    private static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label + "-----\n";
    }
}
