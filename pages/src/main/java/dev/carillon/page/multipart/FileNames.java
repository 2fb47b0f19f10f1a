package dev.carillon.page.multipart;

import java.text.Normalizer;
import java.util.regex.Pattern;

/** Names of files, which clients choose freely. */
public final class FileNames {
    private static final int MAX_CHARS = 100;
    private static final int MAX_EXTENSION = 16;
    private static final String NONE = "file";
    private static final Pattern FOLDERS = Pattern.compile(".*[/\\\\]", Pattern.DOTALL);
    /** Control and format characters, which may hide or reorder what is shown, and those that some file system refuses. */
    private static final Pattern UNSAFE =
            Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}<>:\"|?*]+");
    /** Windows gives these to devices, with any extension. */
    private static final Pattern DEVICE =
            Pattern.compile("(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\\..*)?", Pattern.DOTALL);

    private FileNames() {}

    /** A name without folders that every file system accepts, is not hidden, and has at most {@value #MAX_CHARS} characters. */
    public static String safe(String given) {
        String name = Normalizer.normalize(given, Normalizer.Form.NFC);
        name = FOLDERS.matcher(name).replaceFirst("");
        name = UNSAFE.matcher(name).replaceAll("_").strip();
        name = name.replaceFirst("^[. ]+", "").replaceFirst("[. ]+$", "");
        if (name.isEmpty() || name.chars().allMatch(c -> c == '_')) {
            return NONE;
        }
        if (DEVICE.matcher(name).matches()) {
            name = "_" + name;
        }
        return shortened(name);
    }

    private static String shortened(String name) {
        if (name.length() <= MAX_CHARS) {
            return name;
        }
        int dot = name.lastIndexOf('.');
        String extension = dot > 0 && name.length() - dot <= MAX_EXTENSION ? name.substring(dot) : "";
        int end = MAX_CHARS - extension.length();
        if (Character.isHighSurrogate(name.charAt(end - 1))) {
            end--;
        }
        return name.substring(0, end) + extension;
    }
}
