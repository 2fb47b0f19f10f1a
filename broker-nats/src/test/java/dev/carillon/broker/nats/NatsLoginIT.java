package dev.carillon.broker.nats;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.NatsOptions;
import dev.carillon.containers.Servers;
import dev.carillon.process.NatsServer;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.TestAuthority;
import io.nats.client.NKey;
import io.nats.client.support.JwtUtils;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each way to log in, at a real server that accepts no other; a secret is in no message. */
@Tag("nats")
class NatsLoginIT {
    @TempDir
    private Path folder;

    private static BrokerOptions options(NatsOptions nats) {
        return BrokerOptions.of("n").startTimeout(Patience.LIMIT).nats(nats);
    }

    private static NatsOptions nkey(Path file) {
        return new NatsOptions(1, Optional.empty(), Optional.of(file), Optional.empty());
    }

    private static NatsOptions credentials(Path file) {
        return new NatsOptions(1, Optional.of(file), Optional.empty(), Optional.empty());
    }

    private static void assertBroadcasts(String address, NatsOptions nats) {
        try (Broker broker = Brokers.open(address, options(nats))) {
            assertThat(get(broker.channel()
                                    .broadcast(Event.to(Scope.GLOBAL).data("x").build()))
                            .at()
                            .sequence())
                    .isPositive();
        }
    }

    private static void assertRefused(String address, NatsOptions nats, String said, String... secrets) {
        var refused = assertThatThrownBy(
                        () -> Brokers.open(address, options(nats)).close())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(said);
        for (String secret : secrets) {
            refused.hasMessageNotContaining(secret);
        }
    }

    @Test
    void seed_in_a_file_logs_in_and_another_one_is_refused_at_once() throws Exception {
        NKey key = NKey.createUser(new SecureRandom());
        NKey other = NKey.createUser(new SecureRandom());
        Path config = Files.writeString(folder.resolve("nkey.conf"), """
            authorization { users: [ { nkey: %s } ] }
            """.formatted(new String(key.getPublicKey())));
        Path seed = Files.writeString(folder.resolve("user.nk"), new String(key.getSeed()) + "\n");
        String wrong = new String(other.getSeed());
        Path wrongSeed = Files.writeString(folder.resolve("other.nk"), wrong);
        try (TestServer server = Servers.nats(Servers.Source.LOCAL, "-c", config.toString())) {
            assertBroadcasts(server.address(), nkey(seed));

            assertRefused(server.address(), nkey(wrongSeed), "the server refuses the user of nats-nkey-file", wrong);
        }
    }

    @Test
    @Tag("full")
    void token_logs_in_and_another_one_is_refused_at_once() throws Exception {
        try (TestServer server = Servers.nats(Servers.Source.LOCAL, "--auth", "T0KEN")) {
            String address = "nats://%s@127.0.0.1:" + server.port();
            assertBroadcasts(address.formatted("T0KEN"), NatsOptions.DEFAULT);

            assertRefused(address.formatted("WR0NG"), NatsOptions.DEFAULT, "the server refuses this user", "WR0NG");
        }
    }

    @Test
    @Tag("full")
    void authorities_of_a_file_replace_those_of_the_jvm() throws Exception {
        TestAuthority authority = new TestAuthority(folder);
        var identity = authority.issue("server", "dns:localhost,ip:127.0.0.1");
        try (TestServer server = NatsServer.secure(identity.certificate(), identity.key())) {
            NatsOptions own =
                    new NatsOptions(1, Optional.empty(), Optional.empty(), Optional.of(authority.certificate()));
            assertBroadcasts(server.address(), own);

            assertRefused(server.address(), NatsOptions.DEFAULT, "the certificate of the server is refused");
        }
    }

    @Test
    @Tag("full")
    void credentials_file_logs_in_and_that_of_another_account_is_refused_at_once() throws Exception {
        NKey operator = NKey.createOperator(new SecureRandom());
        NKey account = NKey.createAccount(new SecureRandom());
        NKey system = NKey.createAccount(new SecureRandom());
        NKey unknown = NKey.createAccount(new SecureRandom());
        Path config = Files.writeString(
                folder.resolve("operator.conf"),
                "operator: %s%nsystem_account: %s%nresolver: MEMORY%nresolver_preload: { %s: %s, %s: %s }%n"
                        .formatted(
                                claims(operator, operator, "\"type\":\"operator\""),
                                publicKey(system),
                                publicKey(system),
                                claims(
                                        operator,
                                        system,
                                        ACCOUNT.replaceAll("(mem|disk)_storage\":-1", "$1_storage\":0")),
                                publicKey(account),
                                claims(operator, account, ACCOUNT)));
        Path wrong = credentialsOf(unknown, "wrong");
        try (TestServer server = Servers.nats(Servers.Source.LOCAL, "-c", config.toString())) {
            assertBroadcasts(server.address(), credentials(credentialsOf(account, "right")));

            String text = Files.readString(wrong);
            assertRefused(
                    server.address(),
                    credentials(wrong),
                    "the server refuses the user of nats-credentials-file",
                    text.substring(text.indexOf("eyJ"), text.indexOf("eyJ") + 30));
        }
    }

    private static final String ACCOUNT = """
        "type":"account","limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,
        "leaf":-1,"mem_storage":-1,"disk_storage":-1,"streams":-1,"consumer":-1}\
        """;

    private static String claims(NKey by, NKey of, String claims) throws Exception {
        return JwtUtils.issueJWT(
                by, publicKey(of), "test", null, 0, publicKey(by), () -> "{" + claims + ",\"version\":2}");
    }

    private static String publicKey(NKey key) throws Exception {
        return new String(key.getPublicKey());
    }

    private Path credentialsOf(NKey account, String name) throws Exception {
        NKey user = NKey.createUser(new SecureRandom());
        String jwt = JwtUtils.issueUserJWT(account, publicKey(account), publicKey(user));
        return Files.writeString(
                folder.resolve(name + ".creds"),
                JwtUtils.NATS_USER_JWT_FORMAT.formatted(jwt, new String(user.getSeed())));
    }

    @Test
    @Tag("full")
    void files_that_cannot_be_used_are_refused_before_connecting() throws Exception {
        String seed = new String(NKey.createUser(new SecureRandom()).getSeed());
        String account = new String(NKey.createAccount(new SecureRandom()).getSeed());
        Path plain = Files.writeString(folder.resolve("plain"), "no seed");
        Path noJwt = Files.writeString(folder.resolve("nojwt"), seed);
        Path damaged = Files.writeString(folder.resolve("damaged"), seed.substring(0, seed.length() - 1) + "A");
        Path ofAccount = Files.writeString(folder.resolve("account"), account);
        Path absent = folder.resolve("absent");
        String address = "nats://127.0.0.1:1";

        assertRefused(address, nkey(absent), "nats-nkey-file: " + absent + ": cannot be read");
        assertRefused(address, nkey(plain), "must have the seed of a user");
        assertRefused(address, nkey(ofAccount), "must have the seed of a user", account);
        assertRefused(address, nkey(damaged), "must have the seed of a user", seed.substring(0, 20));
        assertRefused(address, credentials(noJwt), "must be a credentials file", seed);
        assertRefused("nats://me:SECRET@127.0.0.1:1", nkey(noJwt), "must not be set together", "SECRET", seed);
    }
}
