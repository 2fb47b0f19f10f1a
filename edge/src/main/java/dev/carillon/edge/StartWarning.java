package dev.carillon.edge;

import java.util.List;
import org.slf4j.Logger;

/**
 * A warning at the start about settings that are allowed but risky.
 *
 * @param setting key of the setting
 * @param advice recommended change
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
