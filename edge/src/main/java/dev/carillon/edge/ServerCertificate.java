package dev.carillon.edge;

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
 * A server's certificate chain and private key, read from PEM files.
 *
 * @param context TLS context that presents the certificate
 * @param notBefore start of its validity
 * @param notAfter end of its validity
 */
public record ServerCertificate(SSLContext context, Instant notBefore, Instant notAfter) {
    private static final String CERTIFICATE = "tls-certificate";
    private static final String KEY = "tls-key";
    private static final Pattern KEY_PEM =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final int MAX_BYTES = 1 << 20;
    private static final List<String> ALGORITHMS = List.of("RSA", "EC");

    /** Creates the exception for an unusable file. */
    @FunctionalInterface
    public interface Refusal {
        /** @param option {@value ServerCertificate#CERTIFICATE} or {@value ServerCertificate#KEY} */
        RuntimeException of(String option, Path file, String rule);
    }

    /**
     * Reads the files; blocks.
     *
     * @param certificate the chain, the server's own certificate first
     * @param key key of the first certificate: PKCS#8, RSA or EC, not encrypted
     * @param refusal creates the exception that is thrown for a file that is missing, malformed or does not match the other
     */
    public static ServerCertificate read(Path certificate, Path key, Refusal refusal) {
        X509Certificate[] chain = chain(certificate, refusal);
        PrivateKey privateKey = key(key, refusal);
        X509Certificate own = chain[0];
        if (!belongsTo(privateKey, own)) {
            throw refusal.of(KEY, key, "must be the key of the first certificate in " + certificate);
        }
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            char[] password = new char[0];
            store.setKeyEntry("server", privateKey, password, chain);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return new ServerCertificate(
                    context, own.getNotBefore().toInstant(), own.getNotAfter().toInstant());
        } catch (GeneralSecurityException | IOException e) {
            throw refusal.of(CERTIFICATE, certificate, "cannot be used: " + e.getMessage());
        }
    }

    public boolean isValidAt(Instant time) {
        return !time.isBefore(notBefore) && !time.isAfter(notAfter);
    }

    private static X509Certificate[] chain(Path file, Refusal refusal) {
        byte[] pem = bytes(CERTIFICATE, file, refusal);
        try {
            X509Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem))
                    .toArray(new X509Certificate[0]);
            if (chain.length > 0) {
                return chain;
            }
        } catch (CertificateException e) {
            // Refused below, without the content of the file.
        }
        throw refusal.of(CERTIFICATE, file, "must hold a chain of certificates in PEM");
    }

    private static PrivateKey key(Path file, Refusal refusal) {
        Matcher matcher = KEY_PEM.matcher(new String(bytes(KEY, file, refusal), StandardCharsets.ISO_8859_1));
        if (matcher.find()) {
            try {
                PKCS8EncodedKeySpec spec =
                        new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(matcher.group(1)));
                for (String algorithm : ALGORITHMS) {
                    try {
                        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
                    } catch (InvalidKeySpecException e) {
                        // The key may be for the next algorithm.
                    }
                }
            } catch (IllegalArgumentException e) {
                // Not Base64: refused below.
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every Java platform has RSA and EC", e);
            }
        }
        throw refusal.of(
                KEY,
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

    private static byte[] bytes(String option, Path file, Refusal refusal) {
        try {
            if (Files.isRegularFile(file) && Files.size(file) <= MAX_BYTES) {
                return Files.readAllBytes(file);
            }
        } catch (IOException e) {
            // Refused below.
        }
        throw refusal.of(option, file, "must be a readable file of at most 1 MiB");
    }
}
