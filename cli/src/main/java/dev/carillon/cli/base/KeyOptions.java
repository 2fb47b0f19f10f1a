package dev.carillon.cli.base;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.mercure.MercureKeys;
import dev.carillon.node.NodeKeys;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options of a command with settings: each key is a flag, a variable and an entry of the file. */
public record KeyOptions(List<Key<?>> keys) {
    public static final Key<String> CONFIG = Key.text(
            "config", "FILE", null, "Configuration file with lines KEY=VALUE, in the format of Java properties.");

    /** Variables of all commands and of the root script. They may be set whatever command runs. */
    private static final List<String> OTHER_VARIABLES = Stream.concat(
                    Stream.of(
                            CONFIG.variable(),
                            Variables.URL,
                            Variables.TOKEN,
                            Variables.JAVA_OPTS,
                            Variables.CACHE_DIR,
                            Variables.LAUNCHER,
                            Variables.REPLACES),
                    Stream.of(UpKeys.ALL, NodeKeys.ALL, ProxyKeys.ALL, RollKeys.ALL, LogKeys.ALL)
                            .flatMap(List::stream)
                            .map(Key::variable))
            .toList();

    public void addTo(CommandSpec spec) {
        spec.addOption(option(CONFIG));
        keys.forEach(key -> spec.addOption(option(key)));
        spec.usageMessage().sortOptions(false);
    }

    private static OptionSpec option(Key<?> key) {
        StringBuilder help = new StringBuilder(key.help());
        if (key.defaultValue() != null && !key.defaultValue().isEmpty() && !key.isFlag()) {
            help.append(" Default: ").append(key.defaultValue()).append('.');
        }
        help.append(" Variable: ").append(String.join(", or ", key.variables())).append('.');
        OptionSpec.Builder option = OptionSpec.builder("--" + key.name())
                .type(String.class)
                .description(help.toString().replace("%", "%%"));
        if (key.isFlag()) {
            option.arity("0..1").fallbackValue("true").paramLabel("true|false");
        } else {
            option.arity("1").paramLabel(key.placeholder());
            if (key.isList()) {
                option.type(List.class).auxiliaryTypes(String.class);
            }
        }
        return option.build();
    }

    /** Prints every setting with its help and its default, commented out, as a file for {@code --config}. */
    public void printFile(PrintStream out) {
        out.println(
                "# Settings, with their defaults. Remove a # to change one. Flags and variables override this file.");
        for (Key<?> key : keys) {
            out.println();
            out.println("# " + key.help());
            out.println("# Variable: " + String.join(", or ", key.variables()));
            out.println("#" + key.name() + "=" + (key.defaultValue() == null ? "" : key.defaultValue()));
        }
    }

    /** Warns about a variable of the reference hub that Carillon does not read. */
    public static void warn(Console console) {
        if (console.variables().containsKey(MercureKeys.EXTRA_DIRECTIVES)) {
            console.err()
                    .println("carillon: " + MercureKeys.EXTRA_DIRECTIVES
                            + ": is not supported; docs/mercure.md lists the equivalent of each directive");
        }
    }

    /**
     * What gives values to settings; a flag overrides a variable, a variable the file.
     *
     * @param path of the file; empty: there is none
     */
    public record Sources(
            Map<String, String> flags, Map<String, String> variables, Map<String, String> file, String path) {}

    /** @throws ConfigException for an unknown key, or a file that cannot be read */
    public Settings settings(ParseResult given, Map<String, String> variables) {
        Sources sources = sources(given, variables);
        return join(sources.flags(), sources.variables(), sources.file());
    }

    /** @throws ConfigException for an unknown key or variable */
    public Settings join(Map<String, String> flags, Map<String, String> variables, Map<String, String> file) {
        return Settings.join(keys, flags, variables, file, OTHER_VARIABLES);
    }

    /** @throws ConfigException for a file that cannot be read */
    public Sources sources(ParseResult given, Map<String, String> variables) {
        Map<String, String> flags = new HashMap<>();
        for (Key<?> key : keys) {
            if (key.isList()) {
                List<String> values = given.matchedOptionValue("--" + key.name(), List.of());
                if (!values.isEmpty()) {
                    flags.put(key.name(), String.join(",", values));
                }
                continue;
            }
            String value = given.matchedOptionValue("--" + key.name(), (String) null);
            if (value != null) {
                flags.put(key.name(), value);
            }
        }
        String file = given.matchedOptionValue("--" + CONFIG.name(), variables.get(CONFIG.variable()));
        return new Sources(flags, variables, file == null ? Map.of() : read(file), file == null ? "" : file);
    }

    private static Map<String, String> read(String file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(file))) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            throw new ConfigException(CONFIG.name(), file, "file not found");
        } catch (IOException | InvalidPathException e) {
            throw new ConfigException(CONFIG.name(), file, "must be a readable file of UTF-8 text");
        } catch (IllegalArgumentException e) {
            throw new ConfigException(CONFIG.name(), file, "must be a properties file: " + e.getMessage());
        }
        Map<String, String> entries = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> entries.put(name, properties.getProperty(name)));
        return entries;
    }
}
