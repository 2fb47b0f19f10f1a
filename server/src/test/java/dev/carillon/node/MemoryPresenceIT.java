package dev.carillon.node;

class MemoryPresenceIT extends PresenceContract {
    @Override
    protected String broker() {
        return "memory://presence-it";
    }
}
