package dev.carillon.secret;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.carillon.base.Bytes;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The format of the text of a key: PEM (RFC 7468) of a public key (SPKI, or PKCS#1 of RSA) or of a certificate, from which only the key is used;
 * a known format that cannot be used; or plain text, which may be a shared secret.
 */
public sealed interface KeyFormat {
    record OfPublicKey(PublicKey key) implements KeyFormat {}

    /** @param rule the violated rule, for an error that names the setting; it does not contain the key */
    record Unusable(String rule) implements KeyFormat {}

    record PlainText() implements KeyFormat {}

    Pattern BEGIN = Pattern.compile("-{4,5} ?BEGIN ");
    Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END \\1-----", Pattern.DOTALL);
    Pattern OPENSSH = Pattern.compile("(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ AAAA.*", Pattern.DOTALL);

    /** Minimum number of distinct bytes; a random secret of 16 characters practically always has more. */
    int FEW_BYTES = 8;

    Pattern EXAMPLE = Pattern.compile("change.?(this|me)|password|example|123456", Pattern.CASE_INSENSITIVE);

    /** Whether a shared secret looks like an example or is not random. */
    public static boolean guessable(byte[] secret) {
        String text = new String(secret, StandardCharsets.ISO_8859_1);
        return text.chars().distinct().count() < FEW_BYTES
                || EXAMPLE.matcher(text).find();
    }

    public static KeyFormat of(String text) {
        KeyFormat given = ofText(text);
        if (!(given instanceof PlainText)) {
            return given;
        }
        // Environment variables often hold whole files in Base64.
        return ofText(new String(decoded(text), StandardCharsets.ISO_8859_1)) instanceof PlainText
                ? given
                : new Unusable("is a key file in Base64: give the file's text as it is");
    }

    private static KeyFormat ofText(String text) {
        if (BEGIN.matcher(text).find()) {
            // Environment variables often hold line breaks as two characters.
            return pem(text.replace("\\n", "\n"));
        }
        if (OPENSSH.matcher(text.strip()).matches()) {
            return new Unusable("is a key of OpenSSH: give it as PEM (ssh-keygen -e -m PKCS8 -f FILE)");
        }
        if (isJwk(text)) {
            return new Unusable("is a JWK: give a public key as PEM, a shared secret as plain text");
        }
        return bare(text).<KeyFormat>map(OfPublicKey::new).orElseGet(PlainText::new);
    }

    /** The JWS algorithms for a public key (RFC 7518, sections 3.3 to 3.5; RFC 8037). */
    public static List<String> algorithms(PublicKey key) {
        return switch (key) {
            case RSAPublicKey rsa when rsa.getModulus().bitLength() < 2048 -> List.of();
            // A key that is restricted to PSS (RFC 4055, section 1.2).
            case RSAPublicKey rsa when rsa.getAlgorithm().equals("RSASSA-PSS") -> List.of("PS256", "PS384", "PS512");
            case RSAPublicKey _ -> List.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512");
            case ECPublicKey ec ->
                switch (ec.getParams().getCurve().getField().getFieldSize()) {
                    case 256 -> List.of("ES256");
                    case 384 -> List.of("ES384");
                    case 521 -> List.of("ES512");
                    default -> List.of();
                };
            case EdECPublicKey _ -> List.of("EdDSA");
            default -> List.of();
        };
    }

    private static KeyFormat pem(String text) {
        List<MatchResult> blocks = BLOCK.matcher(text).results().toList();
        if (blocks.stream().anyMatch(block -> block.group(1).endsWith("PRIVATE KEY"))) {
            return new Unusable(
                    "is a private key, which only the issuer of tokens should have: give its public key (openssl pkey -in FILE -pubout)");
        }
        if (blocks.size() > 1) {
            return new Unusable("is PEM of " + blocks.size() + " keys or certificates: must be one");
        }
        if (blocks.isEmpty()) {
            return new Unusable("is PEM that cannot be read: must be one whole public key or certificate");
        }
        String label = blocks.getFirst().group(1);
        byte[] der = decoded(blocks.getFirst().group(2));
        Optional<PublicKey> key = switch (label) {
            case "PUBLIC KEY" -> spki(der);
            case "RSA PUBLIC KEY" -> pkcs1(der);
            case "CERTIFICATE" -> certificate(der);
            default -> Optional.empty();
        };
        return key.<KeyFormat>map(OfPublicKey::new)
                .orElseGet(() -> new Unusable("is PEM of a " + label
                        + " that cannot be read: must be a PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE"));
    }

    /** A public key in Base64 without the PEM lines is public all the same. */
    private static Optional<PublicKey> bare(String text) {
        byte[] der = decoded(text);
        return Stream.of(spki(der), pkcs1(der), certificate(der))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static byte[] decoded(String base64) {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    private static Optional<PublicKey> spki(byte[] der) {
        for (String family : List.of("RSA", "RSASSA-PSS", "EC", "EdDSA")) {
            try {
                return Optional.of(KeyFactory.getInstance(family).generatePublic(new X509EncodedKeySpec(der)));
            } catch (GeneralSecurityException e) {
                // The loop tries the next family.
            }
        }
        return Optional.empty();
    }

    /** An RSAPublicKey (RFC 8017, A.1.1), wrapped as the key of a SubjectPublicKeyInfo (RFC 3279, section 2.3.1). */
    private static Optional<PublicKey> pkcs1(byte[] der) {
        // SEQUENCE { OBJECT IDENTIFIER rsaEncryption, NULL }
        byte[] algorithm = {
            0x30,
            0x0d,
            0x06,
            0x09,
            0x2a,
            (byte) 0x86,
            0x48,
            (byte) 0x86,
            (byte) 0xf7,
            0x0d,
            0x01,
            0x01,
            0x01,
            0x05,
            0x00
        };
        byte[] bits = Bytes.join(new byte[] {0x00}, der);
        return spki(tagged(0x30, Bytes.join(algorithm, tagged(0x03, bits))));
    }

    /** In DER (X.690, section 8.1.3). */
    private static byte[] tagged(int tag, byte[] value) {
        int n = value.length;
        byte[] head = {(byte) tag, (byte) 0x83, (byte) (n >> 16), (byte) (n >> 8), (byte) n};
        return Bytes.join(head, value);
    }

    private static Optional<PublicKey> certificate(byte[] der) {
        try {
            return Optional.of(CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(der))
                    .getPublicKey());
        } catch (GeneralSecurityException e) {
            return Optional.empty();
        }
    }

    private static boolean isJwk(String text) {
        try {
            JsonNode json =
                    text.strip().startsWith("{") ? new ObjectMapper().readTree(text) : MissingNode.getInstance();
            return json.has("kty") || json.has("keys");
        } catch (JacksonException e) {
            return false;
        }
    }
}
