package dev.carillon.edge;

import java.util.List;
import org.slf4j.Logger;

/**
 * Settings that are allowed but risky together: one line of the log at the start.
 *
 * @param setting its key
 * @param advice what to do
 */
public record StartWarning(String setting, String risk, String advice) {
    public static void log(List<StartWarning> warnings, Logger logger) {
        for (StartWarning warning : warnings) {
            logger.atWarn()
                    .addKeyValue("setting", warning.setting())
                    .addKeyValue("advice", warning.advice())
                    .log(warning.risk());
        }
    }
}
