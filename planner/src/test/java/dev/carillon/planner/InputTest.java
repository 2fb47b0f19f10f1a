package dev.carillon.planner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.planner.base.Amount;
import dev.carillon.planner.base.PlanException;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Cost;
import dev.carillon.planner.calibration.Origin;
import dev.carillon.planner.workload.Flow;
import dev.carillon.planner.workload.Machine;
import dev.carillon.planner.workload.ScopeKind;
import dev.carillon.planner.workload.ScopeMix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InputTest {
    @Test
    void numbers_have_units() {
        assertThat(Amount.count("n", "500k")).isEqualTo(500_000);
        assertThat(Amount.rate("r", "30/min")).isEqualTo(0.5);
        assertThat(Amount.bytes("b", "2KB")).isEqualTo(2_000);
        assertThat(Amount.seconds("d", "250ms")).isEqualTo(0.25);
        assertThat(Amount.share("s", "30%")).isEqualTo(0.3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "1e9", "k", "5 k", "12x", "0x10", "1,000"})
    void a_number_that_cannot_be_read_is_refused(String text) {
        assertThatThrownBy(() -> Amount.count("connections", text))
                .isInstanceOf(PlanException.class)
                .hasMessage("connections: " + text + ": must be a number such as 1200, 50k or 2m");
    }

    @Test
    void shares_are_of_received_events_or_of_broadcasts() {
        ScopeMix mix = ScopeMix.parse("global=20%,topic@100=80%", 1_000, 1, 1);

        assertThat(mix.flows(1_000, 10, null))
                .containsExactly(new Flow(ScopeKind.GLOBAL, 1_000, 2), new Flow(ScopeKind.TOPIC, 100, 80));
        assertThat(mix.flows(1_000, 0, 10.0))
                .containsExactly(new Flow(ScopeKind.GLOBAL, 1_000, 2), new Flow(ScopeKind.TOPIC, 100, 8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "global=50%",
                "global=60%,tab=60%",
                "topic=100%",
                "global@5=100%",
                "cats=100%",
                "topic@x=100%",
                "tab=1"
            })
    void a_mix_that_cannot_be_read_is_refused(String text) {
        assertThatThrownBy(() -> ScopeMix.parse(text, 1_000, 1, 1))
                .isInstanceOf(PlanException.class)
                .hasMessageStartingWith("scopes: ");
    }

    @Test
    void a_machine_has_processors_memory_bandwidth_and_a_price() {
        assertThat(Machine.parse("m", "8c/16g/10gbit@0.30")).isEqualTo(new Machine("m", 8, 16, 10, 0.3));
        assertThat(Machine.parse("m", "8c/16g")).isEqualTo(new Machine("m", 8, 16, 1, 0));
        assertThatThrownBy(() -> Machine.parse("m", "big")).isInstanceOf(PlanException.class);
        assertThatThrownBy(() -> Machine.parse("m", "1.2.3c/16g")).isInstanceOf(PlanException.class);
    }

    @Test
    void a_file_replaces_single_figures_of_the_shipped_calibration() {
        Calibration own = Calibration.parse(
                "own.properties", "# mine\nwrite.sse.us = 3 2.5 4 measured 2027-01-02 bench fanout, 20 runs\n");

        assertThat(own.value(Cost.WRITE_SSE)).isEqualTo(3);
        assertThat(own.figure(Cost.WRITE_SSE).source()).isEqualTo("bench fanout, 20 runs");
        assertThat(own.figure(Cost.EVENT)).isEqualTo(Calibration.shipped().figure(Cost.EVENT));
    }

    @Test
    void assumed_figures_have_the_widest_spreads() {
        assertThat(Calibration.shipped().figures())
                .hasSize(Cost.values().length)
                .filteredOn(figure -> figure.origin() == Origin.ASSUMED)
                .allSatisfy(figure -> assertThat(figure.high()).isGreaterThan(1.9 * figure.value()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "write.sse.us = 3 2 4 measured 2027-01-02 | calibration: line 1: write.sse.us: must be followed by",
                "write.sse.ms = 3 2 4 measured 2027-01-02 x | calibration: line 1: write.sse.ms: is not the name of a figure",
                "write.sse.us = 3 2 4 guessed 2027-01-02 x | calibration: line 1: write.sse.us: 3 2 4 guessed",
                "write.sse.us = 3 4 5 measured 2027-01-02 x | write.sse.us: 4.0 3.0 5.0: must be three numbers",
                "write.sse.us = NaN 4 5 measured 2027-01-02 x | write.sse.us: 4.0 NaN 5.0: must be three numbers"
            })
    void a_line_of_a_calibration_that_cannot_be_used_is_named(String line, String message) {
        assertThatThrownBy(() -> Calibration.parse("own", line))
                .isInstanceOf(PlanException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"machine = 1c/1g", "egress.gb = free", "hours-per-month = -1", "nonsense", "currency = 12"})
    void a_line_of_prices_that_cannot_be_used_is_named(String line) {
        assertThatThrownBy(() -> Prices.parse("\n" + line))
                .isInstanceOf(PlanException.class)
                .hasMessageStartingWith("prices: line 2: ");
    }
}
