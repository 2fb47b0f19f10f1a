package dev.carillon.cluster;

import dev.carillon.base.Text;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header {@value #NAME} of a call between nodes, version 1: its fields, separated by blanks, and the signature over them, the method
 * and the path. The body is covered by its digest, so that a call can be verified before its body is read.
 *
 * @param millis time of the call by the caller's clock
 * @param nonce 128 random bits
 * @param digest SHA-256 of the body
 */
record CallHeader(
        String caller,
        long callerGeneration,
        String callee,
        long calleeGeneration,
        long millis,
        String nonce,
        String digest) {
    static final String NAME = "Carillon-Call";
    /** Limits the signing key to one purpose: the signature of a cookie is never valid for a call. */
    static final String PURPOSE = "node-call";

    private static final String VERSION = "1";
    private static final String ID = "([A-Za-z0-9._-]{1,64})";
    private static final String NUMBER = "(\\d{1,18})";
    private static final String HASH = "([A-Za-z0-9_-]{43})";
    private static final Pattern FORM = Pattern.compile(
            String.join(" ", VERSION, ID, NUMBER, ID, NUMBER, NUMBER, "([A-Za-z0-9_-]{22})", HASH, HASH));

    /** A header with its signature. */
    record Signed(CallHeader header, String signature) {}

    /** Empty for another form or version. */
    static Optional<Signed> parse(String text) {
        Matcher fields = FORM.matcher(text);
        return fields.matches()
                ? Optional.of(new Signed(
                        new CallHeader(
                                fields.group(1),
                                Long.parseLong(fields.group(2)),
                                fields.group(3),
                                Long.parseLong(fields.group(4)),
                                Long.parseLong(fields.group(5)),
                                fields.group(6),
                                fields.group(7)),
                        fields.group(8)))
                : Optional.empty();
    }

    String text(String signature) {
        return fields(" ") + " " + signature;
    }

    /** The signed text. No field contains a line break. */
    String signed(String method, String path) {
        return "carillon-call\n" + fields("\n") + "\n" + method + "\n" + path;
    }

    private String fields(String separator) {
        return String.join(
                separator,
                VERSION,
                caller,
                Long.toString(callerGeneration),
                callee,
                Long.toString(calleeGeneration),
                Long.toString(millis),
                nonce,
                digest);
    }

    boolean isOf(byte[] body) {
        return MessageDigest.isEqual(Text.utf8(digest), Text.utf8(digest(body)));
    }

    static String digest(byte[] body) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
