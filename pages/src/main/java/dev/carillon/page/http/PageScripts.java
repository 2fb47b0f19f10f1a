package dev.carillon.page.http;

import dev.carillon.page.markup.PageProtocol;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The scripts of pages: Turbo, from its WebJar, the changes of a page that Turbo does not know, and those that Datastar does not. */
final class PageScripts {
    private static final String VERSION = "8.0.21";
    private static final String TURBO_RESOURCE =
            "META-INF/resources/webjars/hotwired__turbo/" + VERSION + "/dist/turbo.es2017-esm.js";
    private static final int HASH_BYTES = 8;

    /** Read and compressed on first use, once for all nodes of the process. */
    private static final class Loaded {
        static final PageScripts SCRIPTS = new PageScripts();
    }

    private final ScriptFile turbo;
    private final ScriptFile pages;
    private final String pagesName;
    private final ScriptFile datastar;
    private final String datastarName;

    static PageScripts scripts() {
        return Loaded.SCRIPTS;
    }

    private PageScripts() {
        turbo = new ScriptFile(read(PageScripts.class.getClassLoader().getResourceAsStream(TURBO_RESOURCE), "Turbo"));
        byte[] own = new String(
                        read(PageScripts.class.getResourceAsStream("pages.js"), "pages"), StandardCharsets.UTF_8)
                .replace("{turbo}", turboName())
                .getBytes(StandardCharsets.UTF_8);
        pages = new ScriptFile(own);
        pagesName = "pages-" + hash(own) + ".js";
        byte[] beside = read(PageScripts.class.getResourceAsStream("datastar.js"), "datastar");
        datastar = new ScriptFile(beside);
        datastarName = "datastar-" + hash(beside) + ".js";
    }

    private static byte[] read(@Nullable InputStream resource, String name) {
        try (InputStream in = resource) {
            if (in == null) {
                throw new IllegalStateException("the script " + name + " is not on the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(Arrays.copyOf(digest, HASH_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static String turboName() {
        return "turbo-" + VERSION + ".js";
    }

    /** File name of the script that a page loads. */
    String name(PageProtocol protocol) {
        return protocol.renderer().keepsSignals() ? datastarName : pagesName;
    }

    ScriptFile turbo() {
        return turbo;
    }

    ScriptFile pages() {
        return pages;
    }

    /** The script of pages whose patches Datastar applies. */
    ScriptFile datastar() {
        return datastar;
    }

    String datastarName() {
        return datastarName;
    }

    /** File name of the script that a page loads; it loads Turbo. */
    String pagesName() {
        return pagesName;
    }
}
