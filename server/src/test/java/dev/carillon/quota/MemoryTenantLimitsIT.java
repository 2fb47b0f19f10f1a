package dev.carillon.quota;

/** The contract of tenants' limits with the broker in memory. */
class MemoryTenantLimitsIT extends TenantLimitsContract {
    @Override
    protected String broker() {
        return "memory://tenant-limits";
    }
}
