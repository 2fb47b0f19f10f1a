package dev.carillon.page;

import java.util.List;

/**
 * The files that a page accepts.
 *
 * @param maxFiles at most 100
 * @param maxBytes size of each file; all together have at most {@code upload-max-bytes}
 * @param types media types such as {@code image/png} or {@code image/*}; empty: any. The browser says which type a file has, and may be wrong; of PNG,
 *     JPEG, GIF, WebP and PDF the first bytes are compared, too
 */
public record UploadRule(int maxFiles, long maxBytes, List<String> types) {
    private static final int FILES_MAX = 100;

    public UploadRule {
        types = List.copyOf(types);
        if (maxFiles < 1 || maxFiles > FILES_MAX) {
            throw new IllegalArgumentException("maxFiles " + maxFiles + ": must be from 1 to " + FILES_MAX);
        }
        if (maxBytes < 1) {
            throw new IllegalArgumentException("maxBytes " + maxBytes + ": must be at least 1");
        }
        types.forEach(type -> {
            if (!type.matches("[a-z0-9.+-]+/([a-z0-9.+-]+|\\*)")) {
                throw new IllegalArgumentException("type " + type + ": must be a media type in lower case");
            }
        });
    }

    /** One file of at most 4 MiB, of any type. */
    public static UploadRule oneFile() {
        return new UploadRule(1, 4L * 1024 * 1024, List.of());
    }

    public UploadRule maxFiles(int value) {
        return new UploadRule(value, maxBytes, types);
    }

    public UploadRule maxBytes(long value) {
        return new UploadRule(maxFiles, value, types);
    }

    public UploadRule types(String... values) {
        return new UploadRule(maxFiles, maxBytes, List.of(values));
    }
}
