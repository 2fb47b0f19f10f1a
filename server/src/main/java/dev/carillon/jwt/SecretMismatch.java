package dev.carillon.jwt;

import dev.carillon.base.Bytes;
import dev.carillon.base.Text;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Finds out whether a token with a wrong signature was signed with a common variant of the shared secret, for example with a line break after it. It
 * computes a signature for each variant. The result is for the operator only.
 */
final class SecretMismatch {
    private SecretMismatch() {}

    /** Names the variant that signed the token; empty if none did. */
    static String hint(VerificationKey.Secret secret, String token) {
        int dot = token.lastIndexOf('.');
        byte[] given;
        try {
            given = Base64.getUrlDecoder().decode(token.substring(dot + 1));
        } catch (IllegalArgumentException e) {
            return "";
        }
        if (dot < 0) {
            return "";
        }
        byte[] signed = Text.utf8(token.substring(0, dot));
        String algorithm = "HmacSHA" + secret.algorithm().getId().substring(2);
        byte[] key = secret.key().getEncoded();
        for (Map.Entry<String, byte[]> variant : variants(key).entrySet()) {
            // A variant can be the key itself, with which a token is signed that is refused for another reason.
            if (variant.getValue().length > 0
                    && !MessageDigest.isEqual(key, variant.getValue())
                    && MessageDigest.isEqual(given, signature(algorithm, variant.getValue(), signed))) {
                return "the issuer signs with " + variant.getKey();
            }
        }
        return "";
    }

    private static Map<String, byte[]> variants(byte[] key) {
        String text = new String(key, StandardCharsets.UTF_8);
        Map<String, byte[]> variants = new LinkedHashMap<>();
        variants.put("the key followed by a line break", Bytes.join(key, Text.utf8("\n")));
        variants.put("the key followed by a line break (CR LF)", Bytes.join(key, Text.utf8("\r\n")));
        variants.put("the key without the white space around it", Text.utf8(text.strip()));
        variants.put("the Base64-decoded key", decoded(Base64.getMimeDecoder(), text));
        variants.put("the Base64url-decoded key", decoded(Base64.getUrlDecoder(), text.strip()));
        variants.put("the Base64-encoded key", Base64.getEncoder().encode(key));
        return variants;
    }

    private static byte[] decoded(Base64.Decoder decoder, String text) {
        try {
            return decoder.decode(text);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    private static byte[] signature(String algorithm, byte[] key, byte[] signed) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(key, algorithm));
            return mac.doFinal(signed);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }
}
