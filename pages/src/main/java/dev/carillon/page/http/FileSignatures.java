package dev.carillon.page.http;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The first bytes of files of some types, which must not be something else, such as a page with a script. */
final class FileSignatures {
    static final int BYTES = 12;

    /** In Latin-1; a dot stands for any byte. */
    private static final Map<String, String> SIGNATURES = Map.of(
            "image/png", "\u0089PNG\r\n\u001a\n",
            "image/jpeg", "\u00ff\u00d8\u00ff",
            "image/gif", "GIF8",
            "image/webp", "RIFF....WEBP",
            "application/pdf", "%PDF-");

    private FileSignatures() {}

    /** False: the content is certainly not of the type. */
    static boolean fits(String mediaType, byte[] first) {
        String signature = SIGNATURES.get(mediaType);
        if (signature == null) {
            return true;
        }
        String given = new String(first, StandardCharsets.ISO_8859_1);
        if (given.length() < signature.length()) {
            return false;
        }
        for (int i = 0; i < signature.length(); i++) {
            if (signature.charAt(i) != '.' && signature.charAt(i) != given.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
