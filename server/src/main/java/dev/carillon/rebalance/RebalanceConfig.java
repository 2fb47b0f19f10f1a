package dev.carillon.rebalance;

import dev.carillon.base.ConfigException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How streams are moved.
 *
 * @param auto whether the cluster rebalances by itself after a node has joined
 * @param rate streams per second that each crowded node releases
 * @param cookies names of the cookies by which proxies keep a browser at its node; empty: none
 */
public record RebalanceConfig(boolean auto, int rate, List<String> cookies) {
    public static final int MAX_RATE = 10_000;
    private static final int MAX_COOKIES = 4;
    /** A token of RFC 9110, section 5.6.2. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}");

    public RebalanceConfig {
        cookies = List.copyOf(cookies);
    }

    /** @throws ConfigException for text that is not a list of names */
    public static List<String> cookies(String key, String text) {
        List<String> names = Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .distinct()
                .toList();
        if (names.size() > MAX_COOKIES
                || !names.stream().allMatch(name -> NAME.matcher(name).matches())) {
            throw new ConfigException(
                    key, text, "must be at most " + MAX_COOKIES + " names of cookies of 1 to 64 characters");
        }
        return names;
    }
}
