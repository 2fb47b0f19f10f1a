package dev.carillon.proxy.files;

import dev.carillon.proxy.ProxyConfigException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** A version such as 2.6 or 1.29.6; a missing part is 0. */
public record Version(int major, int minor, int patch) implements Comparable<Version> {
    private static final Pattern FORM = Pattern.compile("\\d{1,4}\\.\\d{1,4}(\\.\\d{1,4})?");

    private static final Comparator<Version> ORDER = Comparator.comparingInt(Version::major)
            .thenComparingInt(Version::minor)
            .thenComparingInt(Version::patch);

    /** @throws ProxyConfigException for {@code proxy-version} when the text is no version */
    public static Version of(String text) {
        if (!FORM.matcher(text).matches()) {
            throw new ProxyConfigException("proxy-version", text, "must be a version such as 2.11 or 1.29.6");
        }
        List<Integer> parts =
                Arrays.stream(text.split("\\.", -1)).map(Integer::valueOf).toList();
        return new Version(parts.get(0), parts.get(1), parts.size() > 2 ? parts.get(2) : 0);
    }

    boolean isAtLeast(String other) {
        return compareTo(of(other)) >= 0;
    }

    @Override
    public int compareTo(Version other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + (patch == 0 ? "" : "." + patch);
    }
}
