package dev.carillon.planner;

import dev.carillon.planner.base.Amount;
import dev.carillon.planner.workload.Setup;

/**
 * ConnectionCosts per month; 0 if the machine has no price.
 *
 * @param broker on machines like the nodes
 * @param traffic to clients
 */
public record MonthlyCost(String currency, double nodes, double proxies, double broker, double traffic) {
    private static final double SECONDS_PER_HOUR = 3_600;

    static MonthlyCost of(Prices prices, Setup setup, int nodes, ProxyPlan proxies, BrokerPlan broker, double bitsOut) {
        double machine = setup.machine().pricePerHour() * prices.hoursPerMonth();
        double gigabytes = bitsOut / 8 / 1e9 * SECONDS_PER_HOUR * prices.hoursPerMonth();
        return new MonthlyCost(
                prices.currency(),
                nodes * machine,
                proxies.machines() * machine,
                broker.servers() * machine,
                gigabytes * prices.egressPerGigabyte());
    }

    public double total() {
        return nodes + proxies + broker + traffic;
    }

    /** As in {@code 1,234 EUR}. */
    public String text() {
        return Amount.text(Math.rint(total())) + (currency.isEmpty() ? "" : " " + currency);
    }
}
