package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import dev.carillon.testkit.Chromium;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The shops of {@code examples/orders}, by the commands of their pages. The number of steps and the seconds that they take are printed. */
@Tag("full")
@Tag("process")
@Tag("chromium")
@Tag("clients")
class OrdersIT {
    private static final Path EXAMPLES = Path.of("../examples").toAbsolutePath().normalize();
    private static final String SHOP = "127.0.0.1:8000";

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(names = {"PYTHON", "PHP", "NODE"})
    void status_changes_in_the_open_page_of_its_user_alone(SnippetLanguage language) throws Exception {
        assumeThat(language.executable()).as(language.title()).isPresent();
        List<String> commands = Files.readString(
                        EXAMPLES.resolve("orders").resolve(name(language)).resolve("README.md"))
                .lines()
                .filter(line -> line.startsWith("       "))
                .map(String::strip)
                .toList();
        assertThat(commands).hasSize(4);
        assertThat(commands.get(1)).startsWith("./carillon up ");
        int port = ServerProcess.freePort();
        String shop = "http://127.0.0.1:" + port;
        long begin = System.nanoTime();
        assertThat(shell(commands.get(0), port, "").run(Patience.LIMIT).status())
                .isZero();
        try (UpProcess up = UpProcess.start("memory", upArguments(commands.get(1), port));
                ChildProcess server = shell(commands.get(2), port, "http://127.0.0.1:" + up.port())
                        .merged()
                        .start();
                Chromium chromium = new Chromium()) {
            await().until(() -> {
                assertThat(server.isAlive()).as(server.out()).isTrue();
                return isOpen(port);
            });
            Page ann = page(chromium, shop, "ann");
            Page bob = page(chromium, shop, "bob");

            ChildProcess.Ended sent = shell(commands.get(3), port, "").run(Patience.LIMIT);
            assertThat(sent.out()).as(sent.err()).contains("saved and sent");
            PlaywrightAssertions.assertThat(ann.locator("#status")).hasText("sent");
            System.out.printf(
                    "%s: %d commands and a login, %d s%n",
                    language.title(), commands.size(), (System.nanoTime() - begin) / 1_000_000_000);

            shell(commands.get(3).replace("ann", "bob").replace("=sent", "=lost"), port, "")
                    .run(Patience.LIMIT);
            PlaywrightAssertions.assertThat(bob.locator("#status")).hasText("lost");
            assertThat(bob.evaluate("seen")).isEqualTo(List.of("lost"));
            assertThat(ann.evaluate("seen")).isEqualTo(List.of("sent"));
            assertThat(chromium.consoleErrors()).isEmpty();
            for (String path : List.of("/token", "/order")) {
                assertThat(shell("curl -s -o /dev/null -w '%{http_code}' " + shop + path, port, "")
                                .run(Patience.LIMIT)
                                .out())
                        .isEqualTo("401");
            }
        }
    }

    private static String name(SnippetLanguage language) {
        return language.name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Logs in, waits for the status, and remembers each later one. */
    private static Page page(Chromium chromium, String shop, String user) {
        Page page = chromium.page(400, 300);
        page.navigate(shop);
        page.locator("input").fill(user);
        page.locator("button").click();
        PlaywrightAssertions.assertThat(page.locator("#status")).hasText("received");
        page.evaluate("""
                () => {
                  window.seen = [];
                  new MutationObserver(() => seen.push(document.getElementById('status').textContent))
                      .observe(document.getElementById('status'), {childList: true});
                }
                """);
        return page;
    }

    private String[] upArguments(String command, int port) {
        return Arrays.stream(command.split(" ", -1))
                .skip(2)
                .map(word -> word.replace("jwt.key", folder.resolve("jwt.key").toString()))
                .map(word -> word.replace(SHOP, "127.0.0.1:" + port))
                .toArray(String[]::new);
    }

    /** A command of the page in a new folder, with the ports of this test. The shell is replaced by the command, so that it ends with it. */
    private ChildProcess.Builder shell(String command, int port, String carillon) {
        String run = command.replace(SHOP, "127.0.0.1:" + port).replace(" examples/", " " + EXAMPLES + "/");
        return ChildProcess.of("sh", "-c", run.startsWith("CARILLON_") ? "exec env " + run : run)
                .directory(folder)
                .environment(all -> {
                    all.keySet().removeIf(Commands::isSetting);
                    all.putAll(Map.of(
                            "PORT",
                            Integer.toString(port),
                            "CARILLON_URL",
                            carillon,
                            "ORDERS_FILE",
                            folder.resolve("orders.json").toString()));
                });
    }

    private static boolean isOpen(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
