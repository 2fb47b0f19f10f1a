package dev.carillon.cli;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.KeyOptions;
import dev.carillon.cli.base.ProxyKeys;
import dev.carillon.node.NodeConfig;
import dev.carillon.node.NodeKeys;
import dev.carillon.proxy.ProxyConfigException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * A target of Jazzer: one input is a command line. It is either read or refused with a reason that shows no secret, and what the settings
 * of node and proxy make of it throws what it declares. No command runs. Says at its end how many of each command were read.
 */
public final class FlagsFuzz {
    private static final Console CONSOLE = new Console(
            InputStream.nullInputStream(),
            new PrintStream(PrintStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            new PrintStream(PrintStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            Map.of());
    private static final List<String> VALUES = List.of(
            "",
            "0",
            "1",
            "-1",
            "65536",
            "99999999999999999999",
            "10s",
            "1h",
            "-5ms",
            "50%",
            "true",
            "false",
            "127.0.0.1",
            "0.0.0.0",
            "::1",
            "[::1]",
            "10.0.0.0/8",
            "::ffff:10.0.0.0/104",
            "http://127.0.0.1:8081",
            "http://[::1]:8081,http://b:1",
            "http://user:pass@host:80/x?y#z",
            "/_health",
            "topic:a",
            "user:ann,*",
            "a key of thirty-two bytes or more....",
            "HS256",
            "-----BEGIN PUBLIC KEY-----",
            "\u0000",
            "\ud800",
            "@file",
            "--",
            "-h",
            "=");
    /** Too short for a key. */
    private static final String SECRET = "do-not-show-me";

    private static final List<String> SECRETS = NodeKeys.ALL.stream()
            .filter(Key::secret)
            .map(key -> "--" + key.name())
            .toList();

    /** Without which a command is refused whatever else it is given. */
    private static final Map<String, List<String>> NEEDED =
            Map.of("serve", List.of("--jwt-key", "k".repeat(32)), "proxy", List.of("--node", "http://127.0.0.1:8081"));

    private static final Map<String, Integer> READ = new TreeMap<>();

    private FlagsFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        CommandLine line = Main.commandLine(CONSOLE);
        List<String> names = List.copyOf(line.getSubcommands().keySet());
        List<String> args = new ArrayList<>();
        String command = data.consumeInt(0, 9) == 9 ? data.consumeString(10) : data.pickValue(names);
        // Else most are read by none but these.
        command = data.consumeInt(0, 3) == 0 ? command : data.pickValue(List.of("serve", "proxy"));
        if (command.contains(SECRET)) {
            return;
        }
        args.add(command);
        CommandLine known = line.getSubcommands().get(command);
        List<OptionSpec> options =
                known == null ? List.of() : known.getCommandSpec().options();
        for (int n = data.consumeInt(0, 5); n > 0; n--) {
            String flag = options.isEmpty() || data.consumeInt(0, 9) == 9
                    ? data.consumeString(12)
                    : data.pickValue(options).longestName();
            String value = SECRETS.contains(flag)
                    ? SECRET
                    : data.consumeInt(0, 3) == 0 ? data.consumeString(20) : data.pickValue(VALUES);
            if (!SECRETS.contains(flag) && (flag + value).contains(SECRET)) {
                // It may be shown there.
                return;
            }
            if (data.consumeBoolean()) {
                args.add(flag + "=" + value);
            } else {
                args.add(flag);
                args.add(value);
            }
        }
        if (data.consumeInt(0, 3) > 0) {
            args.addAll(NEEDED.getOrDefault(command, List.of()));
        }
        read(line, args);
    }

    private static void read(CommandLine line, List<String> args) {
        ParseResult result;
        try {
            result = line.parseArgs(args.toArray(String[]::new));
        } catch (CommandLine.ParameterException e) {
            requireReason(Main.misuse(e));
            return;
        }
        ParseResult command = result.subcommand();
        if (command == null) {
            return;
        }
        String name = command.commandSpec().name();
        try {
            switch (name) {
                case "serve" -> NodeConfig.of(new KeyOptions(NodeKeys.ALL).settings(command, Map.of()));
                case "proxy" -> ProxyKeys.config(new KeyOptions(ProxyKeys.ALL).settings(command, Map.of()));
                default -> {
                    // Its options are read when it runs.
                }
            }
            READ.merge(name, 1, Integer::sum);
        } catch (ConfigException | ProxyConfigException e) {
            requireReason(e.getMessage());
            READ.merge(name + " refused", 1, Integer::sum);
        }
    }

    private static void requireReason(@Nullable String message) {
        if (message == null || message.isBlank() || message.contains(SECRET)) {
            throw new AssertionError("it says " + message);
        }
    }

    public static void fuzzerTearDown() {
        System.out.println("read: " + READ);
    }
}
