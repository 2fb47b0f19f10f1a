package dev.carillon.cli.base;

import dev.carillon.base.ConfigException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks the token of a command. */
public final class BearerToken {
    /** RFC 6750, section 2.1. */
    private static final Pattern SYNTAX = Pattern.compile("[A-Za-z0-9._~+/-]+=*");

    private BearerToken() {}

    /** @throws ConfigException for a missing token, and for text that is not a token; the message does not show the text */
    public static String checked(@Nullable String given) {
        if (given == null || given.isEmpty()) {
            throw new ConfigException(
                    "token",
                    "(none)",
                    "must be given by --token or " + Variables.TOKEN + "; ./carillon token creates one");
        }
        if (!SYNTAX.matcher(given).matches()) {
            throw new ConfigException("token", "(hidden)", "must be a bearer token, such as ./carillon token creates");
        }
        return given;
    }
}
