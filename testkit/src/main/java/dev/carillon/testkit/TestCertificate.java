package dev.carillon.testkit;

import dev.carillon.testkit.CertifiedKey.Validity;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
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
    /** @param algorithm EC or RSA */
    public static TestCertificate make(Path dir, String name, String algorithm)
            throws GeneralSecurityException, IOException {
        return make(dir, name, algorithm, Validity.NOW);
    }

    /** Valid between two times, in days from now. */
    public static TestCertificate make(Path dir, String name, String algorithm, int fromDays, int untilDays)
            throws GeneralSecurityException, IOException {
        return make(dir, name, algorithm, new Validity(fromDays, untilDays));
    }

    private static TestCertificate make(Path dir, String name, String algorithm, Validity validity)
            throws GeneralSecurityException, IOException {
        CertifiedKey made =
                CertifiedKey.server(algorithm, "CN=localhost", "ip:127.0.0.1,dns:localhost", validity, null);
        return new TestCertificate(
                CertifiedKey.writeChain(dir.resolve(name + "-certificate.pem"), List.of(made.certificate())),
                made.writeKey(dir.resolve(name + "-key.pem")),
                trusting(made.certificate()));
    }

    /** The settings of a node or proxy that serves it. */
    public Map<String, String> settings() {
        return Map.of("tls-certificate", certificate.toString(), "tls-key", key.toString());
    }

    private static SSLContext trusting(X509Certificate certificate) throws GeneralSecurityException, IOException {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("node", certificate);
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trust);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
