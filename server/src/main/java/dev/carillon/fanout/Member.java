package dev.carillon.fanout;

/** A connection's place in the list of one scope, so that leaving it costs no search. */
final class Member {
    final Connection connection;
    final Members list;
    int slot;

    Member(Connection connection, Members list) {
        this.connection = connection;
        this.list = list;
    }
}
