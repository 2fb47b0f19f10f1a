package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.broker.Interest;
import dev.carillon.format.WireFormat;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Position;
import java.util.List;

/** Opens connections as {@code delivery} does, without a broker. */
final class TestConnections {
    private TestConnections() {}

    static ConnectionOptions options(Grants grants, WireFormat format, Runnable onClosed) {
        return new ConnectionOptions(
                grants, format, MemoryBudget.NO_ADDRESS, (connection, reason, interests) -> onClosed.run());
    }

    /** Options of an anonymous client. */
    static ConnectionOptions options(WireFormat format) {
        return options(Grants.ANONYMOUS, format, () -> {});
    }

    static Connection attach(
            FanOut fanOut, IoThread thread, Pipe pipe, ConnectionOptions options, List<Interest> interests) {
        Connection connection = fanOut.register(thread, pipe, options, interests);
        fanOut.join(connection, interests);
        return connection;
    }

    /** Live events begin after a position of the tenant's log. */
    static LiveFrom from(Position tenant) {
        return new LiveFrom(tenant, Position.NONE, tenant);
    }
}
