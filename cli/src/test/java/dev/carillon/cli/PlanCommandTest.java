package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanCommandTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void a_plan_is_printed_and_written() throws IOException {
        Path prices = Files.writeString(
                dir.resolve("prices"),
                "currency = EUR\nmachine.small = 4c/8g/10gbit@0.10\nmachine.dear = 4c/8g/10gbit@0.90\n");
        Path html = dir.resolve("plan.html");
        Path variables = dir.resolve("terraform.tfvars");
        CommandRun run = CommandRun.of(
                "plan",
                "--connections",
                "200k",
                "--rate",
                "1/s",
                "--scopes",
                "topic@500=100%",
                "--prices",
                prices.toString(),
                "--html",
                html.toString(),
                "--terraform",
                variables.toString(),
                "--explain");

        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .contains(" nodes of 4c/8g, 1 of them spare\n", " EUR a month: ", "dear (4c/8g)", "write.sse.us");
        assertThat(html).content().contains("<svg ");
        assertThat(variables).content().contains("limit_nofile = ");
    }

    @Test
    void json_has_the_plan_and_the_simulated_run() throws IOException {
        CommandRun run = CommandRun.of(
                "plan",
                "--connections",
                "200k",
                "--broadcasts",
                "1/s",
                "--json",
                "--simulate",
                "node-killed",
                "--seed",
                "3");
        JsonNode plan = JsonMapper.builder().build().readTree(run.out());

        assertThat(run.status()).isZero();
        assertThat(plan.at("/nodes").asInt()).isGreaterThan(1);
        assertThat(plan.at("/confidence/grade").asText()).isNotEmpty();
        assertThat(plan.at("/calibration/figures")).isNotEmpty();
        assertThat(plan.at("/simulation/seed").asInt()).isEqualTo(3);
        assertThat(plan.at("/simulation/untilBackSeconds").asDouble()).isPositive();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--connections 0 | connections: 0: no node is needed without a connection: must be at least 1",
                "--connections 1k --nodes 0 | nodes: 0: no connection is held without a machine: must be at least 1, and more than spare",
                "--connections 1k --machine 0c/1g | machine: 0c/1g: nothing runs without a processor: must have at least 0.25",
                "--connections 1k --p99 0ms | p99: 0 ms: nothing arrives before it was sent: must be above 0 ms",
                "--connections 1k --rate 1/s --broadcasts 1/s | broadcasts: 1/s: must not be given beside --rate",
                "--connections 1k --scopes topic=100% | scopes: topic=100%: topic and route need the number of connections in one, as topic@1000, and no other kind has one",
                "--connections 1k --simulate fire | simulate: fire: must be one of steady, node-killed, rolling-deploy, broker-outage",
                "--connections 1k --prices /nowhere | prices: /nowhere: cannot be read as text in UTF-8",
                "--connections 1k --per-session 0 | per-session: 0: must be at least 1",
                "--connections 1k --transport quic | transport: quic: must be plain, tls-proxy, tls-node or http2-node"
            })
    void a_wish_that_nothing_fulfils_ends_with_status_2_and_one_sentence(String options, String message) {
        CommandRun run = CommandRun.of(("plan " + options).split(" "));

        assertThat(run.err()).isEqualTo("carillon: " + message + "\n");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
    }
}
