package dev.carillon.proxy;

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
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** Certificate and key as PEM files. */
final class PemFiles {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final int MAX_BYTES = 1 << 20;

    private PemFiles() {}

    /** @throws ProxyConfigException for a file that is missing, unreadable or does not fit the other */
    static SSLContext read(ProxyConfig.TlsFiles files) {
        Certificate[] chain = chain(files.cert());
        PrivateKey key = key(files.key());
        if (!belongsTo(key, chain[0])) {
            throw new ProxyConfigException("tls-key", files.key(), "must be the key of the first certificate");
        }
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            char[] none = new char[0];
            store.setKeyEntry("proxy", key, none, chain);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, none);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new ProxyConfigException("tls-certificate", files.cert(), "cannot be used: " + e.getMessage());
        }
    }

    private static Certificate[] chain(Path file) {
        try {
            Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(bytes("tls-certificate", file)))
                    .toArray(new Certificate[0]);
            if (chain.length > 0) {
                return chain;
            }
        } catch (CertificateException e) {
            // Told below.
        }
        throw new ProxyConfigException("tls-certificate", file, "must hold a chain of certificates in PEM");
    }

    private static PrivateKey key(Path file) {
        Matcher matcher = KEY.matcher(new String(bytes("tls-key", file), StandardCharsets.ISO_8859_1));
        if (matcher.find()) {
            byte[] der = decode(file, matcher.group(1));
            for (String algorithm : new String[] {"RSA", "EC"}) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
                } catch (InvalidKeySpecException e) {
                    // Maybe the other.
                } catch (GeneralSecurityException e) {
                    throw new AssertionError("every JDK has " + algorithm, e);
                }
            }
        }
        throw noKey(file);
    }

    private static byte[] decode(Path file, String base64) {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw noKey(file);
        }
    }

    private static ProxyConfigException noKey(Path file) {
        return new ProxyConfigException(
                "tls-key",
                file,
                "must hold an RSA or EC key in PKCS#8 PEM, not encrypted; openssl pkcs8 -topk8 -nocrypt makes one");
    }

    private static boolean belongsTo(PrivateKey key, Certificate certificate) {
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
        throw new ProxyConfigException(option, file, "must be a readable file of at most 1 MiB");
    }
}
