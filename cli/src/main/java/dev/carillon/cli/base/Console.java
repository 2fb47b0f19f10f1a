package dev.carillon.cli.base;

import dev.carillon.lab.cluster.Commands;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Streams and environment of the process in which a command runs. */
public record Console(InputStream in, PrintStream out, PrintStream err, Map<String, String> variables) {
    /** Main class of the commands, by name, because no class here depends on it. */
    private static final String COMMANDS = "dev.carillon.cli.Main";

    /** Streams of this process; text is UTF-8 regardless of the locale. */
    public static Console system() {
        return new Console(System.in, utf8(FileDescriptor.out), utf8(FileDescriptor.err), System.getenv());
    }

    /** Whether a command only checks its options. The root script asks for that before it downloads servers for a command. */
    public static boolean isDryRun() {
        return Boolean.getBoolean("carillon.check");
    }

    /** Starts commands as processes with these variables. */
    public Commands commands() {
        return commands(variables);
    }

    /** Starts commands as processes with other variables. */
    public Commands commands(Map<String, String> others) {
        return new Commands(COMMANDS, others);
    }

    private static PrintStream utf8(FileDescriptor file) {
        return new PrintStream(new FileOutputStream(file), true, StandardCharsets.UTF_8);
    }
}
