package dev.carillon.cli.base;

import dev.carillon.base.Key;
import dev.carillon.base.Keys;
import dev.carillon.base.ProcessLog;
import dev.carillon.base.Settings;
import dev.carillon.cli.logging.LogbackLog;
import java.util.List;
import java.util.stream.Stream;

/** The settings of the log, which all server commands have. They belong to the process: an application that embeds a node has a log of its own. */
public final class LogKeys {
    private static final Keys KEYS = new Keys();

    /** Whether lines are JSON. */
    public static final Key<Boolean> FORMAT = KEYS.declare(Key.choice(
                    "log-format",
                    "FORMAT",
                    "text",
                    "Format of log lines on standard error: text or json.",
                    "text",
                    "json")
            .as("json"::equals));

    public static final Key<String> LEVEL = KEYS.declare(Key.choice(
            "log-level",
            "LEVEL",
            "info",
            "Lowest level of log lines: error, warn, info, debug or trace. Libraries log warnings and errors only. POST /admin/log-level of the admin port changes it at run time.",
            ProcessLog.LEVELS.toArray(String[]::new)));

    public static final List<Key<?>> ALL = KEYS.list();

    private LogKeys() {}

    /** The settings of a command, those of the log last. */
    public static List<Key<?>> after(List<Key<?>> keys) {
        return Stream.concat(keys.stream(), ALL.stream()).toList();
    }

    /** Applies the settings to the log of this process. */
    public static void apply(Settings settings) {
        LogbackLog.configure(settings.get(FORMAT), settings.get(LEVEL));
    }
}
