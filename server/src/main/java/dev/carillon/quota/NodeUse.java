package dev.carillon.quota;

import dev.carillon.base.Text;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a node publishes of its use: for each tenant its shares and its demand. As text, a line for each tenant.
 *
 * @param tenants by name
 */
record NodeUse(Map<String, Tenant> tenants) {
    /** So that the record fits into a value of the store. */
    static final int MAX_TENANTS = 400;

    private static final int NUMBERS = Use.values().length;

    /** Shares and demand by the index of {@link Use}. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Tenant(double[] held, double[] demand) {}

    byte[] bytes() {
        StringBuilder text = new StringBuilder();
        Stream<Map.Entry<String, Tenant>> published = tenants.entrySet().stream();
        if (tenants.size() > MAX_TENANTS) {
            published = published
                    .sorted(Comparator.comparingDouble(NodeUse::demand).reversed())
                    .limit(MAX_TENANTS);
        }
        published.forEach(each -> {
            text.append(each.getKey());
            for (int i = 0; i < NUMBERS; i++) {
                text.append(' ').append((float) each.getValue().held()[i]);
                text.append(' ').append((float) each.getValue().demand()[i]);
            }
            text.append('\n');
        });
        return Text.utf8(text.toString());
    }

    private static double demand(Map.Entry<String, Tenant> of) {
        return Arrays.stream(of.getValue().demand()).sum();
    }

    /** Further numbers of a line are ignored; lines of another form are left out. */
    static NodeUse of(byte[] bytes) {
        Map<String, Tenant> tenants = new HashMap<>();
        for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n", -1)) {
            String[] parts = line.split(" ", -1);
            if (parts.length >= 1 + 2 * NUMBERS) {
                double[] held = new double[NUMBERS];
                double[] demand = new double[NUMBERS];
                try {
                    for (int i = 0; i < NUMBERS; i++) {
                        held[i] = Double.parseDouble(parts[1 + 2 * i]);
                        demand[i] = Double.parseDouble(parts[2 + 2 * i]);
                    }
                    tenants.put(parts[0], new Tenant(held, demand));
                } catch (NumberFormatException e) {
                    // Of another release.
                }
            }
        }
        return new NodeUse(tenants);
    }
}
