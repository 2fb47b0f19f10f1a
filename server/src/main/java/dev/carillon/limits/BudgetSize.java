package dev.carillon.limits;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.carillon.base.ConfigException;
import java.lang.management.ManagementFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many bytes a setting gives the budget: a number of them, or a percentage of what the process may have. */
public final class BudgetSize {
    public static final String DEFAULT = "50%";
    private static final long MIN = 4L * 1024 * 1024;
    private static final int MAX_PERCENT = 80;
    private static final Pattern FORM = Pattern.compile("(\\d{1,15})(%?)");

    private BudgetSize() {}

    /** @throws ConfigException when it is no size, or does not fit into this process */
    public static long parse(String key, String text) {
        return parse(key, text, available());
    }

    static long parse(String key, String text, long available) {
        Matcher matcher = FORM.matcher(text);
        long most = available / 100 * MAX_PERCENT;
        if (matcher.matches()) {
            long number = Long.parseLong(matcher.group(1));
            boolean percent = !matcher.group(2).isEmpty();
            if (!percent || number <= MAX_PERCENT) {
                long bytes = percent ? available / 100 * number : number;
                if (bytes >= Math.min(MIN, most) && bytes <= most) {
                    return bytes;
                }
            }
        }
        throw new ConfigException(
                key,
                text,
                "must be a percentage from 1% to " + MAX_PERCENT + "%, or a number of bytes from " + MIN + " to "
                        + MAX_PERCENT + "% of the heap or the direct memory, whichever is less, which is " + most);
    }

    /** The lesser of the maximum of the heap and of direct memory: some of what is charged is in the one, some in the other. */
    private static long available() {
        long heap = Runtime.getRuntime().maxMemory();
        HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        // 0: as much as the heap.
        long direct = vm == null
                ? 0
                : Long.parseLong(vm.getVMOption("MaxDirectMemorySize").getValue());
        return direct == 0 ? heap : Math.min(heap, direct);
    }
}
