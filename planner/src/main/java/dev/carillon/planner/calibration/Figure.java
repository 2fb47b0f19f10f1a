package dev.carillon.planner.calibration;

import dev.carillon.planner.base.PlanException;

/**
 * One figure of a calibration.
 *
 * @param low smallest value that the measurements allow
 * @param high largest value that the measurements allow
 * @param date day of the measurement, as 2026-11-29
 * @param source what was measured, and where it is described
 */
public record Figure(Cost cost, double value, double low, double high, Origin origin, String date, String source) {
    public Figure {
        if (!(low >= 0 && low <= value && value <= high && high < Double.POSITIVE_INFINITY)) {
            throw new PlanException(
                    cost.key() + ": " + low + " " + value + " " + high
                            + ": must be three numbers of at least 0 in the order value, lowest, highest, with lowest <= value <= highest");
        }
    }

    /** This figure with another value, as if it were exact. */
    Figure at(double other) {
        return new Figure(cost, other, other, other, origin, date, source);
    }
}
