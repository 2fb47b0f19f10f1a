/**
 * Accounts for every event of a run: broadcasters number them in lanes, the ledger holds what was broadcast and what each subscriber received,
 * the checker finds what was lost, delivered twice, reordered or read without a grant. Thread-safe where broadcasters and the fleet meet.
 * Uses {@code lab.fleet}.
 */
@NullMarked
package dev.carillon.lab.account;

import org.jspecify.annotations.NullMarked;
