package dev.carillon.broker.redis.script;

import dev.carillon.broker.Log;
import dev.carillon.scope.EventWire;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** The scripts, each preceded by the common functions; their texts are resources beside this class. */
public final class Scripts {
    /** A script, once for each way to publish: to all servers of a cluster, or only to the one that has the slot. */
    public record Script(Text plain, Text sharded) {
        public Text of(boolean isSharded) {
            return isSharded ? sharded : plain;
        }
    }

    /** @param sha digest by which the server identifies a loaded script */
    public record Text(String text, String sha) {}

    private static final String COMMON = resource("common");
    private static final String APPEND = resource("append");

    public static final Script OPEN = script("", resource("open"));
    public static final Script READ = script("", resource("read"));
    public static final Script EVENTS = script("", resource("events"));
    public static final Script HEAD = script("", resource("head"));
    public static final Script FIND = script("", resource("find"));
    public static final Script SNAPSHOT = script("", resource("snapshot"));
    public static final Script PUT = script("", resource("put"));
    public static final Script REMOVE = script("", resource("remove"));
    public static final Script LIST = script("", resource("list"));

    public static final Script PERMISSIONS = script("", resource("permissions"));

    /** The scripts that are the same for every server. */
    public static final List<Script> ALL =
            List.of(OPEN, READ, EVENTS, HEAD, FIND, SNAPSHOT, PUT, REMOVE, LIST, PERMISSIONS);

    private Scripts() {}

    /**
     * The append script for one life of a server. Its text contains the run id: a node that missed a restart then calls a script that the
     * server does not have, whatever data it restored.
     *
     * @param run letters and digits only
     */
    public static Script append(String run) {
        return append(run, false);
    }

    /** @param evicts whether the server may remove keys before they expire: then a missing key does not mean that there was no event */
    public static Script append(String run, boolean evicts) {
        return script(
                "local RUN, VERSION, POSITION_TAG, MAX_TRIMMED, MAX_SCOPES_PER_ID, EVICTS = '" + run + "', "
                        + EventWire.VERSION + ", " + EventWire.POSITION_TAG + ", " + Keys.MAX_TRIMMED + ", "
                        + Log.MAX_SCOPES_PER_ID + ", " + evicts + "\n",
                APPEND);
    }

    private static Script script(String before, String text) {
        return new Script(
                text("local PUBLISH = 'PUBLISH'\n" + before + COMMON + text),
                text("local PUBLISH = 'SPUBLISH'\n" + before + COMMON + text));
    }

    private static Text text(String whole) {
        try {
            byte[] sha = MessageDigest.getInstance("SHA-1").digest(whole.getBytes(StandardCharsets.UTF_8));
            return new Text(whole, HexFormat.of().formatHex(sha));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }

    private static String resource(String name) {
        try (InputStream in = Scripts.class.getResourceAsStream(name + ".lua")) {
            if (in == null) {
                throw new IllegalStateException("the script " + name + ".lua is missing from the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
