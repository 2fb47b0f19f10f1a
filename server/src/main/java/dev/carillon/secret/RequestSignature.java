package dev.carillon.secret;

import dev.carillon.base.Text;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs requests to the application, with a key that the application has, too: the header {@code Carillon-Signature: t=SECONDS,v1=HEX} has the HMAC-SHA256 of
 * the seconds since 1970, a full stop and the body. Thread-safe.
 */
public final class RequestSignature {
    public static final String HEADER = "Carillon-Signature";
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    /** @param key its UTF-8 bytes are the key */
    public RequestSignature(String key) {
        this.key = new SecretKeySpec(Text.utf8(key), ALGORITHM);
    }

    /** The value of the header. */
    public String of(long seconds, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(Text.utf8(seconds + "."));
            return "t=" + seconds + ",v1=" + HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
