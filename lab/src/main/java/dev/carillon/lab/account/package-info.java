/**
 * Accounts for every event of a run: broadcasters number events in sequences, the ledger records broadcasts and deliveries, and the checker finds
 * events that were lost, duplicated, reordered or delivered without a grant. The ledger is thread-safe.
 * Uses {@code lab.fleet}.
 */
@NullMarked
package dev.carillon.lab.account;

import org.jspecify.annotations.NullMarked;
