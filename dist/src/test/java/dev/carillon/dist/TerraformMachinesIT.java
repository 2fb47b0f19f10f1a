package dev.carillon.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.containers.Engine;
import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does what {@code docs/terraform.md} says, by its own commands, on whole machines with systemd and an SSH server, which have nothing else. The tests continue
 * one another. Prints timings, messages and the accounts of the clients.
 */
@Tag("full")
@Tag("machines")
@Tag("process")
@Tag("terraform")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TerraformMachinesIT {
    private static final CommandPage PAGE = new CommandPage("terraform.md");
    private static final String PREFIX = "10.77.1.";
    private static final InetSocketAddress PROXY = new InetSocketAddress(PREFIX + "12", 80);
    private static final int CLIENTS = 1_000;
    private static final Duration LIMIT = Duration.ofMinutes(30);
    /** Before a line of a step as it runs; an error repeats all lines, without it. */
    private static final String SAYS = "(local-exec): ";

    /** Keeps variables, functions and the folder from one block of the page to the next. */
    private static final String SESSION = """
            set -ea
            [ ! -f "$SESSION" ] || . "$SESSION"
            cd "$(cat "$SESSION.folder")"
            trap '{ export -p; declare -f; } >"$SESSION"; pwd >"$SESSION.folder"' EXIT
            """;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final Set<CommandPage.Block> done = new LinkedHashSet<>();
    private final Map<String, Machine> machines = new LinkedHashMap<>();
    private final Map<String, String> hostKeys = new HashMap<>();
    /** Every secret that was ever given. */
    private final Set<String> secrets = new HashSet<>();

    /** What all commands of the operator printed. */
    private final StringBuilder transcript = new StringBuilder();

    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @SuppressWarnings("NullAway.Init")
    private Engine podman;

    @SuppressWarnings("NullAway.Init")
    private Release release;

    @SuppressWarnings("NullAway.Init")
    private String version;

    @SuppressWarnings("NullAway.Init")
    private String image;

    @SuppressWarnings("NullAway.Init")
    private String network;

    /** Of the example. */
    @SuppressWarnings("NullAway.Init")
    private Path example;

    @BeforeAll
    void start_the_machines(@TempDir Path folder) throws Exception {
        dir = folder;
        release = Release.in(dir);
        version = release.make().getFileName().toString().replaceAll("carillon-(.*)-linux-.*", "$1");
        example = release.folder().resolve("carillon-" + version + "/terraform/examples/ssh");

        podman = Engine.podman();
        image = opened(BaseImage.of(podman, "remote")).name();
        network = "carillon-terraform-" + ProcessHandle.current().pid();
        podman.run("network", "create", "--subnet", PREFIX + "0/24", network);
        opened.add(() -> podman.run("network", "rm", network));

        Path ssh = Files.createDirectories(dir.resolve("home/.ssh"));
        assertThat(release.run(ssh, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "id_ed25519")
                        .status())
                .isZero();
        Path program = Path.of(Objects.requireNonNullElse(System.getenv("TERRAFORM"), "/usr/local/bin/terraform"));
        Files.createSymbolicLink(Files.createDirectories(dir.resolve("bin")).resolve("terraform"), program);
        Files.writeString(dir.resolve("session.folder"), release.folder().toString());
        for (int i = 1; i <= 3; i++) {
            start("m" + i, i);
        }
    }

    /** A machine with host keys of its own, on which the users root and admin have our key. */
    private Machine start(String name, int number) throws IOException {
        Machine machine = opened(Machine.start(podman, image, network, name, PREFIX + (10 + number)));
        machine.copyIn(dir.resolve("home/.ssh/id_ed25519.pub"));
        machine.run("""
                rm /etc/ssh/ssh_host_*
                ssh-keygen -A
                useradd -m -s /bin/bash admin
                echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin
                for home in /root /home/admin; do
                    mkdir -p -m 700 $home/.ssh
                    cp id_ed25519.pub $home/.ssh/authorized_keys
                done
                chown -R admin /home/admin/.ssh
                rm id_ed25519.pub
                systemctl restart ssh
                """);
        machines.put(name, machine);
        hostKeys.put("HOST_KEY_M" + number, machine.run("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub"));
        return machine;
    }

    @AfterAll
    void remove_the_machines() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    private <T extends AutoCloseable> T opened(T one) {
        opened.add(one);
        return one;
    }

    private Machine machine(String name) {
        return Objects.requireNonNull(machines.get(name), name);
    }

    private void runPage(String heading) throws Exception {
        assertSucceeds(tryPage(heading, line -> {}));
    }

    /** Runs the commands of the page below a heading. */
    private ChildProcess.Ended tryPage(String heading, Consumer<String> onLine) throws Exception {
        return run(commands(heading, "here"), onLine);
    }

    private String commands(String heading, String machine) throws IOException {
        CommandPage.Block block = PAGE.block(heading, machine);
        done.add(block);
        String arch = release.archive().getFileName().toString().replaceAll(".*-linux-(.*)\\.tar\\.gz", "$1");
        String commands = block.commands().replace("linux-x64", "linux-" + arch).replace("VERSION", version);
        for (Map.Entry<String, String> key : hostKeys.entrySet()) {
            commands = commands.replace(key.getKey(), key.getValue());
        }
        return commands;
    }

    private ChildProcess.Ended run(String commands) throws Exception {
        return run(commands, line -> {});
    }

    /** Runs commands in the session of the operator; prints what the machines say, and the time. */
    private ChildProcess.Ended run(String commands, Consumer<String> onLine) throws Exception {
        long began = System.nanoTime();
        ChildProcess.Ended ended = ChildProcess.of("bash", "-c", SESSION + commands)
                .merged()
                .onOutput(line -> {
                    if (line.contains("(local-exec): ") && !line.contains("Executing: Suppressed")) {
                        System.out.printf(
                                "%4d s %s%n",
                                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began),
                                line.replaceFirst(".*\\(local-exec\\): ", ""));
                    }
                    onLine.accept(line);
                })
                .environment(environment -> {
                    environment.put("HOME", dir.resolve("home").toString());
                    environment.put("PATH", dir.resolve("bin") + ":" + environment.get("PATH"));
                    environment.put("SESSION", dir.resolve("session").toString());
                    environment.put("TF_CLI_ARGS_apply", "-auto-approve -input=false -no-color");
                    environment.put("TF_CLI_ARGS_destroy", "-auto-approve -input=false -no-color");
                    Terraform.setUp(environment, dir.resolve("data"));
                })
                .run(LIMIT);
        transcript.append(ended.out());
        System.out.printf("status %d after %.1f s%n", ended.status(), (System.nanoTime() - began) / 1e9);
        if (Files.exists(example.resolve("secrets.json"))) {
            JsonNode given = JsonMapper.builder()
                    .build()
                    .readTree(example.resolve("secrets.json").toFile());
            given.forEach(value -> {
                if (value.isTextual()) {
                    secrets.add(value.textValue());
                }
                value.forEach(one -> secrets.add(one.textValue()));
            });
        }
        return ended;
    }

    private static void assertSucceeds(ChildProcess.Ended ended) {
        assertThat(ended.status()).as(ended.out()).isZero();
    }

    /** The error of an apply, in one line. */
    private static String error(ChildProcess.Ended ended) {
        assertThat(ended.status()).as(ended.out()).isNotZero();
        String line = new Terraform.Ended(ended.status(), ended.out()).line();
        String error = line.substring(Math.max(0, line.lastIndexOf("Output: ")));
        System.out.println("error: " + error);
        return error;
    }

    /** Two plans: no changes; no secret in plan, state or output. */
    private void assertNothingLeft() throws Exception {
        ChildProcess.Ended plan = run(
                "terraform plan -no-color -input=false -detailed-exitcode -out=\"$SESSION.plan\" && terraform show -no-color -json \"$SESSION.plan\" >\"$SESSION.plan.json\"");
        assertThat(plan.out()).contains("No changes.");
        assertSucceeds(plan);
        assertThat(secrets).hasSizeGreaterThanOrEqualTo(3);
        for (Path file : List.of(example.resolve("terraform.tfstate"), dir.resolve("session.plan.json"))) {
            assertNoSecret(file.toString(), Files.readString(file));
        }
        assertNoSecret("output of all commands", transcript.toString());
        System.out.println("second plan: no changes; secrets in state, plan and output: 0 of " + secrets.size());
    }

    private void assertNoSecret(String where, String text) {
        assertThat(secrets.stream().filter(text::contains)).as(where).isEmpty();
    }

    private Set<String> pids() {
        return running()
                .map(machine -> machine.name() + " " + machine.show("carillon", "MainPID"))
                .collect(Collectors.toSet());
    }

    private Stream<Machine> running() {
        return machines.values().stream();
    }

    /** A token by the present key of the operator. */
    private String token() throws Exception {
        ChildProcess.Ended ended =
                run("CARILLON_JWT_KEY=$(sed 's/.*\"jwt_key\": \"\\([^\"]*\\)\".*/\\1/' secrets.json) "
                        + "../../../carillon token --broadcast '*' --read '*' --expires 12h");
        assertSucceeds(ended);
        return ended.out().strip();
    }

    private int statusOf(String token) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + PROXY.getHostString() + "/broadcast"))
                .timeout(Patience.LIMIT)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"scope\":\"topic:requests\",\"data\":\"x\"}"))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private Load load(String run, int clients, String token) {
        return new Load(run, PROXY, clients, token);
    }

    @Test
    @Order(1)
    void three_machines_become_a_cluster_and_phones_light_up() throws Exception {
        runPage("Describe the machines");
        Files.writeString(
                example.resolve("packages.auto.tfvars"),
                "packages = { broker = %s, proxy = %s }\nmax_connections = 8000\n"
                        .formatted(packages("redis-server"), packages("haproxy")));
        runPage("Secrets");
        runPage("Apply");
        assertThat(run("terraform output ready").out()).startsWith("true");

        List<FollowingStream> phones = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            phones.add(opened(new FollowingStream(
                    PROXY, "/events?route=/lightshow&topic=lightshow/everyone&topic=lightshow/years/1", Map.of())));
        }
        assertThat(phones.stream().map(phone -> phone.node()).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder("m1", "m2", "m3");
        runPage("Light the phones");
        phones.forEach(
                phone -> await().until(() -> phone.data().contains("{\"to\":\"everyone\",\"color\":\"#1463ff\"}")));
        phones.forEach(FollowingStream::close);
    }

    /** The packages of a list, for machines that lack them. */
    private String packages(String name) throws Exception {
        String given = System.getenv("CONTAINER_IMAGES");
        Path folder = Path.of(given == null ? "../.cache/images" : given, "packages", name)
                .toAbsolutePath();
        List<String> list = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String sum =
                        release.run(dir, "sha256sum", file.toString()).out().split("[ \\\\]", 2)[0];
                list.add("{ file = \"" + file + "\", sha256 = \"" + sum + "\" }");
            }
        }
        return "[" + String.join(", ", list) + "]";
    }

    @Test
    @Order(2)
    void second_plan_is_empty_and_no_secret_is_where_others_can_read_it() throws Exception {
        assertNothingLeft();
        assertNoReadableSecrets();
    }

    private void assertNoReadableSecrets() {
        String patterns = String.join("\n", secrets);
        running()
                .forEach(machine -> assertThat(machine.run("""
                        cat >/root/patterns <<'END'
                        %s
                        END
                        find / -xdev -type f -perm -o=r ! -path '/proc/*' ! -path '/sys/*' -newer /etc/ssh/ssh_host_ed25519_key.pub -print0 |
                            xargs -0 -r grep -lFf /root/patterns || true
                        journalctl --no-pager | grep -cFf /root/patterns || true
                        rm /root/patterns
                        """.formatted(patterns))
                                .replace("/root/patterns", "")
                                .strip())
                        .as(machine.name())
                        .isEqualTo("0"));
    }

    @Test
    @Order(3)
    void node_is_added_and_clients_of_the_others_stay() throws Exception {
        start("m4", 4);
        Set<String> before = Set.of(
                "m1 " + machine("m1").show("carillon", "MainPID"),
                "m2 " + machine("m2").show("carillon", "MainPID"),
                "m3 " + machine("m3").show("carillon", "MainPID"));
        try (Load load = load("add", 300, token())) {
            runPage("Add and remove nodes");
            assertThat(pids()).containsAll(before);
            load.endWell("a fourth node");
            assertThat(load.reconnects()).isZero();
        }
        assertNothingLeft();
    }

    @Test
    @Order(4)
    void setting_is_rolled_under_clients_the_canary_first() throws Exception {
        List<String> order = new ArrayList<>();
        try (Load load = load("roll", CLIENTS, token())) {
            ChildProcess.Ended roll = tryPage("Change a setting, or the version", line -> {
                if (line.contains(": drains, then starts anew")) {
                    order.add(line.replaceFirst(".*: (m\\d): drains.*", "$1"));
                }
            });
            assertSucceeds(roll);
            load.endWell("a setting, with a canary");
            assertThat(roll.out()).contains("m2: 5xx 0.00 % (others 0.00 %), p99 ");
        }
        assertThat(order).containsExactly("m2", "m1", "m3", "m4");
        running()
                .forEach(machine -> assertThat(machine.run("cat /etc/carillon/carillon.properties"))
                        .contains("heartbeat=10s"));
        assertNothingLeft();
    }

    @Test
    @Order(5)
    void wrong_setting_stops_the_apply_before_any_node_is_restarted() throws Exception {
        Set<String> before = pids();
        Path change = example.resolve("change.auto.tfvars");
        String good = Files.readString(change);
        Files.writeString(change, good.replace("heartbeat = \"10s\"", "heartbeat = \"often\""));

        assertThat(error(run("terraform apply")))
                .contains("a setting is wrong: carillon: heartbeat: often: must be a duration");

        assertThat(pids()).isEqualTo(before);
        Files.writeString(change, good);
        assertSucceeds(run("terraform apply"));
        assertThat(pids()).isEqualTo(before);
        assertNothingLeft();
    }

    @Test
    @Order(6)
    void apply_that_was_interrupted_is_continued_by_the_next() throws Exception {
        Path change = example.resolve("change.auto.tfvars");
        Files.writeString(change, "settings = { anonymous = \"true\", heartbeat = \"11s\" }\n");
        AtomicLong pid = new AtomicLong();
        ChildProcess.Ended interrupted = run("sh -c 'echo pid $$; exec terraform apply'", line -> {
            if (line.startsWith("pid ")) {
                pid.set(Long.parseLong(line.substring(4)));
            }
            if (line.contains(SAYS + "m2: drains, then starts anew")) {
                boolean _ = ChildProcess.signal(ProcessHandle.of(pid.get()).orElseThrow(), "INT");
            }
        });
        assertThat(interrupted.status()).as(interrupted.out()).isNotZero();
        assertThat(interrupted.out()).contains("Interrupt received").doesNotContain("m3: drains");

        ChildProcess.Ended repeated = run("terraform apply");

        assertSucceeds(repeated);
        // The step on m2 went on without Terraform, or is done again.
        assertThat(repeated.out()).doesNotContain("m1: drains").contains("m3: drains", "m4: drains");
        running()
                .forEach(machine -> assertThat(machine.run("cat /etc/carillon/carillon.properties"))
                        .contains("heartbeat=11s"));
        assertNothingLeft();
    }

    @Test
    @Order(7)
    void canary_that_is_worse_gets_its_former_state_back_and_no_other_node_is_touched() throws Exception {
        Map<String, String> before = new HashMap<>();
        running().forEach(machine -> before.put(machine.name(), machine.show("carillon", "MainPID")));
        Path change = example.resolve("change.auto.tfvars");
        String good = Files.readString(change);
        Files.writeString(change, """
                settings = { anonymous = "true", heartbeat = "11s", max-connections = "40" }
                canary   = { node = "m2", seconds = 20 }
                """);

        String token = token();
        CompletableFuture<Load> late = new CompletableFuture<>();
        try (Load load = load("canary", 300, token)) {
            ChildProcess.Ended roll = run("terraform apply", line -> {
                // New clients go to the node with the fewest, which is the canary.
                if (line.contains(SAYS + "m2: compared with")) {
                    Thread _ = Thread.ofVirtual().start(() -> late.complete(load("canary-late", 300, token)));
                }
            });
            assertThat(error(roll))
                    .contains(
                            "the roll stopped at m2: the canary has too many errors;",
                            "its former state is restored.",
                            "changed: none",
                            "not touched: m1 m3 m4");
            try (Load second = late.get(Patience.LIMIT_SECONDS, TimeUnit.SECONDS)) {
                second.end("clients that came to a canary that is too small");
            }
            assertThat(load.end("clients that were there before").findings()).isEmpty();
        }

        for (String untouched : List.of("m1", "m3", "m4")) {
            assertThat(machine(untouched).show("carillon", "MainPID")).isEqualTo(before.get(untouched));
        }
        assertThat(machine("m2").run("cat /etc/carillon/carillon.properties")).doesNotContain("max-connections");
        Files.writeString(change, good);
        assertSucceeds(run("terraform apply"));
        assertNothingLeft();
    }

    @Test
    @Order(8)
    void machine_that_is_lost_in_the_middle_of_a_roll_stops_it_and_the_cluster_is_repaired() throws Exception {
        Path change = example.resolve("change.auto.tfvars");
        Files.writeString(change, "settings = { anonymous = \"true\", heartbeat = \"9s\" }\n");
        try (Load load = load("lost", 300, token())) {
            ChildProcess.Ended roll = run("terraform apply", line -> {
                if (line.contains(SAYS + "m3: drains, then starts anew")) {
                    machine("m4").kill();
                }
            });
            assertThat(error(roll)).contains("the roll stopped at m", "changed: m1", "not touched:");
            assertThat(error(run("terraform apply"))).contains("m4: 10.77.1.14 port 22 cannot be reached: ");
            machines.remove("m4");
            Set<String> before = pids();

            // Without a word about the old machine.
            start("m4-new", 5);
            String repair = commands("A machine was lost", "here");
            assertThat(error(run(repair.replace("CARILLON_LOST=m4 ", ""))))
                    .contains("nothing was removed", "CARILLON_LOST=m4 terraform apply");
            assertThat(pids()).containsAll(before);
            runPage("A machine was lost");
            load.end("a lost machine, and its repair");
        }
        assertThat(machine("m4-new").show("carillon", "ActiveState")).isEqualTo("active");
        assertThat(run("terraform output ready").out()).startsWith("true");
        assertNothingLeft();
    }

    @Test
    @Order(9)
    void key_and_secret_are_rotated_under_clients_and_none_is_logged_out() throws Exception {
        String old = token();
        try (Load load = load("key", CLIENTS, old)) {
            runPage("Rotate the key of tokens", 0);
            load.endWell("the new key beside the old one");
        }
        String with = tokenOf("new_key");
        assertThat(statusOf(with)).isEqualTo(200);
        assertThat(statusOf(old)).isEqualTo(200);
        try (Load load = load("secret", CLIENTS, with)) {
            runPage("Rotate the key of tokens", 1);
            assertThat(statusOf(old)).isEqualTo(401);
            runPage("Rotate the secret of the cluster");
            load.endWell("the old key goes, then three rolls with another secret");
        }
        assertNothingLeft();
        assertNoReadableSecrets();
    }

    @Test
    @Order(10)
    void password_of_redis_is_replaced_without_a_restart_of_redis() throws Exception {
        String pid = machine("m1").show("redis-server", "MainPID");
        try (Load load = load("password", 300, token())) {
            assertSucceeds(run("""
                    new_password=$(random 30)
                    sed -i "s/\\"broker_passwords\\": \\[/&\\"$new_password\\", /" secrets.json
                    export TF_VAR_secrets="$(cat secrets.json)"
                    echo 'secrets_version = 7' > secrets.auto.tfvars
                    terraform apply
                    """));
            assertSucceeds(run("""
                    sed -i "s/\\(\\"broker_passwords\\": \\[\\"[^\\"]*\\"\\)[^]]*/\\1/" secrets.json
                    export TF_VAR_secrets="$(cat secrets.json)"
                    echo 'secrets_version = 8' > secrets.auto.tfvars
                    terraform apply
                    """));
            assertThat(load.end("another password of Redis").lost()).isZero();
        }
        assertThat(machine("m1").show("redis-server", "MainPID")).isEqualTo(pid);
        assertNothingLeft();
        assertNoReadableSecrets();
    }

    /** A heading can have several blocks. */
    private void runPage(String heading, int index) throws Exception {
        CommandPage.Block block = PAGE.blocks().stream()
                .filter(one -> one.heading().equals(heading))
                .toList()
                .get(index);
        done.add(block);
        assertSucceeds(run(block.commands()));
    }

    private String tokenOf(String variable) throws Exception {
        ChildProcess.Ended ended = run(
                "CARILLON_JWT_KEY=$" + variable + " ../../../carillon token --broadcast '*' --read '*' --expires 12h");
        assertSucceeds(ended);
        return ended.out().strip();
    }

    @Test
    @Order(11)
    void another_version_is_rolled_by_a_jump_host_and_a_user_with_sudo() throws Exception {
        String next = version + "-next";
        Path archive = release.renamed(version, next);
        String sum = release.run(dir, "sha256sum", archive.toString()).out().split(" ", 2)[0];
        String change =
                """
                ssh = {
                  user             = "admin"
                  private_key_file = "%s"
                  jump             = { host = "10.77.1.12", host_key = "%s" }
                }
                release  = { file = "%s", version = "%s", sha256 = "%s" }
                settings = { anonymous = "true", heartbeat = "8s" }
                """.formatted(dir.resolve("home/.ssh/id_ed25519"), hostKeys.get("HOST_KEY_M2"), archive, next, sum);
        Path file = example.resolve("change.auto.tfvars");
        Files.writeString(file, change);
        try (Load load = load("version", CLIENTS, token())) {
            assertSucceeds(run("terraform apply"));
            load.endWell("another version");
        }
        running()
                .forEach(machine -> assertThat(
                                machine.run(
                                        "readlink /proc/$(systemctl show --property MainPID --value carillon)/exe; ls -d /opt/carillon-*"))
                        .startsWith("/opt/carillon-" + next + "-" + sum.substring(0, 12) + "/runtime/")
                        .contains("/opt/carillon-" + version + "-"));
        assertThat(machine("m3").run("journalctl --unit ssh --no-pager | grep 'Accepted publickey for admin'"))
                .contains("from 10.77.1.12 ");

        Files.writeString(
                file,
                change.replace(
                                Objects.requireNonNull(hostKeys.get("HOST_KEY_M2")),
                                Objects.requireNonNull(hostKeys.get("HOST_KEY_M3")))
                        .replace("8s", "7s"));
        assertThat(error(run("terraform apply"))).contains("shows another host key than host_key");
        Files.writeString(file, change);
        assertSucceeds(run("terraform apply"));
        assertNothingLeft();
    }

    @Test
    @Order(12)
    void broker_is_restored_from_a_backup() throws Exception {
        String token = token();
        machine("m1").run("tar -C / -czf redis.tar.gz var/lib/redis || [ $? -eq 1 ]");
        try (Load load = load("restore", 50, token)) {
            machine("m1").run(commands("Restore the broker", "m1"));
            await().until(() -> statusOf(token) == 200);
            assertThat(load.end("Redis with the data of a backup").lost()).isZero();
        }
        assertThat(machine("m1").show("redis-server", "ActiveState")).isEqualTo("active");
        assertNothingLeft();
    }

    @Test
    @Order(13)
    void proxy_moves_to_another_machine_and_is_caddy() throws Exception {
        boolean reachesSources = machine("m3").attempt("apt-get -q update").status() == 0;
        System.out.println("Caddy from " + (reachesSources ? "package sources" : "files"));
        Files.writeString(
                example.resolve("packages.auto.tfvars"),
                "packages = { broker = %s, proxy = %s }\nproxy = \"m3\"\nproxy_kind = \"caddy\"\nmax_connections = 8000\n"
                        .formatted(packages("redis-server"), reachesSources ? "[]" : packages("caddy")));
        assertSucceeds(run("terraform apply"));
        assertThat(run("terraform output -raw url").out()).startsWith("http://10.77.1.13");
        assertThat(machine("m2").run("ls /etc/haproxy 2>/dev/null || echo none"))
                .isEqualTo("none");

        FollowingStream stream =
                opened(new FollowingStream(new InetSocketAddress(PREFIX + "13", 80), "/events?topic=hello", Map.of()));
        assertSucceeds(run("../../../carillon broadcast --url http://10.77.1.13 --token " + token()
                + " --scope topic:hello --data 'hello, world'"));
        await().until(() -> stream.data().contains("hello, world"));
        stream.close();
        assertNothingLeft();
    }

    @Test
    @Order(14)
    void destroy_leaves_nothing() throws Exception {
        runPage("Reach an admin port");
        runPage("Destroy");
        running()
                .forEach(machine ->
                        assertThat(machine.run("""
                        ls -d /opt/carillon* /etc/carillon /etc/systemd/system/carillon* /var/cache/carillon /var/cache/private/carillon \
                            /var/lib/carillon-terraform /etc/redis /var/lib/redis /etc/haproxy /etc/caddy 2>/dev/null || true
                        dpkg-query -W -f '${db:Status-Status} ${Package}\\n' | grep -E 'redis|haproxy|caddy|jemalloc' || true
                        ss -Hltn | grep -v ':22 ' || true
                        """)).as(machine.name()).isEmpty());
    }

    @Test
    @Order(15)
    void every_command_of_the_page_was_run() throws Exception {
        assertThat(done).containsAll(PAGE.blocks());
    }
}
