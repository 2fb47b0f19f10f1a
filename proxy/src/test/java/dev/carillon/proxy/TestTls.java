package dev.carillon.proxy;

import dev.carillon.testkit.Keytool;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate for 127.0.0.1 that the JDK's keytool signed itself, as PEM files, and a client's trust in it. */
public record TestTls(ProxyConfig.TlsFiles files, SSLContext client) {
    private static final char[] PASSWORD = "changeit".toCharArray();

    public static TestTls make(Path dir, String algorithm) throws Exception {
        Path store = dir.resolve(algorithm + ".p12");
        Keytool.makePair(
                store,
                new String(PASSWORD),
                algorithm,
                "proxy",
                "CN=localhost",
                List.of("-ext", "SAN=ip:127.0.0.1,dns:localhost"));
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        Path cert = pem(
                dir.resolve(algorithm + "-cert.pem"),
                "CERTIFICATE",
                keys.getCertificate("proxy").getEncoded());
        Path key = pem(
                dir.resolve(algorithm + "-key.pem"),
                "PRIVATE KEY",
                keys.getKey("proxy", PASSWORD).getEncoded());
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("proxy", keys.getCertificate("proxy"));
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trust);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return new TestTls(new ProxyConfig.TlsFiles(cert, key), context);
    }

    private static Path pem(Path file, String label, byte[] der) throws Exception {
        return Files.writeString(
                file,
                "-----BEGIN " + label + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label
                        + "-----\n");
    }
}
