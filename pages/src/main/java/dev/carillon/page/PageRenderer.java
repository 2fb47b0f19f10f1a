package dev.carillon.page;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The script in the browser to which a page speaks: the form of its patches, and the attributes of its buttons and fields. */
public sealed interface PageRenderer {
    /** Turbo 8, which nodes serve. Pages work without JavaScript, and no inline code runs. */
    static PageRenderer turbo() {
        return new Turbo();
    }

    /**
     * Datastar 1, which the application serves. Pages need JavaScript, and their content security policy allows {@code 'unsafe-eval'}, which the expressions of Datastar
     * need.
     *
     * @param script where {@code datastar.js} is: a path below the base path of the application, such as {@code /datastar.js}, or a URL of another origin
     * @throws IllegalArgumentException when it is neither
     */
    static PageRenderer datastar(String script) {
        return new Datastar(script, null);
    }

    /**
     * As {@link #datastar(String)}, of a script that the browser checks: one of another origin then cannot be replaced by another script.
     *
     * @param integrity its hash, such as {@code sha384-…} (Subresource Integrity, section 3.5)
     * @throws IllegalArgumentException when it is none
     */
    static PageRenderer datastar(String script, String integrity) {
        return new Datastar(script, integrity);
    }

    /** @see #turbo */
    record Turbo() implements PageRenderer {}

    /**
     * See {@link #datastar}.
     *
     * @param integrity null: the browser does not check the script
     */
    record Datastar(String script, @Nullable String integrity) implements PageRenderer {
        private static final Pattern URL =
                Pattern.compile("(https?://[a-z0-9.-]+(:[0-9]+)?)?/(?!/)[A-Za-z0-9/._~@%?=-]*");

        private static final Pattern HASH = Pattern.compile("sha(256|384|512)-[A-Za-z0-9+/]{43,86}={0,2}");

        public Datastar {
            if (!URL.matcher(script).matches()) {
                throw new IllegalArgumentException("script " + script
                        + ": must be a path such as /datastar.js, or a URL that begins with https:// or http://");
            }
            if (integrity != null && !HASH.matcher(integrity).matches()) {
                throw new IllegalArgumentException(
                        "integrity " + integrity + ": must be sha256-, sha384- or sha512- with a hash in Base64");
            }
        }
    }
}
