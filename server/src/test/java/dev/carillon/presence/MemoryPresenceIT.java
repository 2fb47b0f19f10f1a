package dev.carillon.presence;

class MemoryPresenceIT extends PresenceContract {
    @Override
    protected String broker() {
        return "memory://presence-it";
    }
}
