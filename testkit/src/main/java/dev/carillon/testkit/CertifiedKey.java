package dev.carillon.testkit;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * A key pair with its certificate (RFC 5280). Made in this process, because each keytool is a JVM of its own: seconds of processor time in tests that
 * need several.
 */
record CertifiedKey(KeyPair keys, X509Certificate certificate) {
    private static final byte[] SUBJECT_KEY = Der.identifier(2, 5, 29, 14);
    private static final byte[] NAMES = Der.identifier(2, 5, 29, 17);
    private static final byte[] BASIC_CONSTRAINTS = Der.identifier(2, 5, 29, 19);
    private static final byte[] AUTHORITY_KEY = Der.identifier(2, 5, 29, 35);
    private static final int DNS_NAME = 0x82;
    private static final int ADDRESS = 0x87;
    private static final int RSA_BITS = 2048;

    /** Whole days from now. */
    record Validity(int fromDays, int untilDays) {
        static final Validity NOW = new Validity(-1, 90);
    }

    static CertifiedKey authority(String name) throws GeneralSecurityException {
        KeyPair keys = keys("EC");
        byte[] constraints = extension(BASIC_CONSTRAINTS, Der.yes(), Der.sequence(Der.yes()));
        return certified(keys, name, Validity.NOW, constraints, null);
    }

    /**
     * @param algorithm EC or RSA
     * @param names subject alternative names, as {@code dns:localhost,ip:127.0.0.1}
     * @param authority that signs it; null if it is self-signed
     */
    static CertifiedKey server(
            String algorithm, String name, String names, Validity validity, @Nullable CertifiedKey authority)
            throws GeneralSecurityException, IOException {
        List<byte[]> alternatives = new ArrayList<>();
        for (String one : names.split(",", -1)) {
            String value = one.substring(one.indexOf(':') + 1);
            alternatives.add(
                    one.startsWith("dns:")
                            ? Der.tagged(DNS_NAME, value.getBytes(StandardCharsets.US_ASCII))
                            : Der.tagged(ADDRESS, InetAddress.ofLiteral(value).getAddress()));
        }
        byte[] extension = extension(NAMES, Der.sequence(alternatives.toArray(byte[][]::new)));
        return certified(keys(algorithm), name, validity, extension, authority);
    }

    /** The certificate, then that of its authority. */
    static Path writeChain(Path file, List<X509Certificate> chain) throws GeneralSecurityException, IOException {
        StringBuilder text = new StringBuilder();
        for (X509Certificate certificate : chain) {
            text.append(pem("CERTIFICATE", certificate.getEncoded()));
        }
        return Files.writeString(file, text);
    }

    /** PKCS#8, not encrypted. */
    Path writeKey(Path file) throws IOException {
        return Files.writeString(file, pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
    }

    private static KeyPair keys(String algorithm) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (algorithm.equals("EC")) {
            generator.initialize(new ECGenParameterSpec("secp256r1"));
        } else {
            generator.initialize(RSA_BITS);
        }
        return generator.generateKeyPair();
    }

    private static CertifiedKey certified(
            KeyPair keys, String name, Validity validity, byte[] extension, @Nullable CertifiedKey authority)
            throws GeneralSecurityException {
        byte[] subject = new X500Principal(name).getEncoded();
        byte[] issuer = authority == null
                ? subject
                : authority.certificate.getSubjectX500Principal().getEncoded();
        KeyPair signer = authority == null ? keys : authority.keys;
        boolean elliptic = signer.getPrivate().getAlgorithm().equals("EC");
        byte[] algorithm = elliptic
                ? Der.sequence(Der.identifier(1, 2, 840, 10045, 4, 3, 2))
                : Der.sequence(Der.identifier(1, 2, 840, 113549, 1, 1, 11), Der.nothing());
        Instant now = Instant.now();
        byte[] content = Der.sequence(
                // Version 3.
                Der.tagged(0xa0, Der.integer(BigInteger.TWO)),
                Der.integer(new BigInteger(63, new SecureRandom()).add(BigInteger.ONE)),
                algorithm,
                issuer,
                Der.sequence(
                        Der.time(now.plus(Duration.ofDays(validity.fromDays()))),
                        Der.time(now.plus(Duration.ofDays(validity.untilDays())))),
                subject,
                keys.getPublic().getEncoded(),
                Der.tagged(
                        0xa3,
                        Der.sequence(
                                extension,
                                extension(SUBJECT_KEY, Der.octets(handle(keys.getPublic()))),
                                extension(AUTHORITY_KEY, Der.sequence(Der.tagged(0x80, handle(signer.getPublic())))))));
        Signature signature = Signature.getInstance(elliptic ? "SHA256withECDSA" : "SHA256withRSA");
        signature.initSign(signer.getPrivate());
        signature.update(content);
        byte[] whole = Der.sequence(content, algorithm, Der.bits(signature.sign()));
        return new CertifiedKey(keys, (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(whole)));
    }

    private static byte[] extension(byte[] identifier, byte[] value) {
        return Der.sequence(identifier, Der.octets(value));
    }

    private static byte[] extension(byte[] identifier, byte[] critical, byte[] value) {
        return Der.sequence(identifier, critical, Der.octets(value));
    }

    /** By which certificates name a key; any unique bytes will do. */
    private static byte[] handle(PublicKey key) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
    }

    private static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label + "-----\n";
    }
}
