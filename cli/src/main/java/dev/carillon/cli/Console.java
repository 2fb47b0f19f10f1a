package dev.carillon.cli;

import dev.carillon.lab.cluster.Commands;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What a command has of the process around it. */
record Console(InputStream in, PrintStream out, PrintStream err, Map<String, String> variables) {
    /** The class that runs the commands; by its name, as nothing here depends on it. */
    private static final String COMMANDS = "dev.carillon.cli.Main";

    /** The process's own; text is UTF-8 whatever the locale says. */
    static Console system() {
        return new Console(System.in, utf8(FileDescriptor.out), utf8(FileDescriptor.err), System.getenv());
    }

    /** The commands, as processes with these variables. */
    Commands commands() {
        return new Commands(COMMANDS, variables);
    }

    private static PrintStream utf8(FileDescriptor file) {
        return new PrintStream(new FileOutputStream(file), true, StandardCharsets.UTF_8);
    }
}
