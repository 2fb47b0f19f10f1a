package dev.carillon.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A self-signed certificate for 127.0.0.1 and localhost, as PEM files.
 *
 * @param client TLS context of a client that trusts it
 */
public record TestCertificate(Path certificate, Path key, SSLContext client) {
    private static final char[] PASSWORD = "changeit".toCharArray();

    /** @param more options of keytool, such as a validity */
    public static TestCertificate make(Path dir, String name, String algorithm, String... more) throws Exception {
        Path store = dir.resolve(name + ".p12");
        keytool(store, algorithm, List.of(more));
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        Path certificate = pem(
                dir.resolve(name + "-certificate.pem"),
                "CERTIFICATE",
                keys.getCertificate("node").getEncoded());
        Path key = pem(
                dir.resolve(name + "-key.pem"),
                "PRIVATE KEY",
                keys.getKey("node", PASSWORD).getEncoded());
        return new TestCertificate(certificate, key, trusting(keys));
    }

    /** The settings of a node or proxy that serves it. */
    public Map<String, String> settings() {
        return Map.of("tls-certificate", certificate.toString(), "tls-key", key.toString());
    }

    private static void keytool(Path store, String algorithm, List<String> more) throws Exception {
        List<String> options = new ArrayList<>(List.of("-ext", "SAN=ip:127.0.0.1,dns:localhost"));
        options.addAll(more);
        Keytool.makePair(store, new String(PASSWORD), algorithm, "node", "CN=localhost", options);
    }

    private static SSLContext trusting(KeyStore keys) throws GeneralSecurityException, IOException {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("node", keys.getCertificate("node"));
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trust);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private static Path pem(Path file, String label, byte[] der) throws IOException {
        return Files.writeString(
                file,
                "-----BEGIN " + label + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label
                        + "-----\n");
    }
}
