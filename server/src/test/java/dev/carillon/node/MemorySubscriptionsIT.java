package dev.carillon.node;

class MemorySubscriptionsIT extends SubscriptionsContract {
    @Override
    protected String broker() {
        return "memory://subscriptions-it";
    }
}
