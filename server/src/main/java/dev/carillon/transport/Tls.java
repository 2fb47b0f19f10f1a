package dev.carillon.transport;

import dev.carillon.base.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A node's certificate with its key, as it is served.
 *
 * @param notBefore when it begins to be valid
 * @param notAfter when that ends
 */
record Tls(SSLContext context, Instant notBefore, Instant notAfter) {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final int MAX_BYTES = 1 << 20;
    private static final List<String> ALGORITHMS = List.of("RSA", "EC");

    /** @throws ConfigException for a file that is missing, is not what it must be, or does not fit the other */
    static Tls read(TlsFiles files) {
        X509Certificate[] chain = chain(files.certificate());
        PrivateKey key = key(files.key());
        X509Certificate own = chain[0];
        if (!belongsTo(key, own)) {
            throw refused(
                    TlsFiles.KEY.name(),
                    files.key(),
                    "must be the key of the first certificate in " + files.certificate());
        }
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            char[] none = new char[0];
            store.setKeyEntry("node", key, none, chain);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, none);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return new Tls(
                    context, own.getNotBefore().toInstant(), own.getNotAfter().toInstant());
        } catch (GeneralSecurityException | IOException e) {
            throw refused(TlsFiles.CERTIFICATE.name(), files.certificate(), "cannot be used: " + e.getMessage());
        }
    }

    boolean isValidAt(Instant time) {
        return !time.isBefore(notBefore) && !time.isAfter(notAfter);
    }

    private static X509Certificate[] chain(Path file) {
        String option = TlsFiles.CERTIFICATE.name();
        try {
            X509Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(bytes(option, file)))
                    .toArray(new X509Certificate[0]);
            if (chain.length > 0) {
                return chain;
            }
        } catch (CertificateException e) {
            // Told below.
        }
        throw refused(option, file, "must hold a chain of certificates in PEM");
    }

    private static PrivateKey key(Path file) {
        String option = TlsFiles.KEY.name();
        Matcher matcher = KEY.matcher(new String(bytes(option, file), StandardCharsets.ISO_8859_1));
        if (matcher.find()) {
            try {
                PKCS8EncodedKeySpec spec =
                        new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(matcher.group(1)));
                for (String algorithm : ALGORITHMS) {
                    try {
                        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
                    } catch (InvalidKeySpecException e) {
                        // Maybe of the other algorithm; else told below.
                    }
                }
            } catch (IllegalArgumentException e) {
                // No Base64: told below.
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every Java platform has RSA and EC", e);
            }
        }
        throw refused(
                option,
                file,
                "must hold an RSA or EC key in PKCS#8 PEM, not encrypted; openssl pkcs8 -topk8 -nocrypt makes one");
    }

    private static boolean belongsTo(PrivateKey key, X509Certificate certificate) {
        try {
            Signature signature =
                    Signature.getInstance("RSA".equals(key.getAlgorithm()) ? "SHA256withRSA" : "SHA256withECDSA");
            signature.initSign(key);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static byte[] bytes(String option, Path file) {
        try {
            if (Files.isRegularFile(file) && Files.size(file) <= MAX_BYTES) {
                return Files.readAllBytes(file);
            }
        } catch (IOException e) {
            // Told below.
        }
        throw refused(option, file, "must be a readable file of at most 1 MiB");
    }

    private static ConfigException refused(String option, Path file, String rule) {
        return new ConfigException(option, file, rule);
    }
}
