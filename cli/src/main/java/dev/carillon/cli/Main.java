package dev.carillon.cli;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Text;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.HelpOption;
import dev.carillon.cli.dev.DevCommand;
import dev.carillon.cli.doctor.DoctorCommand;
import dev.carillon.cli.events.TailCommand;
import dev.carillon.cli.events.WhyCommand;
import dev.carillon.cli.logging.LogbackLog;
import dev.carillon.cli.plan.PlanCommand;
import dev.carillon.edge.OutOfMemory;
import dev.carillon.lab.LabException;
import dev.carillon.planner.base.PlanException;
import dev.carillon.proxy.ProxyConfigException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Entry point: parses the command line and runs one of the commands. */
public final class Main {
    private static final String TRACE = "carillon.trace";

    private static final int MAX_LINE = 500;

    private Main() {}

    public static void main(String[] args) {
        OutOfMemory.terminateProcess(LogbackLog::flush);
        Thread.setDefaultUncaughtExceptionHandler(Main::logUncaught);
        System.exit(run(Console.system(), args));
    }

    /** The JVM would print it itself, and its thread would wait for the reader of standard error. */
    private static void logUncaught(Thread thread, Throwable e) {
        LoggerFactory.getLogger(Main.class)
                .atError()
                .addKeyValue("thread", thread.getName())
                .setCause(e)
                .log("a thread ended with an exception");
    }

    static int run(Console console, String... args) {
        CommandLine line = commandLine(console);
        line.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
        line.setParameterExceptionHandler((e, given) -> {
            printError(console, misuse(e));
            return ExitCode.MISUSED;
        });
        line.setExecutionExceptionHandler((e, command, given) -> {
            if (Boolean.getBoolean(TRACE)) {
                e.printStackTrace(console.err());
            }
            printError(console, failure(e));
            return status(e);
        });
        return line.execute(args);
    }

    static CommandLine commandLine(Console console) {
        CommandSpec spec = CommandSpec.create().name("carillon").version("carillon " + version());
        spec.usageMessage()
                .description(
                        "Pushes events to every connected browser, on whichever node of the cluster it is connected.")
                .footer("Exit status: 0 success or stopped by a signal, 1 failure, 2 invalid command.");
        spec.addOption(HelpOption.spec());
        spec.addOption(OptionSpec.builder("-V", "--version")
                .versionHelp(true)
                .description("Print the version.")
                .build());
        CommandLine line = new CommandLine(spec);
        for (CommandSpec command : List.of(
                UpCommand.spec(console),
                DevCommand.spec(console),
                ServeCommand.spec(console),
                ProxyCommand.spec(console),
                ProxyConfigCommand.spec(console),
                ConfigCommand.spec(console),
                TokenCommand.spec(console),
                BroadcastCommand.spec(console),
                HealthCommand.spec(console),
                CommandSpec.forAnnotatedObject(new DoctorCommand(console, version())),
                ConnectionsCommand.spec(console),
                WhyCommand.spec(console),
                TailCommand.spec(console),
                RebalanceCommand.spec(console),
                RollCommand.spec(console),
                CommandSpec.forAnnotatedObject(new PlanCommand(console)),
                BenchCommand.spec(console),
                FaultsCommand.spec(console),
                SoakCommand.spec(console),
                SimulateCommand.spec(console))) {
            command.addOption(HelpOption.spec());
            line.addSubcommand(command.name(), command);
        }
        line.setUsageHelpWidth(110);
        // Data of an event may begin with @ and is then not the name of a file of arguments.
        line.setExpandAtFiles(false);
        return line;
    }

    static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    private static void printError(Console console, String message) {
        console.err().println("carillon: " + Text.printable(message, MAX_LINE));
    }

    static String misuse(CommandLine.ParameterException e) {
        String see = "; see ./" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help";
        if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
            // Only the name, because the value may be a secret.
            String name = unmatched.getUnmatched().getFirst().split("=", 2)[0];
            boolean top = e.getCommandLine().getParent() == null;
            return name
                    + (name.startsWith("-") ? ": unknown option" : top ? ": unknown command" : ": unexpected argument")
                    + see;
        }
        String message = String.valueOf(e.getMessage());
        return Character.toLowerCase(message.charAt(0)) + message.substring(1) + see;
    }

    private static String failure(Throwable e) {
        return switch (e) {
            case CommandException command -> String.valueOf(command.getMessage());
            case LabException run -> String.valueOf(run.getMessage());
            case PlanException plan -> String.valueOf(plan.getMessage());
            case ConfigException config -> String.valueOf(config.getMessage());
            case ProxyConfigException config -> String.valueOf(config.getMessage());
            case CarillonException known -> known.code().code() + ": " + known.getMessage();
            default ->
                "internal: " + e + "; please report this defect; CARILLON_JAVA_OPTS=-D" + TRACE
                        + "=true prints the stack trace";
        };
    }

    private static int status(Throwable e) {
        return switch (e) {
            case CommandException command -> command.status();
            case LabException run -> run.isMisuse() ? ExitCode.MISUSED : ExitCode.FAILED;
            case ConfigException config -> ExitCode.MISUSED;
            case PlanException plan -> ExitCode.MISUSED;
            case ProxyConfigException config -> ExitCode.MISUSED;
            default -> ExitCode.FAILED;
        };
    }
}
